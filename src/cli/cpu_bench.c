/* SPDX-License-Identifier: BSD-3-Clause */
#include "cpu_bench.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "study/document.h"
#include "study/grid.h"
#include "study/study.h"
#include "terminal/report.h"
#include "terminal/terminal.h"

/* More than caches hold as float32, and soon read. */
enum { ROWS = 10000 };

static const struct grid_column columns[] = {
  {"kernel", "kernel", NULL, GRID_TEXT, 0, 0},
  {"f32_s", "f32", NULL, GRID_TIME, 0, -1},
  {"f32_gflops", "GFLOP/s", NULL, GRID_NUMBER, 1, 1},
  {"f32_share", "of roof", NULL, GRID_NUMBER, 2, 1},
  {"u8_s", "u8", NULL, GRID_TIME, 0, -1},
  {"u8_gflops", "GFLOP/s", NULL, GRID_NUMBER, 1, 1},
  {"u8_share", "of roof", NULL, GRID_NUMBER, 2, 1},
};
static const char *const groups[] = {NULL};
static const struct grid grid = {columns, sizeof columns / sizeof columns[0], groups, NULL, NULL};

/* In the other formats, each element type by itself. */
static const struct grid_column document_columns[] = {
  {"kernel", "kernel", NULL, GRID_KERNEL, 0, 0},     {"median_s", "median", NULL, GRID_TIME, 0, -1},
  {"low_s", "95 % CI", NULL, GRID_INTERVAL, 0, 0},   {"gflops", "GFLOP/s", NULL, GRID_NUMBER, 2, 1},
  {"gbytes_per_s", "GB/s", NULL, GRID_NUMBER, 2, 1}, {"roofline_share", "of roof", NULL, GRID_NUMBER, 2, 1},
};
static const char *const document_groups[] = {"rows", "k", "n", "dtype", "threads", NULL};
static const struct grid document_grid = {document_columns, sizeof document_columns / sizeof document_columns[0],
                                          document_groups, document_heading, NULL};

int cpu_bench(json_t **document, const struct options *options) {
  const struct study_defaults defaults = {.every_kernel = true, .counts = COUNTS_ONE, .row_counts = {ROWS}};
  struct study study;
  int status = study_begin(&study, "cpu", options, &defaults);
  bool wrong = false;
  if (status == EXIT_DONE) status = study_every_kernel(&study, &wrong);
  *document = json_incref(study.document);
  study_end(&study);
  return status == EXIT_DONE && wrong ? EXIT_FAILED : status;
}

/* The line of a kernel, which is made if there is none yet. */
static json_t *line_of(json_t *lines, const json_t *kernel) {
  json_t *line;
  size_t i;
  json_array_foreach(lines, i, line) if (json_equal(json_object_get(line, "kernel"), kernel)) return line;
  line = json_object();
  json_object_set(line, "kernel", (json_t *)(uintptr_t)kernel);
  return json_array_append_new(lines, line) == 0 ? line : NULL;
}

/* Both element types of a kernel in one line. */
static bool add(json_t *lines, const json_t *result) {
  static const char *const members[][2] = {{"median_s", "s"}, {"gflops", "gflops"}, {"roofline_share", "share"}};
  json_t *line = line_of(lines, json_object_get(result, "kernel"));
  const char *dtype = json_string_value(json_object_get(result, "dtype"));
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    char key[32];
    snprintf(key, sizeof key, "%s_%s", dtype, members[i][1]);
    if (json_object_set(line, key, json_object_get(result, members[i][0])) != 0) return false;
  }
  return true;
}

int cpu_bench_print(const json_t *document, const struct options *options) {
  if (options->format != FORMAT_TABLE) return document_print(document, &document_grid, options);
  json_t *lines = json_array(), *result;
  bool made = lines != NULL;
  size_t i;
  json_array_foreach(json_object_get(document, "results"), i, result) made = made && add(lines, result);
  const json_t *first = json_array_get(json_object_get(document, "results"), 0);
  const json_t *fma = json_object_get(first, "fma_gflops"), *reading = json_object_get(first, "read_gbytes_per_s");
  out("\nspeed on one thread, %d MNIST rows times 784 x 10", ROWS);
  if (json_is_number(fma)) out("; multiply-adds at most %.1f GFLOP/s", json_number_value(fma));
  if (json_is_number(reading)) out(", reading %.1f GB/s", json_number_value(reading));
  out("\n");
  made = made && grid_print_table(&grid, lines, terminal_colors(options->color), document_width(options));
  json_decref(lines);
  document_print_disturbances(document);
  return made ? EXIT_DONE : complain_of_memory("the table");
}
