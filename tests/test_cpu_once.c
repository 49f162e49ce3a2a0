/* SPDX-License-Identifier: BSD-3-Clause */
/* The CPU is asked once per process, however many ask and fork; ROWCAST_ISA is read each time. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "lib/cpu_acquire.h"
#include "scene.h"

/* The linker takes these for the library's (--wrap). In a page that children share. */
static atomic_int *asked;

#if defined(__x86_64__)
void __real_rc_acquire_x86(struct rc_x86_raw *raw);
void __wrap_rc_acquire_x86(struct rc_x86_raw *raw);
void __wrap_rc_acquire_x86(struct rc_x86_raw *raw) {
  atomic_fetch_add(asked, 1);
  usleep(20000); /* others come meanwhile */
  __real_rc_acquire_x86(raw);
}
#elif defined(__aarch64__)
void __real_rc_acquire_arm(struct rc_arm_raw *raw);
void __wrap_rc_acquire_arm(struct rc_arm_raw *raw);
void __wrap_rc_acquire_arm(struct rc_arm_raw *raw) {
  atomic_fetch_add(asked, 1);
  usleep(20000);
  __real_rc_acquire_arm(raw);
}
#endif

static bool best_usable(rowcast_cpu *cpu) {
  if (rowcast_cpu_detect(cpu, sizeof *cpu, NULL) != ROWCAST_OK || !cpu->usable[ROWCAST_SCALAR]) return false;
  const float w[2] = {1.0f, 2.0f};
  rowcast_plan *plan;
  if (rowcast_plan_create(&plan, 2, 1, w, 1, NULL, NULL) != ROWCAST_OK) return false;
  rowcast_plan_destroy(plan);
  return true;
}

static void *ask(void *right) {
  rowcast_cpu cpu;
  *(bool *)right = best_usable(&cpu);
  return NULL;
}

static int ask_in_child(void) {
  rowcast_cpu cpu;
  return best_usable(&cpu) ? 0 : 1;
}

SCENE(once) {
  asked = mmap(NULL, sizeof *asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  enum { THREADS = 4 };
  pthread_t threads[THREADS];
  bool right[THREADS] = {false};
  for (int i = 0; i < THREADS; i++) SCENE_EXPECT(pthread_create(&threads[i], NULL, ask, &right[i]) == 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < THREADS; i++) SCENE_EXPECT(right[i]);
  SCENE_EXPECT(scene_child(ask_in_child) == 0);
  SCENE_EXPECT(atomic_load(asked) == 1);
  rowcast_cpu all, capped, again;
  SCENE_EXPECT(rowcast_cpu_detect(&all, sizeof all, NULL) == ROWCAST_OK && all.cap[0] == '\0');
  setenv("ROWCAST_ISA", "scalar", 1);
  SCENE_EXPECT(rowcast_cpu_detect(&capped, sizeof capped, NULL) == ROWCAST_OK && strcmp(capped.cap, "scalar") == 0);
  for (int isa = ROWCAST_SCALAR + 1; isa < ROWCAST_ISA_COUNT; isa++) SCENE_EXPECT(!capped.usable[isa]);
  setenv("ROWCAST_ISA", "no such", 1);
  SCENE_EXPECT(rowcast_cpu_detect(&again, sizeof again, NULL) == ROWCAST_ERR_UNKNOWN);
  unsetenv("ROWCAST_ISA");
  SCENE_EXPECT(rowcast_cpu_detect(&again, sizeof again, NULL) == ROWCAST_OK && memcmp(&all, &again, sizeof all) == 0);
  SCENE_EXPECT(atomic_load(asked) == 1);
  return scene_failures;
}
Test(cpu_once, is_asked_once, .timeout = 60) {
  const char *const environment[] = {"ROWCAST_ISA=", NULL};
  cr_expect_eq(scene_play("once", &(struct scene_options){.environment = environment}), 0);
}

/* A child of a fork in the middle of the first call: nobody there ends what its parent began. */
static void *ask_slowly(void *nothing) {
  rowcast_cpu cpu;
  rowcast_cpu_detect(&cpu, sizeof cpu, NULL);
  return nothing;
}

SCENE(forked_meanwhile) {
  asked = mmap(NULL, sizeof *asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_t thread;
  SCENE_EXPECT(pthread_create(&thread, NULL, ask_slowly, NULL) == 0);
  while (atomic_load(asked) == 0) usleep(100);
  SCENE_EXPECT(scene_child(ask_in_child) == 0);
  pthread_join(thread, NULL);
  return scene_failures;
}
Test(cpu_once, a_child_of_the_first_call_asks_itself, .timeout = 60) {
  cr_expect_eq(scene_play("forked_meanwhile", NULL), 0);
}
