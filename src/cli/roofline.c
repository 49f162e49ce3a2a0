/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast roofline`: how near each kernel comes to what the machine can do at its intensity, and what limits it. */
#include <stdio.h>
#include <string.h>

#include "args/options.h"
#include "commands.h"
#include "roofline.h"
#include "study/document.h"
#include "study/study.h"
#include "study_command.h"
#include "terminal/report.h"

static const struct grid_column columns[] = {
  {"kernel", "kernel", NULL, GRID_KERNEL, 0, 0},
  {"dtype", "dtype", NULL, GRID_TEXT, 0, 0},
  {"intensity", "FLOP/byte", NULL, GRID_NUMBER, 2, 0},
  {"gflops", "GFLOP/s", NULL, GRID_NUMBER, 2, 1},
  {"roof_gflops", "roof GFLOP/s", NULL, GRID_NUMBER, 2, 0},
  {"roofline_share", "of roof", NULL, GRID_NUMBER, 2, 1},
  {"level_share", "of level", NULL, GRID_NUMBER, 2, 1},
  {"bound", "bound by", NULL, GRID_TEXT, 0, 0},
};
static const char *const groups[] = {"rows", "k", "n", "threads", NULL};

static const char *const spare[] = {"intensity", "level_share", NULL};

const struct grid roofline_grid = {columns, sizeof columns / sizeof columns[0], groups, document_heading, spare};

/* The roof over each result, and which of its two parts is lower there. */
static int add_roofs(json_t *results) {
  json_t *result;
  size_t i;
  json_array_foreach(results, i, result) {
    const double peak = json_number_value(json_object_get(result, "fma_gflops"));
    const double bandwidth = json_number_value(json_object_get(result, "read_gbytes_per_s"));
    const double intensity = json_number_value(json_object_get(result, "intensity"));
    const double roof = bench_roof(peak, bandwidth, intensity);
    const bool arithmetic = peak > 0.0 && (bandwidth <= 0.0 || peak <= bandwidth * intensity);
    if (json_object_set_new(result, "roof_gflops", roof > 0.0 ? json_number(roof) : json_null()) != 0 ||
        json_object_set_new(result, "bound", roof > 0.0 ? json_string(arithmetic ? "FMA" : "memory") : json_null()) !=
          0)
      return complain_of_memory("the roofline");
  }
  return EXIT_DONE;
}

int measure_roofline(const struct options *options, json_t **document, bool *wrong) {
  const struct study_defaults defaults = {.every_kernel = true, .counts = COUNTS_ENDS};
  struct study study = {0};
  int status = study_begin(&study, "roofline", options, &defaults);
  if (status == EXIT_DONE) status = study_every_kernel(&study, wrong);
  if (status == EXIT_DONE) status = add_roofs(json_object_get(study.document, "results"));
  *document = json_incref(study.document);
  study_end(&study);
  return status;
}

static const struct grid *grid_of(const json_t *document) {
  (void)document;
  return &roofline_grid;
}

int command_roofline(const struct options *options) {
  return study_command("roofline", measure_roofline, grid_of, options);
}
