/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast report`: documents of every kind as one page, whatever their texts are, the same page each time, and no more
 * than 2 MB of it. */
#include "tool.h"

#include <math.h>
#include <unistd.h>

#include "html/markup.h"
#include "study/sha256.h"
#include "well_formed.h"

enum { PAGE_MOST = 2000000 };
#define DASH "\xe2\x80\x93"
#define KEPT ROWCAST_SOURCE_DIR "/docs/runs/"

static char *folder;

static void set_up(void) { folder = folder_make(); }
static void tear_down(void) { folder_remove(folder); }

TestSuite(report, .init = set_up, .fini = tear_down);

/* What html() makes of one value; to be freed. */
#define MADE(...)                                                                                                      \
  ({                                                                                                                   \
    char *text_ = NULL;                                                                                                \
    size_t size_;                                                                                                      \
    FILE *file_ = open_memstream(&text_, &size_);                                                                      \
    html(file_, __VA_ARGS__);                                                                                          \
    fclose(file_);                                                                                                     \
    text_;                                                                                                             \
  })

static void expect_made(char *made, const char *wanted) {
  cr_expect_str_eq(made, wanted);
  free(made);
}

Test(report, texts_stay_texts) {
  expect_made(MADE("<b title=\"%s\">", "</script><img src=x onerror=\"alert('&')\">"),
              "<b title=\"&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;\">");
  expect_made(MADE("%s", "a\n\x1b[31m\x7f\xff\xe2\x80\xae\xef\xbf\xbf\xe2\x80\xa8"),
              "a\\n\\033[31m\\177\\377\\342\\200\\256\xef\xbf\xbd\\342\\200\\250");
  expect_made(MADE("%.4s|%.4s|%.4s", "abcd", "abcde", "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f!"),
              "abcd|abc\xe2\x80\xa6|\xc3\xa4\xc3\xb6\xc3\xbc\xe2\x80\xa6");
  const char *volatile none = NULL;
  expect_made(MADE("%s%c%d%u%zu%lld%%", none, '<', -3, 4u, (size_t)5, -6ll), "&lt;-345-6%");
  expect_made(MADE("%'zu %'zu %'lld", (size_t)999, (size_t)1234567, -50000ll), "999 1,234,567 -50,000");
  expect_made(MADE("%.2f %.1f %.*f %.0f %g", 1.005, NAN, 3, 2.0, INFINITY, 0.25), "1.00 " DASH " 2.000 " DASH " 0.25");
  expect_made(MADE("%.1f %.1f", 1e300, -0.0), "1.0e+300 0.0");
}

Test(report, documents_stay_data) {
  json_t *value = json_pack("{s:s, s:f}", "<!--<script>", "</script>&\xe2\x80\xa8\xc3\xa4", "x", 1.0 / 3.0);
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  cr_expect(html_json(file, value));
  fclose(file);
  cr_expect_str_eq(
    text, "{\"\\u003c!--\\u003cscript\\u003e\":\"\\u003c/script\\u003e\\u0026\\u2028\\u00E4\",\"x\":0.333333}");
  free(text);
  json_decref(value);
}

/* The check itself, on faults made up for it. */
Test(report, the_check_finds_faults) {
  static const char begin[] = "<!DOCTYPE html>\n<p>", end[] = "</p><script>1</script>";
  static const char *const right[] = {"", "a &lt; b", "<b class=\"x\" hidden>y</b><br>", "<use href=\"#g\"/>",
                                      "<script type=\"application/json\">[1]</script>"};
  static const char *const wrong[] = {"<img src=x>",
                                      "<script>2</script>",
                                      "a < b",
                                      "a > b",
                                      "</p>",
                                      "<b>",
                                      "<b class=x>y</b>",
                                      "<b onclick=\"x\">y</b>",
                                      "<a href=\"https://example.com\">y</a>",
                                      "<b title=\"<\">y</b>",
                                      "\x1b",
                                      "<script type=\"application/json\">[<]</script>",
                                      "<i>x</b></i>",
                                      "<b title=\"y"};
  char text[256];
  for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
    snprintf(text, sizeof text, "%s%s%s", begin, right[i], end);
    cr_expect_null(markup_fault(text, strlen(text)), "%s: %s", right[i], markup_fault(text, strlen(text)));
  }
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    snprintf(text, sizeof text, "%s%s%s", begin, wrong[i], end);
    cr_expect_not_null(markup_fault(text, strlen(text)), "%s", wrong[i]);
  }
}

static json_t *result_of(const char *kernel, const char *dtype, int threads, double seconds, size_t samples) {
  json_t *all = json_array();
  for (size_t i = 0; i < samples; i++) json_array_append_new(all, json_real(seconds * (1.0 + 0.001 * (double)(i % 7))));
  return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:s, s:s, s:o}", "kernel", kernel, "dtype",
                   dtype, "threads", threads, "rows", 1000, "k", 784, "n", 10, "median_s", seconds, "low_s",
                   0.99 * seconds, "high_s", 1.02 * seconds, "p90_s", 1.1 * seconds, "minimum_s", 0.98 * seconds,
                   "crc32", "0123abcd", "order", "lanes8", "samples_s", all);
}

static json_t *document_of(const char *command, const char *label, json_t *results) {
  json_t *document = json_pack("{s:i, s:s, s:s, s:s, s:{s:s, s:[], s:i}, s:o}", "schema_version", 1, "command", command,
                               "label", label, "date", "2026-01-01T00:00:00Z", "machine", "model", "a machine",
                               "caches", "available_cpus", 2, "results", results);
  cr_assert_not_null(document);
  return document;
}

/* Takes the document over; the path is to be freed. */
static char *save(const char *name, json_t *document) {
  char *path = path_in(folder, name);
  cr_assert_eq(json_dump_file(document, path, JSON_COMPACT), 0);
  json_decref(document);
  return path;
}

/* The page of a run that succeeds, checked; its bytes, ended by a zero, are to be freed. */
static char *page_of(const char *const *arguments) {
  struct process_result result = process_run(arguments, NULL);
  cr_assert_eq(result.status, 0, "%d: %.400s", result.status, result.err);
  cr_expect_str_empty(result.err);
  const size_t size = strlen(result.out);
  cr_expect(size > 10000 && size <= PAGE_MOST, "%zu bytes", size);
  const char *fault = markup_fault(result.out, size);
  cr_expect_null(fault, "%s", fault);
  free(result.err);
  return result.out;
}
#define PAGE(...) page_of(ROWCAST_ARGUMENTS("report", "-o", "-", __VA_ARGS__))

static void expect_all(const char *page, const char *const *parts) {
  for (; *parts != NULL; parts++) cr_expect_not_null(strstr(page, *parts), "%s", *parts);
}
#define EXPECT_ALL(page, ...) expect_all(page, (const char *const[]){__VA_ARGS__, NULL})

Test(report, kept_runs) {
  char *page = PAGE(KEPT "zen4/article.json", KEPT "zen4/bench.json", KEPT "zen4/scale.json", KEPT "zen4/roofline.json",
                    KEPT "zen4/peers.json", KEPT "zen5/article.json", KEPT "zen5/bench.json", KEPT "zen5/scale.json",
                    KEPT "zen5/roofline.json", KEPT "zen5/peers.json");
  static const char *const sections[] = {"machines", "bits",  "ladder",  "threads",   "roofline",
                                         "compare",  "doubt", "samples", "reproduce", NULL};
  for (size_t i = 0; sections[i] != NULL; i++) {
    char text[64];
    snprintf(text, sizeof text, "<a href=\"#%s\">", sections[i]);
    cr_expect_not_null(strstr(page, text), "%s", text);
    snprintf(text, sizeof text, "<section id=\"%s\" ", sections[i]);
    cr_expect_not_null(strstr(page, text), "%s", text);
  }
  /* Two machines, told apart though both have the same name; the article's documents are in their folders. */
  EXPECT_ALL(page, "on 2 machines", "zen4: AMD EPYC, rowcast 0.2.0", "zen5: AMD EPYC, rowcast 0.1.0", "all agree",
             "e7955140", "torch-loops", "OpenBLAS", "is faster than", "class=\"doc\" data-name=\"A-bench.json\"");
  cr_expect_null(strstr(page, "3 sides"));
  free(page);
}

/* The figures of the comparison are those of `rowcast compare`. */
Test(report, compares_as_compare_does) {
  json_t *comparison = tool_json(ROWCAST("compare", KEPT "zen4/bench.json", KEPT "zen5/bench.json", "--json")), *line;
  char *page = PAGE(KEPT "zen4/bench.json", KEPT "zen5/bench.json"), text[96];
  size_t i, both = 0;
  json_array_foreach(json_object_get(comparison, "results"), i, line) {
    const json_t *ratio = json_object_get(line, "ratio_B");
    if (!json_is_number(ratio)) continue;
    snprintf(text, sizeof text, "%.2f&times; <small>%.2f&ndash;%.2f</small>", json_number_value(ratio),
             json_number_value(json_object_get(line, "ratio_low_B")),
             json_number_value(json_object_get(line, "ratio_high_B")));
    cr_expect_not_null(strstr(page, text), "%s: %s", json_string_value(json_object_get(line, "kernel")), text);
    both++;
  }
  cr_expect_gt(both, 50);
  json_decref(comparison);
  free(page);
}

/* A page of the same documents is the same, from files and from standard input. */
Test(report, same_bytes) {
  char *first = PAGE(KEPT "zen4/scale.json", KEPT "zen5/bench.json"), *second = path_in(folder, "r.html");
  tool_expect(ROWCAST("report", KEPT "zen4/scale.json", KEPT "zen5/bench.json", "-o", second), 0, "2 documents -> ");
  struct bytes bytes = bytes_read(second);
  cr_expect(bytes.size == strlen(first) && memcmp(bytes.data, first, bytes.size) == 0);
  bytes_free(&bytes);
  free(first);
  free(second);
  const struct process_options options = {.input_path = KEPT "zen4/scale.json"};
  struct process_result result = process_run(ROWCAST_ARGUMENTS("report", "-", "-o", "-"), &options);
  cr_expect_eq(result.status, 0, "%s", result.err);
  char sum[SHA256_TEXT];
  cr_assert(sha256_of_file(KEPT "zen4/scale.json", sum));
  EXPECT_ALL(result.out, "standard input", sum);
  process_free(&result);
}

Test(report, hostile_texts) {
  static const char evil[] = "</script><img src=x onerror=alert(1)>\"'`${1}&amp;\x1b[31m\xe2\x80\xae";
  char *longest = malloc(10001);
  cr_assert_not_null(longest);
  memset(longest, 'W', 10000);
  longest[10000] = '\0';
  json_t *document = document_of(
    evil, evil, json_pack("[o, o]", result_of(evil, "u8", 1, 1e-3, 7), result_of(longest, "f32", 2, 2e-3, 7)));
  json_t *machine = json_object_get(document, "machine");
  static const char *const keys[] = {"model", "system", "threads_source", "governor", "compiler", "flags", "commit"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) json_object_set_new(machine, keys[i], json_string(evil));
  json_object_set_new(machine, "identity", json_pack("{s:s}", evil, evil));
  json_object_set_new(machine, "isa_levels", json_pack("[{s:s, s:s}]", "isa", evil, "reason", evil));
  json_object_set_new(machine, "features", json_pack("[{s:s, s:b}]", "name", evil, "enabled", 1));
  json_object_set_new(document, "disturbed", json_pack("[s, s]", evil, longest));
  json_object_set_new(document, "settings",
                      json_pack("{s:[s, s], s:{s:s}}", "arguments", evil, longest, "environment", evil, evil));
  char *path = save("evil.json", document), *other;
  other = save("<b>&\".json", document_of("bench", longest, json_pack("[o]", result_of("x", "u8", 1, 1e-3, 1))));
  char *page = PAGE(path, other);
  EXPECT_ALL(page, "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;`${1}&amp;amp;\\033[31m",
             "&lt;b&gt;&amp;&quot;.json");
  free(page);
  free(longest);
  free(path);
  free(other);
}

