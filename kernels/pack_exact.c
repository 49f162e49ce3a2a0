/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes weights in the layouts of the order exact. */
#include <math.h>
#include <stdint.h>

#include "pack.h"
#include "weight.h"

/* Doubles for each column, after the panels (exact.h). */
enum { COLUMN_DOUBLES = 3 };

struct rc_panels rc_doubles5(size_t k, size_t n) {
  struct rc_panels panels = rc_panels5(k, n);
  panels.size *= 2, panels.wider_size *= 2; /* counted in floats */
  return panels;
}

static size_t count_doubles5(size_t k, size_t n) {
  size_t padded, doubles, bytes;
  if (k > SIZE_MAX - 8 - COLUMN_DOUBLES) return SIZE_MAX;
  padded = rc_round_up(k, 8) + COLUMN_DOUBLES;
  if (__builtin_mul_overflow(padded, n, &doubles) || __builtin_mul_overflow(doubles, sizeof(double), &bytes))
    return SIZE_MAX;
  return 2 * doubles;
}

/* Of one column, as exact.h has it: *sum and *unit. Returns whether all its weights are finite. */
static int measure(const struct rc_source *w, size_t k, size_t j, double *sum, double *unit) {
  double total = 0.0, least = HUGE_VAL;
  int finite = 1;
  for (size_t i = 0; i < k; i++) {
    const float value = rc_weight(*w, i, j);
    total += fabs((double)value);
    if (!isfinite(value)) finite = 0;
    else if (value != 0.0f) least = fmin(least, rc_lowest_bit(value));
  }
  /* Each of the k additions may have rounded down. */
  *sum = total * (1.0 + (double)k * 0x1p-52);
  *unit = isfinite(least) ? least : 1.0;
  return finite;
}

static int pack_doubles5(float *dst, const struct rc_source *w, size_t k, size_t n) {
  const struct rc_panels panels = rc_doubles5(k, n);
  const size_t column = rc_round_up(k, 8);
  for (size_t p = 0; p < panels.count; p++) {
    const struct rc_panel panel = rc_panel_at(&panels, p);
    double *to = (double *)(void *)(dst + panel.offset);
    for (size_t i = 0; i < column; i++)
      for (size_t j = 0; j < panel.width; j++)
        to[(i / 8 * panel.width + j) * 8 + i % 8] = i < k ? (double)rc_weight(*w, i, panel.column + j) : 0.0;
  }
  double *sums = (double *)(void *)dst + column * n, *byte_sums = sums + n, *units = byte_sums + n;
  int finite = 1;
  for (size_t j = 0; j < n; j++) {
    finite &= measure(w, k, j, &sums[j], &units[j]);
    /* Multiples of one unit below 2^53 of it are added without rounding. */
    byte_sums[j] = 255.0 * sums[j] < 0x1p52 * units[j] ? 0.0 : sums[j];
  }
  return finite;
}

const struct rc_packing rc_pack_doubles5 = {"doubles5", "doubles5", rc_doubles5, count_doubles5, pack_doubles5, 0};
