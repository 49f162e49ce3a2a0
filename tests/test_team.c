/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads that cannot be had end no process: fewer are taken, and fewer are reported. */
#include <criterion/criterion.h>
#include <grp.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>
#include <rowcast/plan.h>

#include "lib/team.h"
#include "process.h"
#include "sanitized.h"
#include "scene.h"
#include "needs_openmp.h"

/* ---- Limits of the system ---- */

/* A user with no other process: limits on processes count all of a user's, and do not hold for root. */
enum { NOBODY_ELSE = 64999 };
static bool become_nobody(rlim_t processes) {
  const struct rlimit limit = {processes, processes};
  return setrlimit(RLIMIT_NPROC, &limit) == 0 && setgroups(0, NULL) == 0 && setgid(NOBODY_ELSE) == 0 &&
         setuid(NOBODY_ELSE) == 0 && access(ROWCAST_EXE, X_OK) == 0 && access("/proc/self/exe", X_OK) == 0;
}
static bool six_processes(void) { return become_nobody(6); }
static bool two_processes(void) { return become_nobody(2); }
static bool eight_processes(void) { return become_nobody(8); }

/* A sanitizer's search for leaks at the end of the tool takes a process more. */
static const char *const no_leak_search[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};

static void play_or_skip(const char *name, const struct scene_options *options) {
  const int status = scene_play(name, options);
  if (status == SCENE_IMPOSSIBLE) cr_skip_test("it takes root to become another user, one that may run the tool");
  cr_expect_eq(status, 0, "%s: %d", name, status);
}

/* The tool multiplies with `asked` threads; what it says it ran on, 0: it failed. */
static int threads_of_tool(const char *asked, char crc[9]) {
  struct process_result result =
    process_run(ROWCAST_ARGUMENTS("matmul", "--rows", "0:3000", "--threads", asked, "--json", "--quiet"), NULL);
  json_t *object = json_loads(result.out, 0, NULL);
  int threads = 0;
  if (result.status == 0 && object != NULL) {
    threads = (int)json_integer_value(json_object_get(object, "threads"));
    snprintf(crc, 9, "%s", json_string_value(json_object_get(object, "crc32")));
  } else {
    fprintf(stderr, "status %d: %s\n", result.status, result.err);
  }
  json_decref(object);
  process_free(&result);
  return threads;
}

/* This process is one, the tool the next. Often, since threads that ended are counted for a moment more. */
SCENE(few_processes) {
  char one[9], many[9];
  SCENE_EXPECT(threads_of_tool("1", one) == 1);
  for (int i = 0; i < 20; i++) {
    SCENE_EXPECT(threads_of_tool("12", many) == 5);
    SCENE_EXPECT(strcmp(one, many) == 0);
  }
  SCENE_EXPECT(threads_of_tool("4", many) == 4);
  return scene_failures;
}
Test(team, a_limit_on_processes, .timeout = 120) {
  NEEDS_OPENMP();
  play_or_skip("few_processes", &(struct scene_options){.before = six_processes, .environment = no_leak_search});
}

SCENE(no_process_more) {
  char one[9], many[9];
  SCENE_EXPECT(threads_of_tool("1", one) == 1 && threads_of_tool("4096", many) == 1 && strcmp(one, many) == 0);
  return scene_failures;
}
Test(team, a_limit_that_leaves_one, .timeout = 60) {
  NEEDS_OPENMP();
  play_or_skip("no_process_more", &(struct scene_options){.before = two_processes, .environment = no_leak_search});
}

static bool little_memory(void) {
  const struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};
  return setrlimit(RLIMIT_AS, &limit) == 0;
}
SCENE(large_stacks) {
  char one[9], many[9];
  SCENE_EXPECT(threads_of_tool("1", one) == 1);
  const int threads = threads_of_tool("40", many);
  SCENE_EXPECT(threads >= 2 && threads <= 7);
  SCENE_EXPECT(strcmp(one, many) == 0);
  return scene_failures;
}
Test(team, a_limit_on_memory, .timeout = 60) {
  NEEDS_OPENMP();
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
  cr_skip_test("sanitizers need more address space");
#endif
  static const char *const omp[] = {"OMP_STACKSIZE=150M", NULL}, *const gomp[] = {"GOMP_STACKSIZE=150m", NULL};
  play_or_skip("large_stacks", &(struct scene_options){.before = little_memory, .environment = omp});
  play_or_skip("large_stacks", &(struct scene_options){.before = little_memory, .environment = gomp});
}

/* ---- Several callers share what there is ---- */

enum { ROWS = 64, K = 200, N = 4, CALLERS = 4 };
static float x[ROWS * K], w[K * N], expected[ROWS * N];
static rowcast_plan *plan;

