/* SPDX-License-Identifier: BSD-3-Clause */
/* Weights as programs have them, in each layout and of each type: the bits of a plan for the same weights as K x N
 * float32. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/plan.h>

#include "check.h"
#include "check_plan.h"
#include "each_kernel.h"
#include "fixture.h"
#include "half.h"

static const rowcast_dtype types[] = {ROWCAST_F32, ROWCAST_F64, ROWCAST_F16, ROWCAST_BF16};
enum { TYPES = sizeof types / sizeof types[0] };

static size_t size_of(rowcast_dtype type) { return type == ROWCAST_F64 ? 8 : type == ROWCAST_F32 ? 4 : 2; }

/* binary16 by its definition. */
static float half_model(unsigned bits) {
  const int exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
  float value;
  if (exponent == 31) value = fraction != 0 ? NAN : INFINITY;
  else if (exponent == 0) value = ldexpf((float)fraction, -24);
  else value = ldexpf((float)(1024 + fraction), exponent - 25);
  return bits & 0x8000 ? -value : value;
}

/* Draws element `at` of an array of such weights, and returns its value as float32. */
static float draw_weight(struct random *random, rowcast_dtype type, unsigned char *data, size_t at, bool special) {
  static const double doubles[] = {NAN,
                                   INFINITY,
                                   -INFINITY,
                                   1e300,
                                   -1e300,
                                   1e-300,
                                   -0.0,
                                   0x1p-149,
                                   0x1p-150,
                                   0x1.8p-150,
                                   0x1.fffffefffffffp+127,
                                   0x1.ffffffp+127,
                                   0x1.000001p0,
                                   0x1.000003p0,
                                   0x1.0000010000001p0,
                                   0x1.8p-130};
  static const uint16_t halves[] = {0x7c00, 0xfc00, 0x7e00, 0xfe01, 0x7d00, 0x8000, 0x0000, 0x0001,
                                    0x83ff, 0x0400, 0x7bff, 0xfbff, 0x7f80, 0xff80, 0x7fc0, 0x0080};
  const size_t pick = random_below(random, 16);
  if (type == ROWCAST_F64) {
    const double fine = (double)random_float(random, -8, 4) * (1.0 + (double)random_float(random, -30, -20));
    const double value = special ? doubles[pick] : fine;
    memcpy(data + at * sizeof value, &value, sizeof value);
    return (float)value;
  }
  if (type == ROWCAST_F32) {
    const float value = special ? (float)doubles[pick] : random_float(random, -8, 4);
    memcpy(data + at * sizeof value, &value, sizeof value);
    return value;
  }
  /* Exponents of ordinary size. */
  uint16_t bits = (uint16_t)random_below(random, 1u << 16);
  bits = type == ROWCAST_F16 ? (bits & 0xdfff) | 0x1000 : (bits & 0xbfff) | 0x3c00;
  if (special) bits = halves[pick];
  memcpy(data + at * sizeof bits, &bits, sizeof bits);
  if (type == ROWCAST_F16) return half_model(bits);
  const uint32_t word = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}

static rowcast_plan *make(const rowcast_plan_options *options, size_t k, size_t n, const void *w, size_t ldw) {
  rowcast_plan *plan;
  rowcast_error err;
  cr_assert(rowcast_plan_create(&plan, k, n, w, ldw, options, &err) == ROWCAST_OK, "%s", err.text);
  return plan;
}

