/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting with a register tile of 4 rows x 16 columns: each step takes one element of four rows and
 * sixteen weights, eight independent FMA chains. A tail of rows runs through the same tile with the last
 * row repeated, a tail of columns through the panel's padding. Bytes are turned into floats a block of K at a
 * time, or, where K is small, a tile ahead: one by one, that would cost more than the FMA itself. Order: sequential.
 * Weights: panels16. */
#include "avx2.h"

enum { ROWS = 4, COLUMNS = 16, BLOCK = 128 };
enum { WIDENED_ROWS = ROWS, MOST_TILES = 1, LEAST_MIXED_K = 2, LEFT_BYTES = 2 * ROWS }; /* widened_rows.h */

/* Bytes i..i+count-1 (1 <= count, i a multiple of 8) of a row as floats; reads nothing after them. */
RC_INLINE void convert(float *to, const unsigned char *row, size_t i, size_t count) {
  size_t j = 0;
  for (; j + 8 <= count; j += 8) _mm256_store_ps(to + j, load8(row, i + j, RC_U8));
  if (j < count) _mm256_store_ps(to + j, load_tail(row, i + j, count - j, RC_U8));
}

RC_INLINE void store16(float *c, size_t width, __m256 low, __m256 high) {
  store_first8(c, width < 8 ? width : 8, low);
  if (width > 8) store_first8(c + 8, width - 8, high);
}

/* Sums of a tile's four rows: two registers each. */
struct tile_sums {
  __m256 a0, b0, a1, b1, a2, b2, a3, b3;
};

/* `count` steps. With `bytes`, eight of them become floats at `to` with every second step: while a core multiplies, it
 * has time for that. */
RC_INLINE void steps(struct tile_sums *sums, const float *const row[ROWS], const float *panel, size_t count,
                     const unsigned char *bytes, float *to) {
  struct tile_sums t = *sums;
#define ROW(n)                                            \
  const __m256 x##n = _mm256_broadcast_ss(row[n] + i);    \
  t.a##n = _mm256_fmadd_ps(x##n, low, t.a##n), t.b##n = _mm256_fmadd_ps(x##n, high, t.b##n);
#define STEP                                                                          \
  {                                                                                   \
    const __m256 low = _mm256_load_ps(panel), high = _mm256_load_ps(panel + 8);       \
    ROW(0) ROW(1) ROW(2) ROW(3)                                                       \
    i++, panel += COLUMNS;                                                            \
  }
  size_t i = 0;
  for (; bytes != NULL && i + 2 <= count; bytes += 8, to += 8) {
    _mm256_store_ps(to, load8(bytes, 0, RC_U8));
    STEP
    STEP
  }
  while (i < count) STEP
#undef STEP
#undef ROW
  *sums = t;
}

/* One tile: rows x[0..3] times one panel of w; writes `rows` rows of `width` columns. bytes and to as in steps(). */
RC_INLINE void tile(const void *const x[ROWS], const float *panel, size_t k, float *c, size_t ldc, size_t rows,
                    size_t width, enum rc_dtype dtype, const unsigned char *bytes, float *to) {
  const __m256 zero = _mm256_setzero_ps();
  struct tile_sums t = {zero, zero, zero, zero, zero, zero, zero, zero};
  if (dtype == RC_F32) steps(&t, (const float *const[ROWS]){x[0], x[1], x[2], x[3]}, panel, k, bytes, to);
  for (size_t begin = 0; dtype == RC_U8 && begin < k; begin += BLOCK) {
    _Alignas(RC_ALIGNMENT) float floats[ROWS][BLOCK];
    const size_t count = k - begin < BLOCK ? k - begin : BLOCK;
    for (int r = 0; r < ROWS; r++) convert(floats[r], x[r], begin, count);
    steps(&t, (const float *const[ROWS]){floats[0], floats[1], floats[2], floats[3]}, panel + begin * COLUMNS, count,
          NULL, NULL);
  }
  store16(c, width, t.a0, t.b0);
  if (rows > 1) store16(c + ldc, width, t.a1, t.b1);
  if (rows > 2) store16(c + 2 * ldc, width, t.a2, t.b2);
  if (rows > 3) store16(c + 3 * ldc, width, t.a3, t.b3);
}

/* Up to four rows times all panels. */
RC_INLINE void panels(const struct rc_weights *w, size_t rows, const void *x, size_t ldx, float *c, size_t ldc,
                      enum rc_dtype dtype, const unsigned char *bytes, float *to) {
  const void *row[ROWS];
  for (size_t r = 0; r < ROWS; r++) row[r] = rc_row(x, r < rows ? r : rows - 1, ldx, dtype);
  for (size_t j = 0; j < w->n; j += COLUMNS) {
    const size_t width = w->n - j < COLUMNS ? w->n - j : COLUMNS;
    tile(row, w->packed + j * w->k, w->k, c + j, ldc, rows, width, dtype, j == 0 ? bytes : NULL, to);
  }
}

RC_INLINE void float_rows(const struct rc_weights *w, size_t m, const float *x, size_t ldx, float *c, size_t ldc) {
  for (size_t i = 0; i < m; i += ROWS)
    panels(w, m - i < ROWS ? m - i : ROWS, x + i * ldx, ldx, c + i * ldc, ldc, RC_F32, NULL, NULL);
}

RC_INLINE void mixed_rows(const struct rc_weights *w, size_t tiles, const float *x, float *c, size_t ldc,
                          const unsigned char *bytes, float *to) {
  panels(w, ROWS * tiles, x, w->k, c, ldc, RC_F32, bytes, to);
}

#include "widened_rows.h"

RC_INLINE void broadcast(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                         enum rc_dtype dtype) {
  if (dtype == RC_U8 && w->k > 0 && w->k <= WIDENED_K) {
    widened_rows(w, m, x, ldx, c, ldc);
    return;
  }
  for (size_t i = 0; i < m; i += ROWS)
    panels(w, m - i < ROWS ? m - i : ROWS, rc_row(x, i, ldx, dtype), ldx, c + i * ldc, ldc, dtype, NULL, NULL);
}

RC_KERNEL_ENTRIES(avx2_broadcast, broadcast)
