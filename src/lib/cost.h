/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost model: a pure function of a kernel and a shape. It ranks kernels and tells what to expect; it never decides
 * a bit. */
#ifndef RC_COST_H
#define RC_COST_H

#include <stddef.h>

#include "kernel.h"

/* Cycles of one row, as struct rc_cost counts them; nonzero_share in 0..1 is the share of steps of eight elements that
 * are not all zero, which matters to kernels that skip. Reading memory is not in it.
 * packing: the layout that the kernel reads, its own or, of a companion, the other kernel's of the same family. */
double rc_cost_of_row(const struct rc_kernel *kernel, const struct rc_packing *packing, enum rc_core core, size_t k,
                      size_t n, double nonzero_share);

#endif
