/* SPDX-License-Identifier: BSD-3-Clause */
/* Outputs of the order exact whose sums of digits leave them in doubt, with the rests. */
#include "digits.h"

#include <math.h>
#include <string.h>

#include "exact.h"

static double product(const struct rc_digits_rest *rest, const unsigned char *row) {
  return (double)row[rest->k] * (double)rest->value;
}

/* The sum of what the digits of a column leave out. Every column's is added up to the same length. */
static double sum_of_rests(const struct rc_digits *d, size_t j, const unsigned char *row) {
  const struct rc_digits_rest *rest = d->rests + j * d->most_rests;
  double sums[RC_DIGITS_RESTS] = {0.0};
  for (size_t i = 0; i < d->rest_count; i += RC_DIGITS_RESTS)
    for (size_t l = 0; l < RC_DIGITS_RESTS; l++) sums[l] += product(&rest[i + l], row);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* Is the output known with the rests? */
static int with_rests(const struct rc_digits *d, size_t j, const unsigned char *row, double digits, float *c) {
  const struct rc_digits_column *column = &d->columns[j];
  const double bias = d->w->bias != NULL ? (double)d->w->bias[j] : 0.0, rests = sum_of_rests(d, j, row);
  if (!isfinite(rests) || !isfinite(bias)) {
    *c = (float)(rests + bias);
    return 1;
  }
  const struct rc_two biased = rc_two_of(digits, bias), all = rc_two_of(biased.high, rests);
  const double low = biased.low + all.low;
  double error = column->error + column->rest_error;
  if (biased.low != 0.0 && all.low != 0.0) error += 0x1p-52 * fabs(low);
  if (error == 0.0) {
    *c = rc_two_round(rc_two_of(all.high, low));
    return 1;
  }
  error = error * (1.0 + 0x1p-40) + 0x1p-51 * fabs(low);
  *c = rc_two_round(rc_two_of(all.high, low - error));
  return *c == rc_two_round(rc_two_of(all.high, low + error));
}

/* The column's weights as doubles5 has them. */
static double plain_sum(const struct rc_weights *w, size_t j, const unsigned char *row) {
  const struct rc_panel panel = rc_panel_at(&w->panels, rc_panel_of(&w->panels, j));
  const double *at = (const double *)(const void *)(w->packed + panel.offset) + 8 * (j - panel.column);
  double sum = w->bias != NULL ? (double)w->bias[j] : 0.0;
  for (size_t k = 0; k < w->k; k++) sum += (double)row[k] * at[k / 8 * 8 * panel.width + k % 8];
  return sum;
}

/* A row's outputs of a panel that are NaN, so many, by doubles. Where most of a row's need a later step, the next row's
 * begin with it. */
static void with_doubles(struct rc_exact *exact, const struct rc_digits *d, const struct rc_digits_panel *panel,
                         const unsigned char *row, size_t outputs, float *c) {
  double sums[RC_EXACT_COLUMNS];
  size_t before[RC_STEPS];
  if (exact->w == NULL) *exact = rc_exact_begin(d->w, 1, RC_U8); /* few calls come this far */
  memcpy(before, exact->settled, sizeof before);
  for (size_t j = 0, count; j < panel->width; j += count) {
    count = panel->width - j < RC_EXACT_COLUMNS ? panel->width - j : RC_EXACT_COLUMNS;
    /* Of finite weights a sum in one double would be in doubt again. */
    for (size_t i = 0; i < count && !d->w->finite; i++)
      if (isnan(c[j + i])) sums[i] = plain_sum(d->w, panel->column + j + i, row);
    d->settle(exact, row, 255.0f, d->w->finite ? NULL : sums, panel->column + j, count, c + j);
  }
  const enum rc_exact_step took = rc_exact_most_took(exact, before, outputs);
  if (took > RC_STEP_TWO) exact->from = took;
}

void rc_digits_settle(const struct rc_digits *d, const struct rc_digits_panel *panel, const uint64_t *doubts,
                      const double *sums, size_t rows, const unsigned char *x, size_t apart,
                      float *c, size_t ldc) {
  struct rc_exact exact = {0};
  size_t some[RC_DIGITS_BLOCK], count = 0;
  for (size_t r = 0; r < rows; r++) {
    some[count] = r;
    count += doubts[r] != 0;
  }
  for (size_t i = 0; i < count; i++) {
    const size_t r = some[i];
    const unsigned char *row = x + r * apart;
    float *to = c + r * ldc;
    size_t left_over = 0;
    for (uint64_t left = doubts[r]; left != 0; left &= left - 1) {
      const size_t j = (size_t)__builtin_ctzll(left), column = panel->column + j;
      if (d->columns[column].listed && with_rests(d, column, row, sums[r * RC_DIGITS_LANES + j], &to[j])) continue;
      to[j] = NAN;
      left_over++;
    }
    if (left_over > 0) with_doubles(&exact, d, panel, row, left_over, to);
  }
}

static int all_zero(const unsigned char *row, size_t k) {
  return k == 0 || (row[0] == 0 && memcmp(row, row + 1, k - 1) == 0);
}

void rc_digits_settle_zeros(const struct rc_digits *d, const struct rc_digits_panel *panel, uint64_t *doubts,
                            size_t rows, const unsigned char *x, size_t apart, float *c, size_t ldc) {
  const uint64_t every = UINT64_MAX >> (64 - panel->width);
  for (size_t r = 0; r < rows && d->w->finite; r++) {
    if (doubts[r] != every || !all_zero(x + r * apart, d->w->k)) continue;
    for (size_t j = 0; j < panel->width; j++)
      c[r * ldc + j] = d->w->bias != NULL ? d->w->bias[panel->column + j] + 0.0f : 0.0f;
    doubts[r] = 0;
  }
}

/* Doubles or slices settle such an output in the time in which some hundred are multiplied with few digits. */
int rc_digits_many_open(const struct rc_digits *d, const struct rc_digits_panel *panel, uint64_t *doubts, size_t rows,
                        const unsigned char *x, size_t apart, float *c, size_t ldc) {
  uint64_t open = 0;
  size_t count = 0;
  rc_digits_settle_zeros(d, panel, doubts, rows, x, apart, c, ldc);
  for (size_t j = 0; j < panel->width; j++) open |= (uint64_t)rc_digits_open(&d->columns[panel->column + j]) << j;
  for (size_t r = 0; r < rows; r++)
    for (uint64_t left = doubts[r] & open; left != 0; left &= left - 1) count++;
  return 100 * count * d->digits > rows * panel->width * d->all;
}

uint64_t rc_digits_round64(const struct rc_digits *d, const struct rc_digits_panel *panel, const int64_t *lanes,
                           double *sums, float *c) {
  for (size_t j = 0; j < panel->width; j++) {
    double sum = 0.0;
    for (size_t digit = d->digits; digit-- > 0;) sum = sum * d->base + (double)lanes[digit * panel->width + j];
    sums[j] = sum * d->units[panel->column + j];
  }
  return rc_digits_round_sums(d, panel, sums, c);
}
