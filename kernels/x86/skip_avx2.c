/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the steps of eight elements of X that are not all zero. For finite weights a step of zeros adds +0 or
 * -0 to every partial sum, which changes at most the sign of a zero, and the order ends by adding +0: the bits are
 * those of the dense kernels. Where a weight is Inf or NaN, nothing is skipped.
 *
 * Two rows times five columns are ten independent chains. Order: lanes8. Weights: panels5, the tile kernel's. */
#include "avx2.h"
#include "pack.h"
#include "skip.h"

/* The non-zero steps among four at a time, bits 0..3. */
RC_INLINE unsigned nonzero4(const char *at, enum rc_dtype dtype) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i *v = (const __m256i *)(const void *)at;
  if (dtype == RC_U8)
    return 0xfu ^ (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(_mm256_loadu_si256(v), zero)));
#define ZERO(j) _mm256_cmpeq_epi32(_mm256_loadu_si256(v + (j)), zero)
  /* A byte for every element; four bytes are half a step: [the lower halves of 0 1 2 3, the upper ones] */
  const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(ZERO(0), ZERO(1)), _mm256_packs_epi32(ZERO(2), ZERO(3)));
#undef ZERO
  const __m256i halves = _mm256_cmpeq_epi32(bytes, _mm256_set1_epi32(-1));
  const unsigned zeros = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(halves));
  return 0xfu ^ (zeros & zeros >> 4);
}

/* Which of the `count` (1..64) steps at element i are not all zero, a bit each. */
RC_INLINE unsigned long long nonzero(const void *row, size_t i, size_t count, enum rc_dtype dtype) {
  const size_t step = 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const char *at = rc_row(row, 1, i, dtype);
  unsigned long long mask = 0;
  size_t s = 0;
  for (; s + 4 <= count; s += 4) {
    mask |= (unsigned long long)nonzero4(at + s * step, dtype) << s;
  }
  if (s < count) {
    char rest[4 * 8 * sizeof(float)] = {0};
    memcpy(rest, at + s * step, (count - s) * step);
    mask |= (unsigned long long)nonzero4(rest, dtype) << s;
  }
  return mask;
}

/* Partial sums of one row over a panel of up to five columns. */
struct sums {
  __m256 c0, c1, c2, c3, c4;
};

/* One step of two rows; the empty asm keeps the weights in a register for both. */
#define ADD(j)                                       \
  if (columns > j) {                                 \
    __m256 v = _mm256_load_ps(w + 8 * j);            \
    __asm__("" : "+x"(v));                           \
    a->c##j = _mm256_fmadd_ps(xa, v, a->c##j);       \
    b->c##j = _mm256_fmadd_ps(xb, v, b->c##j);       \
  }
RC_INLINE void add(struct sums *a, struct sums *b, __m256 xa, __m256 xb, const float *w, int columns) {
  ADD(0) ADD(1) ADD(2) ADD(3) ADD(4)
}

RC_INLINE void store_panel(float *c, const struct sums *s, int columns) {
  float values[4];
  float *to = columns >= 4 ? c : values;
  _mm_storeu_ps(to, reduce4(s->c0, s->c1, s->c2, s->c3));
  for (int j = 0; j < columns && columns < 4; j++) c[j] = values[j];
  if (columns > 4) c[4] = sum_lanes8(s->c4);
}

/* The gathered steps of two rows, added to their sums of one panel; columns and dtype are constants where it is
 * inlined. */
RC_INLINE void two_rows(const void *row_a, const void *row_b, const struct rc_skip_word *word, size_t words, const float *w,
                        struct sums *sums_a, struct sums *sums_b, struct rc_skip_ahead *next, int columns,
                        enum rc_dtype dtype) {
  struct sums a = *sums_a, b = *sums_b;
  struct rc_skip_ahead ahead = *next;
  for (size_t i = 0; i < words; i++)
    for (unsigned long long left = word[i].mask; left != 0; left &= left - 1) {
      _mm_prefetch(ahead.at, _MM_HINT_T1);
      rc_skip_advance(&ahead);
      const size_t at = word[i].base + (size_t)__builtin_ctzll(left);
      add(&a, &b, load8(row_a, 8 * at, dtype), load8(row_b, 8 * at, dtype), w + at * 8 * (size_t)columns, columns);
    }
  *sums_a = a, *sums_b = b, *next = ahead;
}

/* A group of rows times one panel. Behind the last row of a short group stands the last row again, whose copy's sums
 * are left unused. Rows of several parts are gathered here, part by part. */
RC_INLINE void panel(const void *const row[RC_SKIP_ROWS], size_t rows, struct rc_skip_gathered *gathered, size_t k, int all,
                     const float *w, float *c, size_t ldc, struct rc_skip_ahead *ahead, int columns,
                     enum rc_dtype dtype) {
  const __m256 zero = _mm256_setzero_ps();
  const size_t steps = k / 8;
  struct sums s[RC_SKIP_ROWS];
  for (size_t r = 0; r < RC_SKIP_ROWS; r++) s[r] = (struct sums){zero, zero, zero, zero, zero};
  for (size_t part = 0; part < steps; part += RC_SKIP_PART) {
    const size_t end = steps - part < RC_SKIP_PART ? steps : part + RC_SKIP_PART;
    if (steps > RC_SKIP_PART) rc_skip_gather(gathered, row, rows, part, end, all, dtype, nonzero);
    for (size_t r = 0; r < rows; r += 2)
      two_rows(row[r], row[r + 1], gathered->word[r / 2], gathered->words[r / 2], w, &s[r], &s[r + 1], ahead, columns,
               dtype);
  }
  if (k % 8 != 0)
    for (size_t r = 0; r < rows; r += 2)
      add(&s[r], &s[r + 1], load_tail(row[r], 8 * steps, k % 8, dtype), load_tail(row[r + 1], 8 * steps, k % 8, dtype),
          w + steps * 8 * (size_t)columns, columns);
  for (size_t r = 0; r < rows; r++) store_panel(c + r * ldc, &s[r], columns);
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
    for (size_t p = 0; p < rc_panel_count(w->n, RC_PANELS5_COLUMNS); p++) {
      const struct rc_panel columns = rc_panels5_panel(w->k, w->n, p);
      const float *at = w->packed + columns.offset;
      float *to = c + i * ldc + columns.column;
      switch (columns.width) {
#define WIDTH(width) \
  case width: panel(row, rows, &gathered, w->k, all, at, to, ldc, &ahead, width, dtype); break;
        WIDTH(1) WIDTH(2) WIDTH(3) WIDTH(4) WIDTH(5)
#undef WIDTH
      }
    }
  }
}

RC_KERNEL_ENTRIES(avx2_skip, skip)
