/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of a plan, as this version of the library knows them, checked one by one. */
#ifndef RC_PLAN_OPTIONS_H
#define RC_PLAN_OPTIONS_H

#include <rowcast/experimental.h>
#include <rowcast/plan.h>
#include <rowcast/status.h>

/* Fills *own from what the caller gave (NULL: defaults): the members an older caller does not know are zero, a scale of
 * 0 is 1, threads is the most a plan may use, and the allocator is there. Names are checked where they are looked
 * up. */
rowcast_status rc_plan_options_take(rowcast_plan_options *own, const rowcast_plan_options *given, rowcast_error *err);

/* Bytes of a weight; 0: weights have no such type. */
size_t rc_weight_size(rowcast_dtype dtype);

#endif
