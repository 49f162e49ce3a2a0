/* SPDX-License-Identifier: BSD-3-Clause */
/* What beside.py measures Python's calls against: the same call from C, as often as it takes. The library is not
 * linked: its function comes as a pointer. */
#include <stddef.h>
#include <time.h>

#include <rowcast/plan.h>

typedef rowcast_status matmul(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, float *c, size_t ldc);

/* What is multiplied: m rows of k elements, one after another, to m rows of n floats. */
struct product {
  const rowcast_plan *plan;
  size_t m, k, n;
  const void *x;
  float *c;
};

/* Seconds of one call, over `calls` of them; -1: a call failed. */
double seconds_of_calls(matmul *function, const struct product *product, size_t calls);

double seconds_of_calls(matmul *function, const struct product *product, size_t calls) {
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (size_t i = 0; i < calls; i++)
    if (function(product->plan, product->m, product->x, product->k, product->c, product->n) != ROWCAST_OK) return -1;
  clock_gettime(CLOCK_MONOTONIC, &end);
  return ((double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec)) / (double)calls;
}
