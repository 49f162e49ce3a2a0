/* SPDX-License-Identifier: BSD-3-Clause */
/* The order exact: its layout, its sums in fixed point, and each kernel's outputs with a bias, where sums are as hard
 * to round as they can be. What holds for every order is tested with the others. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "big_sum.h"
#include "check.h"
#include "check_plan.h"
#include "each_kernel.h"
#include "exact.h"
#include "fixed.h"
#include "fixture.h"
#include "pack.h"

static bool same(float a, float b) { return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0; }

Test(exact, layout) {
  static const size_t ks[] = {0, 1, 7, 8, 9, 17, 100}, ns[] = {0, 1, 4, 5, 6, 10, 13};
  for (size_t a = 0; a < sizeof ks / sizeof ks[0]; a++)
    for (size_t b = 0; b < sizeof ns / sizeof ns[0]; b++) {
      const size_t k = ks[a], n = ns[b], column = rc_round_up(k, 8), count = rc_pack_doubles5.count(k, n);
      cr_assert_eq(count, 2 * (column + 3) * n);
      float *w = calloc(k * n + 1, sizeof *w);
      float *packed = aligned_alloc(RC_ALIGNMENT, rc_round_up(count * sizeof(float) + 1, RC_ALIGNMENT));
      cr_assert(w != NULL && packed != NULL);
      memset(packed, 0xff, count * sizeof(float));
      for (size_t i = 0; i < k * n; i++) w[i] = ldexpf((float)(i % 13) - 6.0f, (int)(i % 7));
      const struct rc_source source = {w, n, 1, RC_W_F32, 0.25f, NULL};
      cr_assert(rc_pack_doubles5.pack(packed, &source, k, n));
      const struct rc_panels panels = rc_doubles5(k, n);
      const struct rc_weights weights = {.k = k, .n = n, .packed = packed, .panels = panels};
      const struct rc_exact_columns columns = rc_exact_columns(&weights);
      for (size_t p = 0; p < panels.count; p++) {
        const struct rc_panel panel = rc_panel_at(&panels, p);
        const double *at = (const double *)(const void *)(packed + panel.offset);
        for (size_t i = 0; i < column; i++)
          for (size_t j = 0; j < panel.width; j++)
            cr_assert(at[(i / 8 * panel.width + j) * 8 + i % 8] ==
                      (i < k ? 0.25 * (double)w[i * n + panel.column + j] : 0.0));
      }
      for (size_t j = 0; j < n; j++) {
        double sum = 0.0;
        for (size_t i = 0; i < k; i++) {
          const double value = 0.25 * fabs((double)w[i * n + j]);
          sum += value;
          cr_expect(fmod(value, columns.units[j]) == 0.0);
        }
        cr_expect(columns.sums[RC_F32][j] >= sum && columns.sums[RC_F32][j] <= sum * (1.0 + 0x1p-40));
        cr_expect(columns.sums[RC_U8][j] == 0.0, "small whole numbers need no bound");
      }
      free(packed);
      free(w);
    }
  cr_expect_eq(rc_pack_doubles5.count(SIZE_MAX, 1), SIZE_MAX);
  cr_expect_eq(rc_pack_doubles5.count(1, SIZE_MAX / 8), SIZE_MAX);
  cr_expect_eq(rc_pack_doubles5.count(SIZE_MAX / 16, 3), SIZE_MAX);
}

/* A column whose bytes' sums may be rounded in doubles has a bound; so does one that is wide, and one that is no
 * number makes the plan's weights not finite. */
Test(exact, columns_that_need_a_bound) {
  const float w[] = {1.0f, 0x1p-40f, 0x1p-60f, NAN, INFINITY, 0.0f, 1.0f, 1.0f, 1.0f, 1.0f};
  float packed[2 * (8 + 3) * 5] __attribute__((aligned(RC_ALIGNMENT)));
  const struct rc_source source = {w, 5, 1, RC_W_F32, 1.0f, NULL};
  cr_expect(!rc_pack_doubles5.pack(packed, &source, 2, 5));
  const struct rc_exact_columns columns = rc_exact_columns(&(struct rc_weights){.k = 2, .n = 5, .packed = packed});
  cr_expect(columns.sums[RC_U8][0] == 0.0 && columns.units[0] == 1.0);
  cr_expect(columns.sums[RC_U8][1] == 0.0 && columns.units[1] == 0x1p-40);
  cr_expect(columns.sums[RC_U8][2] >= 1.0 && columns.units[2] == 0x1p-60);
  cr_expect(isnan(columns.sums[RC_U8][3]) && isinf(columns.sums[RC_F32][4]));
}

static float any_float(struct random *random) {
  static const float special[] = {0.0f, -0.0f, FLT_MAX, -FLT_MAX, FLT_MIN, 0x1p-149f, -0x1p-149f, 1.0f};
  if (random_below(random, 6) == 0) return special[random_below(random, sizeof special / sizeof special[0])];
  return random_float(random, -149, 128);
}