/* One case: W between guard pages, NaN between its rows. */
static void expect_same(rowcast_plan_options options, struct random *random, size_t k, size_t n, bool special) {
  enum { M = 7 };
  const bool n_by_k = options.w_layout == ROWCAST_N_BY_K;
  const size_t rows = n_by_k ? n : k, width = n_by_k ? k : n, ldw = width + random_below(random, 3);
  const size_t element = size_of(options.w_dtype), bytes = rows > 0 && width > 0 ? (rows - 1) * ldw + width : 0;
  const enum guard_side side = random_below(random, 2) ? GUARD_AFTER : GUARD_BEFORE;
  struct guarded w = guarded_alloc(bytes * element, side, 0);
  memset(w.data, 0xff, w.bytes);
  float *plain = malloc((k * n + 1) * sizeof *plain), *x = malloc((M * k + 1) * sizeof *x);
  float *got = malloc((M * n + 1) * sizeof *got), *expected = malloc((M * n + 1) * sizeof *expected);
  cr_assert(plain != NULL && x != NULL && got != NULL && expected != NULL);
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < n; j++)
      plain[i * n + j] =
        draw_weight(random, options.w_dtype, w.data, n_by_k ? j * ldw + i : i * ldw + j, special && i == j % k);
  for (size_t i = 0; i < M * k; i++) x[i] = random_float(random, -3, 3);
  guarded_make_readonly(&w);
  rowcast_plan *plan = make(&options, k, n, w.data, ldw);
  guarded_free(&w);
  const rowcast_dtype type = options.w_dtype;
  options.w_layout = ROWCAST_K_BY_N, options.w_dtype = ROWCAST_F32;
  rowcast_plan *model = make(&options, k, n, plain, n);
  cr_assert(rowcast_matmul(plan, M, x, k, got, n) == ROWCAST_OK);
  cr_assert(rowcast_matmul(model, M, x, k, expected, n) == ROWCAST_OK);
  if (special) cr_assert(check_bits(got, n, expected, n, M, n).count == 0);
  else cr_assert(memcmp(got, expected, M * n * sizeof *got) == 0);
  const struct check_product product = {ROWCAST_F32, M, k, n, x, k, plain, n, options.scale, NULL};
  rowcast_plan_info info;
  rowcast_plan_describe(plan, &info, sizeof info);
  check_model(&product, info.order, expected, n);
  cr_expect(check_bits(got, n, expected, n, M, n).count == 0, "%s, type %d, layout %s, %zu x %zu, scale %g%s",
            options.kernel, (int)type, n_by_k ? "N x K" : "K x N", k, n, (double)options.scale,
            special ? ", special values" : "");
  rowcast_plan_destroy(plan);
  rowcast_plan_destroy(model);
  free(plain);
  free(x);
  free(got);
  free(expected);
}

ParameterizedTestParameters(weights, every_layout_and_type) { return numbers(rowcast_kernel_count()); }
ParameterizedTest(const unsigned *number, weights, every_layout_and_type, .timeout = 120) {
  static const size_t shapes[][2] = {{1, 1}, {1, 9}, {9, 1}, {7, 3}, {8, 10}, {17, 21}, {40, 33}, {129, 5}, {130, 20}};
  static const float scales[] = {1.0f, 1.0f / 256.0f, 1.0f / 255.0f, -3.0f};
  const rowcast_kernel_info kernel = kernel_or_skip(*number);
  struct random random = random_from(test_seed());
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = kernel.name;
  options.threads = 1;
  for (int layout = 0; layout < ROWCAST_W_LAYOUT_COUNT; layout++)
    for (size_t t = 0; t < TYPES; t++)
      for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++)
          for (int special = 0; special < 2; special++) {
            options.w_layout = (rowcast_w_layout)layout;
            options.w_dtype = types[t];
            options.scale = scales[i];
            expect_same(options, &random, shapes[s][0], shapes[s][1], special);
          }
}

/* All 65,536, as a plan has them: one row of weights, times 1. */
Test(weights, all_halves) {
  enum { ALL = 1 << 16 };
  static uint16_t w[ALL];
  static float plain[ALL], got[ALL], expected[ALL];
  static const rowcast_dtype halves[] = {ROWCAST_F16, ROWCAST_BF16};
  for (unsigned bits = 0; bits < ALL; bits++) {
    const float value = rc_half((uint16_t)bits), model = half_model(bits);
    cr_assert(memcmp(&value, &model, sizeof value) == 0, "%04x: %g, expected %g", bits, (double)value, (double)model);
    w[bits] = (uint16_t)bits;
  }
  for (size_t t = 0; t < 2; t++) {
    for (unsigned bits = 0; bits < ALL; bits++) {
      const uint32_t word = bits << 16;
      memcpy(&plain[bits], &word, sizeof word);
      if (halves[t] == ROWCAST_F16) plain[bits] = half_model(bits);
    }
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    rowcast_plan *model = make(&options, 1, ALL, plain, ALL);
    options.w_dtype = halves[t];
    rowcast_plan *plan = make(&options, 1, ALL, w, ALL);
    const float one = 1.0f;
    cr_assert(rowcast_matmul(plan, 1, &one, 1, got, ALL) == ROWCAST_OK);
    cr_assert(rowcast_matmul(model, 1, &one, 1, expected, ALL) == ROWCAST_OK);
    cr_expect(check_bits(got, ALL, expected, ALL, 1, ALL).count == 0);
    for (unsigned bits = 0; bits < ALL; bits++)
      cr_assert(got[bits] == plain[bits] || (isnan(got[bits]) && isnan(plain[bits])), "type %d, %04x: %g, expected %g",
                (int)halves[t], bits, (double)got[bits], (double)plain[bits]);
    rowcast_plan_destroy(plan);
    rowcast_plan_destroy(model);
  }
}

