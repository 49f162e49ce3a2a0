/* SPDX-License-Identifier: BSD-3-Clause */
/* Bias and classes: the same bits as adding, and the same classes as looking through, the stored product. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "check.h"

#include "fixture.h"

enum { ROWS = 700, K = 45, MOST_N = 19 };

static float weights[K * MOST_N], bias[MOST_N], floats[ROWS * K];
static unsigned char bytes[ROWS * K];

static void fill(void) {
  struct random random = random_from(test_seed());
  for (size_t i = 0; i < K * MOST_N; i++) weights[i] = random_float(&random, -4, 2);
  for (size_t i = 0; i < MOST_N; i++) bias[i] = random_float(&random, -4, 4);
  for (size_t i = 0; i < ROWS * K; i++) {
    bytes[i] = random_below(&random, 3) == 0 ? (unsigned char)random_below(&random, 256) : 0;
    floats[i] = (float)bytes[i] / 256.0f;
  }
}

TestSuite(predict, .init = fill);

static rowcast_plan *make(const char *kernel, const char *driver, rowcast_dtype dtype, size_t n, const float *add) {
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  rowcast_plan *plan;
  rowcast_error error;
  options.kernel = kernel;
  options.driver = driver;
  options.dtype = dtype;
  options.scale = dtype == ROWCAST_U8 ? 1.0f / 256.0f : 1.0f;
  options.threads = 3;
  options.chunk_rows = 17;
  options.bias = add;
  cr_assert_eq(rowcast_plan_create(&plan, K, n, weights, MOST_N, &options, &error), ROWCAST_OK, "%s", error.text);
  return plan;
}

static const void *rows_of(rowcast_dtype dtype) {
  return dtype == ROWCAST_U8 ? (const void *)bytes : (const void *)floats;
}

/* What the definition says, from the product without a bias. */
static int32_t class_of(const float *row, size_t n) {
  int32_t best = -1;
  for (size_t j = 0; j < n; j++)
    if (!isnan(row[j]) && (best < 0 || row[j] > row[best])) best = (int32_t)j;
  return best;
}

/* What the bias makes of a product; the order exact has it within its sums. */
static void add_bias(const rowcast_plan *plan, rowcast_dtype dtype, size_t n, float *plain) {
  rowcast_plan_info info;
  cr_assert_eq(rowcast_plan_describe(plan, &info, sizeof info), ROWCAST_OK);
  const struct check_product product = {
    dtype, ROWS, K, n, rows_of(dtype), K, weights, MOST_N, dtype == ROWCAST_U8 ? 1.0f / 256.0f : 1.0f, bias};
  if (info.order == ROWCAST_EXACT) check_model(&product, ROWCAST_EXACT, plain, n);
  else
    for (size_t i = 0; i < ROWS * n; i++) plain[i] += bias[i % n];
}

static void check(const char *kernel, const char *driver, rowcast_dtype dtype, size_t n) {
  static float plain[ROWS * MOST_N], added[ROWS * MOST_N];
  static int32_t classes[ROWS + 1];
  rowcast_plan *without = make(kernel, driver, dtype, n, NULL), *with = make(kernel, driver, dtype, n, bias);
  cr_assert_eq(rowcast_matmul(without, ROWS, rows_of(dtype), K, plain, n), ROWCAST_OK);
  cr_assert_eq(rowcast_matmul(with, ROWS, rows_of(dtype), K, added, n), ROWCAST_OK);
  add_bias(with, dtype, n, plain);
  cr_expect_eq(memcmp(plain, added, ROWS * n * sizeof(float)), 0, "%s %s N %zu", kernel, driver, n);
  memset(added, 0, sizeof added);
  cr_assert_eq(rowcast_matmul_rows(with, 5, ROWS - 3, rows_of(dtype), K, added, n), ROWCAST_OK);
  cr_expect_eq(memcmp(plain + 5 * n, added + 5 * n, (ROWS - 8) * n * sizeof(float)), 0, "rows: %s N %zu", kernel, n);
  cr_expect(added[5 * n - 1] == 0.0f && added[(ROWS - 3) * n] == 0.0f);
  classes[ROWS] = -77;
  cr_assert_eq(rowcast_predict(with, ROWS, rows_of(dtype), K, classes), ROWCAST_OK);
  for (size_t i = 0; i < ROWS; i++)
    cr_assert_eq(classes[i], class_of(plain + i * n, n), "%s %s N %zu row %zu", kernel, driver, n, i);
  cr_expect_eq(classes[ROWS], -77);
  rowcast_plan_destroy(with);
  rowcast_plan_destroy(without);
}

