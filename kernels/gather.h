/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows that lie anywhere, given by their addresses, for kernels that take rows of one stride. */
#ifndef RC_GATHER_H
#define RC_GATHER_H

#include "driver.h"

/* Multiplies rows begin..end of a batch that has batch->rows: those that are equally spaced where they lie, others in
 * copies of a few at a time. begin < end. */
void rc_gather(const struct rc_batch *batch, size_t begin, size_t end, float *c, size_t ldc);

#endif
