/* SPDX-License-Identifier: BSD-3-Clause */
/* The picture of a scaling study: the ideal line ends to rise where more threads cannot run at a time. */
#include "tool.h"

static char *folder;

static void set_up(void) { folder = folder_make(); }
static void tear_down(void) { folder_remove(folder); }

TestSuite(plot_scale, .init = set_up, .fini = tear_down);

static bool has_gnuplot(void) { return system("command -v gnuplot >/dev/null 2>&1") == 0; }

/* One to four threads, of which so many can run at a time; 0: nothing is said of it, as in older documents. */
static char *write_document(double cpus, bool weak) {
  json_t *results = json_array();
  for (int threads = 1; threads <= 4; threads++) {
    const double speedup = threads < cpus ? threads : cpus;
    json_t *result =
      json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:b, s:i}", "kernel", "quick",
                "dtype", "f32", "threads", threads, "rows", 100, "k", 784, "n", 10, "median_s", 1.0, "low_s", 1.0,
                "high_s", 1.0, "speedup", 1.0, "efficiency", 1.0, "mrows_per_s", 2.0, "probe_fma_speedup", 1.0,
                "probe_read_speedup", 1.5, "weak", (int)weak, "full_rows", 100);
    if (cpus > 0.0) cr_assert_eq(json_object_set_new(result, "ideal_speedup", json_real(speedup)), 0);
    json_array_append_new(results, result);
  }
  json_t *document = json_pack("{s:i, s:s, s:s, s:{s:s}, s:o}", "schema_version", 1, "command", "scale", "label", "x",
                               "machine", "model", "x", "results", results);
  cr_assert_not_null(document);
  char *path = path_in(folder, "scale.json");
  cr_assert_eq(json_dump_file(document, path, 0), 0);
  json_decref(document);
  return path;
}

Test(plot_scale, ideal_line) {
  static const struct {
    double cpus;
    bool weak;
    const char *parts[3];
  } cases[] = {
    {0.0, false, {", \\\n  x with lines", "2*x with lines", NULL}},
    {4.0, false, {", \\\n  x with lines", "2*x with lines", NULL}},
    {2.0, false, {", \\\n  (x < 2 ? x : 2) with lines", "2*(x < 2 ? x : 2) with lines", NULL}},
    {1.5, false, {", \\\n  (x < 1.5 ? x : 1.5) with lines", NULL}},
    {0.0, true, {", \\\n  1 with lines", "($11/$1)", NULL}},
    {2.0, true, {", \\\n  1 with lines", "($11/($1 < 2 ? $1 : 2))", NULL}},
  };
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  char *picture = path_in(folder, "p.svg"), *script = path_in(folder, "p.svg.gp");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *document = write_document(cases[i].cpus, cases[i].weak);
    struct process_result result = ROWCAST("compare", document, "--plot", picture, "--keep-plot", "--force", "--quiet");
    cr_assert(result.status == 0 && result.err[0] == '\0', "%s", result.err);
    process_free(&result);
    struct bytes text = bytes_read(script);
    bytes_add(&text, "", 1);
    for (size_t p = 0; cases[i].parts[p] != NULL; p++)
      cr_expect(strstr((const char *)text.data, cases[i].parts[p]) != NULL, "case %zu: no '%s' in %s", i,
                cases[i].parts[p], (const char *)text.data);
    bytes_free(&text);
    free(document);
  }
  free(picture), free(script);
}
