/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplying allocates nothing: the program's allocations are counted. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <rowcast/rowcast.h>

#include "sanitized.h"

/* Every allocation of the program while `counting`. Sanitizers bring allocators of their own. */
static atomic_bool counting;
static atomic_size_t allocations;

#if !SANITIZED && defined(__GLIBC__)
#define CAN_COUNT 1
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

static void note_allocation(void) {
  if (atomic_load_explicit(&counting, memory_order_relaxed)) atomic_fetch_add(&allocations, 1);
}

void *malloc(size_t bytes) {
  note_allocation();
  return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
  note_allocation();
  return __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes) {
  note_allocation();
  return __libc_realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  note_allocation();
  return __libc_memalign(alignment, bytes);
}
#else
#define CAN_COUNT 0
#endif

/* Allocations of one multiplication, after a first one in which the OpenMP runtime starts its threads. */
static size_t allocations_of(const char *kernel, const char *driver, size_t m) {
  enum { K = 100, N = 21 };
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.kernel = kernel;
  options.driver = driver;
  options.threads = 2;
  float *x = calloc(m * K, sizeof *x), *c = calloc(m * N, sizeof *c), *w = calloc(K * N, sizeof *w);
  cr_assert(x != NULL && c != NULL && w != NULL);
  rowcast_plan *plan;
  cr_assert(rowcast_plan_create(&plan, K, N, w, N, &options, NULL) == ROWCAST_OK);
  rowcast_status status = rowcast_matmul(plan, m, x, K, c, N);
  atomic_store(&allocations, 0);
  atomic_store(&counting, true);
  if (status == ROWCAST_OK) status = rowcast_matmul(plan, m, x, K, c, N);
  atomic_store(&counting, false);
  cr_assert(status == ROWCAST_OK);
  rowcast_plan_destroy(plan);
  free(w);
  free(c);
  free(x);
  return atomic_load(&allocations);
}

Test(allocation, multiplying_allocates_nothing) {
  static const float weights[6] = {1, 2, 3, 4, 5, 6};
  if (!CAN_COUNT) cr_skip_test("allocations are not counted under a sanitizer");
  rowcast_plan *plan = NULL;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.threads = 1; /* to find out how many there are may allocate */
  atomic_store(&counting, true);
  const rowcast_status status = rowcast_plan_create(&plan, 2, 3, weights, 3, &options, NULL);
  atomic_store(&counting, false);
  cr_assert(status == ROWCAST_OK);
  cr_assert_eq(atomic_load(&allocations), 1, "the counter sees a plan as one allocation");
  rowcast_plan_destroy(plan);

  rowcast_cpu cpu;
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info kernel;
    cr_assert(rowcast_kernel_at(i, &cpu, &kernel, sizeof kernel) == ROWCAST_OK);
    if (!kernel.usable) continue;
    const size_t serial = allocations_of(kernel.name, "serial", 1000);
    cr_assert(serial == 0, "%s: %zu allocations", kernel.name, serial);
    /* What a team allocates is up to the runtime; it must not grow with the batch. */
    const size_t small = allocations_of(kernel.name, "openmp", 100);
    const size_t large = allocations_of(kernel.name, "openmp", 5000);
    cr_assert(large == small, "%s: %zu allocations for 5000 rows, %zu for 100", kernel.name, large, small);
  }
}