/* Many results of so many kernels with long names, each with so many samples. */
static char *save_many(const char *name, size_t products, size_t kernels, size_t samples) {
  json_t *results = json_array();
  for (size_t p = 0; p < products; p++)
    for (size_t k = 0; k < kernels; k++) {
      char kernel[128];
      snprintf(kernel, sizeof kernel, "%0100zu", k);
      json_t *result = result_of(kernel, "u8", 1, 1e-3 * (double)(k + 1), samples);
      json_object_set_new(result, "rows", json_integer((json_int_t)(1000 + p)));
      json_array_append_new(results, result);
    }
  return save(name, document_of("bench", "many", results));
}

Test(report, at_most_two_megabytes) {
  static const struct {
    size_t products, kernels, samples;
    const char *says; /* NULL: nothing is left out */
  } cases[] = {
    {1, 10, 100, NULL},
    {1, 10, 9500, "larger than 2 MB with the documents in it: that is left out"},
    {800, 1, 1, "with the documents in it, or with every sample: that is left out"},
    {1300, 1, 1, "or with pictures of all products: that is left out"},
    {1900, 1, 1, "or with all products: that is left out"},
    {1, 2200, 1, "or with tables of the rest: that is left out"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *path = save_many("many.json", cases[i].products, cases[i].kernels, cases[i].samples), *page = PAGE(path);
    if (cases[i].says != NULL) cr_expect_not_null(strstr(page, cases[i].says), "%zu: %s", i, cases[i].says);
    cr_expect_eq(strstr(page, "larger than 2 MB with") == NULL, cases[i].says == NULL, "%zu", i);
    free(page);
    free(path);
  }
  char *path = save_many("many.json", 1, 4300, 1), *page = path_in(folder, "r.html");
  char two[256];
  snprintf(two, sizeof two, "%0100d,%0100d", 1, 7);
  tool_expect(ROWCAST("report", path, "-o", page), 1,
              "and has 2000000 at most; select results with --kernel or --rows");
  cr_expect_neq(access(page, F_OK), 0);
  tool_expect(ROWCAST("report", path, "-o", page, "--kernel", two), 0, "1 document -> ");
  free(page);
  free(path);
}

/* Another build, another label and another run of the same are sides of their own; other studies of it are not. */
Test(report, sides) {
  json_t *first = document_of("bench", "x", json_pack("[o]", result_of("a", "u8", 1, 1e-3, 3)));
  json_t *commit = json_deep_copy(first), *study = json_deep_copy(first), *label = json_deep_copy(first);
  json_object_set_new(json_object_get(first, "machine"), "commit", json_string("1"));
  json_object_set_new(json_object_get(commit, "machine"), "commit", json_string("2"));
  json_object_set_new(study, "command", json_string("roofline"));
  json_object_set_new(label, "label", json_string("y"));
  char *paths[] = {save("1.json", first), save("2.json", commit), save("3.json", study), save("4.json", label)};
  static const struct {
    int other;
    const char *heading;
  } cases[] = {{0, "2 sides"}, {1, "2 sides"}, {2, ", x</h1>"}, {3, "2 sides"}};
  for (size_t i = 0; i < 4; i++) {
    char *page = PAGE(paths[0], paths[cases[i].other]);
    cr_expect_not_null(strstr(page, cases[i].heading), "%zu", i);
    free(page);
  }
  for (size_t i = 0; i < 4; i++) free(paths[i]);
}

/* More sides than there are colours, more products than there are tabs. */
Test(report, many_sides) {
  char *paths[12];
  const char *arguments[17] = {"report", "-o", "-"};
  for (size_t i = 0; i < 12; i++) {
    char name[16];
    snprintf(name, sizeof name, "%zu.json", i);
    json_t *results = json_array();
    for (size_t p = 0; p < 10; p++) {
      json_t *result = result_of("a", p % 2 == 0 ? "u8" : "f32", 1, 1e-3 * (double)(i + 1), 3);
      json_object_set_new(result, "rows", json_integer((json_int_t)(1000 * (p + 2) / 2)));
      if (i == 7) json_object_set_new(result, "crc32", json_string("ffffffff"));
      json_array_append_new(results, result);
    }
    arguments[3 + i] = paths[i] = save(name, document_of("bench", name, results));
  }
  char *page = page_of(arguments);
  EXPECT_ALL(page, "12 sides", "L against A", "id=\"ld7\"", "further product", "Other bits.", "some differ",
             "bits differ");
  cr_expect_null(strstr(page, "id=\"ld8\""));
  free(page);
  for (size_t i = 0; i < 12; i++) free(paths[i]);
}

/* Ranks of rowcast-mpi, weak scaling, lines of JSON, comparisons of single and of several runs. */
Test(report, kinds_of_documents) {
  json_t *scaled = json_array();
  for (int t = 1; t <= 4; t++) {
    json_t *result = result_of("auto", "u8", t, 1e-3 / t, 3);
    json_object_update_new(result,
                           json_pack("{s:f, s:f, s:f, s:b, s:i, s:i}", "speedup", (double)t, "speedup_low", 0.9 * t,
                                     "speedup_high", 1.1 * t, "weak", 0, "full_rows", 1000, "ranks", 4));
    json_array_append_new(scaled, result);
  }
  char *ranks = save("ranks.json", document_of("scale", "cluster", scaled));
  char *page = PAGE(ranks);
  EXPECT_ALL(page, "<section id=\"threads\"", ", 4 ranks", "4.00");
  cr_expect_null(strstr(page, "<section id=\"ladder\""));
  free(page);

  json_t *one = tool_json(ROWCAST("compare", KEPT "zen4/scale.json", KEPT "zen5/scale.json", "--json"));
  char *compared = save("compare.json", one);
  page = PAGE(compared, ranks);
  EXPECT_ALL(page, "The comparison in <code>", "zen5/scale.json", "B faster", "&#10003; bits");
  free(page);
  json_t *several = tool_json(ROWCAST("compare", "--runs", "2", "--json", KEPT "zen4/scale.json",
                                      KEPT "zen4/scale.json", KEPT "zen5/scale.json", KEPT "zen5/scale.json"));
  char *runs = save("runs.json", several);
  page = PAGE(runs);
  EXPECT_ALL(page, "medians of 2 runs", "too few runs");
  free(page);
  free(ranks);
  free(compared);
  free(runs);
}

/* Nothing named: this machine is measured. */
Test(report, measures) {
  char *path = path_in(folder, "r.html"), *page = PAGE("--rows", "20", "--kernel", "auto,scalar-naive", "--rounds", "2",
                                                       "--threads", "1", "--label", "here & now", "--seed", "1");
  EXPECT_ALL(page, "here &amp; now", "measured for this page", "<section id=\"threads\"", "<section id=\"roofline\"",
             "scalar-naive", "--seed 1");
  free(page);
  json_t *said = tool_json(ROWCAST("report", KEPT "zen4/scale.json", "-o", path, "--json"));
  cr_expect_str_eq(json_string_value(json_object_get(said, "output")), path);
  cr_expect_eq(json_integer_value(json_object_get(said, "documents")), 1);
  json_decref(said);
  tool_expect(ROWCAST("report", KEPT "zen4/scale.json", "-o", path), 1, "exists; --force replaces it");
  tool_expect(ROWCAST("report", KEPT "zen4/scale.json", "-o", path, "--force", "-q"), 0, "");
  free(path);
}

/* The page tells the command that makes it, selection and judgement included; `cpu --bench` wraps its document. */
Test(report, its_own_command) {
  json_t *bench = document_of("cpu --bench", "x",
                              json_pack("[o, o]", result_of("a", "u8", 1, 1e-3, 3), result_of("b", "u8", 1, 2e-3, 3)));
  char *wrapped = save("wrapped.json", json_pack("{s:s, s:o}", "model", "a machine", "bench", bench));
  struct process_result run = ROWCAST("report", wrapped, "-o", "-", "--kernel", "a", "--rows", "1000", "--noise", "10");
  cr_expect_eq(run.status, 0, "%s", run.err);
  cr_expect_not_null(strstr(run.out, "rowcast report --kernel a --rows 1000 --noise 10 -o report.html -- "));
  process_free(&run);
  run = ROWCAST("report", wrapped, "-o", "-");
  cr_expect_not_null(strstr(run.out, "rowcast report -o report.html -- "));
  process_free(&run);
  free(wrapped);
}

Test(report, refusals) {
  char *good = save("good.json", document_of("bench", "x", json_pack("[o]", result_of("a", "u8", 1, 1e-3, 3))));
  char *page = path_in(folder, "r.html"), *nowhere = path_in(folder, "no/r.html"),
       *absent = path_in(folder, "absent.json");
  tool_expect(ROWCAST("report", good), 2, "--output is missing");
  tool_expect(ROWCAST("report", good, "-o", "-", "--json"), 2, "would both write to standard output");
  tool_expect(ROWCAST("report", good, "-o", page, "--rounds", "3"), 2, "--rounds and --seed: of a measurement");
  tool_expect(ROWCAST("report", good, "-o", page, "--threads", "3"), 2, "--threads: of a measurement");
  tool_expect(ROWCAST("report", good, "-o", page, "--label", "x"), 2, "--label: of a measurement");
  tool_expect(ROWCAST("report", good, "-o", page, "--kernel", "none"), 2, "no result is of 'none'");
  tool_expect(ROWCAST("report", good, "-o", good, "--force"), 2, "is an input, and is not overwritten");
  tool_expect(ROWCAST("report", good, "-o", nowhere), 1, "no/r.html");
  tool_expect(ROWCAST("report", good, absent, "-o", page), 1, "absent.json");
  static const struct {
    const char *key;
    const char *value; /* JSON */
  } faults[] = {{"crc32", "\"0123abc\""},
                {"crc32", "\"<script>\""},
                {"crc32", "7"},
                {"threads", "0"},
                {"rows", "-1"},
                {"samples_s", "[1, -1]"},
                {"samples_s", "\"\""},
                {"median_s", "1e10"},
                {"samples_s", "[1, \"\"]"},
                {"k", "1.5"}};
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    json_t *result = result_of("a", "u8", 1, 1e-3, 3);
    json_object_set_new(result, faults[i].key, json_loads(faults[i].value, JSON_DECODE_ANY, NULL));
    char *path = save("fault.json", document_of("bench", "x", json_pack("[o]", result))), said[64];
    snprintf(said, sizeof said, "result 0 has no usable '%s'", faults[i].key);
    tool_expect(ROWCAST("report", path, "-o", page), 1, said);
    free(path);
  }
  cr_expect_neq(access(page, F_OK), 0, "no page is left by what failed");
  free(good);
  free(page);
  free(nowhere);
  free(absent);
}
