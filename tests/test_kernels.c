/* SPDX-License-Identifier: BSD-3-Clause */
/* Every kernel of the registry, under every driver, for both element types: the bits of its order's model
 * over odd shapes, float64's bound, and no stray access. No ISA level is named here. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/kernels.h>

#include "check_plan.h"
#include "check_suite.h"
#include "each_kernel.h"

/* Threads of a team: no divisor of the shapes' rows. */
enum { TEAM = 3 };

ParameterizedTestParameters(kernels, bits_of_the_model) {
  return numbers(rowcast_kernel_count() * rowcast_driver_count() * ROWCAST_DTYPE_COUNT);
}

ParameterizedTest(const unsigned *number, kernels, bits_of_the_model, .timeout = 300) {
  const rowcast_dtype dtype = (rowcast_dtype)(*number % ROWCAST_DTYPE_COUNT);
  const rowcast_kernel_info kernel =
    kernel_of_its_own_or_skip(*number / ROWCAST_DTYPE_COUNT / rowcast_driver_count(), dtype);
  const char *driver = rowcast_driver_name(*number / ROWCAST_DTYPE_COUNT % rowcast_driver_count());
  struct check_plan plan;
  check_plan_init(&plan, &kernel, driver, TEAM, dtype);
  struct check_tally tally = {0};
  /* The model of the order exact takes its time, and drivers have no arithmetic of their own. */
  const bool full = kernel.order != ROWCAST_EXACT || strcmp(driver, "serial") == 0;
  check_shapes(&plan.subject, full ? CHECK_FULL : CHECK_REDUCED, test_seed(), &tally);
  expect_none_failed(&tally);
}

/* What most callers use: the kernel, too, left to the plan. */
ParameterizedTestParameters(kernels, auto_has_the_bits_of_its_order) { return numbers(ROWCAST_DTYPE_COUNT); }

ParameterizedTest(const unsigned *number, kernels, auto_has_the_bits_of_its_order, .timeout = 300) {
  check_report_faults();
  struct check_plan plan;
  check_plan_init_auto(&plan, "auto", TEAM, (rowcast_dtype)*number);
  struct check_tally tally = {0};
  check_shapes(&plan.subject, CHECK_FULL, test_seed(), &tally);
  check_special_values(&plan.subject, CHECK_FULL, test_seed(), &tally);
  check_all_batches(&plan.subject, CHECK_FULL, test_seed(), &tally);
  expect_none_failed(&tally);
}

ParameterizedTestParameters(kernels, rows_do_not_know_their_batch) {
  return numbers(rowcast_kernel_count() * ROWCAST_DTYPE_COUNT);
}

ParameterizedTest(const unsigned *number, kernels, rows_do_not_know_their_batch, .timeout = 300) {
  const rowcast_dtype dtype = (rowcast_dtype)(*number % ROWCAST_DTYPE_COUNT);
  const rowcast_kernel_info kernel = kernel_of_its_own_or_skip(*number / ROWCAST_DTYPE_COUNT, dtype);
  struct check_plan plan;
  check_plan_init(&plan, &kernel, "auto", TEAM, dtype);
  struct check_tally tally = {0};
  check_all_batches(&plan.subject, CHECK_FULL, test_seed(), &tally);
  expect_none_failed(&tally);
}

ParameterizedTestParameters(kernels, bytes_have_the_bits_of_floats) { return numbers(rowcast_kernel_count()); }

ParameterizedTest(const unsigned *number, kernels, bytes_have_the_bits_of_floats, .timeout = 300) {
  const rowcast_kernel_info kernel = kernel_or_skip(*number);
  struct check_plan bytes, floats;
  check_plan_init(&bytes, &kernel, "serial", 1, ROWCAST_U8);
  check_plan_init(&floats, &kernel, "serial", 1, ROWCAST_F32);
  struct check_tally tally = {0};
  check_all_bytes_as_floats(&bytes.subject, &floats.subject, CHECK_FULL, test_seed(), &tally);
  expect_none_failed(&tally);
}

ParameterizedTestParameters(kernels, long_rows_in_groups_and_panels) {
  return numbers(rowcast_kernel_count() * ROWCAST_DTYPE_COUNT);
}

