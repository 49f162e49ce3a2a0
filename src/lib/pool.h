/* SPDX-License-Identifier: BSD-3-Clause */
/* A batch on a pool of threads that the program brought. */
#ifndef RC_POOL_H
#define RC_POOL_H

#include <stdbool.h>

#include <rowcast/plan.h>

#include "driver.h"

/* Multiplies the batch as so many tasks, contiguous rows each, or with `chunks` as one task for each chunk of rows.
 * ROWCAST_ERR_ARGUMENT: the pool did not run each task exactly once. */
rowcast_status rc_pool_run(const rowcast_parallel_for *pool, const struct rc_batch *batch, unsigned tasks, bool chunks);

#endif
