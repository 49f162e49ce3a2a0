/* SPDX-License-Identifier: BSD-3-Clause */
/* The roofline's picture: every point is named, however many crowd, and no name touches another, a point or a line that
 * leads to a name. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

/* Criterion runs each test in a process of its own. */
static char *folder;

static void make_folder(void) { folder = folder_make(); }
static void remove_folder(void) { folder_remove(folder); }

TestSuite(plot_roofline, .init = make_folder, .fini = remove_folder);

static bool has_gnuplot(void) { return system("command -v gnuplot >/dev/null 2>&1") == 0; }

/* So many kernels on one thread and on two, at so many intensities, each `apart` times as fast as the one before. */
struct crowd {
  int kernels, intensities;
  double apart;
  const char *name; /* with a place for the kernel's number */
};

static void kernel_of(const struct crowd *crowd, int kernel, char name[64]) {
  char number[16];
  const char *place = strchr(crowd->name, '#');
  snprintf(number, sizeof number, "%02d", kernel);
  snprintf(name, 64, "%.*s%s%s", (int)(place - crowd->name), crowd->name, number, place + 1);
}

static char *make_document(const struct crowd *crowd) {
  json_t *results = json_array();
  char name[64];
  for (int threads = 1; threads <= 2; threads++)
    for (int i = 0; i < crowd->intensities; i++)
      for (int kernel = 0; kernel < crowd->kernels; kernel++) {
        kernel_of(crowd, kernel, name);
        json_array_append_new(
          results, json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:b}", "kernel", name,
                             "dtype", i % 2 == 0 ? "f32" : "u8", "threads", threads, "rows", 50000, "k", 784, "n", 10,
                             "median_s", 0.1, "low_s", 0.1, "high_s", 0.1, "gflops",
                             50.0 * threads * pow(crowd->apart, kernel), "intensity", 5.0 * (i + 1), "fma_gflops",
                             100.0 * threads, "read_gbytes_per_s", 20.0 * threads, "effective", kernel % 3 == 0));
      }
  json_t *document = json_pack("{s:i, s:s, s:s, s:{s:s}, s:o}", "schema_version", 1, "command", "roofline", "label",
                               "x", "machine", "model", "a machine", "results", results);
  char *path = path_in(folder, "document.json");
  cr_assert(document != NULL && json_dump_file(document, path, JSON_COMPACT) == 0);
  json_decref(document);
  return path;
}

static char *read_text(const char *path) {
  enum { MOST = 1 << 22 };
  FILE *file = fopen(path, "r");
  char *text = calloc(1, MOST);
  cr_assert(file != NULL && text != NULL, "%s", path);
  const size_t size = fread(text, 1, MOST - 1, file);
  cr_assert(size > 0 && size < MOST - 1, "%s", path);
  fclose(file);
  return text;
}

/* What an SVG by gnuplot shows: names in their boxes, points, and lines that lead from one to the other. */
struct box {
  double left, top, right, bottom;
  char text[128];
};
struct line {
  double from[2], to[2];
};
enum { SHOWN_MOST = 4000 };
struct shown {
  struct box names[SHOWN_MOST];
  double points[SHOWN_MOST][2];
  struct line lines[SHOWN_MOST];
  size_t name_count, point_count, line_count;
  double width;
};

/* A fixed-width font's characters are 0.6 of its size wide. */
static void take_name(struct shown *shown, const char *at) {
  double x, y, size;
  char anchor[16];
  struct box *box = &shown->names[shown->name_count];
  const char *font = strstr(at, "font-size=\""), *side = strstr(at, "text-anchor=\""), *text = strstr(at, "<text>");
  if (sscanf(at, "<g transform=\"translate(%lf,%lf)\"", &x, &y) != 2) return;
  cr_assert(font != NULL && side != NULL && text != NULL && sscanf(font, "font-size=\"%lf", &size) == 1 &&
            sscanf(side, "text-anchor=\"%15[a-z]", anchor) == 1 && sscanf(text, "<text>%127[^<]", box->text) == 1);
  const size_t length = strlen(box->text);
  if (length < 4 || (strcmp(box->text + length - 4, " f32") != 0 && strcmp(box->text + length - 3, " u8") != 0)) return;
  const double width = 0.6 * size * (double)length;
  box->left = strcmp(anchor, "start") == 0 ? x : strcmp(anchor, "end") == 0 ? x - width : x - width / 2;
  box->right = box->left + width;
  box->top = y - 0.75 * size;
  box->bottom = y + 0.2 * size;
  cr_assert_lt(++shown->name_count, (size_t)SHOWN_MOST);
}

