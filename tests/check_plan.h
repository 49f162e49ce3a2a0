/* SPDX-License-Identifier: BSD-3-Clause */
/* The library's plans as subjects of a check: one kernel of the registry, a driver, a number of threads, an
 * element type. */
#ifndef TEST_CHECK_PLAN_H
#define TEST_CHECK_PLAN_H

#include <rowcast/kernels.h>

#include "check_kernel.h"

struct check_plan {
  struct check_subject subject; /* points into this object: do not copy */
  const char *kernel, *driver;
  unsigned threads;
  char name[128];
};

void check_plan_init(struct check_plan *plan, const rowcast_kernel_info *kernel, const char *driver, unsigned threads,
                     rowcast_dtype dtype);

/* The same with the kernel left to the plan. */
void check_plan_init_auto(struct check_plan *plan, const char *driver, unsigned threads, rowcast_dtype dtype);

/* The i-th kernel of the registry as this process may use it (ROWCAST_ISA counts). */
rowcast_kernel_info check_kernel_info(size_t i);

#endif
