/* SPDX-License-Identifier: BSD-3-Clause */
/* Many callers at once: they get the right bits, and no threads that nobody asked for. What every kernel does within a
 * team and with a shared plan is in test_threads.c. */
#include <criterion/criterion.h>
#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>
#include <rowcast/plan.h>

#include "fixture.h"
#include "sanitized.h"
#include "scene.h"
#include "needs_openmp.h"

enum { ROWS = 211, K = 393, N = 10, CALLERS = 16, ROUNDS = 5 };

static float x[ROWS * K], w[K * N], expected[ROWS * N];
static int32_t expected_classes[ROWS];

static rowcast_plan *make_plan(unsigned threads, const char *driver) {
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.threads = threads;
  options.driver = driver;
  options.chunk_rows = 16;
  rowcast_plan *plan = NULL;
  SCENE_EXPECT(rowcast_plan_create(&plan, K, N, w, N, &options, NULL) == ROWCAST_OK);
  return plan;
}

static void make_product(void) {
  struct random random = random_from(11);
  for (size_t i = 0; i < ROWS * K; i++) x[i] = random_float(&random, -4, 3);
  for (size_t i = 0; i < K * N; i++) w[i] = random_float(&random, -4, 3);
  rowcast_plan *plan = make_plan(1, "serial");
  SCENE_EXPECT(rowcast_matmul(plan, ROWS, x, K, expected, N) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_predict(plan, ROWS, x, K, expected_classes) == ROWCAST_OK);
  rowcast_plan_destroy(plan);
}

static int wrong_results(const rowcast_plan *plan) {
  float c[ROWS * N];
  int32_t classes[ROWS];
  memset(c, 0xff, sizeof c);
  return (rowcast_matmul(plan, ROWS, x, K, c, N) != ROWCAST_OK || memcmp(c, expected, sizeof c) != 0) +
         (rowcast_predict(plan, ROWS, x, K, classes) != ROWCAST_OK ||
          memcmp(classes, expected_classes, sizeof classes) != 0);
}

struct caller {
  pthread_t thread;
  const rowcast_plan *shared; /* NULL: it makes its own */
  unsigned threads;
  const char *driver;
  int wrong;
};

static pthread_barrier_t turn;

static void *call(void *argument) {
  struct caller *caller = argument;
  pthread_barrier_wait(&turn);
  for (int round = 0; round < ROUNDS; round++) {
    rowcast_plan *own = caller->shared == NULL ? make_plan(caller->threads, caller->driver) : NULL;
    caller->wrong += wrong_results(own != NULL ? own : caller->shared);
    rowcast_plan_destroy(own);
  }
  pthread_barrier_wait(&turn); /* all are done; the main thread counts threads */
  pthread_barrier_wait(&turn);
  return NULL;
}

/* Sixteen at once. Each has a team of as many threads as the plan says, and no more; the team ends with its caller. */
static void call_at_once(const rowcast_plan *shared, unsigned threads, const char *driver) {
  struct caller callers[CALLERS];
  pthread_barrier_init(&turn, NULL, CALLERS + 1);
  for (size_t i = 0; i < CALLERS; i++) {
    callers[i] = (struct caller){.shared = shared, .threads = threads, .driver = driver};
    SCENE_EXPECT(pthread_create(&callers[i].thread, NULL, call, &callers[i]) == 0);
  }
  pthread_barrier_wait(&turn);
  pthread_barrier_wait(&turn);
  SCENE_EXPECT(scene_tasks() == 1 + CALLERS * threads);
  pthread_barrier_wait(&turn);
  for (size_t i = 0; i < CALLERS; i++) {
    pthread_join(callers[i].thread, NULL);
    SCENE_EXPECT(callers[i].wrong == 0);
  }
  for (int waits = 0; waits < 500 && scene_tasks() > 1 && !scene_llvm_openmp(); waits++) usleep(10000);
  SCENE_EXPECT(scene_tasks() == 1 || scene_llvm_openmp());
  pthread_barrier_destroy(&turn);
}

static const char *const drivers[] = {"openmp", "openmp-dynamic"};

SCENE(one_plan) {
  make_product();
  for (size_t i = 0; i < 2; i++) {
    rowcast_plan *plan = make_plan(3, drivers[i]);
    call_at_once(plan, 3, drivers[i]);
    rowcast_plan_destroy(plan);
  }
  return scene_failures;
}
Test(callers, sixteen_with_one_plan, .timeout = 120) {
  NEEDS_OPENMP();
  cr_expect_eq(scene_play("one_plan", NULL), 0);
}

SCENE(plan_each) {
  make_product();
  for (size_t i = 0; i < 2; i++) call_at_once(NULL, 3, drivers[i]);
  return scene_failures;
}
Test(callers, sixteen_with_a_plan_each, .timeout = 120) {
  NEEDS_OPENMP();
  cr_expect_eq(scene_play("plan_each", NULL), 0);
}

