/* SPDX-License-Identifier: BSD-3-Clause */
/* What test_amx.c compares: the tiles' instructions of the hardware, and the same in plain C. */
#ifndef TEST_AMX_H
#define TEST_AMX_H

#include <stddef.h>

#include "kernel.h"

enum { TILES_SIZE = 16 * 80 };

/* Bytes before and after: sums += a * b, and products = a * b; rows are `stride` bytes apart, at most 80. */
struct tiles_case {
  size_t rows, columns, steps; /* at most 16 each: a has rows x 4 steps bytes, b steps x 4 columns, sums are 32 bits */
  size_t stride;
  unsigned char a[TILES_SIZE], b[TILES_SIZE], sums[TILES_SIZE], products[TILES_SIZE];
};

void in_c_tiles_run(struct tiles_case *io);
void hardware_tiles_run(struct tiles_case *io);
rc_kernel_fn in_c_amx_digits_f32, in_c_amx_digits_u8;

#endif
