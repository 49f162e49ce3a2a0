/* SPDX-License-Identifier: BSD-3-Clause */
/* The default thread count: what it is chosen from, and what OpenMP was asked for. */
#include <criterion/criterion.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>

#include "lib/threads.h"
#include "scene.h"
#include "needs_openmp.h"

static void expect_choice(rowcast_thread_choice choice, unsigned threads, rowcast_threads_by by, const char *words) {
  rc_choose_threads(&choice);
  cr_expect(choice.threads == threads && choice.decided_by == by, "%u threads by %d, not %u by %d: %s", choice.threads,
            (int)choice.decided_by, threads, (int)by, choice.reason);
  cr_expect_not_null(strstr(choice.reason, words), "'%s' lacks '%s'", choice.reason, words);
}
#define CHOICE(...) ((rowcast_thread_choice){__VA_ARGS__})

Test(default_threads, least_of_all) {
  expect_choice(CHOICE(.affinity = 8), 8, ROWCAST_BY_AFFINITY, "may run on");
  expect_choice(CHOICE(.affinity = 8, .cores = 8), 8, ROWCAST_BY_AFFINITY, "may run on");
  expect_choice(CHOICE(.affinity = 8, .cores = 4), 4, ROWCAST_BY_CORES, "physical core of the 8 CPUs");
  expect_choice(CHOICE(.affinity = 8, .cores = 4, .quota = 2.5), 3, ROWCAST_BY_QUOTA, "2.50 CPUs");
  expect_choice(CHOICE(.affinity = 8, .cores = 4, .quota = 3.2), 4, ROWCAST_BY_CORES, "physical");
  expect_choice(CHOICE(.affinity = 8, .cores = 4, .quota = 3.0), 3, ROWCAST_BY_QUOTA, "3.00 CPUs");
  expect_choice(CHOICE(.affinity = 8, .quota = 0.01), 1, ROWCAST_BY_QUOTA, "0.01 CPUs");
  expect_choice(CHOICE(.affinity = 1, .quota = 0.01), 1, ROWCAST_BY_AFFINITY, "may run on");
  expect_choice(CHOICE(.affinity = 8, .quota = 1e300), 8, ROWCAST_BY_AFFINITY, "may run on");
}

/* What OpenMP was asked for takes precedence over cores and quota, but never exceeds the CPUs; its limit takes
 * precedence over all. */
Test(default_threads, openmp_is_asked_first) {
  expect_choice(CHOICE(.affinity = 8, .cores = 4, .quota = 1.5, .openmp = 6), 6, ROWCAST_BY_OPENMP, "OMP_NUM_THREADS");
  expect_choice(CHOICE(.affinity = 8, .cores = 4, .openmp = 20), 8, ROWCAST_BY_AFFINITY, "asked for more (20)");
  expect_choice(CHOICE(.affinity = 8, .cores = 4, .quota = 1.5, .openmp = 8), 8, ROWCAST_BY_OPENMP, "OMP_NUM_THREADS");
  expect_choice(CHOICE(.affinity = 8, .cores = 8, .openmp = 8), 8, ROWCAST_BY_OPENMP, "OMP_NUM_THREADS");
  expect_choice(CHOICE(.affinity = 8, .cores = 4, .openmp = 6, .limit = 2), 2, ROWCAST_BY_LIMIT, "OMP_THREAD_LIMIT");
  expect_choice(CHOICE(.affinity = 8, .cores = 4, .limit = 4), 4, ROWCAST_BY_CORES, "physical");
}