/* The kernels' fixed point and the model's, which know nothing of each other. */
Test(exact, fixed_point_is_the_models) {
  struct random random = random_from(test_seed());
  for (int round = 0; round < 4000; round++) {
    const size_t count = random_below(&random, 12);
    struct rc_fixed halves[2] = {{{0}, 0}, {{0}, 0}};
    struct big_sum model = {.special = 0.0};
    float a = 0.0f, b = 0.0f;
    for (size_t i = 0; i < count; i++) {
      /* Every third takes away most of what the one before added. */
      a = i % 3 == 2 ? -a : any_float(&random), b = i % 3 == 2 ? nextafterf(b, 0.0f) : any_float(&random);
      rc_fixed_add_number(&halves[i % 2], (double)a * (double)b);
      big_add(&model, a, b);
    }
    rc_fixed_add(&halves[0], &halves[1]);
    const float got = rc_fixed_round(&halves[0]), expected = big_round(&model);
    cr_assert(same(got, expected), "round %d: %a, expected %a", round, (double)got, (double)expected);
  }
}

/* As many of the largest products as can be added before digits are carried, and more. */
Test(exact, fixed_point_carries) {
  struct rc_fixed sum = {{0}, (1u << 30) - 3};
  for (int i = 0; i < 5; i++) rc_fixed_add_number(&sum, -3.0);
  cr_expect(sum.pending < 5 && rc_fixed_round(&sum) == -15.0f);
}

/* Results by hand. */
Test(exact, rounding) {
  static const struct {
    float x[3], w[3], bias, expected;
  } cases[] = {
    {{1, 1, 0}, {0x1p24f, 1.0f, 0}, 0.0f, 0x1p24f},                        /* a tie goes to the even one */
    {{1, 1, 0}, {0x1p24f, 3.0f, 0}, 0.0f, 0x1p24f + 4.0f},                 /* whichever that is */
    {{1, 1, 0x1p-149f}, {0x1p24f, 1.0f, 0x1p-149f}, 0.0f, 0x1p24f + 2.0f}, /* but a trace decides */
    {{1, 1, 0x1p-149f}, {0x1p24f, 1.0f, -0x1p-149f}, 0.0f, 0x1p24f},
    {{1, 1, 0}, {0x1p24f, 1.0f, 0}, 0x1p-149f, 0x1p24f + 2.0f}, /* be it the bias's */
    {{1, 1, 0}, {0x1p24f, 0.5f, 0}, 0.5f, 0x1p24f},
    {{1, 1, 0}, {0x1p24f, 1.0f, 0}, 0.5f, 0x1p24f + 2.0f},
    {{FLT_MAX, 1, 0}, {1, 0x1p103f, 0}, 0.0f, INFINITY}, /* half a unit above the largest */
    {{FLT_MAX, 1, 1}, {1, 0x1p103f, -1.0f}, 0.0f, FLT_MAX},
    {{FLT_MAX, FLT_MAX, 1}, {FLT_MAX, -FLT_MAX, 1}, 0.0f, 1.0f}, /* what is left of huge products */
    {{0x1p-100f, 0, 0}, {-0x1p-100f, 0, 0}, 0.0f, 0.0f},         /* nothing is left, and it is +0 */
    {{0x1p-75f, 0, 0}, {0x1p-75f, 0, 0}, 0.0f, 0.0f},            /* a tie between 0 and the least number */
    {{0x1p-75f, 0x1p-149f, 0}, {0x1p-75f, 0x1p-149f, 0}, 0.0f, 0x1p-149f},
    {{0x1p-75f, 0x1p-75f, 0}, {0x1p-75f, 0x1p-74f, 0}, 0.0f, 0x1p-148f},
    {{1, -1, 0}, {1, 1, 0}, -0.0f, 0.0f},
    {{INFINITY, 1, 1}, {-1, FLT_MAX, 1}, 0.0f, -INFINITY},
    {{INFINITY, 1, 1}, {0, 1, 1}, 0.0f, NAN},
    {{INFINITY, INFINITY, 1}, {1, -1, 1}, 0.0f, NAN},
    {{1, 1, 1}, {1, 1, 1}, -INFINITY, -INFINITY},
    {{INFINITY, 1, 1}, {1, 1, 1}, -INFINITY, NAN},
    {{1, 1, NAN}, {1, 1, 0}, 0.0f, NAN},
  };
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    const rowcast_kernel_info kernel = check_kernel_info(i);
    if (!kernel.usable || kernel.order != ROWCAST_EXACT) continue;
    for (size_t j = 0; j < sizeof cases / sizeof cases[0]; j++) {
      rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
      rowcast_plan *plan;
      options.kernel = kernel.name;
      options.bias = &cases[j].bias;
      float got;
      cr_assert_eq(rowcast_plan_create(&plan, 3, 1, cases[j].w, 1, &options, NULL), ROWCAST_OK);
      cr_assert_eq(rowcast_matmul(plan, 1, cases[j].x, 3, &got, 1), ROWCAST_OK);
      rowcast_plan_destroy(plan);
      cr_expect(same(got, cases[j].expected), "%s, case %zu: %a, expected %a", kernel.name, j, (double)got,
                (double)cases[j].expected);
      const struct check_product product = {ROWCAST_F32, 1, 3, 1, cases[j].x, 3, cases[j].w, 1, 1.0f, &cases[j].bias};
      check_model(&product, ROWCAST_EXACT, &got, 1);
      cr_expect(same(got, cases[j].expected), "the model, case %zu: %a", j, (double)got);
    }
  }
}

