/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/peers_grid.h"

#include <stdio.h>

#include "study/document.h"

static const struct grid_column columns[] = {
  {"kernel", "kernel", NULL, GRID_KERNEL, 0, 0},
  {"version", "version", NULL, GRID_TEXT, 0, 0},
  {"dtype", "dtype", NULL, GRID_TEXT, 0, 0},
  {"threads", "threads", NULL, GRID_COUNT, 0, 0},
  {"median_s", "median", NULL, GRID_TIME, 0, -1},
  {"low_s", "95 % CI", NULL, GRID_INTERVAL, 0, 0},
  {"gflops", "GFLOP/s", NULL, GRID_NUMBER, 2, 1},
  {"roofline_share", "of roof", NULL, GRID_NUMBER, 2, 1},
  {"ratio_to_best_peer", "x best peer", NULL, GRID_NUMBER, 2, 1},
  {"ratio_to_best_peer_low", "from", NULL, GRID_NUMBER, 2, 0},
  {"ratio_to_best_peer_high", "to", NULL, GRID_NUMBER, 2, 0},
};
static const char *const groups[] = {"rows", "k", "n", "threads_asked", NULL};

static double number(const json_t *result, const char *key) { return json_number_value(json_object_get(result, key)); }

/* Types and threads are columns here; threads beyond what a small batch is worth are left unused. */
static char *heading(const json_t *first) {
  const double fma = number(first, "fma_gflops"), read = number(first, "read_gbytes_per_s");
  char *text, most[64] = "", reading[64] = "";
  if (fma > 0.0) snprintf(most, sizeof most, "; FMA %.1f GFLOP/s", fma);
  if (read > 0.0) snprintf(reading, sizeof reading, ", reading %.1f GB/s", read);
  const int length =
    asprintf(&text, "%.0f x %.0f times %.0f x %.0f, at most %.0f thread%s%s%s", number(first, "rows"),
             number(first, "k"), number(first, "k"), number(first, "n"), number(first, "threads_asked"),
             number(first, "threads_asked") > 1.0 ? "s" : "", most, reading);
  return length < 0 ? NULL : text;
}

static const char *const spare[] = {
  "ratio_to_best_peer_low", "ratio_to_best_peer_high", "low_s", "roofline_share", "gflops", NULL};

const struct grid peers_grid = {columns, sizeof columns / sizeof columns[0], groups, heading, spare};
