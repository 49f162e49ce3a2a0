/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans with a pool of the program's own: the same bits whatever it does with its tasks, and an error if it does not do
 * all of them. */
#include <criterion/criterion.h>
#include <fenv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "scene.h"

typedef void task_fn(void *context, size_t index);
typedef void run_fn(void *user, size_t tasks, task_fn *task, void *context);

/* What a pool was asked for. */
struct seen {
  size_t calls, tasks;
  int rounding;
};

static void note(struct seen *seen, size_t tasks) {
  seen->calls++;
  seen->tasks = tasks;
  seen->rounding = fegetround();
}

static void in_order(void *user, size_t tasks, task_fn *task, void *context) {
  note(user, tasks);
  for (size_t i = 0; i < tasks; i++) task(context, i);
}

static void backwards(void *user, size_t tasks, task_fn *task, void *context) {
  note(user, tasks);
  for (size_t i = tasks; i-- > 0;) task(context, i);
}

/* ---- Threads, which set a floating-point mode of their own ---- */

enum { THREADS = 4 };
struct work {
  size_t tasks;
  task_fn *task;
  void *context;
  atomic_size_t next, modes_lost;
};

static void *work_on(void *argument) {
  struct work *work = argument;
  fesetround(FE_UPWARD);
  for (size_t i; (i = atomic_fetch_add(&work->next, 1)) < work->tasks;) work->task(work->context, i);
  if (fegetround() != FE_UPWARD) atomic_fetch_add(&work->modes_lost, 1);
  return NULL;
}

static void threads(void *user, size_t tasks, task_fn *task, void *context) {
  struct work work = {.tasks = tasks, .task = task, .context = context};
  pthread_t thread[THREADS];
  note(user, tasks);
  for (int i = 0; i < THREADS; i++) cr_assert_eq(pthread_create(&thread[i], NULL, work_on, &work), 0);
  for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
  cr_expect_eq(atomic_load(&work.modes_lost), 0);
}

/* ---- Pools that are wrong ---- */

static void drops_first(void *user, size_t tasks, task_fn *task, void *context) {
  note(user, tasks);
  for (size_t i = 1; i < tasks; i++) task(context, i);
}

static void drops_last(void *user, size_t tasks, task_fn *task, void *context) {
  note(user, tasks);
  for (size_t i = 0; i + 1 < tasks; i++) task(context, i);
}

static void does_nothing(void *user, size_t tasks, task_fn *task, void *context) {
  (void)task;
  (void)context;
  note(user, tasks);
}

/* As many calls as there are tasks. */
static void repeats_one(void *user, size_t tasks, task_fn *task, void *context) {
  note(user, tasks);
  for (size_t i = 0; i < tasks; i++) task(context, i == 1 ? 0 : i);
}

static void repeats_all(void *user, size_t tasks, task_fn *task, void *context) {
  note(user, tasks);
  for (size_t i = 0; i < 2 * tasks; i++) task(context, i / 2);
}

static void goes_beyond(void *user, size_t tasks, task_fn *task, void *context) {
  note(user, tasks);
  for (size_t i = 0; i <= tasks; i++) task(context, i);
  task(context, SIZE_MAX);
}

/* ---- The product ---- */

enum { M = 1000, K = 99, N = 10 };
static unsigned char x[M * K];
static float w[K * N], expected[M * N], c[M * N];
static const void *rows[M];
static int32_t classes[M], expected_classes[M];

static rowcast_plan *make(const char *driver, unsigned threads, size_t chunk, run_fn *run, struct seen *seen) {
  for (size_t i = 0; i < M * K; i++) x[i] = i * i % 7 < 4 ? 0 : (unsigned char)(i * i % 251);
  for (size_t i = 0; i < M; i++) rows[i] = x + i * 7 % M * K;
  cr_assert_eq(rowcast_randn(3, w, K * N), ROWCAST_OK);
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.dtype = ROWCAST_U8;
  options.driver = driver;
  options.threads = threads;
  options.chunk_rows = chunk;
  options.parallel_for = (rowcast_parallel_for){run, seen};
  rowcast_plan *plan;
  cr_assert_eq(rowcast_plan_create(&plan, K, N, w, N, &options, NULL), ROWCAST_OK);
  return plan;
}

