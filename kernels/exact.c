/* SPDX-License-Identifier: BSD-3-Clause */
/* Outputs of the order exact that a plain sum of doubles leaves in doubt. Three steps, of which each settles nearly all
 * that the one before did not: numbers that are multiples of a common unit, of which the sum was exact; a sum in two
 * doubles; a sum in fixed point. docs/numerics.md has the proofs. */
#include "exact.h"

#include <string.h>

#include "fixed.h"

enum { CHAINS = 4 };

/* A row of which outputs are in doubt. */
struct doubtful {
  const struct rc_exact *exact;
  const void *row;
  double largest;
  double unit; /* every element is a whole multiple of it; 0: not known yet */
};

static float element(const struct doubtful *in, size_t k) { return rc_element(in->row, k, in->exact->dtype); }

static double bias_of(const struct doubtful *in, size_t j) {
  const float *bias = in->exact->w->bias;
  return bias != NULL ? (double)bias[j] : 0.0;
}

/* Weights of column j: weight k is at [k / 8 * step + k % 8]. */
static const double *column_of(const struct rc_weights *w, size_t j, size_t *step) {
  struct rc_panel panel = rc_panel_at(&w->panels, 0);
  for (size_t p = 0; j >= panel.column + panel.width;) panel = rc_panel_at(&w->panels, ++p);
  *step = 8 * panel.width;
  return (const double *)(const void *)(w->packed + panel.offset) + 8 * (j - panel.column);
}

/* The least of the lowest bits of finite numbers. Taking away the lowest bit of a fraction leaves a number that differs
 * by the value of that bit. */
static float unit_of(const float *values, size_t count) {
  float least = HUGE_VALF;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    bits &= 0x7fffffff;
    const uint32_t fraction = bits & 0x7fffff, rest = fraction != 0 ? bits & (bits - 1) : 0;
    float whole, without;
    memcpy(&whole, &bits, sizeof whole);
    memcpy(&without, &rest, sizeof without);
    const float bit = bits != 0 ? whole - without : HUGE_VALF;
    least = bit < least ? bit : least;
  }
  return least;
}

/* Were the doubles' sum and all its parts multiples of one unit, and below 2^53 of it? Then none was rounded. */
static int was_exact(struct doubtful *in, size_t j, double magnitude) {
  if (in->unit == 0.0)
    in->unit = in->exact->dtype == RC_U8 ? 1.0 : (double)unit_of(in->row, in->exact->w->k);
  const double unit = in->unit * rc_exact_columns(in->exact->w).units[j], bias = bias_of(in, j);
  return magnitude < 0x1p52 * unit && fmod(bias, unit) == 0.0;
}

/* One more product for a chain of sums. `high` begins at a number so large that it stays a multiple of a unit and takes
 * of the product what is one too, without rounding; `low` gets the rest. */
RC_INLINE void add_in_two(double product, double *high, double *low, double *magnitude) {
  const double next = *high + product, rest = product - (next - *high);
  *high = next, *low += rest, *magnitude += fabs(rest);
}

/* The sum in two doubles; false: in doubt still. */
static int in_two(const struct doubtful *in, size_t j, double magnitude, float *c) {
  const size_t k = in->exact->w->k;
  size_t step;
  const double *w = column_of(in->exact->w, j, &step), bias = bias_of(in, j);
  int exponent;
  frexp(magnitude, &exponent);
  const double begin = ldexp(1.5, exponent + 2);
  double high[CHAINS], low[CHAINS] = {0.0}, rest[CHAINS] = {0.0};
  for (size_t l = 0; l < CHAINS; l++) high[l] = begin;
  add_in_two(bias, &high[0], &low[0], &rest[0]);
  size_t i = 0;
  for (; i + 8 <= k; i += 8, w += step)
    for (size_t half = 0; half < 8; half += CHAINS)
      for (size_t l = 0; l < CHAINS; l++)
        add_in_two((double)element(in, i + half + l) * w[half + l], &high[l], &low[l], &rest[l]);
  for (size_t l = 0; i + l < k; l++)
    add_in_two((double)element(in, i + l) * w[l], &high[l % CHAINS], &low[l % CHAINS], &rest[l % CHAINS]);

  const double sum = ((high[0] - begin) + (high[1] - begin)) + ((high[2] - begin) + (high[3] - begin));
  const double more = (low[0] + low[1]) + (low[2] + low[3]), rests = (rest[0] + rest[1]) + (rest[2] + rest[3]);
  if (rests == 0.0) {
    *c = (float)sum + 0.0f;
    return 1;
  }
  const double roundings = 2.0 * (double)k + 16.0, total = sum + more;
  const double error = roundings * 0x1p-53 / (1.0 - roundings * 0x1p-52) * rests + 0x1p-51 * fabs(total);
  const float lowest = (float)(total - error), highest = (float)(total + error);
  *c = lowest + 0.0f;
  return lowest == highest;
}

static float in_fixed_point(const struct doubtful *in, size_t j) {
  struct rc_fixed sum = {{0}, 0};
  size_t step;
  const double *w = column_of(in->exact->w, j, &step);
  for (size_t k = 0; k < in->exact->w->k; k++)
    rc_fixed_add_product(&sum, element(in, k), (float)w[k / 8 * step + k % 8]);
  rc_fixed_add_product(&sum, (float)bias_of(in, j), 1.0f);
  return rc_fixed_round(&sum);
}

void rc_exact_settle(const struct rc_exact *exact, const void *row, float largest, const double *sums, size_t column,
                     size_t count, float *c) {
  struct doubtful in = {.exact = exact, .row = row, .largest = (double)largest};
  const double *magnitudes = rc_exact_columns(exact->w).sums[RC_F32];
  for (size_t i = 0; i < count; i++) {
    if (!isnan(c[i])) continue;
    const size_t j = column + i;
    const double magnitude = in.largest * magnitudes[j] + fabs(bias_of(&in, j));
    /* Finite numbers have a finite sum: what is none has the class of IEEE's. */
    if (!isfinite(sums[i]) || was_exact(&in, j, magnitude)) c[i] = (float)sums[i] + 0.0f;
    else if (!in_two(&in, j, magnitude, &c[i])) c[i] = in_fixed_point(&in, j);
  }
}
