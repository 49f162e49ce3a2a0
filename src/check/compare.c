/* SPDX-License-Identifier: BSD-3-Clause */
/* Comparison with the model, bit by bit, and with float64, within the bound derived in docs/numerics.md. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

static bool same_bits(float a, float b) { return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0; }

struct check_difference check_bits(const float *got, size_t ldg, const float *expected, size_t lde, size_t m,
                                   size_t n) {
  struct check_difference difference = {0};
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++) {
      const float a = got[i * ldg + j], b = expected[i * lde + j];
      if (same_bits(a, b)) continue;
      if (difference.count++ == 0) {
        difference.row = i, difference.column = j;
        difference.got = a, difference.expected = b;
      }
    }
  return difference;
}

/* Where a float stands among all of them, -0 and +0 in one place. */
static int64_t place_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const int64_t magnitude = bits & 0x7fffffff;
  return bits >> 31 != 0 ? -magnitude : magnitude;
}

struct check_distance check_distance(const float *got, size_t ldg, const float *exact, size_t lde, size_t m, size_t n) {
  struct check_distance distance = {0};
  double count = 0.0;
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++) {
      const float a = got[i * ldg + j], b = exact[i * lde + j];
      if (same_bits(a, b)) continue;
      count++;
      const double ulps = isfinite(a) && isfinite(b) ? fabs((double)(place_of(a) - place_of(b))) : 0x1p32;
      distance.worst = fmax(distance.worst, ulps);
    }
  if (m > 0 && n > 0) distance.share = count / ((double)m * (double)n);
  return distance;
}

/* One output in float64. A product of two float32 is exact in float64, and so is one by a power of two. */
struct exact {
  double sum;        /* of the finite terms */
  double magnitude;  /* of the same, without signs */
  double elements;   /* sum |x| of the same: what an absolute error of the weights is multiplied by */
  double special;    /* sum of the others: NaN or an infinity; 0 if there are none */
  bool out_of_range; /* a finite weight leaves float32's range when it is scaled */
};

static struct exact exact_output(const struct check_product *product, size_t i, size_t j) {
  struct exact exact = {0};
  const double scale = (double)product->scale;
  for (size_t k = 0; k < product->k; k++) {
    const size_t at = i * product->ldx + k;
    const double x = product->dtype == ROWCAST_U8 ? (double)((const unsigned char *)product->x)[at]
                                                  : (double)((const float *)product->x)[at];
    const double w = (double)product->w[k * product->ldw + j] * scale;
    if (isfinite(w) && fabs(w) >= (double)FLT_MAX) exact.out_of_range = true;
    /* A weight that scales to 0 gives NaN when multiplied with an infinite element. */
    const double term = isfinite(x) ? x * w : x * (double)(float)w;
    if (isfinite(term)) {
      exact.sum += term;
      exact.magnitude += fabs(term);
      exact.elements += fabs(x);
    } else {
      exact.special += term;
    }
  }
  if (product->bias != NULL) {
    const double bias = (double)product->bias[j];
    if (isfinite(bias)) exact.sum += bias, exact.magnitude += fabs(bias);
    else exact.special += bias;
  }
  return exact;
}

static bool is_power_of_two(float value) {
  int exponent;
  return fabsf(frexpf(value, &exponent)) == 0.5f;
}

static bool same_class(double value, double special) { return isnan(special) ? isnan(value) : value == special; }

struct check_bound check_float64(const struct check_product *product, const float *got, size_t ldg) {
  const double u = 0x1p-24, terms = (double)product->k + (is_power_of_two(product->scale) ? 0.0 : 1.0) +
                                    (product->bias != NULL ? 1.0 : 0.0);
  struct check_bound bound = {0};
  bound.limit = terms / (1.0 - terms * u);
  bool placed = false;
  for (size_t i = 0; i < product->m; i++)
    for (size_t j = 0; j < product->n; j++) {
      const struct exact exact = exact_output(product, i, j);
      const double value = (double)got[i * ldg + j];
      const double allowed = bound.limit * u * exact.magnitude;
      /* Every partial sum, rounded, is at most magnitude * (1 + gamma). */
      if (exact.out_of_range || exact.magnitude + allowed >= (double)FLT_MAX) continue;

      bool over;
      double ratio = 0.0;
      if (exact.special != 0.0) {
        over = !same_class(value, exact.special);
      } else {
        const double error = fabs(value - exact.sum);
        /* Float64's own roundings: one a term and one an addition, each 2^-53 of the magnitude at most. A step
         * that underflows adds 2^-150, a scaled weight that does 2^-150 times its element; the doubled powers
         * allow for the roundings that these pass through. */
        const double slack = terms * 0x1p-51 * exact.magnitude + (2.0 * terms + exact.elements) * 0x1p-149;
        over = !(error <= allowed + slack);
        /* What underflow may add says nothing about the relative error. The minimum takes back the figure's own
         * rounding, so that it is above the limit just where the error is. */
        if (exact.magnitude > 0.0) ratio = fmax(error - slack, 0.0) / (u * exact.magnitude);
        if (!over) ratio = fmin(ratio, bound.limit);
      }
      const bool worse = isfinite(ratio) && ratio > bound.worst;
      if (worse) bound.worst = ratio;
      if ((over && bound.over == 0) || (bound.over == 0 && (worse || !placed))) {
        bound.row = i, bound.column = j;
        bound.got = value, bound.exact = exact.special != 0.0 ? exact.special : exact.sum;
        placed = true;
      }
      bound.over += over;
    }
  return bound;
}
