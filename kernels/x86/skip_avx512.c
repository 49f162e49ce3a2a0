/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the steps of eight elements of X that are not all zero; skip_avx2.c says why that changes no bit.
 * Order: lanes8. Weights: pairs10, the tile kernel's. */
#include "avx512.h"
#include "skip.h"

/* Which of the `count` (1..64) steps at element i are not all zero, a bit each. */
RC_INLINE unsigned long long nonzero(const void *row, size_t i, size_t count, enum rc_dtype dtype) {
  unsigned long long mask = 0;
  const char *at = rc_row(row, 1, i, dtype);
  if (dtype == RC_U8) {
    /* 64 bytes are eight steps. */
    for (size_t s = 0; s < count; s += 8, at += 64) {
      const size_t left = count - s;
      const __mmask8 there = (__mmask8)(left >= 8 ? 0xffu : (1u << left) - 1);
      const __m512i v = _mm512_maskz_loadu_epi64(there, at);
      _mm_prefetch(at + RC_SKIP_PREFETCH, _MM_HINT_T0);
      mask |= (unsigned long long)_mm512_test_epi64_mask(v, v) << s;
    }
  } else {
    /* 64 bytes are two steps: the mask of their quarters has two bits for each. */
    for (size_t s = 0; s < count; s += 2, at += 64) {
      const __mmask16 there = (__mmask16)(count - s >= 2 ? 0xffffu : 0x00ffu);
      const __m512i v = _mm512_maskz_loadu_epi32(there, at);
      _mm_prefetch(at + RC_SKIP_PREFETCH, _MM_HINT_T0);
      const unsigned long long lanes = _mm512_test_epi32_mask(v, v);
      mask |= ((unsigned long long)((lanes & 0xff) != 0) | (unsigned long long)((lanes & 0xff00) != 0) << 1) << s;
    }
  }
  return mask;
}

/* Eight rows (or less) times one panel; pairs, lone and dtype are constants where it is inlined. */
RC_INLINE void panel(const void *x, size_t ldx, size_t rows, size_t k, int all, const float *wide, float *c, size_t ldc,
                     int pairs, int lone, enum rc_dtype dtype) {
  struct sums sums[RC_SKIP_ROWS];
  unsigned long long mask[RC_SKIP_ROWS];
  const float *narrow = wide + 16 * (size_t)pairs * (rc_round_up(k, 8) / 8);
  const size_t steps = k / 8, word = rc_skip_word(steps);
  for (size_t r = 0; r < rows; r++) sums[r] = zero_sums();

  for (size_t from = 0; from < steps; from += word) {
    const size_t count = steps - from < word ? steps - from : word;
    for (size_t r = 0; r < rows; r++)
      mask[r] = all ? ~0ull >> (64 - count) : nonzero(rc_row(x, r, ldx, dtype), 8 * from, count, dtype);
    for (size_t r = 0; r < rows; r++) {
      const void *row = rc_row(rc_row(x, r, ldx, dtype), 1, 8 * from, dtype);
      struct sums s = sums[r];
      for (unsigned long long left = mask[r]; left != 0; left &= left - 1) {
        const size_t i = (size_t)__builtin_ctzll(left), at = from + i;
        const __m512 v = load8_twice(row, 8 * i, dtype);
        step(&s, &s, &s, &s, v, v, v, v, wide + at * 16 * (size_t)pairs, narrow + at * 8, pairs, lone, 1);
      }
      sums[r] = s;
    }
  }
  if (k % 8 != 0)
    for (size_t r = 0; r < rows; r++) {
      struct sums s = sums[r];
      const __m512 v = load_tail_twice(rc_row(x, r, ldx, dtype), 8 * steps, k % 8, dtype);
      step(&s, &s, &s, &s, v, v, v, v, wide + steps * 16 * (size_t)pairs, narrow + steps * 8, pairs, lone, 1);
      sums[r] = s;
    }
  size_t r = 0;
  for (; r + 4 <= rows; r += 4, c += 4 * ldc)
    store_sums((struct outputs){c, c + ldc, c + 2 * ldc, c + 3 * ldc}, &sums[r], &sums[r + 1], &sums[r + 2], &sums[r + 3],
               pairs, lone, 4);
  for (; r < rows; r++, c += ldc)
    store_sums((struct outputs){c, c, c, c}, &sums[r], &sums[r], &sums[r], &sums[r], pairs, lone, 1);
}

RC_INLINE void skip(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  for (size_t i = 0; i < m; i += RC_SKIP_ROWS) {
    const size_t rows = m - i < RC_SKIP_ROWS ? m - i : RC_SKIP_ROWS;
    const void *first = rc_row(x, i, ldx, dtype);
    for (size_t p = 0; p < rc_panel_count(w->n, RC_PAIRS10_COLUMNS); p++) {
      const struct rc_panel columns = rc_pairs10_panel(w->k, w->n, p);
      const float *at = w->packed + columns.offset;
      float *to = c + i * ldc + columns.column;
      switch (columns.width) {
#define WIDTH(width) \
  case width: panel(first, ldx, rows, w->k, !w->finite, at, to, ldc, width / 2, width % 2, dtype); break;
        WIDTH(1) WIDTH(2) WIDTH(3) WIDTH(4) WIDTH(5) WIDTH(6) WIDTH(7) WIDTH(8) WIDTH(9) WIDTH(10)
#undef WIDTH
      }
    }
  }
}

RC_KERNEL_ENTRIES(avx512_skip, skip)
