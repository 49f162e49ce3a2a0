/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_threads.h"

#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/plan.h>

#include "check.h"
#include "check_plan.h"

bool check_team_sizes(const rowcast_kernel_info *kernel, uint64_t seed, struct check_tally *tally) {
  static const unsigned teams[] = {1, 2, 3, 7, 16};
  static const size_t rows[] = {1, 2, 5, 16, 37, 300};
  for (size_t d = 0; d <= rowcast_driver_count(); d++)
    for (size_t t = 0; t < sizeof teams / sizeof teams[0]; t++)
      for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
        const char *driver = d < rowcast_driver_count() ? rowcast_driver_name(d) : "auto";
        struct check_plan plan;
        check_plan_init(&plan, kernel, driver, teams[t], (rowcast_dtype)dtype);
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
          char text[CHECK_TEXT] = "";
          const struct check_case check = {.m = rows[r], .k = 43, .n = 10, .seed = seed, .scale = 1.0f / 256.0f};
          if (!check_count(tally, check_kernel(&plan.subject, &check, text), text)) return false;
        }
      }
  return true;
}

/* A product many threads compute at once, and what it should be. Rows enough that a plan uses its team. */
enum { ROWS = 211, PIXELS = 393, OUTPUTS = 10, CALLERS = 5, ROUNDS = 3 };

static unsigned char shared_x[ROWS * PIXELS];
static float shared_w[PIXELS * OUTPUTS], shared_expected[ROWS * OUTPUTS];

struct caller {
  const rowcast_plan *plan;
  float c[ROWS * OUTPUTS];
  size_t wrong; /* outputs that differ, of all rounds */
};

static struct caller callers[CALLERS];

static rowcast_plan *shared_plan(const rowcast_kernel_info *kernel, const char *driver, unsigned threads,
                                 uint64_t seed) {
  struct random random = random_from(seed);
  for (size_t i = 0; i < sizeof shared_x; i++)
    shared_x[i] = random_below(&random, 3) == 0 ? (unsigned char)random_below(&random, 256) : 0;
  for (size_t i = 0; i < PIXELS * OUTPUTS; i++) shared_w[i] = random_float(&random, -4, 3);
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = kernel->name;
  options.driver = driver;
  options.threads = threads;
  options.dtype = ROWCAST_U8;
  options.scale = 1.0f / 256.0f;
  rowcast_plan *plan = NULL;
  rowcast_error err = {0};
  if (rowcast_plan_create(&plan, PIXELS, OUTPUTS, shared_w, OUTPUTS, &options, &err) != ROWCAST_OK)
    fprintf(stderr, "%s: %s\n", kernel->name, err.text);
  const struct check_product product = {ROWCAST_U8, ROWS,     PIXELS,  OUTPUTS,       shared_x,
                                        PIXELS,     shared_w, OUTPUTS, options.scale, NULL};
  check_model(&product, kernel->order, shared_expected, OUTPUTS);
  return plan;
}

static void call(struct caller *caller) {
  for (int round = 0; round < ROUNDS; round++) {
    memset(caller->c, 0xff, sizeof caller->c);
    if (rowcast_matmul(caller->plan, ROWS, shared_x, PIXELS, caller->c, OUTPUTS) != ROWCAST_OK)
      caller->wrong += ROWS * OUTPUTS;
    caller->wrong += check_bits(caller->c, OUTPUTS, shared_expected, OUTPUTS, ROWS, OUTPUTS).count;
  }
}

static void *thread_main(void *caller) {
  call(caller);
  return NULL;
}

/* Were all callers right? */
static bool judge(const rowcast_kernel_info *kernel, const char *where, size_t ran, struct check_tally *tally) {
  size_t wrong = 0;
  for (size_t i = 0; i < CALLERS; i++) wrong += callers[i].wrong;
  char text[CHECK_TEXT];
  snprintf(text, sizeof text, "%s: %zu outputs wrong %s, %zu of %d callers ran", kernel->name, wrong, where, ran,
           CALLERS);
  return check_count(tally, wrong == 0 && ran == CALLERS, text);
}

static bool begin(rowcast_plan *plan, const rowcast_kernel_info *kernel, struct check_tally *tally) {
  char text[CHECK_TEXT];
  snprintf(text, sizeof text, "%s: no plan", kernel->name);
  memset(callers, 0, sizeof callers);
  for (size_t i = 0; i < CALLERS; i++) callers[i].plan = plan;
  return plan != NULL || check_count(tally, false, text);
}

bool check_within_team(const rowcast_kernel_info *kernel, uint64_t seed, struct check_tally *tally) {
  rowcast_plan *plan = shared_plan(kernel, "openmp", 3, seed);
  if (!begin(plan, kernel, tally)) return false;
  size_t ran = 0;
  /* With more than one level allowed, a plan that started a team here would get one. */
  const int levels = omp_get_max_active_levels();
  omp_set_max_active_levels(2);
#pragma omp parallel for num_threads(CALLERS) schedule(static, 1) reduction(+ : ran)
  for (int i = 0; i < CALLERS; i++) {
    call(&callers[i]);
    ran++;
  }
  omp_set_max_active_levels(levels);
  rowcast_plan_destroy(plan);
  return judge(kernel, "within a team", ran, tally);
}

bool check_shared_plan(const rowcast_kernel_info *kernel, uint64_t seed, struct check_tally *tally) {
  rowcast_plan *plan = shared_plan(kernel, "auto", 2, seed);
  if (!begin(plan, kernel, tally)) return false;
  pthread_t threads[CALLERS];
  size_t ran = 0;
  while (ran < CALLERS && pthread_create(&threads[ran], NULL, thread_main, &callers[ran]) == 0) ran++;
  for (size_t i = 0; i < ran; i++) pthread_join(threads[i], NULL);
  rowcast_plan_destroy(plan);
  return judge(kernel, "in threads that share a plan", ran, tally);
}

bool check_all_threads(const rowcast_kernel_info *kernel, uint64_t seed, struct check_tally *tally) {
  return check_team_sizes(kernel, seed, tally) && check_within_team(kernel, seed, tally) &&
         check_shared_plan(kernel, seed, tally);
}