static void make_expected(void) {
  rowcast_plan *plan = make("serial", 1, 0, NULL, NULL);
  cr_assert_eq(rowcast_matmul(plan, M, x, K, expected, N), ROWCAST_OK);
  cr_assert_eq(rowcast_predict(plan, M, x, K, expected_classes), ROWCAST_OK);
  rowcast_plan_destroy(plan);
}

static void expect_product(const rowcast_plan *plan) {
  memset(c, 0xff, sizeof c);
  memset(classes, 0xff, sizeof classes);
  cr_assert_eq(rowcast_matmul(plan, M, x, K, c, N), ROWCAST_OK);
  cr_expect(memcmp(c, expected, sizeof c) == 0);
  cr_assert_eq(rowcast_predict(plan, M, x, K, classes), ROWCAST_OK);
  cr_expect(memcmp(classes, expected_classes, sizeof classes) == 0);
  cr_assert_eq(rowcast_matmul_gather(plan, M, rows, c, N), ROWCAST_OK);
  cr_assert_eq(rowcast_predict_gather(plan, M, rows, classes), ROWCAST_OK);
  for (size_t i = 0; i < M; i++) {
    const size_t row = i * 7 % M;
    cr_assert(memcmp(c + i * N, expected + row * N, N * sizeof *c) == 0 && classes[i] == expected_classes[row]);
  }
}

Test(pool, same_bits_on_any_pool, .timeout = 120) {
  static run_fn *const pools[] = {in_order, backwards, threads};
  static const struct {
    const char *driver;
    unsigned threads;
    size_t chunk, tasks;
  } cases[] = {
    {"openmp", 2, 0, 2},         {"openmp", 7, 0, 7},           {"openmp", 4096, 0, 1000},
    {"openmp-dynamic", 3, 0, 4}, {"openmp-dynamic", 2, 7, 143}, {"openmp-dynamic", 2, SIZE_MAX, 1},
  };
  make_expected();
  for (size_t p = 0; p < sizeof pools / sizeof pools[0]; p++)
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
      struct seen seen = {0};
      rowcast_plan *plan = make(cases[i].driver, cases[i].threads, cases[i].chunk, pools[p], &seen);
      expect_product(plan);
      cr_expect(seen.calls == 4 && seen.tasks == cases[i].tasks, "%s: %zu calls, %zu tasks", cases[i].driver,
                seen.calls, seen.tasks);
      rowcast_plan_destroy(plan);
    }
}

/* The pool is asked only where there is work for several threads, and OpenMP never. */
Test(pool, when_it_is_asked) {
  struct seen seen = {0};
  rowcast_plan_info info;
  make_expected();
  rowcast_plan *plan = make("auto", 3, 0, in_order, &seen);
  const unsigned before = scene_tasks();
  cr_assert_eq(rowcast_matmul(plan, 5, x, K, c, N), ROWCAST_OK);
  cr_expect(seen.calls == 0 && rowcast_plan_threads_for(plan, 5) == 1);
  cr_expect_eq(rowcast_plan_threads_for(plan, 1000000), 3);
  rowcast_plan_describe(plan, &info, sizeof info);
  cr_expect_eq(info.threads, 3);
  cr_assert_eq(rowcast_matmul_rows(plan, 0, M, x, K, c, N), ROWCAST_OK);
  cr_assert_eq(rowcast_predict_rows(plan, 0, M, x, K, classes), ROWCAST_OK);
  cr_expect_eq(seen.calls, 0);
  rowcast_plan_destroy(plan);
  plan = make("openmp", 3, 0, in_order, &seen);
  expect_product(plan);
  cr_expect_eq(scene_tasks(), before, "threads were started");
  rowcast_plan_destroy(plan);
  seen = (struct seen){0};
  plan = make("serial", 3, 0, in_order, &seen);
  expect_product(plan);
  cr_expect_eq(seen.calls, 0);
  rowcast_plan_destroy(plan);
  /* Without a count, as many as by default; or as there would be if there was OpenMP. */
  plan = make("openmp", 0, 0, in_order, &seen);
#ifdef _OPENMP
  cr_expect_eq(rowcast_plan_threads_for(plan, M), rowcast_default_threads());
#else
  cr_expect(rowcast_plan_threads_for(plan, M) >= 1 && rowcast_plan_threads_for(plan, M) <= rowcast_available_cpus());
  cr_expect_eq(rowcast_default_threads(), 1);
#endif
  rowcast_plan_destroy(plan);
}

