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
      mask |= (unsigned long long)_mm512_test_epi64_mask(v, v) << s;
    }
  } else {
    /* 64 bytes are two steps: the mask of their quarters has two bits for each. */
    for (size_t s = 0; s < count; s += 2, at += 64) {
      const __mmask16 there = (__mmask16)(count - s >= 2 ? 0xffffu : 0x00ffu);
      const __m512i v = _mm512_maskz_loadu_epi32(there, at);
      const unsigned long long lanes = _mm512_test_epi32_mask(v, v);
      mask |= ((unsigned long long)((lanes & 0xff) != 0) | (unsigned long long)((lanes & 0xff00) != 0) << 1) << s;
    }
  }
  return mask;
}

/* The gathered steps of two rows, added to their sums of one panel; pairs, lone and dtype are constants where it is
 * inlined. */
RC_INLINE void two_rows(const void *row_a, const void *row_b, const struct rc_skip_word *word, size_t words,
                        const float *wide, const float *narrow, struct sums *sums_a, struct sums *sums_b,
                        struct rc_skip_ahead *next, int pairs, int lone, enum rc_dtype dtype) {
  struct sums a = *sums_a, b = *sums_b;
  struct rc_skip_ahead ahead = *next;
  for (size_t i = 0; i < words; i++)
    for (unsigned long long left = word[i].mask; left != 0; left &= left - 1) {
      _mm_prefetch(ahead.at, _MM_HINT_T1);
      rc_skip_advance(&ahead);
      const size_t at = word[i].base + (size_t)__builtin_ctzll(left);
      const __m512 xa = load8_twice(row_a, 8 * at, dtype), xb = load8_twice(row_b, 8 * at, dtype);
      step(&a, &b, &a, &a, xa, xb, xa, xa, wide + at * 16 * (size_t)pairs, narrow + at * 8, pairs, lone, 2);
    }
  *sums_a = a, *sums_b = b, *next = ahead;
}

/* What is left of two rows behind their whole steps. */
RC_INLINE void two_tails(const void *row_a, const void *row_b, size_t k, const float *wide, const float *narrow,
                         struct sums *a, struct sums *b, int pairs, int lone, enum rc_dtype dtype) {
  const size_t at = k / 8;
  const __m512 xa = load_tail_twice(row_a, 8 * at, k % 8, dtype), xb = load_tail_twice(row_b, 8 * at, k % 8, dtype);
  step(a, b, a, a, xa, xb, xa, xa, wide + at * 16 * (size_t)pairs, narrow + at * 8, pairs, lone, 2);
}

/* A group of rows times one panel. Behind the last row of a short group stands the last row again; its sums are made
 * twice and written twice. Rows of several parts are gathered here, part by part. */
RC_INLINE void panel(const void *const row[RC_SKIP_ROWS], size_t rows, struct rc_skip_gathered *gathered, size_t k, int all,
                     const float *wide, float *c, size_t ldc, struct rc_skip_ahead *ahead, int pairs, int lone,
                     enum rc_dtype dtype) {
  const float *narrow = wide + 16 * (size_t)pairs * (rc_round_up(k, 8) / 8);
  const size_t steps = k / 8;
  struct sums s[RC_SKIP_ROWS];
  for (size_t r = 0; r < RC_SKIP_ROWS; r++) s[r] = zero_sums();
  for (size_t part = 0; part < steps; part += RC_SKIP_PART) {
    const size_t end = steps - part < RC_SKIP_PART ? steps : part + RC_SKIP_PART;
    if (steps > RC_SKIP_PART) rc_skip_gather(gathered, row, rows, part, end, all, dtype, nonzero);
    for (size_t r = 0; r < rows; r += 2)
      two_rows(row[r], row[r + 1], gathered->word[r / 2], gathered->words[r / 2], wide, narrow, &s[r], &s[r + 1],
               ahead, pairs, lone, dtype);
  }
  if (k % 8 != 0)
    for (size_t r = 0; r < rows; r += 2)
      two_tails(row[r], row[r + 1], k, wide, narrow, &s[r], &s[r + 1], pairs, lone, dtype);
  for (size_t r = 0; r < rows; r += 4) {
    const size_t last = rows - 1, r1 = r + 1 < last ? r + 1 : last, r2 = r + 2 < last ? r + 2 : last,
                 r3 = r + 3 < last ? r + 3 : last;
    store_sums((struct outputs){c + r * ldc, c + r1 * ldc, c + r2 * ldc, c + r3 * ldc}, &s[r], &s[r1], &s[r2], &s[r3],
               pairs, lone, 4);
  }
}

RC_INLINE void skip(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  struct rc_skip_gathered gathered;
  const size_t steps = w->k / 8;
  const int all = !w->finite;
  for (size_t i = 0; i < m; i += RC_SKIP_ROWS) {
    const size_t rows = m - i < RC_SKIP_ROWS ? m - i : RC_SKIP_ROWS;
    const void *row[RC_SKIP_ROWS];
    for (size_t r = 0; r < RC_SKIP_ROWS; r++) row[r] = rc_row(x, i + (r < rows ? r : rows - 1), ldx, dtype);
    struct rc_skip_ahead ahead = rc_skip_next_group(row[0], rows, m - i, ldx, dtype);
    /* A row of one part is gathered once for all panels. */
    if (steps <= RC_SKIP_PART) rc_skip_gather(&gathered, row, rows, 0, steps, all, dtype, nonzero);
    for (size_t p = 0; p < rc_panel_count(w->n, RC_PAIRS10_COLUMNS); p++) {
      const struct rc_panel columns = rc_pairs10_panel(w->k, w->n, p);
      const float *at = w->packed + columns.offset;
      float *to = c + i * ldc + columns.column;
      switch (columns.width) {
#define WIDTH(width) \
  case width: panel(row, rows, &gathered, w->k, all, at, to, ldc, &ahead, width / 2, width % 2, dtype); break;
        WIDTH(1) WIDTH(2) WIDTH(3) WIDTH(4) WIDTH(5) WIDTH(6) WIDTH(7) WIDTH(8) WIDTH(9) WIDTH(10)
#undef WIDTH
      }
    }
  }
}

RC_KERNEL_ENTRIES(avx512_skip, skip)
