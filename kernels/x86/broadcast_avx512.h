/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting with a register tile of 8 or 16 rows x 16 columns: each step takes one element of every row and sixteen
 * weights, independent FMA chains without any reduction at their end, so that it wins where K is small. Rows are
 * reached from a few addresses and their distance, which costs a tile of few steps less than as many pointers do. What
 * is left of a tile's rows runs through tiles of 8, 4 and 1, a tail of columns through the panel's padding. Bytes are
 * turned into floats sixteen at a time, a tile ahead where K is small: one by one, that would cost more than the FMA
 * itself. Order: sequential. Weights: panels16. The file that includes this defines
 *   TILE_ROWS     8 or 16
 *   AHEAD_BYTES   how far ahead a tile of 16 rows without gaps prefetches, a line with every step
 *   MASKED_STORES 1 where a register is stored with a mask as fast as without one, as on Intel's cores, unless what the
 *                 mask leaves out reaches into another page: where that cannot be written yet, the store is very slow.
 *                 0 where storing it in parts is several times as fast, as on AMD's */
#ifndef RC_X86_BROADCAST_AVX512_H
#define RC_X86_BROADCAST_AVX512_H

#include <stdint.h>

#include "avx2.h"
#include "avx512.h"

enum { ROWS = TILE_ROWS, COLUMNS = 16, BLOCK = 128 };
enum { WIDENED_ROWS = ROWS, MOST_TILES = 1, LEAST_MIXED_K = 12, LEFT_BYTES = 2 * ROWS }; /* widened_rows.h */

/* Bytes i..i+count-1 of a row as floats; reads nothing after them, writes whole registers. */
RC_INLINE void convert(float *to, const unsigned char *row, size_t i, size_t count) {
  size_t j = 0;
  for (; j + 16 <= count; j += 16) convert16(to + j, row + i + j);
  if (j == count) return;
  const __m128i bytes = _mm_maskz_loadu_epi8((__mmask16)((1u << (count - j)) - 1), row + i + j);
  _mm512_store_ps(to + j, _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)));
}

/* Sums of the rows of a tile: one panel of columns each. */
struct tile_sums {
  __m512 s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15;
};

/* `count` steps of `rows` (16, 8, 4 or 1) rows of floats, `apart` bytes from one to the next. With `bytes`, two of
 * every row become floats at `to` with every second step: while a core multiplies, it has time for that. */
RC_INLINE void steps(struct tile_sums *sums, const float *x, size_t apart, const float *panel, size_t count, int rows,
                     const unsigned char *bytes, float *to) {
  struct tile_sums t = *sums;
  const char *row0 = (const char *)x, *row3 = row0 + 3 * apart, *row6 = row0 + 6 * apart;
  const char *row9 = row0 + 9 * apart, *row12 = row0 + 12 * apart, *row15 = row0 + 15 * apart;
  const size_t line = apart == count * sizeof(float) ? 64 : 0;
  const char *ahead = row0 + (line > 0 ? AHEAD_BYTES : 0);
#define ROW(n, at) \
  if (rows > n) t.s##n = _mm512_fmadd_ps(_mm512_set1_ps(*(const float *)(const void *)(at)), w, t.s##n);
#define STEP                                                            \
  {                                                                     \
    const __m512 w = _mm512_load_ps(panel);                             \
    ROW(0, row0) ROW(1, row0 + apart) ROW(2, row0 + 2 * apart)          \
    ROW(3, row3) ROW(4, row3 + apart) ROW(5, row3 + 2 * apart)          \
    ROW(6, row6) ROW(7, row6 + apart) ROW(8, row6 + 2 * apart)          \
    ROW(9, row9) ROW(10, row9 + apart) ROW(11, row9 + 2 * apart)        \
    ROW(12, row12) ROW(13, row12 + apart) ROW(14, row12 + 2 * apart)    \
    ROW(15, row15)                                                      \
    row0 += sizeof(float), row3 += sizeof(float), row6 += sizeof(float); \
    if (rows > 8) {                                                     \
      row9 += sizeof(float), row12 += sizeof(float), row15 += sizeof(float); \
      _mm_prefetch(ahead, _MM_HINT_T0);                                 \
      ahead += line;                                                    \
    }                                                                   \
    panel += COLUMNS;                                                   \
  }
  for (; bytes != NULL && count >= 2; count -= 2, bytes += 2 * ROWS, to += 2 * ROWS) {
    convert16(to, bytes);
    if (ROWS > 8) convert16(to + 16, bytes + 16);
    STEP
    STEP
  }
  for (; count > 0; count--) STEP
#undef STEP
#undef ROW
  *sums = t;
}

