/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting with a register tile of 4 rows x 16 columns, sixteen independent FMA chains. A tail of rows
 * runs through the same tile with the last row repeated, a tail of columns through the panel's padding.
 * Order: sequential. Weights: panels16. */
#include "neon.h"

enum { ROWS = 4, COLUMNS = 16 };

struct row16 {
  float32x4_t a, b, c, d;
};

RC_INLINE struct row16 zero16(void) {
  const float32x4_t zero = vdupq_n_f32(0.0f);
  return (struct row16){zero, zero, zero, zero};
}

RC_INLINE struct row16 fma16(struct row16 acc, struct row16 w, float x) {
  acc.a = vfmaq_n_f32(acc.a, w.a, x);
  acc.b = vfmaq_n_f32(acc.b, w.b, x);
  acc.c = vfmaq_n_f32(acc.c, w.c, x);
  acc.d = vfmaq_n_f32(acc.d, w.d, x);
  return acc;
}

RC_INLINE void store16(float *c, size_t width, struct row16 v) {
  float values[COLUMNS];
  float *to = width == COLUMNS ? c : values;
  vst1q_f32(to, v.a);
  vst1q_f32(to + 4, v.b);
  vst1q_f32(to + 8, v.c);
  vst1q_f32(to + 12, v.d);
  if (to == values) memcpy(c, values, width * sizeof values[0]);
}

/* One tile: rows x0..x3 times one panel of w; writes `rows` rows of `width` columns. */
RC_INLINE void tile(const void *x0, const void *x1, const void *x2, const void *x3, const float *panel,
                    size_t k, float *c, size_t ldc, size_t rows, size_t width, enum rc_dtype dtype) {
  struct row16 r0 = zero16(), r1 = r0, r2 = r0, r3 = r0;
  for (size_t i = 0; i < k; i++, panel += COLUMNS) {
    const struct row16 w = {vld1q_f32(panel), vld1q_f32(panel + 4), vld1q_f32(panel + 8),
                            vld1q_f32(panel + 12)};
    r0 = fma16(r0, w, rc_element(x0, i, dtype));
    r1 = fma16(r1, w, rc_element(x1, i, dtype));
    r2 = fma16(r2, w, rc_element(x2, i, dtype));
    r3 = fma16(r3, w, rc_element(x3, i, dtype));
  }
  store16(c, width, r0);
  if (rows > 1) store16(c + ldc, width, r1);
  if (rows > 2) store16(c + 2 * ldc, width, r2);
  if (rows > 3) store16(c + 3 * ldc, width, r3);
}

RC_INLINE void broadcast(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c,
                         size_t ldc, enum rc_dtype dtype) {
  for (size_t i = 0; i < m; i += ROWS) {
    const size_t rows = m - i < ROWS ? m - i : ROWS;
    const void *row[ROWS];
    for (size_t r = 0; r < ROWS; r++) row[r] = rc_row(x, i + (r < rows ? r : rows - 1), ldx, dtype);
    for (size_t j = 0; j < w->n; j += COLUMNS) {
      const size_t width = w->n - j < COLUMNS ? w->n - j : COLUMNS;
      tile(row[0], row[1], row[2], row[3], w->packed + j * w->k, w->k, c + i * ldc + j, ldc, rows, width,
           dtype);
    }
  }
}

RC_KERNEL_ENTRIES(neon_broadcast, broadcast)
