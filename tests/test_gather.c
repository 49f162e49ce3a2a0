/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows by their addresses: the bits of rowcast_matmul() on each of them, wherever they lie. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/plan.h>

#include "check_plan.h"
#include "each_kernel.h"
#include "fixture.h"

/* How the rows of a batch lie. */
enum places { IN_ORDER, BACKWARDS, SHUFFLED, ONE_ROW, RUNS, WINDOWS, PLACES };

/* The rows are a matrix of `rows` rows, `k` apart, whose last row ends at a guard page. */
static void place(struct random *random, enum places places, const unsigned char *data, size_t rows, size_t k,
                  size_t element, const void **at, size_t m) {
  const size_t bytes = k * element, one = random_below(random, rows);
  size_t next = random_below(random, rows), step = 1, left = 0;
  for (size_t i = 0; i < m; i++) {
    size_t row = 0, shift = 0;
    switch (places) {
    case IN_ORDER: row = i % rows; break;
    case BACKWARDS: row = rows - 1 - i % rows; break;
    case SHUFFLED: row = random_below(random, rows); break;
    case ONE_ROW: row = one; break;
    case RUNS: /* of every length around what is multiplied in place */
      if (left-- == 0) {
        left = random_below(random, 14);
        next = random_below(random, rows);
        step = random_below(random, 3);
      }
      row = next % rows, next += step;
      break;
    default: /* that begin anywhere */
      row = random_below(random, rows > 1 ? rows - 1 : 1);
      shift = rows > 1 ? random_below(random, k + 1) * element : 0;
      break;
    }
    at[i] = data + row * bytes + shift;
  }
  /* The last row of the matrix is there, with nothing readable after it. */
  at[random_below(random, m)] = data + (rows - 1) * bytes;
}

static void fill(struct random *random, unsigned char *data, size_t count, rowcast_dtype dtype) {
  for (size_t i = 0; i < count; i++) {
    if (dtype == ROWCAST_U8) data[i] = random_below(random, 4) == 0 ? (unsigned char)random_below(random, 256) : 0;
    else ((float *)(void *)data)[i] = random_float(random, -4, 3);
  }
}

static void expect_gathered(const rowcast_plan_options *options, struct random *random, size_t m, size_t k, size_t n,
                            enum places places) {
  enum { ROWS = 23 };
  const size_t element = options->dtype == ROWCAST_U8 ? 1 : sizeof(float), ldc = n + random_below(random, 3);
  struct guarded x = guarded_alloc(ROWS * k * element, GUARD_AFTER, 0);
  struct guarded c = guarded_alloc(((m - 1) * ldc + n) * sizeof(float), GUARD_AFTER, 0);
  float *w = malloc(k * n * sizeof *w), *expected = malloc(n * sizeof *expected), *got = (float *)(void *)c.data;
  const void **rows = malloc(m * sizeof *rows);
  int32_t *classes = malloc(m * sizeof *classes), class;
  cr_assert(w != NULL && expected != NULL && rows != NULL && classes != NULL);
  fill(random, x.data, ROWS * k, options->dtype);
  for (size_t i = 0; i < k * n; i++) w[i] = random_float(random, -4, 3);
  place(random, places, x.data, ROWS, k, element, rows, m);
  guarded_make_readonly(&x);
  for (size_t i = 0; i < c.bytes / sizeof *got; i++) got[i] = -77.0f;
  rowcast_plan *plan;
  cr_assert_eq(rowcast_plan_create(&plan, k, n, w, n, options, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_matmul_gather(plan, m, rows, got, ldc), ROWCAST_OK);
  cr_assert_eq(rowcast_predict_gather(plan, m, rows, classes), ROWCAST_OK);
  for (size_t i = 0; i < m; i++) {
    cr_assert_eq(rowcast_matmul(plan, 1, rows[i], 0, expected, 0), ROWCAST_OK);
    cr_assert_eq(rowcast_predict(plan, 1, rows[i], 0, &class), ROWCAST_OK);
    cr_assert(memcmp(got + i * ldc, expected, n * sizeof *got) == 0,
              "%s, %s, %u threads, %zu x %zu x %zu, places %d: row %zu", options->kernel, options->driver,
              options->threads, m, k, n, (int)places, i);
    cr_assert_eq(classes[i], class);
    for (size_t j = n; i + 1 < m && j < ldc; j++) cr_assert(got[i * ldc + j] == -77.0f, "wrote into C's padding");
  }
  rowcast_plan_destroy(plan);
  free(w);
  free(expected);
  free(rows);
  free(classes);
  guarded_free(&x);
  guarded_free(&c);
}

/* K: copied in groups of a hundred, some ten and two, and too long to be copied. */
static const size_t lengths[] = {1, 7, 24, 100, 784, 1536, 1537, 4000};

static void expect_all(rowcast_plan_options options, struct random *random) {
  static const size_t batches[] = {1, 2, 7, 8, 9, 33, 64};
  float bias[10];
  for (size_t j = 0; j < 10; j++) bias[j] = (float)j / 3.0f;
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++)
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
      for (int places = 0; places < PLACES; places++) {
        options.dtype = (rowcast_dtype)dtype;
        options.bias = random_below(random, 2) ? bias : NULL;
        const size_t m = batches[random_below(random, sizeof batches / sizeof batches[0])];
        expect_gathered(&options, random, m, lengths[l], random_below(random, 2) ? 10 : 3, (enum places)places);
      }
}

