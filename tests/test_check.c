/* SPDX-License-Identifier: BSD-3-Clause */
/* What everything else is checked against: the models of the orders, on products whose bits are known, and the
 * comparisons, on results that are right, nearly right and wrong. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include <rowcast/experimental.h>

#include "check.h"

/* One output: x[0..k) * w[0..k). */
static struct check_product dot(const float *x, const float *w, size_t k) {
  return (struct check_product){
    .dtype = ROWCAST_F32, .m = 1, .k = k, .n = 1, .x = x, .ldx = k, .w = w, .ldw = 1, .scale = 1.0f};
}

static float model(const struct check_product *product, rowcast_order order) {
  float c;
  check_model(product, order, &c, 1);
  return c;
}

/* e = 2^-12, so (1 + e)^2 = 1 + 2e + e^2, whose last term one rounding to 24 bits drops. */
static const float one_and_e = 1.0f + 0x1p-12f;

Test(check, naive_rounds_the_product) {
  const float x[] = {-1.0f, one_and_e}, w[] = {1.0f + 0x1p-11f, one_and_e};
  const struct check_product product = dot(x, w, 2);
  cr_expect(model(&product, ROWCAST_NAIVE) == 0.0f);
  cr_expect(model(&product, ROWCAST_SEQUENTIAL) == 0x1p-24f, "fused: the product is exact");
}

Test(check, orders_sum_in_their_order) {
  /* 2^24 swallows a 1 added to it; lanes8 adds the two ones of lanes 1 and 5 to each other first. */
  const float x[] = {0x1p24f, 1.0f, 0.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0.0f}, w[] = {1, 1, 1, 1, 1, 1, 1, 1};
  const struct check_product product = dot(x, w, 8);
  cr_expect(model(&product, ROWCAST_NAIVE) == 0x1p24f);
  cr_expect(model(&product, ROWCAST_SEQUENTIAL) == 0x1p24f);
  cr_expect(model(&product, ROWCAST_LANES8) == 0x1p24f + 2.0f);
}

