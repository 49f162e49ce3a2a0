/* SPDX-License-Identifier: BSD-3-Clause */
/* Which kernel: a pure function of names, shape and a CPU. */
#ifndef RC_SELECT_H
#define RC_SELECT_H

#include <rowcast/cpu.h>
#include <rowcast/status.h>

#include "kernel.h"

/* The kernel called name, or for NULL and "auto" the best usable one of rowcast_auto_order(k, n).
 * ROWCAST_ERR_UNKNOWN or _UNSUPPORTED with the names that can be used. */
rowcast_status rc_select_kernel(const struct rc_kernel **kernel, const char *name, size_t k, size_t n,
                                const rowcast_cpu *cpu, rowcast_error *err);

/* The usable kernel that skips zeros and shares the kernel's level, order and packed weights; NULL: none. */
const struct rc_kernel *rc_skip_companion(const struct rc_kernel *kernel, const rowcast_cpu *cpu);

/* The dense kernel that costs least among the usable ones of rowcast_auto_order(k, n), `except` left out; equal costs:
 * the higher level, then the earlier line. NULL: none. */
const struct rc_kernel *rc_cheapest(size_t k, size_t n, const rowcast_cpu *cpu, const struct rc_kernel *except);

#endif