static void take_lines(struct shown *shown, const char *at) {
  const char *end = strstr(at, "'/>");
  cr_assert_not_null(end);
  for (at = strstr(at, "d='"); at != NULL && at < end; at = strchr(at + 1, 'M')) {
    struct line *line = &shown->lines[shown->line_count];
    if (*at == 'd') at += 2;
    if (sscanf(at + 1, "%lf,%lf L%lf,%lf", &line->from[0], &line->from[1], &line->to[0], &line->to[1]) != 4) continue;
    cr_assert_lt(++shown->line_count, (size_t)SHOWN_MOST);
  }
}

static struct shown *read_picture(const char *path) {
  char *text = read_text(path);
  struct shown *shown = calloc(1, sizeof *shown);
  cr_assert_not_null(shown);
  const char *size = strstr(text, "<svg");
  cr_assert(size != NULL && sscanf(strstr(size, "width="), "width=\"%lf", &shown->width) == 1);
  for (const char *at = text; (at = strchr(at, '<')) != NULL; at++) {
    double *point = shown->points[shown->point_count];
    if (strncmp(at, "<g transform=", 13) == 0) take_name(shown, at);
    else if (strncmp(at, "<path stroke='rgb(153, 153, 153)'", 33) == 0) take_lines(shown, at);
    else if (sscanf(at, "<use xlink:href='#gpPt%*d' transform='translate(%lf,%lf)", &point[0], &point[1]) == 2)
      cr_assert_lt(++shown->point_count, (size_t)SHOWN_MOST);
  }
  free(text);
  return shown;
}

/* Does a point of so many pixels around it touch a box? */
static bool touches(const struct box *box, double x, double y, double around) {
  return x + around > box->left && x - around < box->right && y + around > box->top && y - around < box->bottom;
}

static bool crosses(const struct box *box, const struct line *line) {
  enum { STEPS = 400 };
  for (int i = 0; i <= STEPS; i++) {
    const double part = (double)i / STEPS;
    if (touches(box, line->from[0] + part * (line->to[0] - line->from[0]),
                line->from[1] + part * (line->to[1] - line->from[1]), 0.0))
      return true;
  }
  return false;
}

static void check_apart(const struct shown *shown, const char *which) {
  for (size_t i = 0; i < shown->name_count; i++) {
    const struct box *a = &shown->names[i];
    cr_expect(a->left >= 0.0 && a->right <= shown->width, "%s: '%s' is cut", which, a->text);
    for (size_t j = 0; j < i; j++) {
      const struct box *b = &shown->names[j];
      cr_assert(a->right <= b->left || b->right <= a->left || a->bottom <= b->top || b->bottom <= a->top,
                "%s: '%s' over '%s'", which, a->text, b->text);
    }
    for (size_t p = 0; p < shown->point_count; p++)
      cr_assert(!touches(a, shown->points[p][0], shown->points[p][1], 3.0), "%s: '%s' over a point", which, a->text);
    for (size_t l = 0; l < shown->line_count; l++)
      cr_assert(!crosses(a, &shown->lines[l]), "%s: '%s' over a line", which, a->text);
  }
}

