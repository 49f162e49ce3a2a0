/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting with a register tile of 4 rows x 16 columns: each step takes one element of four rows and
 * sixteen weights, eight independent FMA chains. A tail of rows runs through the same tile with the last
 * row repeated, a tail of columns through the panel's padding. Bytes are turned into floats a block of K at a
 * time: one by one, that would cost more than the FMA itself. Order: sequential. Weights: panels16. */
#include "avx2.h"

enum { ROWS = 4, COLUMNS = 16, BLOCK = 128 };

/* Bytes i..i+count-1 (1 <= count <= BLOCK, i a multiple of 8) of a row as floats; reads nothing after them. */
RC_INLINE void convert(float *to, const unsigned char *row, size_t i, size_t count) {
  size_t j = 0;
  for (; j + 8 <= count; j += 8) _mm256_store_ps(to + j, load8(row, i + j, RC_U8));
  if (j < count) _mm256_store_ps(to + j, load_tail(row, i + j, count - j, RC_U8));
}

/* The first `width` (0..8) of eight floats. */
RC_INLINE void store_first(float *c, size_t width, __m256 values) {
  if (width == 8) {
    _mm256_storeu_ps(c, values);
    return;
  }
  __m128 rest = _mm256_castps256_ps128(values);
  if (width & 4) {
    _mm_storeu_ps(c, rest);
    rest = _mm256_extractf128_ps(values, 1), c += 4;
  }
  if (width & 2) {
    _mm_storel_pi((__m64 *)(void *)c, rest);
    rest = _mm_movehl_ps(rest, rest), c += 2;
  }
  if (width & 1) _mm_store_ss(c, rest);
}

RC_INLINE void store16(float *c, size_t width, __m256 low, __m256 high) {
  store_first(c, width < 8 ? width : 8, low);
  if (width > 8) store_first(c + 8, width - 8, high);
}

/* One tile: rows x[0..3] times one panel of w; writes `rows` rows of `width` columns. */
RC_INLINE void tile(const void *const x[ROWS], const float *panel, size_t k, float *c, size_t ldc, size_t rows,
                    size_t width, enum rc_dtype dtype) {
  _Alignas(RC_ALIGNMENT) float floats[ROWS][BLOCK];
  __m256 a0 = _mm256_setzero_ps(), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
  for (size_t begin = 0; begin < k; begin += BLOCK) {
    const size_t count = k - begin < BLOCK ? k - begin : BLOCK;
    const float *row[ROWS];
    for (int r = 0; r < ROWS; r++) {
      if (dtype == RC_U8) convert(floats[r], x[r], begin, count);
      row[r] = dtype == RC_U8 ? floats[r] : (const float *)x[r] + begin;
    }
    for (size_t i = 0; i < count; i++, panel += COLUMNS) {
      const __m256 low = _mm256_load_ps(panel), high = _mm256_load_ps(panel + 8);
#define ROW(n)                                            \
  const __m256 x##n = _mm256_broadcast_ss(row[n] + i);    \
  a##n = _mm256_fmadd_ps(x##n, low, a##n), b##n = _mm256_fmadd_ps(x##n, high, b##n);
      ROW(0) ROW(1) ROW(2) ROW(3)
#undef ROW
    }
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
      tile(row, w->packed + j * w->k, w->k, c + i * ldc + j, ldc, rows, width, dtype);
    }
  }
}

RC_KERNEL_ENTRIES(avx2_broadcast, broadcast)