ParameterizedTestParameters(gather, every_kernel) { return numbers(rowcast_kernel_count()); }
ParameterizedTest(const unsigned *number, gather, every_kernel, .timeout = 120) {
  const rowcast_kernel_info kernel = kernel_or_skip(*number);
  struct random random = random_from(test_seed());
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = kernel.name;
  options.driver = "serial";
  expect_all(options, &random);
}

/* The kernel left to the plan: of bytes it looks at a few rows for zeros. */
Test(gather, every_driver, .timeout = 120) {
  struct random random = random_from(test_seed());
  for (size_t d = 0; d <= rowcast_driver_count(); d++) {
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    options.driver = d < rowcast_driver_count() ? rowcast_driver_name(d) : "auto";
    options.threads = 3;
    options.chunk_rows = 5;
    expect_all(options, &random);
  }
}

Test(gather, arguments) {
  enum { K = 4, N = 3, M = 5 };
  static float memory[200], w[K * N] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  float *c = memory + 100;
  int32_t *classes = (int32_t *)(void *)c;
  rowcast_plan *plan, *empty, *none;
  cr_assert_eq(rowcast_plan_create(&plan, K, N, w, N, NULL, NULL), ROWCAST_OK);
  const void *rows[M] = {memory, memory + 8, memory + 1, memory, memory + 20};
  cr_expect_eq(rowcast_matmul_gather(plan, M, rows, c, N), ROWCAST_OK);
  memset(memory, 0x5a, sizeof memory);
  float before[200];
  memcpy(before, memory, sizeof before);
  cr_expect_eq(rowcast_matmul_gather(plan, M, rows, c, N - 1), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_matmul_gather(plan, SIZE_MAX / 4, rows, c, N), ROWCAST_ERR_OVERFLOW);
  /* Of classes there may be more than of addresses. */
  cr_expect_eq(rowcast_predict_gather(plan, SIZE_MAX / 12, rows, classes), ROWCAST_ERR_OVERFLOW);
  /* The last row, so that anything written before it is looked at would be seen. */
  static const long overlaps[] = {97, 99, 100, 114};
  for (size_t i = 0; i < sizeof overlaps / sizeof overlaps[0]; i++) {
    rows[M - 1] = memory + overlaps[i];
    cr_expect_eq(rowcast_matmul_gather(plan, M, rows, c, N), ROWCAST_ERR_ARGUMENT, "a row at %ld", overlaps[i]);
    if (overlaps[i] < 105) cr_expect_eq(rowcast_predict_gather(plan, M, rows, classes), ROWCAST_ERR_ARGUMENT);
  }
  rows[M - 1] = NULL;
  cr_expect_eq(rowcast_matmul_gather(plan, M, rows, c, N), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_predict_gather(plan, M, rows, classes), ROWCAST_ERR_ARGUMENT);
  cr_expect(memcmp(memory, before, sizeof before) == 0, "a refused call wrote something");
  /* rows[] in the place of C. */
  const void *const *list = (const void *const *)(const void *)c;
  cr_expect_eq(rowcast_matmul_gather(plan, 1, list, c, N), ROWCAST_ERR_ARGUMENT);
  /* Beside C, and between its rows. */
  rows[M - 1] = memory + 96;
  cr_expect_eq(rowcast_matmul_gather(plan, M, rows, c, N), ROWCAST_OK);
  rows[M - 1] = memory + 103;
  cr_expect_eq(rowcast_matmul_gather(plan, M, rows, c, N + K), ROWCAST_OK);
  cr_expect_eq(rowcast_matmul_gather(plan, M, rows, c, N + K - 1), ROWCAST_ERR_ARGUMENT);
  /* Nothing to multiply. */
  cr_assert_eq(rowcast_plan_create(&empty, 0, N, NULL, 0, NULL, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_plan_create(&none, K, 0, NULL, 0, NULL, NULL), ROWCAST_OK);
  cr_expect_eq(rowcast_matmul_gather(empty, M, NULL, c, N), ROWCAST_OK);
  for (size_t i = 0; i < M * N; i++) cr_expect(c[i] == 0.0f);
  cr_expect_eq(rowcast_predict_gather(empty, M, NULL, classes), ROWCAST_OK);
  cr_expect_eq(classes[M - 1], 0);
  cr_expect_eq(rowcast_matmul_gather(none, M, NULL, NULL, 0), ROWCAST_OK);
  rows[M - 1] = memory;
  cr_expect_eq(rowcast_predict_gather(none, M, rows, classes), ROWCAST_OK);
  cr_expect_eq(classes[M - 1], -1);
  rowcast_plan_destroy(plan);
  rowcast_plan_destroy(empty);
  rowcast_plan_destroy(none);
}