/* Rows and weights, and a bias that takes away most of a sum, all of it, or all but a trace. */
enum { ROWS = 9, MOST_K = 70, N = 7 };
static float x[ROWS * MOST_K], w[MOST_K * N], bias[N], got[ROWS * N], expected[ROWS * N];
static unsigned char bytes[ROWS * MOST_K];

static void fill(struct random *random, size_t k, int low, int high) {
  for (size_t i = 0; i < ROWS * k; i++) {
    bytes[i] = (unsigned char)random_below(random, 256);
    x[i] = random_float(random, low, high);
  }
  for (size_t i = 0; i < k * N; i++) w[i] = random_float(random, low, high);
  for (size_t i = N; i < k * N; i++)
    if (random_below(random, 3) == 0) w[i] = -w[i - N];
  for (size_t i = 1; i < ROWS * k; i++)
    if (random_below(random, 3) == 0) x[i] = x[i - 1], bytes[i] = bytes[i - 1];
}

ParameterizedTestParameters(exact, bias_within_the_sum) {
  return numbers(rowcast_kernel_count() * ROWCAST_DTYPE_COUNT);
}

ParameterizedTest(const unsigned *number, exact, bias_within_the_sum) {
  const rowcast_kernel_info kernel = kernel_or_skip(*number / ROWCAST_DTYPE_COUNT);
  const rowcast_dtype dtype = (rowcast_dtype)(*number % ROWCAST_DTYPE_COUNT);
  if (kernel.order != ROWCAST_EXACT) cr_skip_test("%s rounds its sums first", kernel.name);
  static const size_t ks[] = {0, 1, 7, 8, 9, 33, MOST_K};
  static const int ranges[][2] = {{-3, 3}, {0, 1}, {-60, 60}, {-75, -70}, {55, 64}};
  struct random random = random_from(test_seed());
  for (size_t a = 0; a < sizeof ks / sizeof ks[0]; a++)
    for (size_t b = 0; b < sizeof ranges / sizeof ranges[0]; b++) {
      const size_t k = ks[a];
      fill(&random, k, ranges[b][0], ranges[b][1]);
      const void *rows = dtype == ROWCAST_U8 ? (const void *)bytes : (const void *)x;
      struct check_product product = {dtype, 1, k, N, rows, k, w, N, 1.0f, NULL};
      check_model(&product, ROWCAST_EXACT, bias, N); /* of the first row, which its own bias all but cancels */
      for (size_t j = 0; j < N; j++) bias[j] = isfinite(bias[j]) ? -bias[j] : 1.0f;
      product.m = ROWS, product.bias = bias;
      check_model(&product, ROWCAST_EXACT, expected, N);
      rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
      rowcast_plan *plan;
      options.kernel = kernel.name, options.dtype = dtype, options.bias = bias;
      cr_assert_eq(rowcast_plan_create(&plan, k, N, w, N, &options, NULL), ROWCAST_OK);
      cr_assert_eq(rowcast_matmul(plan, ROWS, rows, k, got, N), ROWCAST_OK);
      rowcast_plan_destroy(plan);
      const struct check_difference difference = check_bits(got, N, expected, N, ROWS, N);
      cr_assert_eq(difference.count, 0, "K %zu range %zu row %zu column %zu: %a, expected %a", k, b, difference.row,
                   difference.column, (double)difference.got, (double)difference.expected);
    }
}

/* Columns of X may be divided: two halves of K, each added up without rounding, are together what one plan gives. */
Test(exact, halves_of_k_add_up) {
  struct random random = random_from(test_seed());
  fill(&random, MOST_K, -20, 20);
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  rowcast_plan *plan;
  options.order = ROWCAST_EXACT;
  cr_assert_eq(rowcast_plan_create(&plan, MOST_K, N, w, N, &options, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_matmul(plan, ROWS, x, MOST_K, got, N), ROWCAST_OK);
  rowcast_plan_destroy(plan);
  for (size_t i = 0; i < ROWS; i++)
    for (size_t j = 0; j < N; j++) {
      struct rc_fixed halves[2] = {{{0}, 0}, {{0}, 0}};
      for (size_t k = 0; k < MOST_K; k++)
        rc_fixed_add_number(&halves[k >= MOST_K / 2], (double)x[i * MOST_K + k] * (double)w[k * N + j]);
      rc_fixed_add(&halves[1], &halves[0]);
      cr_assert(same(rc_fixed_round(&halves[1]), got[i * N + j]), "row %zu column %zu", i, j);
    }
}
