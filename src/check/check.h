/* SPDX-License-Identifier: BSD-3-Clause */
/* What a product is checked against: the plain model of its order decides the bits, float64 bounds them.
 * Slow and plain on purpose; never a faster kernel. Nothing here allocates or prints. */
#ifndef ROWCAST_CHECK_H
#define ROWCAST_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/types.h>

/* One product: rows of X of the given dtype, weights, and the scale folded into them (1 for none). Strides
 * in elements, as in rowcast/plan.h. */
struct check_product {
  rowcast_dtype dtype;
  size_t m, k, n;
  const void *x;
  size_t ldx;
  const float *w;
  size_t ldw;
  float scale;
  const float *bias; /* n floats; NULL: none */
};

/* C as the order's definition says (docs/numerics.md): the weights are fl(w * scale), X's bytes are taken as 0..255.
 * The bias is added to the rounded sum, but within that of the order exact. Writes m x n floats at c. */
void check_model(const struct check_product *product, rowcast_order order, float *c, size_t ldc);

/* The first element that differs, and how many do. */
struct check_difference {
  size_t count; /* 0: equal */
  size_t row, column;
  float got, expected;
};

/* Compares bits; any NaN equals any NaN (payloads and signs of NaN are outside the promise). */
struct check_difference check_bits(const float *got, size_t ldg, const float *expected, size_t lde, size_t m, size_t n);

/* How far a product is from the correctly rounded one. */
struct check_distance {
  double share; /* of its outputs that differ; 0 for none */
  double worst; /* in ulps: steps from one float32 to the next; 2^32 where one of the two is infinite or NaN */
};

/* got against the result of the order exact. */
struct check_distance check_distance(const float *got, size_t ldg, const float *exact, size_t lde, size_t m, size_t n);

/* |got - exact| <= gamma * sum |x||w|, gamma = K u / (1 - K u), u = 2^-24, and one more K when the scale is
 * no power of two (the weights were rounded once more); plus what underflow and float64's own roundings may
 * add. exact: float64. Where a product is Inf or NaN, the class (NaN, +Inf, -Inf) must agree instead. Nothing
 * is asked of an output whose partial sums, or whose scaled weights, may leave float32's range. */
struct check_bound {
  size_t over;        /* elements above the bound, or of another class */
  double worst;       /* largest |error| / (u * sum |x||w|), the error less what underflow and float64 may add;
                         0 where that sum is 0; always finite; above the limit only where an element is over */
  size_t row, column; /* of the first element that is over; if none is, of the worst one */
  double got, exact;  /* at that element */
  double limit;       /* gamma / u: the most that worst may be */
};
struct check_bound check_float64(const struct check_product *product, const float *got, size_t ldg);

#endif
