/* SPDX-License-Identifier: BSD-3-Clause */
/* What a plan is: for plan.c, which makes and describes it, and multiply.c, which multiplies with it. */
#ifndef RC_PLAN_INSIDE_H
#define RC_PLAN_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/plan.h>

#include "cost.h"
#include "driver.h"
#include "extent.h"
#include "kernel.h"

struct rowcast_plan {
  struct rc_weights weights;
  const struct rc_kernel *kernel;
  const struct rc_kernel *skip; /* takes the same weights; NULL: none, or not to be used */
  const struct rc_kernel
    *other;          /* the cheapest beside kernel; NULL: none, or kernel is of another order than was looked for */
  bool automatic;    /* nobody named the kernel */
  enum rc_core core; /* whose costs hold here */
  int driver;        /* index into rc_drivers, or RC_DRIVER_AUTO */
  size_t chunk;
  const float *bias; /* a copy, for the driver to add; NULL: none, or the kernel's own (weights.bias) */
  rowcast_dtype dtype;
  unsigned threads;
  double skip_below;  /* skip costs less where a smaller share of the steps is not all zero; 0: never */
  size_t serial_rows; /* most rows of a batch that surely stay on the calling thread, with the serial driver */
  size_t packed_bytes;
  rowcast_parallel_for parallel_for; /* run is NULL: OpenMP */
  rowcast_allocator allocator;       /* the plan came from it, with its packed weights and bias */
};

enum { RC_DRIVER_AUTO = -1 };

/* Bytes of an element of the rows. */
static inline size_t rc_row_element(const rowcast_plan *plan) {
  return plan->dtype == ROWCAST_U8 ? sizeof(unsigned char) : sizeof(float);
}

/* The rows of a batch. */
static inline struct rc_extent rc_plan_rows(const rowcast_plan *plan, size_t m, const void *x, size_t ldx) {
  return (struct rc_extent){x, m, plan->weights.k, ldx, rc_row_element(plan)};
}

/* Checks the rows, or the results, of a batch of m > 0. */
static inline rowcast_status rc_check_extent(struct rc_extent extent) {
  if (extent.first == NULL && extent.width > 0) return ROWCAST_ERR_ARGUMENT;
  return rc_extent_bytes(extent) == SIZE_MAX ? ROWCAST_ERR_OVERFLOW : ROWCAST_OK;
}

/* What a row is expected to cost with one of the plan's kernels. The companion reads what is packed for the other. */
static inline double rc_plan_cost(const rowcast_plan *plan, const struct rc_kernel *kernel, double share) {
  const struct rc_packing *packing = kernel == plan->skip ? plan->kernel->packing : kernel->packing;
  return rc_cost_of_row(kernel, packing, plan->core, plan->weights.k, plan->weights.n, share);
}

/* The kernel for this batch, and what share of its steps is not all zero: 1 where nothing depends on it. */
const struct rc_kernel *rc_plan_kernel_for(const rowcast_plan *plan, size_t m, const void *x, size_t ldx,
                                           double *share);

/* A team costs microseconds to start (about 1 hot, 3 and more after a pause), so a thread must have work for
 * ten. The estimate takes 50 products and 20 bytes a nanosecond, a fast kernel's rates on one core: a slow
 * kernel's batch is at worst left to fewer threads than it could use. */
static inline unsigned rc_threads_worth(const rowcast_plan *plan, size_t m) {
  enum { NANOSECONDS = 10000, PRODUCTS = 50 * NANOSECONDS, BYTES = 20 * NANOSECONDS };
  size_t products, bytes;
  if (__builtin_mul_overflow(m, plan->weights.k, &bytes) || __builtin_mul_overflow(bytes, plan->weights.n, &products) ||
      __builtin_mul_overflow(bytes, rc_row_element(plan), &bytes))
    return plan->threads;
  const size_t worth = products / PRODUCTS > bytes / BYTES ? products / PRODUCTS : bytes / BYTES;
  return worth < 2 ? 1 : worth < plan->threads ? (unsigned)worth : plan->threads;
}

/* Threads the plan has for m rows, could they all be started. */
static inline unsigned rc_plan_threads_wanted(const rowcast_plan *plan, size_t m) {
  unsigned threads = plan->threads;
  if (plan->driver == RC_DRIVER_SERIAL) return 1;
  if (plan->driver == RC_DRIVER_AUTO) threads = rc_threads_worth(plan, m);
  if (m < threads) threads = m > 0 ? (unsigned)m : 1;
  return threads;
}

/* The driver for a batch that has so many threads: the plan's own, or openmp where there are several. */
static inline const struct rc_driver *rc_plan_driver_for(const rowcast_plan *plan, unsigned threads) {
  if (plan->driver != RC_DRIVER_AUTO) return &rc_drivers[plan->driver];
  return &rc_drivers[threads > 1 ? RC_DRIVER_OPENMP : RC_DRIVER_SERIAL];
}

#endif
