/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting with a register tile of 8 rows x 16 columns: each step takes one element of eight rows and sixteen
 * weights, eight independent FMA chains without any reduction at their end, so that it wins where K is small. A tail of
 * rows runs through the same tile with the last row repeated, a tail of columns through the panel's padding. Bytes are
 * turned into floats a block of K at a time: one by one, that costs more than the FMA they are for.
 * Order: sequential. Weights: panels16. */
#include "avx512.h"

enum { ROWS = 8, COLUMNS = 16, BLOCK = 128 };

/* Bytes i..i+count-1 (1 <= count <= BLOCK) of a row as floats; reads nothing behind them. */
RC_INLINE void convert(float *to, const unsigned char *row, size_t i, size_t count) {
  for (size_t j = 0; j < count; j += 16) {
    const __mmask16 there = (__mmask16)(count - j >= 16 ? 0xffffu : (1u << (count - j)) - 1);
    const __m128i bytes = _mm_maskz_loadu_epi8(there, row + i + j);
    _mm512_store_ps(to + j, _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)));
  }
}

/* One tile: eight rows times one panel; writes `rows` rows of the columns in `wanted`. */
RC_INLINE void tile(const void *const x[ROWS], const float *panel, size_t k, float *c, size_t ldc, size_t rows,
                    __mmask16 wanted, enum rc_dtype dtype) {
  _Alignas(RC_ALIGNMENT) float floats[ROWS][BLOCK];
  __m512 s0 = _mm512_setzero_ps(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (size_t begin = 0; begin < k; begin += BLOCK) {
    const size_t count = k - begin < BLOCK ? k - begin : BLOCK;
    const float *r0, *r1, *r2, *r3, *r4, *r5, *r6, *r7;
    if (dtype == RC_U8) {
      for (int r = 0; r < ROWS; r++) convert(floats[r], x[r], begin, count);
      r0 = floats[0], r1 = floats[1], r2 = floats[2], r3 = floats[3];
      r4 = floats[4], r5 = floats[5], r6 = floats[6], r7 = floats[7];
    } else {
      r0 = (const float *)x[0] + begin, r1 = (const float *)x[1] + begin, r2 = (const float *)x[2] + begin;
      r3 = (const float *)x[3] + begin, r4 = (const float *)x[4] + begin, r5 = (const float *)x[5] + begin;
      r6 = (const float *)x[6] + begin, r7 = (const float *)x[7] + begin;
    }
    for (size_t i = 0; i < count; i++, panel += COLUMNS) {
      const __m512 w = _mm512_load_ps(panel);
#define ROW(n) s##n = _mm512_fmadd_ps(_mm512_set1_ps(r##n[i]), w, s##n);
      ROW(0) ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6) ROW(7)
#undef ROW
    }
  }
#define STORE(n) if (rows > n) _mm512_mask_storeu_ps(c + n * ldc, wanted, s##n);
  STORE(0) STORE(1) STORE(2) STORE(3) STORE(4) STORE(5) STORE(6) STORE(7)
#undef STORE
}

RC_INLINE void broadcast(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                         enum rc_dtype dtype) {
  for (size_t i = 0; i < m; i += ROWS) {
    const size_t rows = m - i < ROWS ? m - i : ROWS;
    const void *row[ROWS];
    for (size_t r = 0; r < ROWS; r++) row[r] = rc_row(x, i + (r < rows ? r : rows - 1), ldx, dtype);
    for (size_t j = 0; j < w->n; j += COLUMNS) {
      const size_t width = w->n - j < COLUMNS ? w->n - j : COLUMNS;
      tile(row, w->packed + j * w->k, w->k, c + i * ldc + j, ldc, rows, (__mmask16)((1u << width) - 1), dtype);
    }
  }
}

RC_KERNEL_ENTRIES(avx512_broadcast, broadcast)