/* For every pair of lanes: 2^24 in one and 1 in two others is 2^24 + 2 just when those two meet before it. */
Test(check, tree_of_lanes8) {
  const float w[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  for (size_t a = 1; a < 8; a++)
    for (size_t b = a + 1; b < 8; b++) {
      float x[8] = {0x1p24f};
      x[a] = x[b] = 1.0f;
      const struct check_product product = dot(x, w, 8);
      /* ((0+4)+(2+6)) + ((1+5)+(3+7)): the even lanes but 0 and 4, or any two odd ones. */
      const bool together = (a == 2 && b == 6) || (a % 2 == 1 && b % 2 == 1);
      cr_expect(model(&product, ROWCAST_LANES8) == (together ? 0x1p24f + 2.0f : 0x1p24f), "lanes 0, %zu, %zu", a, b);
    }
  /* The ninth product goes to the first lane. */
  const float x[] = {0x1p24f, 1.0f, 0, 0, 0, 0, 0, 0, 1.0f};
  const struct check_product product = dot(x, w, 9);
  cr_expect(model(&product, ROWCAST_LANES8) == 0x1p24f);
}

Test(check, zeros_of_the_orders) {
  /* Eight products that vanish below zero: -0 in every partial sum. */
  float x[8], w[8];
  for (size_t i = 0; i < 8; i++) x[i] = 0x1p-100f, w[i] = -0x1p-100f;
  const struct check_product product = dot(x, w, 8);
  cr_expect(!signbit(model(&product, ROWCAST_LANES8)));
  cr_expect(signbit(model(&product, ROWCAST_SEQUENTIAL)));
  const struct check_product none = dot(x, w, 0);
  for (int order = 1; order < ROWCAST_ORDER_COUNT; order++) {
    const float c = model(&none, (rowcast_order)order);
    cr_expect(c == 0.0f && !signbit(c));
  }
}

Test(check, bytes_strides_and_scale) {
  const unsigned char x[] = {255, 1, 9, 2, 128};
  const float w[] = {1, 2, 99, 3, 4};
  const struct check_product product = {ROWCAST_U8, 2, 2, 2, x, 3, w, 3, 0.5f, NULL};
  float c[6] = {7, 7, 7, 7, 7, 7};
  check_model(&product, ROWCAST_LANES8, c, 3);
  const float expected[] = {129.0f, 257.0f, 7, 193.0f, 258.0f, 7};
  cr_expect(check_bits(c, 3, expected, 3, 2, 3).count == 0, "%g %g %g %g", (double)c[0], (double)c[1], (double)c[3],
            (double)c[4]);
}

Test(check, bits) {
  const float a[] = {1, 2, 0.0f, NAN, 5, 6}, b[] = {1, 2, -0.0f, -NAN, 5, 7};
  const struct check_difference difference = check_bits(a, 3, b, 3, 2, 3);
  cr_expect(difference.count == 2, "the zeros and the last; NaN equals NaN");
  cr_expect(difference.row == 0 && difference.column == 2);
  cr_expect(check_bits(a, 3, b, 3, 2, 2).count == 0, "columns after N are not looked at");
}

enum { TERMS = 100 };

/* |error| just within the bound, and just beyond it. */
Test(check, float64_bound) {
  float x[TERMS], w[TERMS];
  for (size_t i = 0; i < TERMS; i++) x[i] = 1.0f, w[i] = i % 2 == 0 ? 1.0f : -1.0f;
  const struct check_product product = dot(x, w, TERMS);
  /* The sum is 0, the magnitude TERMS, so the bound is about TERMS * TERMS * u. */
  const float limit = (float)TERMS * (float)TERMS * 0x1p-24f;
  float got = limit * 0.999f;
  struct check_bound bound = check_float64(&product, &got, 1);
  cr_expect(bound.over == 0 && bound.worst > 99.0 && bound.worst <= bound.limit, "worst %g", bound.worst);
  got = limit * 1.001f;
  bound = check_float64(&product, &got, 1);
  cr_expect(bound.over == 1 && bound.worst > bound.limit, "worst %g of %g", bound.worst, bound.limit);
  cr_expect(bound.got == (double)got && bound.exact == 0.0);
}

Test(check, float64_names_the_first_that_is_over) {
  const float x[] = {1, 1, 1, 1}, w[] = {1, 1, 1};
  const struct check_product product = {ROWCAST_F32, 4, 1, 3, x, 1, w, 3, 1.0f, NULL};
  float got[12];
  for (size_t i = 0; i < 12; i++) got[i] = 1.0f;
  cr_expect(check_float64(&product, got, 3).over == 0);
  got[2 * 3 + 1] = 1.5f, got[3 * 3 + 2] = NAN;
  const struct check_bound bound = check_float64(&product, got, 3);
  cr_expect(bound.over == 2 && bound.row == 2 && bound.column == 1);
  cr_expect(isfinite(bound.worst));
}

Test(check, float64_classes) {
  static const struct {
    float x, w, got;
    bool right;
  } cases[] = {
    {INFINITY, 1, INFINITY, true},
    {INFINITY, 1, -INFINITY, false},
    {INFINITY, 1, NAN, false},
    {INFINITY, 1, FLT_MAX, false},
    {INFINITY, 0, NAN, true},
    {INFINITY, 0, 0, false},
    {0, -INFINITY, NAN, true},
    {0, -INFINITY, 0, false},
    {NAN, 1, NAN, true},
    {NAN, 1, 1, false},
    {1, 1, NAN, false},
    {1, 1, INFINITY, false},
    {FLT_MAX, 2, INFINITY, true}, /* beyond the range: nothing is asked */
    {0x1p-149f, 0.5f, 0, true},
    {0x1p-149f, 0.5f, 0x1p-149f, true},
    {0x1p-149f, 0.5f, 0x1p-140f, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct check_product product = dot(&cases[i].x, &cases[i].w, 1);
    cr_expect((check_float64(&product, &cases[i].got, 1).over == 0) == cases[i].right, "case %zu", i);
  }
}

/* An error beyond the relative bound, allowed because steps may underflow, is no figure beyond the limit. */
Test(check, float64_figure_leaves_underflow_out) {
  float x[TERMS], w[TERMS];
  for (size_t i = 0; i < TERMS; i++) x[i] = 1.0f, w[i] = i % 2 == 0 ? 1.0f : -1.0f;
  struct check_product product = dot(x, w, TERMS);
  product.scale = 0x1p-129f;
  /* The bound is TERMS u TERMS 2^-129 = 625 * 2^-149, and underflow of 3 TERMS roundings adds 300 * 2^-149. */
  float got = 700.0f * 0x1p-149f;
  const struct check_bound within = check_float64(&product, &got, 1);
  cr_expect(within.over == 0 && within.worst > 0.0 && within.worst <= within.limit, "worst %g of %g, %zu over",
            within.worst, within.limit, within.over);
  got = 930.0f * 0x1p-149f;
  const struct check_bound beyond = check_float64(&product, &got, 1);
  cr_expect(beyond.over == 1 && beyond.worst > beyond.limit, "worst %g of %g", beyond.worst, beyond.limit);
}

/* A scale that is no power of two rounds the weights once more. */
Test(check, float64_allows_for_the_scale) {
  const float x = 1.0f, w = 1.0f, scale = 1.0f / 3.0f;
  struct check_product product = dot(&x, &w, 1);
  product.scale = scale;
  const struct check_bound thirds = check_float64(&product, &scale, 1);
  product.scale = 0.25f;
  const float quarter = 0.25f;
  const struct check_bound quarters = check_float64(&product, &quarter, 1);
  cr_expect(thirds.over == 0 && quarters.over == 0);
  cr_expect(thirds.limit > 1.9 && quarters.limit < 1.1);
}

Test(check, distance_in_ulps) {
  const float exact[] = {1.0f, 0.0f, -0x1p-149f, 2.0f, INFINITY, NAN};
  float got[] = {1.0f, 0.0f, -0x1p-149f, 2.0f, INFINITY, NAN};
  struct check_distance distance = check_distance(got, 3, exact, 3, 2, 3);
  cr_expect(distance.share == 0.0 && distance.worst == 0.0);
  got[0] = 1.0f - 0x1p-24f, got[2] = 0x1p-149f;
  distance = check_distance(got, 3, exact, 3, 2, 3);
  cr_expect(distance.share == 2.0 / 6.0 && distance.worst == 2.0, "through zero: one step to it, one from it");
  got[4] = 1.0f;
  cr_expect(check_distance(got, 3, exact, 3, 2, 3).worst == 0x1p32);
  cr_expect(check_distance(got, 3, exact, 3, 0, 3).share == 0.0);
}