/* Rounded once, and before the scale: 1 + 2^-24 + 2^-60 is nearer to 1 + 2^-23; scaled first, a third would differ. */
Test(weights, float64_is_rounded_once) {
  static const double w[] = {1.0 + 0x1p-24 + 0x1p-50, 1.0 + 0x1p-24, 1.0 + 3 * 0x1p-24, 1.0 / 3.0};
  static const float scales[] = {1.0f, 3.0f};
  for (size_t s = 0; s < 2; s++) {
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    options.w_dtype = ROWCAST_F64;
    options.scale = scales[s];
    rowcast_plan *plan = make(&options, 1, 4, w, 4);
    const float one = 1.0f;
    float c[4];
    cr_assert(rowcast_matmul(plan, 1, &one, 1, c, 4) == ROWCAST_OK);
    cr_expect(c[0] == (1.0f + 0x1p-23f) * scales[s] && c[1] == scales[s] && c[2] == (1.0f + 0x1p-22f) * scales[s]);
    cr_expect(c[3] == (float)(1.0 / 3.0) * scales[s]);
    rowcast_plan_destroy(plan);
  }
}

static void expect_refused(const rowcast_plan_options *options, size_t k, size_t n, const void *w, size_t ldw,
                           rowcast_status status, const char *what) {
  rowcast_plan *plan = (rowcast_plan *)&plan;
  rowcast_error err = {.text = ""};
  const rowcast_status got = rowcast_plan_create(&plan, k, n, w, ldw, options, &err);
  cr_expect(got == status && plan == NULL && strstr(err.text, what) != NULL, "%s: %s", rowcast_status_text(got),
            err.text);
}

Test(weights, arguments) {
  static const double w[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  static const int wrong_types[] = {ROWCAST_U8, ROWCAST_I8, ROWCAST_I32, 7, 99, -1};
  for (size_t i = 0; i < sizeof wrong_types / sizeof wrong_types[0]; i++) {
    options.w_dtype = (rowcast_dtype)wrong_types[i];
    if (i < 3) expect_refused(&options, 2, 3, w, 3, ROWCAST_ERR_UNSUPPORTED, "weights cannot be ");
    else expect_refused(&options, 2, 3, w, 3, ROWCAST_ERR_ARGUMENT, "element type");
  }
  options.w_dtype = ROWCAST_F64;
  options.w_layout = (rowcast_w_layout)ROWCAST_W_LAYOUT_COUNT;
  expect_refused(&options, 2, 3, w, 3, ROWCAST_ERR_ARGUMENT, "layout");
  options.w_layout = (rowcast_w_layout)-1;
  expect_refused(&options, 2, 3, w, 3, ROWCAST_ERR_ARGUMENT, "layout");
  options.w_layout = ROWCAST_N_BY_K;
  expect_refused(&options, 2, 3, NULL, 2, ROWCAST_ERR_ARGUMENT, "NULL");
  expect_refused(&options, 2, 3, w, 1, ROWCAST_ERR_ARGUMENT, "stride 1 is less than their 2");
  expect_refused(&options, 1, SIZE_MAX / 16 + 2, w, 1, ROWCAST_ERR_OVERFLOW, "do not fit");
  expect_refused(&options, 1, 2, w, SIZE_MAX / 8, ROWCAST_ERR_OVERFLOW, "do not fit");
  options.w_layout = ROWCAST_K_BY_N;
  expect_refused(&options, SIZE_MAX / 16 + 2, 1, w, 1, ROWCAST_ERR_OVERFLOW, "do not fit");
  expect_refused(&options, 2, 1, w, SIZE_MAX / 8, ROWCAST_ERR_OVERFLOW, "do not fit");
  expect_refused(&options, 3, 2, w, 1, ROWCAST_ERR_ARGUMENT, "stride 1 is less than their 2");
  /* What of X is no type for rows is said so. */
  options.dtype = ROWCAST_F64;
  expect_refused(&options, 2, 3, w, 3, ROWCAST_ERR_UNSUPPORTED, "rows cannot be f64");
  /* With one row the stride is ignored, and without weights there is none. */
  options.dtype = ROWCAST_F32;
  options.w_layout = ROWCAST_N_BY_K;
  rowcast_plan_destroy(make(&options, 3, 1, w, 0));
  rowcast_plan_destroy(make(&options, 0, 3, NULL, 0));
  rowcast_plan_destroy(make(&options, 3, 0, NULL, 0));
  rowcast_plan_destroy(make(&options, SIZE_MAX / 4, 0, NULL, 0));
}
