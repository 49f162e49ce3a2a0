/* SPDX-License-Identifier: BSD-3-Clause */
/* Criterion tests over every kernel: parameters, and a test skipped where its kernel cannot run. */
#ifndef TEST_EACH_KERNEL_H
#define TEST_EACH_KERNEL_H

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "check_suite.h"
#include "kernel.h"

/* Criterion starts a process for each parameter, so a parameter is a plain number: 0..count - 1. */
static inline struct criterion_test_params numbers(size_t count) {
  enum { MOST = 1024 };
  static unsigned number[MOST];
  cr_assert(count <= MOST);
  for (size_t i = 0; i < count; i++) number[i] = (unsigned)i;
  return cr_make_param_array(unsigned, number, count);
}

/* The kernel, or a skipped test that says why. */
static inline rowcast_kernel_info kernel_or_skip(size_t i) {
  const rowcast_kernel_info info = check_kernel_info(i);
  if (!info.usable) cr_skip_test("%s: %s", info.name, info.reason);
  check_report_faults();
  return info;
}

/* Rows of float32 of a kernel that was made for bytes go to another one of its level, which is tested itself: that they
 * do is seen where values are special. */
static inline rowcast_kernel_info kernel_of_its_own_or_skip(size_t i, rowcast_dtype dtype) {
  const rowcast_kernel_info info = kernel_or_skip(i);
  if (dtype == ROWCAST_F32 && rc_kernel_at(i)->packing->for_bytes)
    cr_skip_test("%s: rows of float32 go to another kernel", info.name);
  return info;
}

static inline void expect_none_failed(const struct check_tally *tally) {
  cr_assert(tally->passed > 0 && tally->failed == 0, "%s", tally->text);
}

#endif
