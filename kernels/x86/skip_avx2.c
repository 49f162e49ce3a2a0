/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the steps of eight elements of X that are not all zero; skip.h says why that changes no bit. One row
 * times two neighbouring panels are ten independent chains. Order: lanes8. Weights: panels5, the tile kernel's. */
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
  for (; s + 4 <= count; s += 4) mask |= (unsigned long long)nonzero4(at + s * step, dtype) << s;
  if (s < count) {
    char rest[4 * 8 * sizeof(float)] = {0};
    memcpy(rest, at + s * step, (count - s) * step);
    mask |= (unsigned long long)nonzero4(rest, dtype) << s;
  }
  return mask;
}

/* The same of 64 steps. */
RC_INLINE unsigned long long nonzero64(const void *row, size_t i, enum rc_dtype dtype) {
  const size_t step = 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const char *at = rc_row(row, 1, i, dtype);
  unsigned long long mask = 0;
#pragma GCC unroll 16
  for (size_t s = 0; s < RC_SKIP_STEPS; s += 4) mask |= (unsigned long long)nonzero4(at + s * step, dtype) << s;
  return mask;
}

RC_SKIP_GATHER_PART

/* Partial sums of one row: ten columns, of one panel or of two. */
struct sums {
  __m256 c0, c1, c2, c3, c4, c5, c6, c7, c8, c9;
};
enum { MOST = 2 * RC_PANELS5_COLUMNS };

/* The columns of the left panel, when there are `columns` together: the wider panel comes first. */
#define LEFT (columns > RC_PANELS5_COLUMNS ? (columns + 1) / 2 : columns)

/* One step. */
#define ADD(j) \
  if (columns > j)   \
    s->c##j = _mm256_fmadd_ps(x, _mm256_load_ps(j < LEFT ? left + 8 * j : right + 8 * (j - LEFT)), s->c##j);
RC_INLINE void add(struct sums *s, __m256 x, const float *left, const float *right, int columns) {
  ADD(0) ADD(1) ADD(2) ADD(3) ADD(4) ADD(5) ADD(6) ADD(7) ADD(8) ADD(9)
}
#undef ADD

/* Copies every sum by itself: GCC 12 would copy the struct through the stack. */
RC_INLINE void copy_sums(struct sums *to, const struct sums *from) {
  to->c0 = from->c0, to->c1 = from->c1, to->c2 = from->c2, to->c3 = from->c3, to->c4 = from->c4;
  to->c5 = from->c5, to->c6 = from->c6, to->c7 = from->c7, to->c8 = from->c8, to->c9 = from->c9;
}

/* Up to four outputs. */
RC_INLINE void store4(float *c, __m256 a, __m256 b, __m256 d, __m256 e, int columns) {
  const __m128 four = reduce4(a, b, d, e);
  if (columns >= 4) {
    _mm_storeu_ps(c, four);
    return;
  }
  float values[4];
  _mm_storeu_ps(values, four);
  for (int j = 0; j < columns; j++) c[j] = values[j];
}

RC_INLINE void store_sums(float *c, const struct sums *s, int columns) {
  store4(c, s->c0, s->c1, s->c2, s->c3, columns);
  if (columns > 4) store4(c + 4, s->c4, s->c5, s->c6, s->c7, columns - 4);
  if (columns > 8) c[8] = sum_lanes8(s->c8);
  if (columns > 9) c[9] = sum_lanes8(s->c9);
}

/* The listed steps of one row, added to its sums, and what is left behind its whole steps; columns and dtype are
 * constants where it is inlined. */
RC_INLINE void one_row(const void *row, const struct rc_skip_list *list, size_t begin, size_t tail_at, size_t tail,
                       const float *left, const float *right, const char *ahead, struct sums *sums,
                       int columns, enum rc_dtype dtype) {
  const __m256 zero = _mm256_setzero_ps();
  struct sums s = {zero, zero, zero, zero, zero, zero, zero, zero, zero, zero};
  if (begin > 0) copy_sums(&s, sums);
#define STEP(x) add(&s, x, left + at * 8 * (size_t)LEFT, right + at * 8 * (size_t)(columns - LEFT), columns)
  RC_SKIP_FOR_EACH(at, list, begin, {
    ahead = rc_skip_prefetch(ahead);
    STEP(load8(row, 8 * at, dtype));
  })
  if (tail > 0) {
    const size_t at = tail_at;
    STEP(load_tail(row, 8 * at, tail, dtype));
  }
#undef STEP
  copy_sums(sums, &s);
}

/* A group of rows times one panel or two. Rows of several parts are gathered here. */
RC_INLINE void panels(struct rc_skip_group *g, const float *left, float *c, size_t ldc, int columns,
                      enum rc_dtype dtype) {
  const float *right = left + rc_round_up(g->k, 8) * (size_t)LEFT;
  const size_t steps = g->k / 8;
  struct sums s[RC_SKIP_ROWS];
  size_t part = 0;
  do {
    const size_t end = steps - part < RC_SKIP_PART ? steps : part + RC_SKIP_PART;
    if (steps > RC_SKIP_PART) gather_part(g, part, end, dtype);
#pragma GCC unroll 4
    for (size_t r = 0; r < RC_SKIP_ROWS; r++)
      one_row(g->row[r], &g->list[r], part, steps, end == steps ? g->k % 8 : 0, left, right, g->ahead[r], &s[r],
              columns, dtype);
    part = end;
  } while (part < steps);
  for (size_t r = 0; r < g->rows; r++) store_sums(c + r * ldc, &s[r], columns);
}

#include "skip_panels.h"

RC_KERNEL_ENTRIES(avx2_skip, skip)
