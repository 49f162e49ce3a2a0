/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast bench`: the ladder. Every rung and kernel, against the rung before, the plainest loops and the roofline. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/options.h"
#include "commands.h"
#include "stats.h"
#include "study_command.h"
#include "study/document.h"
#include "study/study.h"
#include "terminal/report.h"

static const struct grid_column columns[] = {
  {"kernel", "kernel", NULL, GRID_KERNEL, 0, 0},          {"median_s", "median", NULL, GRID_TIME, 0, -1},
  {"minimum_s", "min", NULL, GRID_TIME, 0, -1},           {"low_s", "95 % CI", NULL, GRID_INTERVAL, 0, 0},
  {"gflops", "GFLOP/s", NULL, GRID_NUMBER, 2, 1},         {"gbytes_per_s", "GB/s", NULL, GRID_NUMBER, 2, 1},
  {"ratio_to_naive", "x naive", NULL, GRID_NUMBER, 2, 1}, {"ratio_to_before", "x before", NULL, GRID_NUMBER, 2, 0},
  {"roofline_share", "of roof", NULL, GRID_NUMBER, 2, 1},
};
static const char *const groups[] = {"rows", "k", "n", "dtype", "threads", NULL};

static const char *const spare[] = {"minimum_s", "ratio_to_before", "gbytes_per_s", "ratio_to_naive", "low_s", NULL};

const struct grid bench_grid = {columns, sizeof columns / sizeof columns[0], groups, document_heading, spare};

static double sample(const json_t *result, size_t round) {
  return json_number_value(json_array_get(json_object_get(result, "samples_s"), round));
}

/* How many times faster `result` is than `other`, sample by sample of the same rounds: NAME, NAME_low and NAME_high,
 * the median and its 95 % interval; null without an other. False: no memory. */
static bool set_ratio(json_t *result, const char *name, const json_t *other) {
  const size_t count = json_array_size(json_object_get(result, "samples_s"));
  struct bench_summary ratio = {0};
  double *scratch = calloc(count + 1, sizeof *scratch);
  if (scratch == NULL) return false;
  for (size_t i = 0; other != NULL && i < count; i++) scratch[i] = sample(other, i) / sample(result, i);
  if (other != NULL && count > 0) ratio = bench_summarise(scratch, count);
  free(scratch);
  const struct {
    const char *suffix;
    double value;
  } members[] = {{"", ratio.median}, {"_low", ratio.low}, {"_high", ratio.high}};
  for (size_t i = 0; i < 3; i++) {
    char key[64];
    snprintf(key, sizeof key, "%s%s", name, members[i].suffix);
    if (json_object_set_new(result, key, other != NULL ? json_number(members[i].value) : json_null()) != 0)
      return false;
  }
  return true;
}

/* The rung before is the line before; naive is the first rung, where it was measured. */
static int add_ratios(json_t *results) {
  const json_t *naive = NULL, *before = NULL;
  json_t *result;
  size_t i;
  json_array_foreach(results, i, result) {
    if (before == NULL || !results_alike(before, result, groups)) before = naive = NULL;
    const char *order = json_string_value(json_object_get(result, "order"));
    if (naive == NULL && order != NULL && strcmp(order, "naive") == 0) naive = result;
    if (!set_ratio(result, "ratio_to_naive", naive) || !set_ratio(result, "ratio_to_before", before))
      return complain_of_memory("the ratios");
    before = result;
  }
  return EXIT_DONE;
}

int measure_bench(const struct options *options, json_t **document, bool *wrong) {
  const struct study_defaults defaults = {
    .every_kernel = true, .counts = COUNTS_ENDS, .row_counts = {5, 0}, .two = true};
  struct study study = {0};
  int status = study_begin(&study, "bench", options, &defaults);
  if (status == EXIT_DONE) status = study_every_kernel(&study, wrong);
  if (status == EXIT_DONE) status = add_ratios(json_object_get(study.document, "results"));
  *document = json_incref(study.document);
  study_end(&study);
  return status;
}

static const struct grid *grid_of(const json_t *document) {
  (void)document;
  return &bench_grid;
}

int command_bench(const struct options *options) { return study_command("bench", measure_bench, grid_of, options); }
