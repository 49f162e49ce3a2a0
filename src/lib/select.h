/* SPDX-License-Identifier: BSD-3-Clause */
/* Which kernel: a pure function of names, shape and a CPU. */
#ifndef RC_SELECT_H
#define RC_SELECT_H

#include <rowcast/cpu.h>
#include <rowcast/plan.h>
#include <rowcast/status.h>

#include "kernel.h"

/* The kernel that the options name, or the best usable one of the order they name, or of rowcast_auto_order(k, n); of
 * the options only kernel, order and dtype are looked at. ROWCAST_ERR_UNKNOWN or _UNSUPPORTED with the names that can
 * be used; ROWCAST_ERR_ARGUMENT for a kernel of another order. */
rowcast_status rc_select_kernel(const struct rc_kernel **kernel, const rowcast_plan_options *options, size_t k,
                                size_t n, const rowcast_cpu *cpu, rowcast_error *err);

/* Which costs hold for a CPU's cores. */
enum rc_core rc_core_of(const rowcast_cpu *cpu);

bool rc_is_auto(const char *name);

/* Which order rc_select_kernel() looks for when no kernel is named. `order` as in the options. */
rowcast_order rc_wanted_order(rowcast_order order, size_t k, size_t n);

/* The usable kernel that skips zeros and shares the kernel's level, order and packed weights; NULL: none. */
const struct rc_kernel *rc_skip_companion(const struct rc_kernel *kernel, const rowcast_cpu *cpu);

/* The dense kernel that costs least among the usable ones of an order, `except` left out, and of rows of float32 those
 * that were made for bytes; equal costs: the higher level, then the earlier line. NULL: none. */
const struct rc_kernel *rc_cheapest(rowcast_order order, rowcast_dtype dtype, size_t k, size_t n,
                                    const rowcast_cpu *cpu, const struct rc_kernel *except);

#endif