/* What was set counts, whatever its value; OpenMP's own default does not. */
Test(default_threads, asked_or_not) {
  static const struct {
    bool by_environment;
    unsigned most, procs, procs_before, asked;
  } cases[] = {
    {false, 8, 8, 8, 0},
    {true, 8, 8, 8, 8},
    {true, 3, 8, 8, 3},
    {true, 20, 8, 8, 20},
    /* omp_set_num_threads(), after the variable or without it. */
    {false, 3, 8, 8, 3},
    {false, 20, 8, 8, 20},
    {false, 1, 8, 1, 1},
    /* A mask that was narrowed since, and one that was widened. */
    {false, 8, 2, 8, 0},
    {true, 8, 2, 8, 8},
    {false, 5, 2, 8, 5},
    {false, 8, 16, 8, 8},
    {false, 0, 8, 8, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    cr_expect_eq(rc_asked_threads(cases[i].by_environment, cases[i].most, cases[i].procs, cases[i].procs_before),
                 cases[i].asked, "case %zu", i);
}

Test(default_threads, what_the_variable_asks_for) {
  static const char *const asks[] = {"1", " 2 ", "4,2", "4 , 2", "\t4,2,1\n", "+3", "007", "9223372036854775807"};
  static const char *const asks_not[] = {"",
                                         " ",
                                         "0",
                                         "-1",
                                         "abc",
                                         "2x",
                                         "2 3",
                                         "2,",
                                         ",2",
                                         "2,0",
                                         "2,,2",
                                         "2,0,abc",
                                         "1.5",
                                         "0x3",
                                         "9223372036854775808",
                                         "99999999999999999999999"};
  for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) cr_expect(rc_asks_for_threads(asks[i]), "'%s'", asks[i]);
  for (size_t i = 0; i < sizeof asks_not / sizeof asks_not[0]; i++)
    cr_expect(!rc_asks_for_threads(asks_not[i]), "'%s'", asks_not[i]);
  cr_expect(!rc_asks_for_threads(NULL));
}

/* ---- In a process of its own, with an environment of its own ---- */

static unsigned cpus_here(void) {
  cpu_set_t mask;
  return sched_getaffinity(0, sizeof mask, &mask) == 0 ? (unsigned)CPU_COUNT(&mask) : 0;
}

SCENE(asked_for_all_cpus) {
  rowcast_thread_choice choice;
  rowcast_default_threads_explain(&choice, sizeof choice);
  SCENE_EXPECT(choice.openmp == cpus_here() && choice.threads == choice.openmp);
  SCENE_EXPECT(choice.decided_by == ROWCAST_BY_OPENMP);
  omp_set_num_threads(1);
  SCENE_EXPECT(rowcast_default_threads() == 1);
  omp_set_num_threads((int)choice.affinity);
  SCENE_EXPECT(rowcast_default_threads() == choice.affinity);
  return scene_failures;
}
SCENE(asked_for_nothing) {
  rowcast_thread_choice choice;
  rowcast_default_threads_explain(&choice, sizeof choice);
  SCENE_EXPECT(choice.openmp == 0 && choice.decided_by != ROWCAST_BY_OPENMP);
  omp_set_num_threads((int)choice.affinity + 1);
  rowcast_default_threads_explain(&choice, sizeof choice);
  SCENE_EXPECT(choice.openmp == choice.affinity + 1 && choice.threads == choice.affinity);
  return scene_failures;
}
static char variable[64];
static bool forget_openmp(void) {
  return unsetenv("OMP_NUM_THREADS") == 0 && unsetenv("OMP_PLACES") == 0 && unsetenv("OMP_PROC_BIND") == 0 &&
         unsetenv("OMP_THREAD_LIMIT") == 0;
}
static bool ask_for_all(void) { return forget_openmp() && putenv(variable) == 0; }

Test(default_threads, the_variable_counts_whatever_its_value) {
  NEEDS_OPENMP();
  for (int i = 0; i < 2; i++) {
    snprintf(variable, sizeof variable, i == 0 ? "OMP_NUM_THREADS=%u" : "OMP_NUM_THREADS= %u , 1", cpus_here());
    cr_expect_eq(scene_play("asked_for_all_cpus", &(struct scene_options){.before = ask_for_all}), 0, "%s", variable);
  }
  cr_expect_eq(scene_play("asked_for_nothing", &(struct scene_options){.before = forget_openmp}), 0);
}

/* What OpenMP's places leave out is not available, whatever the mask says; a thread bound to a place has others beside
 * it. */
SCENE(one_place) {
  rowcast_thread_choice choice;
  rowcast_default_threads_explain(&choice, sizeof choice);
  SCENE_EXPECT(choice.affinity == 1 && choice.threads == 1 && rowcast_available_cpus() == 1);
  SCENE_EXPECT(strchr(choice.cpus, '-') == NULL && strchr(choice.cpus, ',') == NULL && choice.cpus[0] != '\0');
  SCENE_EXPECT(choice.decided_by == (omp_get_max_threads() == 1 ? ROWCAST_BY_OPENMP : ROWCAST_BY_AFFINITY));
  SCENE_EXPECT(choice.openmp > 0 || choice.affinity == (unsigned)omp_get_num_procs() ||
               strstr(choice.reason, "OMP_PLACES") != NULL);
  return scene_failures;
}
SCENE(every_place) {
  rowcast_thread_choice choice;
  rowcast_default_threads_explain(&choice, sizeof choice);
  SCENE_EXPECT(choice.affinity == (unsigned)omp_get_num_procs() && rowcast_available_cpus() == choice.affinity);
  return scene_failures;
}
static bool bind_to_all(void) { return forget_openmp() && setenv("OMP_PROC_BIND", "true", 1) == 0; }
static bool bind_to_one(void) { return forget_openmp() && putenv(variable) == 0; }
static bool bind_two_to_one(void) { return bind_to_one() && setenv("OMP_NUM_THREADS", "2", 1) == 0; }

Test(default_threads, cpus_of_places) {
  NEEDS_OPENMP();
  cpu_set_t mask;
  unsigned first = 0;
  cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
  while (!CPU_ISSET(first, &mask)) first++;
  snprintf(variable, sizeof variable, "OMP_PLACES={%u}", first);
  cr_expect_eq(scene_play("one_place", &(struct scene_options){.before = bind_to_one}), 0);
  cr_expect_eq(scene_play("one_place", &(struct scene_options){.before = bind_two_to_one}), 0);
  cr_expect_eq(scene_play("every_place", &(struct scene_options){.before = bind_to_all}), 0);
}

Test(default_threads, on_this_machine) {
  NEEDS_OPENMP();
  rowcast_thread_choice choice, again;
  rowcast_default_threads_explain(&choice, sizeof choice);
  cr_expect_eq(choice.threads, rowcast_default_threads());
  cr_expect_eq(choice.affinity, rowcast_available_cpus());
  cr_expect(choice.cores <= choice.affinity);
  again = choice;
  rc_choose_threads(&again);
  cr_expect_eq(again.threads, choice.threads);
  cr_expect_str_eq(again.reason, choice.reason);
  omp_set_num_threads((int)choice.affinity + 5);
  cr_expect_eq(rowcast_default_threads(), choice.affinity, "never more than the CPUs");
  omp_set_num_threads(1);
  cr_expect_eq(rowcast_default_threads(), 1);
}

/* A mask narrowed while the process runs is obeyed at once. */
Test(default_threads, affinity_may_change) {
  cpu_set_t mask, one;
  cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
  CPU_ZERO(&one);
  for (size_t cpu = 0; CPU_COUNT(&one) == 0; cpu++)
    if (CPU_ISSET(cpu, &mask)) CPU_SET(cpu, &one);
  cr_assert(rowcast_default_threads() >= 1);
  cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
  if (omp_get_num_procs() != 1) cr_skip_test("this OpenMP runtime reads the mask at its start alone, as Clang's does");
  rowcast_thread_choice choice;
  rowcast_default_threads_explain(&choice, sizeof choice);
  cr_expect_eq(choice.threads, 1);
  cr_expect_eq(choice.affinity, 1);
  cr_expect_leq(choice.cores, 1);
}