Test(plot_roofline, no_name_touches_anything, .timeout = 120) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  static const struct crowd crowds[] = {
    {30, 2, 1.002, "kernel-#"}, {30, 2, 1.05, "kernel-#"}, {12, 3, 1.3, "a-kernel-of-a-long-name-#-and-more-of-it"},
    {40, 1, 1.01, "k#"},        {3, 7, 1.0, "avx512-#"},   {1, 1, 1.0, "alone-#"},
  };
  for (size_t c = 0; c < sizeof crowds / sizeof crowds[0]; c++) {
    const struct crowd *crowd = &crowds[c];
    char *document = make_document(crowd), *picture = path_in(folder, "p.svg"), name[64];
    struct process_result result = ROWCAST("compare", document, "--plot", picture, "--quiet", "--force");
    cr_assert(result.status == 0 && result.err[0] == '\0', "%s: %s", crowd->name, result.err);
    process_free(&result);
    struct shown *shown = read_picture(picture);
    check_apart(shown, crowd->name);
    /* Each kernel is named on both panels, at each intensity, and has a line that leads to its name. */
    const size_t points = 2 * (size_t)crowd->kernels * (size_t)crowd->intensities;
    cr_expect_eq(shown->line_count, points, "%s: %zu lines for %zu points", crowd->name, shown->line_count, points);
    for (int kernel = 0; kernel < crowd->kernels; kernel++) {
      size_t named = 0;
      kernel_of(crowd, kernel, name);
      for (size_t i = 0; i < shown->name_count; i++) named += strstr(shown->names[i].text, name) != NULL;
      cr_expect_eq(named, 2 * (size_t)crowd->intensities, "%s: %zu times", name, named);
    }
    free(shown);
    free(picture);
    free(document);
  }
}

/* Points that nearly coincide share a name, unless one of them skips zeros, is of another type, or it would be long. */
Test(plot_roofline, points_at_one_place_share_a_name) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  static const struct crowd crowd = {4, 2, 1.0001, "tile-#"};
  char *document = make_document(&crowd), *picture = path_in(folder, "p.svg");
  struct process_result result = ROWCAST("compare", document, "--plot", picture, "--quiet");
  cr_assert_eq(result.status, 0, "%s", result.err);
  process_free(&result);
  char *text = read_text(picture);
  cr_expect_not_null(strstr(text, ">tile-01, tile-02 f32<"));
  cr_expect_not_null(strstr(text, ">tile-01, tile-02 u8<"));
  cr_expect_not_null(strstr(text, ">tile-00 f32<"));
  cr_expect_not_null(strstr(text, ">tile-03 u8<"));
  free(text);
  free(picture);
  free(document);
}

/* Of several shapes the names have what differs, and the title claims none. */
Test(plot_roofline, several_shapes) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  static const struct crowd crowd = {2, 2, 1.5, "tile-#"};
  char *document = make_document(&crowd), *picture = path_in(folder, "p.svg");
  json_t *json = json_load_file(document, 0, NULL), *result;
  size_t i;
  json_array_foreach(json_object_get(json, "results"), i, result) json_object_set_new(
    result, "n", json_integer(json_number_value(json_object_get(result, "intensity")) > 5.0 ? 20 : 10));
  cr_assert_eq(json_dump_file(json, document, 0), 0);
  struct process_result drawn = ROWCAST("compare", document, "--plot", picture, "--quiet");
  cr_assert_eq(drawn.status, 0, "%s", drawn.err);
  process_free(&drawn);
  char *text = read_text(picture);
  cr_expect_not_null(strstr(text, ">tile-00 N 10 f32<"));
  cr_expect_not_null(strstr(text, ">tile-01 N 20 u8<"));
  cr_expect_not_null(strstr(text, ">several shapes, a machine<"));
  cr_expect_null(strstr(text, "50000 x 784"));
  free(text);
  json_decref(json);
  free(picture);
  free(document);
}

/* A result of which no rate is known has no place, which is told. */
Test(plot_roofline, results_without_a_place) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  static const struct crowd crowd = {2, 1, 1.5, "tile-#"};
  char *document = make_document(&crowd), *picture = path_in(folder, "p.svg");
  json_t *json = json_load_file(document, 0, NULL);
  json_t *results = json_object_get(json, "results");
  cr_assert_eq(json_object_del(json_array_get(results, 0), "gflops"), 0);
  cr_assert_eq(json_dump_file(json, document, 0), 0);
  struct process_result result = ROWCAST("compare", document, "--plot", picture, "--quiet");
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.err, "--plot: 1 result is not drawn: no intensity or no rate is known"), "%s",
                     result.err);
  process_free(&result);
  for (size_t i = 1; i < json_array_size(results); i++) json_object_del(json_array_get(results, i), "gflops");
  cr_assert_eq(json_dump_file(json, document, 0), 0);
  result = ROWCAST("compare", document, "--plot", picture, "--quiet", "--force");
  cr_expect_eq(result.status, 1, "%s", result.err);
  cr_expect_not_null(strstr(result.err, "there is nothing to draw"), "%s", result.err);
  process_free(&result);
  json_decref(json);
  free(picture);
  free(document);
}