/* More chunks than tasks can be told apart: they become larger. */
Test(pool, most_tasks) {
  enum { MANY = 100000 };
  static float many[MANY], one[MANY];
  static unsigned char bytes[MANY];
  const float weight = 0.1f;
  struct seen seen = {0};
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.dtype = ROWCAST_U8;
  options.driver = "openmp-dynamic";
  options.threads = 2;
  options.chunk_rows = 1;
  options.parallel_for = (rowcast_parallel_for){backwards, &seen};
  for (size_t i = 0; i < MANY; i++) bytes[i] = (unsigned char)(i * i % 251);
  rowcast_plan *plan;
  cr_assert_eq(rowcast_plan_create(&plan, 1, 1, &weight, 1, &options, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_matmul(plan, MANY, bytes, 1, many, 1), ROWCAST_OK);
  cr_assert_eq(rowcast_matmul_rows(plan, 0, MANY, bytes, 1, one, 1), ROWCAST_OK);
  cr_expect(memcmp(many, one, sizeof one) == 0);
  cr_expect(seen.calls == 1 && seen.tasks == 4000, "%zu", seen.tasks);
  rowcast_plan_destroy(plan);
}

Test(pool, one_that_is_wrong) {
  static run_fn *const pools[] = {drops_first, drops_last, does_nothing, repeats_one, repeats_all, goes_beyond};
  static const char *const drivers[] = {"openmp", "openmp-dynamic"};
  for (size_t p = 0; p < sizeof pools / sizeof pools[0]; p++)
    for (size_t d = 0; d < 2; d++) {
      struct seen seen = {0};
      rowcast_plan *plan = make(drivers[d], 5, 0, pools[p], &seen);
      cr_expect_eq(rowcast_matmul(plan, M, x, K, c, N), ROWCAST_ERR_ARGUMENT, "pool %zu, %s", p, drivers[d]);
      cr_expect_eq(rowcast_predict(plan, M, x, K, classes), ROWCAST_ERR_ARGUMENT);
      cr_expect_eq(rowcast_matmul_gather(plan, M, rows, c, N), ROWCAST_ERR_ARGUMENT);
      cr_expect_eq(rowcast_predict_gather(plan, M, rows, classes), ROWCAST_ERR_ARGUMENT);
      cr_expect_eq(seen.calls, 4);
      rowcast_plan_destroy(plan);
    }
}

/* run() is a callback: it sees the caller's mode, whatever the tasks set. */
Test(pool, floating_point_mode) {
  struct seen seen = {0};
  make_expected();
  rowcast_plan *plan = make("openmp", 5, 0, threads, &seen);
  fesetround(FE_DOWNWARD);
  expect_product(plan);
  cr_expect(seen.rounding == FE_DOWNWARD && fegetround() == FE_DOWNWARD);
  fesetround(FE_TONEAREST);
  rowcast_plan_destroy(plan);
}

/* ---- Cancellation ---- */

static atomic_bool finished;

static void may_be_cancelled(void *user, size_t tasks, task_fn *task, void *context) {
  pthread_testcancel();
  in_order(user, tasks, task, context);
  pthread_testcancel();
}

static void *multiply_cancelled(void *plan) {
  pthread_cancel(pthread_self());
  if (rowcast_matmul(plan, M, x, K, c, N) == ROWCAST_OK) atomic_store(&finished, true);
  pthread_testcancel();
  return NULL;
}

Test(pool, cancellation_waits_for_the_end) {
  struct seen seen = {0};
  make_expected();
  rowcast_plan *plan = make("openmp", 5, 0, may_be_cancelled, &seen);
  pthread_t thread;
  void *result;
  memset(c, 0xff, sizeof c);
  cr_assert_eq(pthread_create(&thread, NULL, multiply_cancelled, plan), 0);
  pthread_join(thread, &result);
  cr_expect(result == PTHREAD_CANCELED && atomic_load(&finished) && memcmp(c, expected, sizeof c) == 0);
  rowcast_plan_destroy(plan);
}