static void make_plan(unsigned threads) {
  for (size_t i = 0; i < ROWS * K; i++) x[i] = (float)(i % 251) / 251.0f;
  for (size_t i = 0; i < K * N; i++) w[i] = (float)(i % 13) - 6.1f;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.driver = "openmp";
  options.threads = threads;
  SCENE_EXPECT(rowcast_plan_create(&plan, K, N, w, N, &options, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_matmul_rows(plan, 0, ROWS, x, K, expected, N) == ROWCAST_OK);
}

static bool multiplies(void) {
  float c[ROWS * N];
  return rowcast_matmul(plan, ROWS, x, K, c, N) == ROWCAST_OK && memcmp(c, expected, sizeof c) == 0;
}

static pthread_barrier_t turn;
static void *call_at_once(void *wrong) {
  pthread_barrier_wait(&turn);
  for (int i = 0; i < 20; i++) *(int *)wrong += !multiplies();
  pthread_barrier_wait(&turn); /* everybody's threads are still there */
  return NULL;
}
SCENE(callers_share) {
  pthread_t callers[CALLERS];
  int wrong[CALLERS] = {0};
  make_plan(4);
  pthread_barrier_init(&turn, NULL, CALLERS);
  for (int i = 0; i < CALLERS; i++) SCENE_EXPECT(pthread_create(&callers[i], NULL, call_at_once, &wrong[i]) == 0);
  for (int i = 0; i < CALLERS; i++) {
    pthread_join(callers[i], NULL);
    SCENE_EXPECT(wrong[i] == 0);
  }
  return scene_failures;
}
Test(team, callers_share_what_can_be_started, .timeout = 60) {
  play_or_skip("callers_share", &(struct scene_options){.before = eight_processes});
}

/* What was refused is refused at once from then on, and told. */
SCENE(refused_for_good) {
  make_plan(20);
  rowcast_plan_info info;
  rowcast_plan_describe(plan, &info, sizeof info);
  SCENE_EXPECT(info.threads == 20); /* nothing is known yet */
  SCENE_EXPECT(rowcast_plan_threads_for(plan, ROWS) == 8);
  SCENE_EXPECT(scene_tasks() == 1);
  SCENE_EXPECT(multiplies() && scene_tasks() == 8);
  rowcast_plan_describe(plan, &info, sizeof info);
  SCENE_EXPECT(info.threads == 8);
  SCENE_EXPECT(rowcast_plan_threads_for(plan, 5) == 5);
  SCENE_EXPECT(multiplies() && scene_tasks() == 8);
  SCENE_EXPECT(rowcast_startable_threads(100) == 8);
  return scene_failures;
}
Test(team, fewer_are_told_and_kept, .timeout = 60) {
  NEEDS_OPENMP();
  play_or_skip("refused_for_good", &(struct scene_options){.before = eight_processes});
}

/* Threads of a trial that has ended are not in the way of the next, or of the team: the kernel counts a thread for some
 * microseconds after it was joined, once in a thousand trials. */
SCENE(trials_in_a_row) {
  for (int i = 0; i < 4000 && scene_failures == 0; i++) {
    SCENE_EXPECT(rc_team_size(8) == 8 && scene_tasks() == 1);
    SCENE_EXPECT(rowcast_prepare_fork() == ROWCAST_OK); /* makes it forget what it tried */
  }
  return scene_failures;
}
Test(team, trials_in_a_row, .timeout = 60) {
  NEEDS_OPENMP();
  play_or_skip("trials_in_a_row", &(struct scene_options){.before = eight_processes});
}

/* ---- What remains after a trial ---- */

SCENE(trial) {
  sigset_t before, after;
  sigemptyset(&before);
  sigaddset(&before, SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  make_plan(9);
  for (int i = 0; i < 50; i++) {
    SCENE_EXPECT(rc_team_size(9 + (unsigned)i) == 9 + (unsigned)i);
    SCENE_EXPECT(scene_tasks() == 1);
  }
  pthread_sigmask(SIG_SETMASK, NULL, &after);
  SCENE_EXPECT(sigismember(&after, SIGUSR1) == 1 && sigismember(&after, SIGTERM) == 0 &&
               sigismember(&after, SIGINT) == 0);
  SCENE_EXPECT(multiplies() && scene_tasks() == 9);
  /* A larger team beside the one there is. */
  SCENE_EXPECT(rowcast_startable_threads(12) == 12 && scene_tasks() == 12);
  SCENE_EXPECT(rowcast_startable_threads(0) == 1 && rowcast_startable_threads(1) == 1);
  return scene_failures;
}
Test(team, a_trial_leaves_nothing, .timeout = 60) {
  NEEDS_OPENMP();
  cr_expect_eq(scene_play("trial", NULL), 0);
}

/* ---- The environment ---- */

Test(team, absurd_environments, .timeout = 300) {
  NEEDS_OPENMP();
  static const struct {
    const char *setting, *threads;
    int least, most; /* threads */
  } cases[] = {
    {"OMP_NUM_THREADS=0", "3", 3, 3},
    {"OMP_NUM_THREADS=-1", "3", 3, 3},
    {"OMP_NUM_THREADS=abc", "3", 3, 3},
    {"OMP_NUM_THREADS=", "3", 3, 3},
    {"OMP_NUM_THREADS=3000000000", "3", 3, 3},
    {"OMP_NUM_THREADS=3000000000", "all", 1, 4096},
    {"OMP_NUM_THREADS=40000", "3", 3, 3},
    {"OMP_NUM_THREADS=40000", "all", 1, 4096},
    {"OMP_STACKSIZE=64k", "3", 3, 3},
    {"OMP_STACKSIZE=1Z", "3", 3, 3},
    {"OMP_STACKSIZE=", "3", 3, 3},
    {"OMP_STACKSIZE=1B", "3", 3, 3},
    {"OMP_STACKSIZE=16k", "3", 1, 3},
    {"OMP_STACKSIZE=32k", "3", 1, 3},
    {"OMP_STACKSIZE=9000000G", "3", 1, 1},
    {"OMP_STACKSIZE=99999999999999999999999", "3", 3, 3},
    {"OMP_THREAD_LIMIT=2", "3", 2, 2},
    {"OMP_THREAD_LIMIT=0", "3", 3, 3},
    {"OMP_THREAD_LIMIT=-1", "3", 3, 3},
    {"OMP_THREAD_LIMIT=3000000000", "3", 3, 3},
    {"OMP_DYNAMIC=true", "3", 1, 3},
    {"OMP_NUM_THREADS=2,0,abc", "3", 3, 3},
  };
  char one[9];
  cr_assert_eq(threads_of_tool("1", one), 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    if (scene_llvm_openmp() && strncmp(cases[i].setting, "OMP_NUM_", 8) == 0) continue;
    const char *const environment[] = {cases[i].setting, NULL};
    struct process_result result =
      process_run(ROWCAST_ARGUMENTS("matmul", "--rows", "0:3000", "--threads", cases[i].threads, "--json", "--quiet"),
                  &(struct process_options){.environment = environment});
    cr_expect_eq(result.status, 0, "%s: %d: %s", cases[i].setting, result.status, result.err);
    json_t *object = json_loads(result.out, 0, NULL);
    const int threads = (int)json_integer_value(json_object_get(object, "threads"));
    const int least = scene_llvm_openmp() ? 1 : cases[i].least;
    cr_expect(threads >= least && threads <= cases[i].most, "%s: %d threads", cases[i].setting, threads);
    const char *crc = json_string_value(json_object_get(object, "crc32"));
    cr_expect(crc != NULL && strcmp(crc, one) == 0, "%s", cases[i].setting);
    json_decref(object);
    process_free(&result);
  }
}

/* No kernel and no driver needs much of a stack, and where there is less, there are no threads. Sanitizers give every
 * variable a place of its own. */
Test(team, small_stacks, .timeout = 300) {
  static const char *const sizes[] = {SANITIZED ? "OMP_STACKSIZE=512k" : "OMP_STACKSIZE=64k", "OMP_STACKSIZE=48k",
                                      "OMP_STACKSIZE=32k", "OMP_STACKSIZE=16k"};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    const char *const environment[] = {sizes[i], NULL};
    const struct process_options options = {.environment = environment};
    struct process_result result =
      process_run(ROWCAST_ARGUMENTS("predict", "--rows", "0:3000", "--threads", "3"), &options);
    cr_expect_eq(result.status, 0, "%s: %d: %s", sizes[i], result.status, result.err);
    process_free(&result);
    if (i > 0) continue; /* verify has regions of its own */
    result = process_run(ROWCAST_ARGUMENTS("verify", "--rows", "0:40", "--threads", "3"), &options);
    cr_expect_eq(result.status, 0, "%s: %d: %s", sizes[i], result.status, result.err);
    process_free(&result);
  }
}

Test(team, stack_sizes) {
  static const struct {
    const char *text;
    size_t bytes;
  } cases[] = {
    {NULL, 0},
    {"", 0},
    {"  ", 0},
    {"abc", 0},
    {"1Z", 0},
    {"1 k k", 0},
    {"1kk", 0},
    {"64k", 65536},
    {"64K", 65536},
    {"64", 65536},
    {" 64 ", 65536},
    {" 64 k ", 65536},
    {"100000b", 100000},
    {"100000B", 100000},
    {"3M", 3 << 20},
    {"3 m", 3 << 20},
    {"2G", (size_t)2 << 30},
    {"17179869184G", 0},
    {"17179869183G", (size_t)17179869183u << 30},
    {"18446744073709551616", 0},
    {"k", 0},
    {"0", 0},
    {"1.5M", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    cr_expect_eq(rc_parse_stack(cases[i].text), cases[i].bytes, "%s: %zu", cases[i].text,
                 rc_parse_stack(cases[i].text));
}
