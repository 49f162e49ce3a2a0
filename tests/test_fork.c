/* SPDX-License-Identifier: BSD-3-Clause */
/* A forked child never hangs, and gets the same bits. Each test plays a scene: a process that has no thread but its own
 * at first, forks, and in whose children five seconds are too long. */
#include <criterion/criterion.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rowcast/plan.h>

#include "fixture.h"
#include "scene.h"
#include "needs_openmp.h"

enum { ROWS = 300, K = 393, N = 10, TEAM = 4 };

static float x[ROWS * K], w[K * N], expected[ROWS * N];
static int32_t expected_classes[ROWS];
static rowcast_plan *plan;

/* A plan of several threads, and what it is to compute; no team is started. */
static void prepare_product(void) {
  struct random random = random_from(7);
  for (size_t i = 0; i < ROWS * K; i++) x[i] = random_float(&random, -4, 3);
  for (size_t i = 0; i < K * N; i++) w[i] = random_float(&random, -4, 3);
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.threads = TEAM;
  options.driver = "serial";
  rowcast_plan *serial = NULL;
  SCENE_EXPECT(rowcast_plan_create(&serial, K, N, w, N, &options, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_matmul(serial, ROWS, x, K, expected, N) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_predict(serial, ROWS, x, K, expected_classes) == ROWCAST_OK);
  rowcast_plan_destroy(serial);
  options.driver = "openmp";
  SCENE_EXPECT(rowcast_plan_create(&plan, K, N, w, N, &options, NULL) == ROWCAST_OK);
}

/* Multiplies, on as many threads as expected, and gets the right bits. */
static int multiply_on(unsigned threads) {
  static float c[ROWS * N];
  static int32_t classes[ROWS];
  const unsigned before = scene_tasks();
  memset(c, 0xff, sizeof c);
  SCENE_EXPECT(rowcast_matmul(plan, ROWS, x, K, c, N) == ROWCAST_OK);
  SCENE_EXPECT(memcmp(c, expected, sizeof c) == 0);
  SCENE_EXPECT(threads > 1 ? scene_tasks() >= threads : scene_tasks() == before);
  SCENE_EXPECT(rowcast_predict(plan, ROWS, x, K, classes) == ROWCAST_OK);
  SCENE_EXPECT(memcmp(classes, expected_classes, sizeof classes) == 0);
  rowcast_plan_info info;
  rowcast_plan_describe(plan, &info, sizeof info);
  SCENE_EXPECT(info.threads == threads);
  SCENE_EXPECT(rowcast_plan_threads_for(plan, ROWS) == threads);
  SCENE_EXPECT(rowcast_plan_threads_for(plan, 1) == 1);
  return scene_failures;
}

static int on_one(void) { return multiply_on(1); }
static int on_team(void) { return multiply_on(TEAM); }

static void begin_with_team(void) {
  prepare_product();
  multiply_on(TEAM);
}

#define PLAY(name) cr_expect_eq(scene_play(#name, NULL), 0)

SCENE(before_use) {
  prepare_product();
  SCENE_EXPECT(scene_child(on_team) == 0);
  return multiply_on(TEAM);
}
Test(fork, before_the_first_use_a_child_has_threads, .timeout = 60) {
  NEEDS_OPENMP();
  PLAY(before_use);
}

SCENE(after_use) {
  begin_with_team();
  SCENE_EXPECT(scene_child(on_one) == 0);
  /* The parent has what it had. */
  return multiply_on(TEAM);
}
Test(fork, after_use_a_child_is_serial, .timeout = 60) {
  NEEDS_OPENMP();
  PLAY(after_use);
}

/* Not only rowcast starts teams. */
SCENE(after_own_region) {
  prepare_product();
  int threads = 0;
#pragma omp parallel num_threads(3) reduction(+ : threads)
  threads++;
  SCENE_EXPECT(threads == 3);
  SCENE_EXPECT(scene_child(on_one) == 0);
  return multiply_on(TEAM);
}
Test(fork, after_a_region_of_the_callers_a_child_is_serial, .timeout = 60) {
  NEEDS_OPENMP();
  PLAY(after_own_region);
}

SCENE(prepared) {
  begin_with_team();
  SCENE_EXPECT(rowcast_prepare_fork() == ROWCAST_OK);
  SCENE_EXPECT(scene_child(on_team) == 0);
  multiply_on(TEAM);
  /* It holds until the next use. */
  SCENE_EXPECT(scene_child(on_one) == 0);
  SCENE_EXPECT(rowcast_prepare_fork() == ROWCAST_OK);
  SCENE_EXPECT(rowcast_prepare_fork() == ROWCAST_OK);
  SCENE_EXPECT(scene_child(on_team) == 0);
  return scene_failures;
}
Test(fork, prepared_a_child_has_threads, .timeout = 60) {
  NEEDS_OPENMP();
  PLAY(prepared);
}

static int child_and_grandchild_on_one(void) {
  SCENE_EXPECT(scene_child(on_one) == 0);
  multiply_on(1);
  SCENE_EXPECT(scene_child(on_one) == 0);
  /* Of no use here, but no error, and no hang. */
  SCENE_EXPECT(rowcast_prepare_fork() == ROWCAST_OK);
  SCENE_EXPECT(scene_child(on_one) == 0);
  return multiply_on(1);
}
static int child_and_grandchild_on_team(void) {
  SCENE_EXPECT(scene_child(on_team) == 0);
  multiply_on(TEAM);
  SCENE_EXPECT(scene_child(child_and_grandchild_on_one) == 0);
  SCENE_EXPECT(rowcast_prepare_fork() == ROWCAST_OK);
  SCENE_EXPECT(scene_child(on_team) == 0);
  return scene_failures;
}
SCENE(fork_of_fork) {
  prepare_product();
  SCENE_EXPECT(scene_child(child_and_grandchild_on_team) == 0);
  multiply_on(TEAM);
  SCENE_EXPECT(scene_child(child_and_grandchild_on_one) == 0);
  SCENE_EXPECT(rowcast_prepare_fork() == ROWCAST_OK);
  SCENE_EXPECT(scene_child(child_and_grandchild_on_team) == 0);
  return scene_failures;
}
Test(fork, of_a_fork, .timeout = 120) {
  NEEDS_OPENMP();
  PLAY(fork_of_fork);
}

/* One thread's preparation is not another's. */
static pthread_barrier_t turn;
static void *use_and_fork(void *ignored) {
  multiply_on(TEAM);
  pthread_barrier_wait(&turn);
  pthread_barrier_wait(&turn); /* the main thread is prepared */
  SCENE_EXPECT(scene_child(on_one) == 0);
  return ignored;
}
SCENE(other_thread) {
  pthread_t other;
  begin_with_team();
  pthread_barrier_init(&turn, NULL, 2);
  SCENE_EXPECT(pthread_create(&other, NULL, use_and_fork, NULL) == 0);
  pthread_barrier_wait(&turn);
  SCENE_EXPECT(rowcast_prepare_fork() == ROWCAST_OK);
  pthread_barrier_wait(&turn);
  pthread_join(other, NULL);
  SCENE_EXPECT(scene_child(on_team) == 0);
  return scene_failures;
}
Test(fork, one_thread_prepares_and_another_forks, .timeout = 60) {
  NEEDS_OPENMP();
  PLAY(other_thread);
}

/* fork() without the C library, in which no handler runs; pids may be the same in another namespace. */
static int clone_child(unsigned long flags) {
  const long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (pid != 0) return (int)pid;
  scene_failures = 0;
  alarm(5);
  _exit(multiply_on(1));
}
SCENE(raw_clone) {
  begin_with_team();
  SCENE_EXPECT(scene_wait(clone_child(0)) == 0);
  return multiply_on(TEAM);
}
Test(fork, without_the_c_library, .timeout = 60) {
  NEEDS_OPENMP();
  PLAY(raw_clone);
}

static int namespaced(void) {
  /* Process 1 of a namespace is not ended by its own alarm: one outside has to do it. */
  long pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) return SCENE_IMPOSSIBLE;
  if (pid == 0) {
    setenv("ROWCAST_TEST_SCENE", "process_one", 1);
    execl("/proc/self/exe", "scene", (char *)NULL);
    _exit(127);
  }
  siginfo_t ended = {.si_pid = 0};
  for (int tenths = 0; tenths < 100 && ended.si_pid == 0; tenths++) {
    waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT);
    if (ended.si_pid == 0) usleep(100000);
  }
  if (ended.si_pid == 0) kill((pid_t)pid, SIGKILL);
  return scene_wait((int)pid);
}
SCENE(namespaces) { return namespaced(); }
SCENE(process_one) {
  begin_with_team();
  SCENE_EXPECT(getpid() == 1);
  const int pid = clone_child(CLONE_NEWPID);
  if (pid < 0) return SCENE_IMPOSSIBLE;
  SCENE_EXPECT(scene_wait(pid) == 0);
  return multiply_on(TEAM);
}
Test(fork, to_the_same_number_in_another_namespace, .timeout = 60) {
  NEEDS_OPENMP();
  if (scene_llvm_openmp()) cr_skip_test("LLVM's OpenMP ends itself where /proc is another namespace's");
  const int status = scene_play("namespaces", NULL);
  if (status == SCENE_IMPOSSIBLE) cr_skip_test("PID namespaces are not to be had here");
  cr_expect_eq(status, 0, "%d", status);
}

/* The child shares the parent's memory: it may not take the parent's place. */
static int shared_child(void *ignored) {
  (void)ignored;
  return multiply_on(1);
}
SCENE(shared_memory) {
  enum { STACK = 1 << 20 };
  char *stack = malloc(STACK);
  SCENE_EXPECT(stack != NULL);
  if (stack == NULL) return 1;
  begin_with_team();
  const int pid = clone(shared_child, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
  SCENE_EXPECT(pid > 0 && scene_wait(pid) == 0);
  multiply_on(TEAM);
  free(stack);
  return scene_failures;
}
Test(fork, sharing_memory_as_vfork_does, .timeout = 60) {
  NEEDS_OPENMP();
  PLAY(shared_memory);
}

SCENE(within_a_region) {
  int refused = 0;
#pragma omp parallel num_threads(2) reduction(+ : refused)
  refused += rowcast_prepare_fork() == ROWCAST_ERR_ARGUMENT;
  SCENE_EXPECT(refused == 2);
  return scene_failures;
}
Test(fork, is_not_prepared_within_a_region, .timeout = 60) {
  NEEDS_OPENMP();
  PLAY(within_a_region);
}