/* All steps of one row of bytes: what is converted stays in a register, from which each element is spread. */
RC_INLINE __m512 byte_steps(const unsigned char *x, const float *panel, size_t k) {
  __m512 sums = _mm512_setzero_ps();
  for (size_t begin = 0; begin < k; begin += 16) {
    const size_t count = k - begin < 16 ? k - begin : 16;
    const __m128i bytes = _mm_maskz_loadu_epi8((__mmask16)((1u << count) - 1), x + begin);
    const __m512 row = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
    __m512i lane = _mm512_setzero_si512();
    for (size_t i = 0; i < count; i++, panel += COLUMNS) {
      sums = _mm512_fmadd_ps(_mm512_permutexvar_ps(lane, row), _mm512_load_ps(panel), sums);
      lane = _mm512_add_epi32(lane, _mm512_set1_epi32(1));
    }
  }
  return sums;
}

/* The first `width` (1..16) floats, in parts. */
RC_INLINE void store_first(float *c, size_t width, __m512 values) {
  if (width == COLUMNS) {
    _mm512_storeu_ps(c, values);
    return;
  }
  const __m256 low = _mm512_castps512_ps256(values);
  store_first8(c, width < 8 ? width : 8, low);
  if (width > 8) store_first8(c + 8, width - 8, _mm512_extractf32x8_ps(values, 1));
}

/* Is a whole register at each of a tile's rows within one page of 4 KiB? */
RC_INLINE int in_one_page(const float *c, size_t ldc, int rows) {
  return ((uintptr_t)c ^ (uintptr_t)(c + (size_t)(rows - 1) * ldc + COLUMNS - 1)) >> 12 == 0;
}

/* Not inlined: a tile that stores with masks would get a second, long end. */
__attribute__((noinline, unused)) static void store_in_parts(const struct tile_sums *sums, float *c, size_t ldc,
                                                             int rows, size_t width) {
  const __m512 *s = &sums->s0;
  for (int r = 0; r < rows; r++) store_first(c + (size_t)r * ldc, width, s[r]);
}

/* One tile: `rows` rows, a constant, times one panel; writes `width` columns. With `dense`, a constant, the rows of C
 * are `width` apart and at least half a register long: a whole register is stored for each row but the last, and the
 * next row overwrites what lies after it. That is for cores without fast masked stores. */
