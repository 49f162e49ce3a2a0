/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting with a register tile of 4 rows x 16 columns: each step takes one element of four rows and
 * sixteen weights, eight independent FMA chains. A tail of rows runs through the same tile with the last
 * row repeated, a tail of columns through the panel's padding. Order: sequential. Weights: panels16. */
#include "avx2.h"

enum { ROWS = 4, COLUMNS = 16 };

RC_INLINE void store16(float *c, size_t width, __m256 low, __m256 high) {
  if (width == COLUMNS) {
    _mm256_storeu_ps(c, low);
    _mm256_storeu_ps(c + 8, high);
    return;
  }
  float values[COLUMNS];
  _mm256_storeu_ps(values, low);
  _mm256_storeu_ps(values + 8, high);
  memcpy(c, values, width * sizeof values[0]);
}

/* One tile: rows x0..x3 times one panel of w; writes `rows` rows of `width` columns. */
RC_INLINE void tile(const void *x0, const void *x1, const void *x2, const void *x3, const float *panel,
                    size_t k, float *c, size_t ldc, size_t rows, size_t width, enum rc_dtype dtype) {
  __m256 a0 = _mm256_setzero_ps(), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
  for (size_t i = 0; i < k; i++, panel += COLUMNS) {
    const __m256 low = _mm256_load_ps(panel), high = _mm256_load_ps(panel + 8);
    __m256 x = _mm256_set1_ps(rc_element(x0, i, dtype));
    a0 = _mm256_fmadd_ps(x, low, a0), b0 = _mm256_fmadd_ps(x, high, b0);
    x = _mm256_set1_ps(rc_element(x1, i, dtype));
    a1 = _mm256_fmadd_ps(x, low, a1), b1 = _mm256_fmadd_ps(x, high, b1);
    x = _mm256_set1_ps(rc_element(x2, i, dtype));
    a2 = _mm256_fmadd_ps(x, low, a2), b2 = _mm256_fmadd_ps(x, high, b2);
    x = _mm256_set1_ps(rc_element(x3, i, dtype));
    a3 = _mm256_fmadd_ps(x, low, a3), b3 = _mm256_fmadd_ps(x, high, b3);
  }
  store16(c, width, a0, b0);
  if (rows > 1) store16(c + ldc, width, a1, b1);
  if (rows > 2) store16(c + 2 * ldc, width, a2, b2);
  if (rows > 3) store16(c + 3 * ldc, width, a3, b3);
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

RC_KERNEL_ENTRIES(avx2_broadcast, broadcast)
