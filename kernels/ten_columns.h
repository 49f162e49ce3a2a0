/* SPDX-License-Identifier: BSD-3-Clause */
/* One row times up to ten columns: one panel of panels5 or panels4, or two side by side. The file that includes this
 * has
 *   lanes8   the eight lanes of an output, and zero_lanes8(), load_lanes8(), fma8(), sum_lanes8(), store_outputs4(), as
 *            in neon.h and avx2.h */
#ifndef RC_TEN_COLUMNS_H
#define RC_TEN_COLUMNS_H

#include "pack.h"

/* Partial sums of one row. */
struct ten_sums {
  lanes8 c0, c1, c2, c3, c4, c5, c6, c7, c8, c9;
};
enum { TEN_COLUMNS = 2 * RC_PANELS5_COLUMNS };

/* Columns of the left panel where both have `columns` together: the wider panel comes first. */
#define LEFT (columns > RC_PANELS5_COLUMNS ? (columns + 1) / 2 : columns)

/* Where the right panel begins. */
RC_INLINE const float *right_of(const float *left, size_t k, int columns) {
  return left + rc_round_up(k, 8) * (size_t)LEFT;
}

/* One step; columns is a constant where it is inlined, here and below. */
#define ADD_TEN(j) \
  if (columns > j) \
    s->c##j = fma8(s->c##j, x, load_lanes8(j < LEFT ? left + 8 * j : right + 8 * (j - LEFT)));
RC_INLINE void add_ten(struct ten_sums *s, lanes8 x, const float *left, const float *right, int columns) {
  ADD_TEN(0) ADD_TEN(1) ADD_TEN(2) ADD_TEN(3) ADD_TEN(4) ADD_TEN(5) ADD_TEN(6) ADD_TEN(7) ADD_TEN(8) ADD_TEN(9)
}
#undef ADD_TEN

/* The same at step `at` of panels that begin at left and right. Where both are as wide, one address is enough. */
RC_INLINE void add_ten_at(struct ten_sums *s, lanes8 x, size_t at, const float *left, const float *right, int columns) {
  const float *from = left + at * 8 * (size_t)LEFT;
  add_ten(s, x, from, 2 * LEFT == columns ? from + (right - left) : right + at * 8 * (size_t)(columns - LEFT), columns);
}

/* Four outputs, or the first columns of them. */
RC_INLINE void store_four(float *c, lanes8 a, lanes8 b, lanes8 d, lanes8 e, int columns) {
  if (columns >= 4) {
    store_outputs4(c, a, b, d, e);
    return;
  }
  float values[4];
  store_outputs4(values, a, b, d, e);
  for (int j = 0; j < columns; j++) c[j] = values[j];
}

RC_INLINE void store_ten(float *c, const struct ten_sums *s, int columns) {
  store_four(c, s->c0, s->c1, s->c2, s->c3, columns);
  if (columns > 4) store_four(c + 4, s->c4, s->c5, s->c6, s->c7, columns - 4);
  if (columns > 8) c[8] = sum_lanes8(s->c8);
  if (columns > 9) c[9] = sum_lanes8(s->c9);
}

#endif
