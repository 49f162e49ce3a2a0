/* SPDX-License-Identifier: BSD-3-Clause */
/* A look at a batch of bytes: how much of it a kernel that skips zeros would leave out. */
#ifndef RC_SAMPLE_H
#define RC_SAMPLE_H

#include <stddef.h>

/* The share of steps (eight bytes from a multiple of eight on) of X that are not all zero, in 0..1, from a few rows
 * spread evenly over the m rows: an eighth of them, at most 64, at least one. x: m rows of k bytes, ldx apart, unless
 * `rows` is not NULL and has the address of each. A row of fewer than eight bytes has no steps: 1. */
double rc_nonzero_share(const unsigned char *x, size_t ldx, const void *const *rows, size_t m, size_t k);

#endif
