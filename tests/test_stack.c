/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls from threads with small stacks: how deep they reach, seen in the stack they leave behind. scripts/checks/stack
 * looks at each function's frame. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "sanitized.h"
#include "scene.h"

enum { STACK = 256 << 10, PAINT = 0xa5 };

/* Bytes of its stack that a thread used for the work. */
static size_t depth_of(void (*work)(void)) {
  unsigned char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SCENE_EXPECT(stack != MAP_FAILED);
  if (stack == MAP_FAILED) return STACK;
  memset(stack, PAINT, STACK);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stack, STACK);
  pthread_t thread;
  SCENE_EXPECT(pthread_create(&thread, &attributes, (void *(*)(void *))(void (*)(void))work, NULL) == 0);
  pthread_join(thread, NULL);
  size_t left = 0;
  while (left < STACK && stack[left] == PAINT) left++;
  munmap(stack, STACK);
  return STACK - left;
}

enum { M = 50, K = 300 };
static float x[M * K], w[K * ROWCAST_MAX_CLASSES], c[M * ROWCAST_MAX_CLASSES];
static int32_t classes[M];

static void nothing(void) {}

static rowcast_plan *plan_with(size_t n, const char *kernel, rowcast_dtype dtype, unsigned threads) {
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.dtype = dtype;
  options.kernel = kernel;
  options.threads = threads;
  rowcast_plan *plan;
  return rowcast_plan_create(&plan, K, n, w, n, &options, NULL) == ROWCAST_OK ? plan : NULL;
}

/* Nothing is known of the machine yet. */
static void create_first(void) {
  rowcast_plan *plan = plan_with(10, NULL, ROWCAST_F32, 0);
  SCENE_EXPECT(plan != NULL);
  rowcast_plan_destroy(plan);
}

static void explain_threads(void) {
  rowcast_thread_choice choice;
  rowcast_default_threads_explain(&choice, sizeof choice);
  SCENE_EXPECT(rowcast_available_cpus() >= 1 && choice.threads >= 1);
}

static void refuse(void) {
  rowcast_error error = {0};
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = "no such";
  rowcast_plan *plan;
  SCENE_EXPECT(rowcast_plan_create(&plan, K, 10, w, 10, &options, &error) == ROWCAST_ERR_UNKNOWN);
}

/* Of every kernel, of floats and bytes, and widths of C; `gather`: rows by their addresses, which are not equally
 * spaced. */
static void multiply_with_each(bool gather) {
  const void *rows[M];
  for (size_t i = 0; i < M; i++) rows[i] = x + i * i % M * K;
  rowcast_allow_amx(NULL);
  for (size_t i = 0; i < ROWCAST_DTYPE_COUNT * rowcast_kernel_count(); i++) {
    static const size_t columns[] = {1, 10, 23, ROWCAST_MAX_CLASSES};
    const rowcast_dtype dtype = (rowcast_dtype)(i % ROWCAST_DTYPE_COUNT);
    rowcast_cpu cpu;
    rowcast_kernel_info info;
    SCENE_EXPECT(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK &&
                 rowcast_kernel_at(i / ROWCAST_DTYPE_COUNT, &cpu, &info, sizeof info) == ROWCAST_OK);
    for (size_t j = 0; j < sizeof columns / sizeof columns[0] && info.usable; j++) {
      const size_t n = columns[j];
      rowcast_plan *plan = plan_with(n, info.name, dtype, 1);
      SCENE_EXPECT(plan != NULL);
      if (gather) {
        SCENE_EXPECT(rowcast_matmul_gather(plan, M, rows, c, n) == ROWCAST_OK);
        SCENE_EXPECT(rowcast_predict_gather(plan, M, rows, classes) == ROWCAST_OK);
      } else {
        SCENE_EXPECT(rowcast_matmul(plan, M, x, K, c, n) == ROWCAST_OK);
        SCENE_EXPECT(rowcast_predict(plan, M, x, K, classes) == ROWCAST_OK);
      }
      rowcast_plan_destroy(plan);
    }
  }
}

static void multiply_and_classify(void) { multiply_with_each(false); }
static void gather_and_classify(void) { multiply_with_each(true); }

static void draw(void) { SCENE_EXPECT(rowcast_randn(1, w, K * 10) == ROWCAST_OK); }

SCENE(depths) {
  static const struct {
    const char *what;
    void (*work)(void);
    size_t most;
  } calls[] = {{"creation of the first plan", create_first, 32 << 10},
               {"explanation of the threads", explain_threads, 32 << 10},
               {"creation that is refused", refuse, 32 << 10},
               {"product and classes", multiply_and_classify, 40 << 10},
               {"product and classes of gathered rows", gather_and_classify, 48 << 10},
               {"drawing of weights", draw, 16 << 10}};
  const size_t least = depth_of(nothing);
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    const size_t depth = depth_of(calls[i].work) - least;
    SCENE_EXPECT(depth <= calls[i].most);
    fprintf(stderr, "%s: %zu bytes of stack\n", calls[i].what, depth);
  }
  return scene_failures;
}
Test(stack, calls_reach_not_deep, .timeout = 60) {
#ifndef __OPTIMIZE__
  cr_skip_test("without optimisation nobody promises anything about stacks");
#endif
  if (SANITIZED) cr_skip_test("sanitizers need stack of their own");
  cr_expect_eq(scene_play("depths", NULL), 0);
}
