/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the steps of eight elements of X that are not all zero. For finite weights a step of zeros adds +0 or
 * -0 to every partial sum, which changes at most the sign of a zero, and the order ends by adding +0: the bits are
 * those of the dense kernels. Where a weight is Inf or NaN, nothing is skipped.
 *
 * Two panels are taken at a time: ten columns are ten independent chains. Order: lanes8. Weights: panels5, the tile
 * kernel's. */
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
    _mm_prefetch(at + s * step + RC_SKIP_PREFETCH, _MM_HINT_T0);
    if (dtype == RC_F32) _mm_prefetch(at + s * step + RC_SKIP_PREFETCH + 64, _MM_HINT_T0);
    mask |= (unsigned long long)nonzero4(at + s * step, dtype) << s;
  }
  if (s < count) {
    char rest[4 * 8 * sizeof(float)] = {0};
    memcpy(rest, at + s * step, (count - s) * step);
    mask |= (unsigned long long)nonzero4(rest, dtype) << s;
  }
  return mask;
}

/* Partial sums of up to ten columns: those of one panel and of the next. */
struct sums {
  __m256 a0, a1, a2, a3, a4, b0, b1, b2, b3, b4;
};

#define ADD(panel, j, columns) \
  if (columns > j) s->panel##j = _mm256_fmadd_ps(x, _mm256_load_ps(panel + 8 * j), s->panel##j);

/* One step; first and second are the widths of the two panels, a and b their weights of this step. */
RC_INLINE void add(struct sums *s, __m256 x, const float *a, const float *b, int first, int second) {
  ADD(a, 0, first) ADD(a, 1, first) ADD(a, 2, first) ADD(a, 3, first) ADD(a, 4, first)
  ADD(b, 0, second) ADD(b, 1, second) ADD(b, 2, second) ADD(b, 3, second) ADD(b, 4, second)
}

RC_INLINE void store_panel(float *c, __m256 s0, __m256 s1, __m256 s2, __m256 s3, __m256 s4, int columns) {
  const __m128 four = reduce4(s0, s1, s2, s3);
  float values[4];
  float *to = columns >= 4 ? c : values;
  _mm_storeu_ps(to, four);
  for (int j = 0; j < columns && columns < 4; j++) c[j] = values[j];
  if (columns > 4) c[4] = sum_lanes8(s4);
}

/* Eight rows (or less) times two panels, of `columns` columns together (one panel up to five); everything but the data
 * is a constant where it is inlined. */
RC_INLINE void two_panels(const void *x, size_t ldx, size_t rows, size_t k, int all, const float *w, float *c, size_t ldc,
                          int columns, enum rc_dtype dtype) {
  const int first = columns > RC_PANELS5_COLUMNS ? (columns + 1) / 2 : columns, second = columns - first;
  const __m256 zero = _mm256_setzero_ps();
  struct sums sums[RC_SKIP_ROWS];
  unsigned long long mask[RC_SKIP_ROWS];
  const float *a = w, *b = w + (size_t)first * rc_round_up(k, 8);
  const size_t steps = k / 8, word = rc_skip_word(steps);
  for (size_t r = 0; r < rows; r++) sums[r] = (struct sums){zero, zero, zero, zero, zero, zero, zero, zero, zero, zero};

  for (size_t from = 0; from < steps; from += word) {
    const size_t count = steps - from < word ? steps - from : word;
    for (size_t r = 0; r < rows; r++)
      mask[r] = all ? ~0ull >> (64 - count) : nonzero(rc_row(x, r, ldx, dtype), 8 * from, count, dtype);
    for (size_t r = 0; r < rows; r++) {
      const void *row = rc_row(rc_row(x, r, ldx, dtype), 1, 8 * from, dtype);
      struct sums s = sums[r];
      for (unsigned long long left = mask[r]; left != 0; left &= left - 1) {
        const size_t i = (size_t)__builtin_ctzll(left), at = from + i;
        add(&s, load8(row, 8 * i, dtype), a + at * 8 * (size_t)first, b + at * 8 * (size_t)second, first, second);
      }
      sums[r] = s;
    }
  }
  for (size_t r = 0; r < rows; r++) {
    struct sums s = sums[r];
    if (k % 8 != 0)
      add(&s, load_tail(rc_row(x, r, ldx, dtype), 8 * steps, k % 8, dtype), a + steps * 8 * (size_t)first,
          b + steps * 8 * (size_t)second, first, second);
    store_panel(c + r * ldc, s.a0, s.a1, s.a2, s.a3, s.a4, first);
    if (second > 0) store_panel(c + r * ldc + first, s.b0, s.b1, s.b2, s.b3, s.b4, second);
  }
}

RC_INLINE void skip(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  const size_t panels = rc_panel_count(w->n, RC_PANELS5_COLUMNS);
  for (size_t i = 0; i < m; i += RC_SKIP_ROWS) {
    const size_t rows = m - i < RC_SKIP_ROWS ? m - i : RC_SKIP_ROWS;
    const void *first = rc_row(x, i, ldx, dtype);
    for (size_t p = 0; p < panels; p += 2) {
      const struct rc_panel panel = rc_panels5_panel(w->k, w->n, p);
      const size_t next = p + 1 < panels ? rc_panels5_panel(w->k, w->n, p + 1).width : 0;
      const float *at = w->packed + panel.offset;
      float *to = c + i * ldc + panel.column;
      switch (panel.width + next) {
#define COLUMNS(columns) \
  case columns: two_panels(first, ldx, rows, w->k, !w->finite, at, to, ldc, columns, dtype); break;
        COLUMNS(1) COLUMNS(2) COLUMNS(3) COLUMNS(4) COLUMNS(5) COLUMNS(6) COLUMNS(7) COLUMNS(8) COLUMNS(9) COLUMNS(10)
#undef COLUMNS
      }
    }
  }
}

RC_KERNEL_ENTRIES(avx2_skip, skip)
