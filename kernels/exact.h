/* SPDX-License-Identifier: BSD-3-Clause */
/* The order exact: an output is the float32 nearest to the exact sum. What its kernels share.
 *
 * Products of two float32 are exact in double. A kernel adds them up in doubles, in any order, and knows how far that
 * may be from the exact sum. Rounding is monotone: if the sum less that error and the sum plus it round to the same
 * float32, then so does what lies between. The other outputs, some in ten thousand, are settled one by one. The proofs
 * are in docs/numerics.md. Weights: doubles5. */
#ifndef RC_EXACT_H
#define RC_EXACT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernel.h"
#include "pack.h"

/* What doubles5 has after its panels: n of each. */
struct rc_exact_columns {
  const double *sums[RC_DTYPE_COUNT]; /* not less than the sum of the weights' magnitudes; for RC_U8 it is 0 where
                                         doubles add up any row of bytes without rounding */
  const double *units; /* every weight of the column is a whole multiple of this power of two */
};

static inline struct rc_exact_columns rc_exact_columns(const struct rc_weights *w) {
  const double *at = (const double *)(const void *)w->packed + rc_round_up(w->k, 8) * w->n;
  return (struct rc_exact_columns){{[RC_F32] = at, [RC_U8] = at + w->n}, at + 2 * w->n};
}

/* How many doubles a sum is made of, or that its products are cut into slices. */
enum rc_exact_step { RC_STEP_ONE, RC_STEP_TWO, RC_STEP_THREE, RC_STEP_SLICES, RC_STEPS };

/* What holds for all rows of a batch. */
struct rc_exact {
  const struct rc_weights *w;
  enum rc_dtype dtype;
  const double *sums;
  double error; /* of a sum, over the magnitudes that it adds up */
  enum rc_exact_step from;  /* what is in doubt begins with this step */
  size_t settled[RC_STEPS]; /* outputs so far that took each of the steps after the first */
};

/* For `lanes` partial sums, at most 8, that are added up in pairs at the end: a product meets at most ceil(K / lanes) +
 * log2(lanes) + 1 roundings, with that of the bias. Eight instead of the last two leave four for the test itself. */
static inline struct rc_exact rc_exact_begin(const struct rc_weights *w, size_t lanes, enum rc_dtype dtype) {
  const double roundings = (double)(w->k / lanes + (w->k % lanes != 0) + 8);
  const struct rc_exact_columns columns = rc_exact_columns(w);
  return (struct rc_exact){w, dtype, columns.sums[w->bias != NULL ? RC_F32 : dtype],
                           roundings * 0x1p-53 / (1.0 - roundings * 0x1p-52), RC_STEP_TWO, {0}};
}

/* The step that more than half of so many outputs took, or a later one, since `before` was counted. */
static inline enum rc_exact_step rc_exact_most_took(const struct rc_exact *exact, const size_t before[RC_STEPS],
                                                    size_t outputs) {
  size_t count = 0;
  for (int step = RC_STEPS - 1; step > RC_STEP_ONE; step--) {
    count += exact->settled[step] - before[step];
    if (count > outputs / 2) return (enum rc_exact_step)step;
  }
  return RC_STEP_ONE;
}

/* A number as the sum of two doubles, of which `low` is at most half a unit in the last place of `high`. */
struct rc_two {
  double high, low;
};

/* a + b without any rounding (Knuth, The Art of Computer Programming, volume 2, 4.2.2, theorem B). */
RC_INLINE struct rc_two rc_two_of(double a, double b) {
  const double sum = a + b, part = sum - a;
  return (struct rc_two){sum, (a - (sum - part)) + (b - part)};
}

/* The float32 nearest to both together. Where they are no double, the one of its two neighbours with an odd last bit
 * takes their place: it rounds to the same float32, since it is no float32 and no tie of two. */
RC_INLINE float rc_two_round(struct rc_two two) {
  uint64_t bits;
  memcpy(&bits, &two.high, sizeof bits);
  if (two.low != 0.0 && bits % 2 == 0) bits += (two.low > 0.0) == (two.high > 0.0) ? UINT64_C(1) : UINT64_MAX;
  double odd;
  memcpy(&odd, &bits, sizeof odd);
  return (float)odd + 0.0f; /* a zero is +0 */
}

/* The largest magnitude in a row, or a NaN where an element is one: as integers they are in that order. */
RC_INLINE float rc_exact_largest(const void *row, size_t k, enum rc_dtype dtype) {
  if (dtype == RC_U8) return 255.0f;
  uint32_t largest = 0;
  for (size_t i = 0; i < k; i++) {
    uint32_t bits;
    memcpy(&bits, (const float *)row + i, sizeof bits);
    bits &= 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  float value;
  memcpy(&value, &largest, sizeof value);
  return value;
}

/* The most columns that are rounded at once. */
enum { RC_EXACT_COLUMNS = 4 * RC_PANELS5_COLUMNS };

/* Settles those of the `count` outputs from `column` on that are in doubt: c[j] is NaN there, and otherwise left as it
 * is. sums: what doubles gave, the bias included. largest: the largest magnitude in the row, or NaN. One for each ISA
 * level (exact_settle.h). Of a row and weights without NaN and infinity sums may be NULL. */
typedef void rc_exact_settle_fn(struct rc_exact *exact, const void *row, float largest, const double *sums,
                                size_t column, size_t count, float *c);
rc_exact_settle_fn rc_exact_settle_scalar, rc_exact_settle_avx2, rc_exact_settle_avx512, rc_exact_settle_neon;

/* All outputs of a row times finite weights, from that step on, while as much from `ahead` on is prefetched; false: the
 * row has a NaN or an infinity, and c is left as it is. */
typedef int rc_exact_straight_fn(struct rc_exact *exact, const void *row, enum rc_exact_step from, const char *ahead,
                                 float *c);
rc_exact_straight_fn rc_exact_straight_scalar, rc_exact_straight_avx2, rc_exact_straight_avx512, rc_exact_straight_neon;

/* Rounds the sums of one row's `count` outputs from `column` on, without their bias, to c; the sums are changed. */
RC_INLINE void rc_exact_round(struct rc_exact *exact, const void *row, float largest, double *sums, size_t column,
                              size_t count, float *c, rc_exact_settle_fn *settle) {
  const double *magnitudes = exact->sums + column, error = exact->error * (double)largest;
  const float *bias = exact->w->bias;
  int doubts = 0;
  for (size_t j = 0; j < count; j++) {
    double beside = error * magnitudes[j];
    if (bias != NULL) {
      const double more = (double)bias[column + j];
      sums[j] += more, beside += exact->error * fabs(more);
    }
    const float low = (float)(sums[j] - beside), high = (float)(sums[j] + beside);
    const int same = low == high; /* not of NaN */
    doubts |= !same;
    c[j] = same ? low + 0.0f : NAN; /* a zero is +0 */
  }
  if (__builtin_expect(doubts, 0)) settle(exact, row, largest, sums, column, count, c);
}

#endif
