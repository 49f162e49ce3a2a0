/* SPDX-License-Identifier: BSD-3-Clause */
/* NaN, infinities, signed zeros, subnormal and huge values through every kernel of the registry: the model's
 * bits, and the cases that a kernel which skips zeros is most likely to get wrong. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/kernels.h>
#include <rowcast/plan.h>

#include "check_plan.h"
#include "check_suite.h"
#include "each_kernel.h"

ParameterizedTestParameters(special, bits_of_the_model) {
  return numbers(rowcast_kernel_count() * ROWCAST_DTYPE_COUNT);
}

ParameterizedTest(const unsigned *number, special, bits_of_the_model, .timeout = 300) {
  const rowcast_kernel_info kernel = kernel_or_skip(*number / ROWCAST_DTYPE_COUNT);
  struct check_plan plan;
  check_plan_init(&plan, &kernel, "auto", 3, (rowcast_dtype)(*number % ROWCAST_DTYPE_COUNT));
  struct check_tally tally = {0};
  check_special_values(&plan.subject, CHECK_FULL, test_seed(), &tally);
  cr_assert(tally.passed > 0 && tally.failed == 0, "%s", tally.text);
}

/* Products with weights of 1 but for those a test sets. */
enum { PIXELS = 784, OUTPUTS = 10, ROWS = 9 };
static float weights[PIXELS * OUTPUTS], results[ROWS * OUTPUTS];
static unsigned char bytes[ROWS * PIXELS];
static float floats[ROWS * PIXELS];

static void set_weights(void) {
  for (size_t i = 0; i < PIXELS * OUTPUTS; i++) weights[i] = 1.0f;
}

static void multiply(const rowcast_kernel_info *kernel, rowcast_dtype dtype, float scale) {
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = kernel->name;
  options.dtype = dtype;
  options.scale = scale;
  rowcast_plan *plan = NULL;
  rowcast_error err = {0};
  cr_assert(rowcast_plan_create(&plan, PIXELS, OUTPUTS, weights, OUTPUTS, &options, &err) == ROWCAST_OK, "%s",
            err.text);
  const void *x = dtype == ROWCAST_U8 ? (const void *)bytes : (const void *)floats;
  memset(results, 0, sizeof results);
  cr_assert(rowcast_matmul(plan, ROWS, x, PIXELS, results, OUTPUTS) == ROWCAST_OK);
  rowcast_plan_destroy(plan);
}

ParameterizedTestParameters(special, zero_times_infinity_is_nan) { return numbers(rowcast_kernel_count()); }

/* An infinite or NaN weight in a column whose pixels are all 0 there: 0 * Inf is NaN, so nothing may be skipped. */
ParameterizedTest(const unsigned *number, special, zero_times_infinity_is_nan) {
  const rowcast_kernel_info kernel = kernel_or_skip(*number);
  static const size_t places[] = {0, 5, 8, 400, PIXELS - 9, PIXELS - 1};
  for (size_t p = 0; p < sizeof places / sizeof places[0]; p++)
    for (size_t column = 0; column < OUTPUTS; column += 3)
      for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++)
        for (int sign = 0; sign < 3; sign++) {
          set_weights();
          weights[places[p] * OUTPUTS + column] = sign == 0 ? INFINITY : sign == 1 ? -INFINITY : NAN;
          memset(bytes, 0, sizeof bytes);
          memset(floats, 0, sizeof floats);
          /* Some ink elsewhere in every second row. */
          for (size_t i = 0; i < ROWS; i += 2) bytes[i * PIXELS + 300] = 64, floats[i * PIXELS + 300] = 0.25f;
          multiply(&kernel, (rowcast_dtype)dtype, dtype == ROWCAST_U8 ? 1.0f / 256.0f : 1.0f);
          for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < OUTPUTS; j++) {
              const float got = results[i * OUTPUTS + j], ink = i % 2 == 0 ? 0.25f : 0.0f;
              cr_assert(j == column ? isnan(got) : got == ink, "%s %s: row %zu column %zu: %g", kernel.name,
                        rowcast_dtype_name((rowcast_dtype)dtype), i, j, (double)got);
            }
        }
}

ParameterizedTestParameters(special, empty_rows_are_plus_zero) { return numbers(rowcast_kernel_count()); }

/* Zeros of either sign times negative and positive weights: sums that begin at +0 stay +0. */
ParameterizedTest(const unsigned *number, special, empty_rows_are_plus_zero) {
  const rowcast_kernel_info kernel = kernel_or_skip(*number);
  set_weights();
  for (size_t i = 0; i < PIXELS * OUTPUTS; i += 2) weights[i] = -1.0f;
  memset(bytes, 0, sizeof bytes);
  for (size_t i = 0; i < ROWS * PIXELS; i++) floats[i] = i % 3 == 0 ? -0.0f : 0.0f;
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
    multiply(&kernel, (rowcast_dtype)dtype, 1.0f);
    for (size_t i = 0; i < ROWS * OUTPUTS; i++)
      cr_assert(results[i] == 0.0f && !signbit(results[i]), "%s %s: output %zu: %g", kernel.name,
                rowcast_dtype_name((rowcast_dtype)dtype), i, (double)results[i]);
  }
}