/* Rows longer than any block of K, in more than one group of rows and more than one panel of columns: a kernel
 * that prepares a block once for all panels prepares it again here for each. */
ParameterizedTest(const unsigned *number, kernels, long_rows_in_groups_and_panels, .timeout = 300) {
  const rowcast_dtype dtype = (rowcast_dtype)(*number % ROWCAST_DTYPE_COUNT);
  const rowcast_kernel_info kernel = kernel_of_its_own_or_skip(*number / ROWCAST_DTYPE_COUNT, dtype);
  static const enum check_values values[] = {CHECK_PIXELS, CHECK_MIXED, CHECK_SPECIAL_W};
  struct check_plan plan;
  check_plan_init(&plan, &kernel, "serial", 1, dtype);
  struct check_tally tally = {0};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    const struct check_case check = {
      .m = 11,
      .k = 33333,
      .n = 19,
      .c_padding = 1,
      .values = values[i],
      .seed = test_seed() + i,
    };
    char text[CHECK_TEXT] = "";
    check_count(&tally, check_kernel(&plan.subject, &check, text), text);
  }
  expect_none_failed(&tally);
}

ParameterizedTestParameters(kernels, batches_larger_than_caches) {
  return numbers(rowcast_kernel_count() * ROWCAST_DTYPE_COUNT);
}

/* Few columns are taken otherwise where the batch does not fit into the second-level cache, and otherwise again beyond
 * 12 MB. */
ParameterizedTest(const unsigned *number, kernels, batches_larger_than_caches, .timeout = 300) {
  const rowcast_dtype dtype = (rowcast_dtype)(*number % ROWCAST_DTYPE_COUNT);
  const rowcast_kernel_info kernel = kernel_of_its_own_or_skip(*number / ROWCAST_DTYPE_COUNT, dtype);
  static const struct {
    size_t m, k, n;
  } shapes[] = {{4099, 67, 1}, {4099, 67, 2}, {4099, 67, 5}, {45, 80001, 1}, {45, 80001, 2}};
  struct check_plan plan;
  check_plan_init(&plan, &kernel, "serial", 1, dtype);
  struct check_tally tally = {0};
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    const struct check_case check = {
      .m = shapes[i].m,
      .k = shapes[i].k,
      .n = shapes[i].n,
      .c_padding = i % 2,
      .values = CHECK_MIXED,
      .seed = test_seed() + i,
    };
    char text[CHECK_TEXT] = "";
    check_count(&tally, check_kernel(&plan.subject, &check, text), text);
  }
  expect_none_failed(&tally);
}

ParameterizedTestParameters(kernels, every_pace_of_prefetching) {
  return numbers(rowcast_kernel_count() * ROWCAST_DTYPE_COUNT);
}

/* The kernels of tiled.h have a loop for each pace of prefetching, which comes from how much of the next 36 rows goes
 * with a step: little where columns are many, much where a row is hardly more than a step and an end. Two such blocks
 * of rows and some; rows with turns of eight steps, half a turn, single steps and an end, in one block of K and in two.
 */
ParameterizedTest(const unsigned *number, kernels, every_pace_of_prefetching, .timeout = 300) {
  const rowcast_dtype dtype = (rowcast_dtype)(*number % ROWCAST_DTYPE_COUNT);
  const rowcast_kernel_info kernel = kernel_of_its_own_or_skip(*number / ROWCAST_DTYPE_COUNT, dtype);
  static const size_t lengths[] = {9, 15, 184, 189, 1005};
  static const size_t columns[] = {3, 4, 5, 7, 10, 11, 12, 16, 19, 33, 40, 63, 70};
  struct check_plan plan;
  check_plan_init(&plan, &kernel, "serial", 1, dtype);
  struct check_tally tally = {0};
  for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
    for (size_t j = 0; j < sizeof columns / sizeof columns[0]; j++) {
      const struct check_case check = {
        .m = 2 * 36 + 8,
        .k = lengths[l],
        .n = columns[j],
        .c_padding = j % 2,
        .values = CHECK_MIXED,
        .seed = test_seed() + l + j,
      };
      char text[CHECK_TEXT] = "";
      check_count(&tally, check_kernel(&plan.subject, &check, text), text);
    }
  expect_none_failed(&tally);
}