RC_INLINE void tile(const void *x, size_t ldx, const float *panel, size_t k, float *c, size_t ldc, int rows,
                    size_t width, int dense, enum rc_dtype dtype, const unsigned char *bytes, float *to) {
  const __m512 zero = _mm512_setzero_ps();
  struct tile_sums t = {zero, zero, zero, zero, zero, zero, zero, zero,
                        zero, zero, zero, zero, zero, zero, zero, zero};
  if (dtype == RC_F32) steps(&t, x, ldx * sizeof(float), panel, k, rows, bytes, to);
  if (dtype == RC_U8 && rows == 1) t.s0 = byte_steps(x, panel, k);
  for (size_t begin = 0; dtype == RC_U8 && rows > 1 && begin < k; begin += BLOCK) {
    const size_t count = k - begin < BLOCK ? k - begin : BLOCK;
    _Alignas(RC_ALIGNMENT) float floats[ROWS][BLOCK];
    for (int r = 0; r < rows; r++) convert(floats[r], rc_row(x, (size_t)r, ldx, dtype), begin, count);
    steps(&t, floats[0], sizeof floats[0], panel + begin * COLUMNS, count, rows, NULL, NULL);
  }
  if (MASKED_STORES && !in_one_page(c, ldc, rows)) {
    const struct tile_sums copy = t;
    store_in_parts(&copy, c, ldc, rows, width);
    return;
  }
  const __mmask16 some = (__mmask16)((1u << width) - 1);
#define STORE(n)                                                        \
  if (rows > n) {                                                       \
    if (MASKED_STORES) _mm512_mask_storeu_ps(c + n * ldc, some, t.s##n);  \
    else if (dense && n < rows - 1) _mm512_storeu_ps(c + n * ldc, t.s##n); \
    else store_first(c + n * ldc, width, t.s##n);                       \
  }
  STORE(0) STORE(1) STORE(2) STORE(3) STORE(4) STORE(5) STORE(6) STORE(7)
  STORE(8) STORE(9) STORE(10) STORE(11) STORE(12) STORE(13) STORE(14) STORE(15)
#undef STORE
}

/* `rows` rows, a constant, times all panels; bytes and to as in steps(). */
RC_INLINE void panels(const struct rc_weights *w, const void *x, size_t ldx, float *c, size_t ldc, int rows,
                      enum rc_dtype dtype, const unsigned char *bytes, float *to) {
  if (!MASKED_STORES && w->n == ldc && w->n >= COLUMNS / 2 && w->n <= COLUMNS) {
    tile(x, ldx, w->packed, w->k, c, ldc, rows, w->n, 1, dtype, bytes, to);
    return;
  }
  for (size_t j = 0; j < w->n; j += COLUMNS) {
    const size_t width = w->n - j < COLUMNS ? w->n - j : COLUMNS;
    tile(x, ldx, w->packed + j * w->k, w->k, c + j, ldc, rows, width, 0, dtype, j == 0 ? bytes : NULL, to);
  }
}

/* Some rows, of floats or of bytes. */
RC_INLINE void some_rows(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                         enum rc_dtype dtype) {
  size_t i = 0;
  for (; ROWS > 8 && i + ROWS <= m; i += ROWS)
    panels(w, rc_row(x, i, ldx, dtype), ldx, c + i * ldc, ldc, ROWS, dtype, NULL, NULL);
  for (; i + 8 <= m; i += 8) panels(w, rc_row(x, i, ldx, dtype), ldx, c + i * ldc, ldc, 8, dtype, NULL, NULL);
  for (; i + 4 <= m; i += 4) panels(w, rc_row(x, i, ldx, dtype), ldx, c + i * ldc, ldc, 4, dtype, NULL, NULL);
  for (; i < m; i++) panels(w, rc_row(x, i, ldx, dtype), ldx, c + i * ldc, ldc, 1, dtype, NULL, NULL);
}

/* Functions of their own, not to share registers with what surrounds them: rows of floats, and a tile that widens bytes
 * for the next one. */
__attribute__((noinline)) static void float_rows(const struct rc_weights *w, size_t m, const float *x, size_t ldx,
                                                 float *c, size_t ldc) {
  some_rows(w, m, x, ldx, c, ldc, RC_F32);
}

__attribute__((noinline)) static void mixed_rows(const struct rc_weights *w, size_t tiles, const float *x,
                                                 float *c, size_t ldc, const unsigned char *bytes, float *to) {
  (void)tiles; /* one */
  panels(w, x, w->k, c, ldc, ROWS, RC_F32, bytes, to);
}

#include "widened_rows.h"

RC_INLINE void broadcast(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                         enum rc_dtype dtype) {
  const int alone = m == 1 && w->n <= COLUMNS;
  if (dtype == RC_U8 && !alone && w->k > 0 && w->k <= WIDENED_K) widened_rows(w, m, x, ldx, c, ldc);
  else some_rows(w, m, x, ldx, c, ldc, dtype);
}

#endif
