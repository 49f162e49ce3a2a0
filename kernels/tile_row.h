/* SPDX-License-Identifier: BSD-3-Clause */
/* One row alone, for the kernels of tiled.h. Two panels at once: the five sums of one would wait for each other, each
 * for its last multiply-add. Gives the file that includes it TILE_ROWS(dtype), which defines the functions, and
 * TILE_ROW_SET(dtype), a struct rc_tile_set's `row`; takes from it what ten_columns.h does, load8() and load_tail(). */
#ifndef RC_TILE_ROW_H
#define RC_TILE_ROW_H

#include "ten_columns.h"

/* columns and dtype are constants where it is inlined. */
RC_INLINE void tile_row(const void *row, size_t k, const float *left, float *c, int columns, enum rc_dtype dtype) {
  const float *right = right_of(left, k, columns);
  const lanes8 zero = zero_lanes8();
  struct ten_sums s = {zero, zero, zero, zero, zero, zero, zero, zero, zero, zero};
  const size_t steps = k / 8;
#pragma GCC unroll 2
  for (size_t at = 0; at < steps; at++) add_ten_at(&s, load8(row, 8 * at, dtype), at, left, right, columns);
  if (k % 8 != 0) add_ten_at(&s, load_tail(row, 8 * steps, k % 8, dtype), steps, left, right, columns);
  store_ten(c, &s, columns);
}

#define TILE_ROW(columns, dtype)                                                                     \
  static void tile_row##columns##_##dtype(const void *row, size_t k, const float *left, float *c) { \
    tile_row(row, k, left, c, columns, RC_##dtype);                                                  \
  }
#define TILE_ROW_WIDTHS(X, dtype) \
  X(3, dtype) X(4, dtype) X(5, dtype) X(6, dtype) X(7, dtype) X(8, dtype) X(9, dtype) X(10, dtype)
#define TILE_ROWS(dtype) TILE_ROW_WIDTHS(TILE_ROW, dtype)
#define TILE_ROW_ENTRY(columns, dtype) [columns] = tile_row##columns##_##dtype,
#define TILE_ROW_SET(dtype) {TILE_ROW_WIDTHS(TILE_ROW_ENTRY, dtype)}

#endif