SCENE(plan_of_one_thread) {
  make_product();
  rowcast_plan *plan = make_plan(1, "openmp");
  call_at_once(plan, 1, "openmp");
  rowcast_plan_destroy(plan);
  return scene_failures;
}
Test(callers, plans_of_one_thread_start_none, .timeout = 120) {
  cr_expect_eq(scene_play("plan_of_one_thread", NULL), 0);
}

/* Even where a region within a region may have threads of its own. */
SCENE(within_a_region) {
  enum { TEAM = 3 };
  make_product();
  omp_set_max_active_levels(3);
  for (size_t i = 0; i < 2; i++) {
    rowcast_plan *plan = make_plan(5, drivers[i]);
    SCENE_EXPECT(rowcast_plan_threads_for(plan, ROWS) == 5);
    int wrong = 0, others = 0;
#pragma omp parallel num_threads(TEAM) default(none) shared(plan) reduction(+ : wrong, others)
    {
      for (int round = 0; round < ROUNDS; round++) wrong += wrong_results(plan);
      others += rowcast_plan_threads_for(plan, ROWS) != 1;
      others += rowcast_startable_threads(4) != 1;
#pragma omp barrier
#pragma omp master
      others += scene_tasks() != TEAM;
#pragma omp barrier
    }
    SCENE_EXPECT(wrong == 0);
    SCENE_EXPECT(others == 0);
    rowcast_plan_destroy(plan);
  }
  return scene_failures;
}
Test(callers, within_a_region_are_serial, .timeout = 120) {
  NEEDS_OPENMP();
  cr_expect_eq(scene_play("within_a_region", NULL), 0);
}

/* ---- Signal handlers ---- */

/* What rowcast.h allows in one, whatever the thread that it interrupts is at. */
static const rowcast_plan *handlers_plan;
static atomic_int handlers_calls, handlers_faults;

static void multiply_in_handler(int number) {
  enum { BEGIN = 3, END = 40 };
  (void)number;
  float c[END * N];
  int32_t classes[END];
  memset(c, 0xff, sizeof c);
  const bool right = rowcast_matmul_rows(handlers_plan, BEGIN, END, x, K, c, N) == ROWCAST_OK &&
                     rowcast_predict_rows(handlers_plan, BEGIN, END, x, K, classes) == ROWCAST_OK &&
                     memcmp(c + BEGIN * N, expected + BEGIN * N, (END - BEGIN) * N * sizeof *c) == 0 &&
                     memcmp(classes + BEGIN, expected_classes + BEGIN, (END - BEGIN) * sizeof *classes) == 0;
  atomic_fetch_add(&handlers_calls, 1);
  atomic_fetch_add(&handlers_faults, !right);
}

/* A stack of the size that rowcast.h names for handlers, with nothing below it. Not with sanitizers, whose frames need
 * more; they give every thread one for handlers, too small for AVX2's kernels: there handlers run on the thread's own.
 */
static void take_small_stack(void) {
  enum { GUARD = 1 << 16, PAGE = 4096 };
  const size_t beside = (getauxval(AT_MINSIGSTKSZ) + PAGE - 1) / PAGE * PAGE;
  const size_t size = (40 << 10) + beside;
  char *memory = mmap(NULL, GUARD + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SCENE_EXPECT(memory != MAP_FAILED && mprotect(memory, GUARD, PROT_NONE) == 0);
  const stack_t stack = {.ss_sp = memory + GUARD, .ss_size = size};
  SCENE_EXPECT(sigaltstack(&stack, NULL) == 0);
}

SCENE(in_handlers) {
  enum { CALLS = 2000 };
  if (!SANITIZED) take_small_stack();
  make_product();
  rowcast_plan *plan = make_plan(3, "openmp");
  handlers_plan = plan;
  struct sigaction action = {.sa_handler = multiply_in_handler, .sa_flags = SA_RESTART | (SANITIZED ? 0 : SA_ONSTACK)};
  sigaction(SIGPROF, &action, NULL);
  const struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_PROF, &often, NULL);
  int wrong = 0;
  while (atomic_load(&handlers_calls) < CALLS && wrong == 0) {
    wrong += wrong_results(plan);
    rowcast_plan *other = make_plan(1, "serial");
    rowcast_plan_destroy(other);
  }
  setitimer(ITIMER_PROF, &never, NULL);
  SCENE_EXPECT(wrong == 0 && atomic_load(&handlers_faults) == 0);
  rowcast_plan_destroy(plan);
  return scene_failures;
}
Test(callers, multiply_in_signal_handlers, .timeout = 120) { cr_expect_eq(scene_play("in_handlers", NULL), 0); }
