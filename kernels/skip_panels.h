/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows times all panels, for the zero-skipping kernels whose weights are panels5 or panels4. Gives the file that
 * includes it skip(), and takes from that file
 *   nonzero(), nonzero64()   see skip.h
 *   UNROLLED_ROWS            how many rows to write out, each with branches of its own; 1: a loop
 *   lanes8                   the eight lanes of an output, and zero_lanes8(), load_lanes8(), fma8(), load8(),
 *                            load_tail(), sum_lanes8(), store_outputs4(), as in neon.h and avx2.h */
#ifndef RC_SKIP_PANELS_H
#define RC_SKIP_PANELS_H

#include "skip.h"
#include "ten_columns.h"

RC_SKIP_GATHER_PART

/* Copies every sum by itself: for AVX2, GCC 12 would copy the struct through the stack. */
RC_INLINE void copy_sums(struct ten_sums *to, const struct ten_sums *from) {
  to->c0 = from->c0, to->c1 = from->c1, to->c2 = from->c2, to->c3 = from->c3, to->c4 = from->c4;
  to->c5 = from->c5, to->c6 = from->c6, to->c7 = from->c7, to->c8 = from->c8, to->c9 = from->c9;
}

/* The listed steps of one row, added to its sums, and the elements after its whole steps; columns and dtype are
 * constants where it is inlined. */
RC_INLINE void one_row(const void *row, const struct rc_skip_list *list, size_t begin, size_t tail_at, size_t tail,
                       const float *left, const float *right, const char *ahead, struct ten_sums *sums,
                       int columns, enum rc_dtype dtype) {
  const lanes8 zero = zero_lanes8();
  struct ten_sums s = {zero, zero, zero, zero, zero, zero, zero, zero, zero, zero};
  if (begin > 0) copy_sums(&s, sums);
  RC_SKIP_FOR_EACH(at, list, begin, {
    ahead = rc_skip_prefetch(ahead);
    add_ten_at(&s, load8(row, 8 * at, dtype), at, left, right, columns);
  })
  if (tail > 0) add_ten_at(&s, load_tail(row, 8 * tail_at, tail, dtype), tail_at, left, right, columns);
  copy_sums(sums, &s);
}

/* A group of rows times one panel or two. Rows of several parts are gathered here. */
RC_INLINE void panels(struct rc_skip_group *g, const float *left, float *c, size_t ldc, int columns,
                      enum rc_dtype dtype) {
  const float *right = right_of(left, g->k, columns);
  const size_t steps = g->k / 8;
  struct ten_sums s[RC_SKIP_ROWS];
  size_t part = 0;
  do {
    const size_t end = steps - part < RC_SKIP_PART ? steps : part + RC_SKIP_PART;
    if (steps > RC_SKIP_PART) gather_part(g, part, end, dtype);
#pragma GCC unroll UNROLLED_ROWS
    for (size_t r = 0; r < RC_SKIP_ROWS; r++)
      one_row(g->row[r], &g->list[r], part, steps, end == steps ? g->k % 8 : 0, left, right, g->ahead[r], &s[r],
              columns, dtype);
    part = end;
  } while (part < steps);
  for (size_t r = 0; r < g->rows; r++) store_ten(c + r * ldc, &s[r], columns);
}

/* A function for each number of columns that one or two panels have together: inlined into one loop they would share
 * registers. */
typedef void panels_fn(struct rc_skip_group *g, const float *left, float *c, size_t ldc);
#define PANELS(columns, dtype)                                                                    \
  static void panels##columns##_##dtype(struct rc_skip_group *g, const float *left, float *c, size_t ldc) { \
    panels(g, left, c, ldc, columns, RC_##dtype);                                                   \
  }
#define EVERY_WIDTH(X, dtype)                                     \
  X(1, dtype) X(2, dtype) X(3, dtype) X(4, dtype) X(5, dtype)     \
  X(6, dtype) X(7, dtype) X(8, dtype) X(9, dtype) X(10, dtype)
EVERY_WIDTH(PANELS, F32)
EVERY_WIDTH(PANELS, U8)

#define PANELS_ENTRY(columns, dtype) [columns] = panels##columns##_##dtype,
static panels_fn *const panels_of[RC_DTYPE_COUNT][TEN_COLUMNS + 1] = {
  [RC_F32] = {EVERY_WIDTH(PANELS_ENTRY, F32)},
  [RC_U8] = {EVERY_WIDTH(PANELS_ENTRY, U8)},
};

RC_INLINE void skip(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  struct rc_skip_group g[RC_SKIP_GROUPS];
  const size_t most = w->panels.count > 5 ? RC_SKIP_GROUPS : 1;
  for (size_t i = 0, rows; i < m; i += rows) {
    const size_t count = rc_skip_begin(g, most, w, i, m, x, ldx, dtype, nonzero, nonzero64, &rows);
    for (size_t p = 0; p < w->panels.count; p += 2) {
      const struct rc_panel left = rc_panel_at(&w->panels, p);
      const size_t right = p + 1 < w->panels.count ? rc_panel_at(&w->panels, p + 1).width : 0;
      for (size_t b = 0; b < count; b++)
        panels_of[dtype][left.width + right](&g[b], w->packed + left.offset,
                                             c + (i + b * RC_SKIP_ROWS) * ldc + left.column, ldc);
    }
  }
}

#endif
