/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows times all panels, for the zero-skipping kernels whose weights are panels5: included once by a file that has
 * panels(), nonzero(), nonzero64() and MOST, the most columns of two panels; gives it skip(). */
#ifndef RC_SKIP_PANELS_H
#define RC_SKIP_PANELS_H

#include "pack.h"
#include "skip.h"

/* One or two panels of together so many columns, as functions of their own: inlined into one loop they would share
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
static panels_fn *const panels_of[RC_DTYPE_COUNT][MOST + 1] = {
  [RC_F32] = {EVERY_WIDTH(PANELS_ENTRY, F32)},
  [RC_U8] = {EVERY_WIDTH(PANELS_ENTRY, U8)},
};

RC_INLINE void skip(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  struct rc_skip_group g;
  g.k = w->k, g.all = !w->finite;
  for (size_t i = 0; i < m; i += RC_SKIP_ROWS) {
    rc_skip_begin(&g, i, m, x, ldx, dtype, nonzero, nonzero64);
    for (size_t p = 0; p < w->panels.count; p += 2) {
      const struct rc_panel left = rc_panel_at(&w->panels, p);
      const size_t right = p + 1 < w->panels.count ? rc_panel_at(&w->panels, p + 1).width : 0;
      panels_of[dtype][left.width + right](&g, w->packed + left.offset, c + i * ldc + left.column, ldc);
    }
  }
}

#endif
