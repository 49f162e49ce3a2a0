/* SPDX-License-Identifier: BSD-3-Clause */
/* The same bits for any number of threads and any caller, of every kernel. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <omp.h>
#include <string.h>

#include <rowcast/cpu.h>
#include <rowcast/kernels.h>
#include <rowcast/plan.h>

#include "check_plan.h"
#include "check_threads.h"
#include "each_kernel.h"
#include "fixture.h"
#include "needs_openmp.h"

ParameterizedTestParameters(threads, team_sizes) { return numbers(rowcast_kernel_count()); }
ParameterizedTest(const unsigned *number, threads, team_sizes, .timeout = 300) {
  const rowcast_kernel_info kernel = kernel_or_skip(*number);
  struct check_tally tally = {0};
  check_team_sizes(&kernel, test_seed(), &tally);
  expect_none_failed(&tally);
}

ParameterizedTestParameters(threads, within_a_team) { return numbers(rowcast_kernel_count()); }
ParameterizedTest(const unsigned *number, threads, within_a_team, .timeout = 300) {
  const rowcast_kernel_info kernel = kernel_or_skip(*number);
  struct check_tally tally = {0};
  check_within_team(&kernel, test_seed(), &tally);
  expect_none_failed(&tally);
}

ParameterizedTestParameters(threads, shared_plan) { return numbers(rowcast_kernel_count()); }
ParameterizedTest(const unsigned *number, threads, shared_plan, .timeout = 300) {
  const rowcast_kernel_info kernel = kernel_or_skip(*number);
  struct check_tally tally = {0};
  check_shared_plan(&kernel, test_seed(), &tally);
  expect_none_failed(&tally);
}

/* The plan's word on its threads: what the checks above rely on to have tested teams at all. */
Test(threads, a_team_is_used_when_asked_for) {
  NEEDS_OPENMP();
  static float w[16] = {1.0f};
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.driver = "openmp";
  options.threads = 7;
  rowcast_plan *plan = NULL;
  cr_assert(rowcast_plan_create(&plan, 4, 4, w, 4, &options, NULL) == ROWCAST_OK);
  cr_expect(rowcast_plan_threads_for(plan, 300) == 7);
  cr_expect(rowcast_plan_threads_for(plan, 5) == 5, "more threads than rows");
  cr_expect(rowcast_plan_threads_for(plan, 1) == 1);
  rowcast_plan_destroy(plan);
}

/* Threads of this process, as the operating system counts them. */
static unsigned count_tasks(void) {
  unsigned tasks = 0;
  DIR *folder = opendir("/proc/self/task");
  cr_assert_not_null(folder);
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) tasks += entry->d_name[0] != '.';
  closedir(folder);
  return tasks;
}

/* The threads really used: OpenMP keeps a team's threads for the next one, so they can be counted after a call. */
static void expect_team(unsigned asked, unsigned expected) {
  static float w[64 * 4], x[1000 * 64], c[1000 * 4];
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.driver = "openmp";
  options.threads = asked;
  rowcast_plan *plan = NULL;
  cr_assert(rowcast_plan_create(&plan, 64, 4, w, 4, &options, NULL) == ROWCAST_OK);
  const unsigned before = count_tasks();
  cr_assert(rowcast_matmul(plan, 1000, x, 64, c, 4) == ROWCAST_OK);
  cr_expect_eq(count_tasks() - before, expected - 1, "%u threads were started for %u", count_tasks() - before,
               expected);
  rowcast_plan_destroy(plan);
}

Test(threads, as_many_are_started_as_asked_for) {
  NEEDS_OPENMP();
  expect_team(5, 5);
}
Test(threads, one_is_the_caller) { expect_team(1, 1); }
Test(threads, as_many_are_started_as_by_default) { expect_team(0, rowcast_default_threads()); }

/* OpenMP's own settings are the caller's. */
Test(threads, openmp_settings_stay_as_they_were) {
  static float w[784 * 10], x[300 * 784], c[300 * 10];
  const int threads = omp_get_max_threads(), dynamic = omp_get_dynamic(), levels = omp_get_max_active_levels();
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.driver = "openmp";
  options.threads = (unsigned)threads + 2;
  rowcast_plan *plan = NULL;
  cr_assert(rowcast_plan_create(&plan, 784, 10, w, 10, &options, NULL) == ROWCAST_OK);
  cr_assert(rowcast_matmul(plan, 300, x, 784, c, 10) == ROWCAST_OK);
  rowcast_plan_destroy(plan);
  cr_expect(omp_get_max_threads() == threads);
  cr_expect(omp_get_dynamic() == dynamic);
  cr_expect(omp_get_max_active_levels() == levels);
}

/* Teams up to 64, chunks that divide nothing, rows and results that start anywhere: one result. */
Test(threads, every_team_and_chunk, .timeout = 300) {
  enum { ROWS = 211, K = 100, N = 10, OFFSETS = 4 };
  static const size_t chunks[] = {1, 3, 17, 4096};
  static unsigned char x[ROWS * K + OFFSETS];
  static float w[K * N], expected[ROWS * N], c[ROWS * N + OFFSETS];
  struct random random = random_from(test_seed());
  for (size_t i = 0; i < K * N; i++) w[i] = random_float(&random, -4, 3);
  for (unsigned threads = 1; threads <= 64; threads++)
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
      rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
      options.driver = "openmp-dynamic";
      options.dtype = ROWCAST_U8;
      options.threads = threads;
      options.chunk_rows = chunks[i];
      rowcast_plan *plan = NULL;
      cr_assert(rowcast_plan_create(&plan, K, N, w, N, &options, NULL) == ROWCAST_OK);
      const size_t offset = (threads + i) % OFFSETS;
      for (size_t j = 0; j < ROWS * K; j++) x[offset + j] = (unsigned char)(j * j % 251);
      memset(c, 0xff, sizeof c);
      cr_assert(rowcast_matmul(plan, ROWS, x + offset, K, c + offset, N) == ROWCAST_OK);
      rowcast_plan_destroy(plan);
      if (threads == 1 && i == 0) memcpy(expected, c + offset, sizeof expected);
      cr_assert(memcmp(expected, c + offset, sizeof expected) == 0, "%u threads, chunks of %zu", threads, chunks[i]);
    }
}