Test(predict, every_kernel_and_driver) {
  static const size_t widths[] = {1, 2, 10, 16, 19};
  rowcast_cpu cpu;
  rowcast_kernel_info kernel;
  cr_assert_eq(rowcast_cpu_detect(&cpu, sizeof cpu, NULL), ROWCAST_OK);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    if (rowcast_kernel_at(i, &cpu, &kernel, sizeof kernel) != ROWCAST_OK || !kernel.usable) continue;
    for (size_t d = 0; d < rowcast_driver_count(); d++)
      for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++)
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++)
          check(kernel.name, rowcast_driver_name(d), (rowcast_dtype)dtype, widths[w]);
  }
}

Test(predict, ties_and_nan) {
  /* One row of ones times weights that are the outputs. */
  static const float outputs[][5] = {{1, 3, 3, 2, 3},           {NAN, 1, NAN, 2, 2},
                                     {NAN, NAN, NAN, NAN, NAN}, {-INFINITY, -INFINITY, NAN, -INFINITY, -1},
                                     {0.0f, -0.0f, 0, 0, 0},    {-INFINITY, NAN, -INFINITY, NAN, NAN}};
  static const int32_t expected[] = {1, 3, -1, 4, 0, 0};
  const float one = 1.0f;
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    rowcast_plan *plan;
    int32_t class = -9;
    cr_assert_eq(rowcast_plan_create(&plan, 1, 5, outputs[i], 5, NULL, NULL), ROWCAST_OK);
    cr_assert_eq(rowcast_predict(plan, 1, &one, 1, &class), ROWCAST_OK);
    cr_expect_eq(class, expected[i], "%zu: %d", i, class);
    rowcast_plan_destroy(plan);
  }
}

/* Rows of more columns than are kept on the stack, and as many as are. */
Test(predict, wide_rows) {
  enum { WIDE = ROWCAST_MAX_CLASSES };
  static float w[K * WIDE], c[ROWS * WIDE];
  for (size_t i = 0; i < K * WIDE; i++) w[i] = (float)(i * 2654435761u % 1000) - 500.0f;
  static const size_t widths[] = {3839, 3840, 3841, WIDE};
  for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    options.threads = 3;
    options.driver = "openmp";
    rowcast_plan *plan;
    int32_t classes[ROWS];
    cr_assert_eq(rowcast_plan_create(&plan, K, widths[i], w, WIDE, &options, NULL), ROWCAST_OK);
    cr_assert_eq(rowcast_matmul(plan, ROWS, floats, K, c, WIDE), ROWCAST_OK);
    cr_assert_eq(rowcast_predict(plan, ROWS, floats, K, classes), ROWCAST_OK);
    for (size_t r = 0; r < ROWS; r++) cr_expect_eq(classes[r], class_of(c + r * WIDE, widths[i]), "row %zu", r);
    rowcast_plan_destroy(plan);
  }
}

Test(predict, odd_sizes_and_wrong_arguments) {
  rowcast_plan *plan = make(NULL, NULL, ROWCAST_F32, 3, bias), *empty, *wide;
  int32_t classes[2] = {5, 5};
  cr_expect_eq(rowcast_predict(plan, 0, NULL, 0, NULL), ROWCAST_OK);
  cr_expect_eq(rowcast_predict(NULL, 1, floats, K, classes), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_predict(plan, 1, floats, K, NULL), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_predict(plan, 1, NULL, K, classes), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(classes[0], 5);
  cr_expect_eq(rowcast_predict(plan, 2, floats, K - 1, classes), ROWCAST_OK); /* rows may overlap */
  cr_assert_eq(rowcast_plan_create(&empty, K, 0, NULL, 0, NULL, NULL), ROWCAST_OK);
  cr_expect_eq(rowcast_predict(empty, 2, floats, K, classes), ROWCAST_OK);
  cr_expect(classes[0] == -1 && classes[1] == -1, "no column, no class");
  cr_assert_eq(rowcast_plan_create(&wide, 0, ROWCAST_MAX_CLASSES + 1, NULL, ROWCAST_MAX_CLASSES + 1, NULL, NULL),
               ROWCAST_OK);
  cr_expect_eq(rowcast_predict(wide, 1, NULL, 0, classes), ROWCAST_ERR_ARGUMENT);
  rowcast_plan_destroy(wide);
  cr_assert_eq(rowcast_plan_create(&wide, 0, ROWCAST_MAX_CLASSES, NULL, ROWCAST_MAX_CLASSES, NULL, NULL), ROWCAST_OK);
  cr_expect_eq(rowcast_predict(wide, 2, NULL, 0, classes), ROWCAST_OK);
  cr_expect(classes[0] == 0 && classes[1] == 0, "K of 0: all outputs are +0, and the first is the largest");
  rowcast_plan_destroy(wide);
  rowcast_plan_destroy(empty);
  rowcast_plan_destroy(plan);
}
