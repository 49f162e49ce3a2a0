/* SPDX-License-Identifier: BSD-3-Clause */
/* What the AVX-512 kernels share: a 512-bit register holds the eight partial sums of two columns, so ten columns fill
 * five registers a row and waste no lane; an odd column is kept in a 256-bit register. Everything is static.
 * Order: lanes8. Weights: pairs10. */
#ifndef RC_X86_AVX512_H
#define RC_X86_AVX512_H

/* For builds without this project's CMake, as in avx2.h. */
#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__) || \
    !defined(__FMA__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#endif

#include <immintrin.h>
#include <string.h>

#include "kernel.h"
#include "pack.h"

/* Partial sums of one row: five pairs of columns, and a lone column. */
struct sums {
  __m512 p0, p1, p2, p3, p4;
  __m256 lone;
};

RC_INLINE struct sums zero_sums(void) {
  const __m512 zero = _mm512_setzero_ps();
  return (struct sums){zero, zero, zero, zero, zero, _mm256_setzero_ps()};
}

/* Elements i..i+7 of a row as floats, in both halves. */
RC_INLINE __m512 load8_twice(const void *row, size_t i, enum rc_dtype dtype) {
  if (dtype == RC_F32) return _mm512_broadcast_f32x8(_mm256_loadu_ps((const float *)row + i));
  const __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)((const unsigned char *)row + i));
  return _mm512_broadcast_f32x8(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)));
}

/* Elements i..i+count-1 (count in 1..7), then zeros, in both halves; reads nothing after them. */
RC_INLINE __m512 load_tail_twice(const void *row, size_t i, size_t count, enum rc_dtype dtype) {
  const __mmask8 mask = (__mmask8)((1u << count) - 1);
  if (dtype == RC_F32) return _mm512_broadcast_f32x8(_mm256_maskz_loadu_ps(mask, (const float *)row + i));
  const __m128i bytes = _mm_maskz_loadu_epi8(mask, (const unsigned char *)row + i);
  return _mm512_broadcast_f32x8(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)));
}

/* Sixteen bytes as floats; `to` is aligned to 32 bytes. */
RC_INLINE void convert16(float *to, const unsigned char *from) {
  const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
  _mm512_storeu_ps(to, _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)));
}

/* One pair of columns, one step: sums += x * w for every row. The empty asm keeps the weights in a register for
 * several rows; without it they are loaded again for each. */
#define PAIR(j)                                    \
  if (pairs > j) {                                 \
    __m512 w = _mm512_load_ps(wide + 16 * j);      \
    if (rows > 1) __asm__("" : "+v"(w));           \
    a->p##j = _mm512_fmadd_ps(xa, w, a->p##j);     \
    if (rows > 1) {                                \
      b->p##j = _mm512_fmadd_ps(xb, w, b->p##j);   \
    }                                              \
    if (rows > 2) {                                \
      c->p##j = _mm512_fmadd_ps(xc, w, c->p##j);   \
      d->p##j = _mm512_fmadd_ps(xd, w, d->p##j);   \
    }                                              \
  }

/* One step of eight elements of one, two or four rows; pairs, lone and rows are constants where it is inlined. */
RC_INLINE void step(struct sums *a, struct sums *b, struct sums *c, struct sums *d, __m512 xa, __m512 xb,
                    __m512 xc, __m512 xd, const float *wide, const float *narrow, int pairs, int lone, int rows) {
  PAIR(0) PAIR(1) PAIR(2) PAIR(3) PAIR(4)
  if (lone) {
    __m256 w = _mm256_load_ps(narrow);
    if (rows > 1) __asm__("" : "+v"(w));
    a->lone = _mm256_fmadd_ps(_mm512_castps512_ps256(xa), w, a->lone);
    if (rows > 1) b->lone = _mm256_fmadd_ps(_mm512_castps512_ps256(xb), w, b->lone);
    if (rows > 2) {
      c->lone = _mm256_fmadd_ps(_mm512_castps512_ps256(xc), w, c->lone);
      d->lone = _mm256_fmadd_ps(_mm512_castps512_ps256(xd), w, d->lone);
    }
  }
}

/* The trees of two pairs of columns of four rows at once, sixteen outputs in one register:
 * element 4 * i + r of the result, i = column of the four, is in lane i:
 *   lane 0: first column of p   (row a, row c) then first column of q (row a, row c)
 *   lane 1: second columns of the same; lanes 2 and 3: the same of rows b and d. */
RC_INLINE __m512 reduce16(__m512 pa, __m512 pb, __m512 pc, __m512 pd, __m512 qa, __m512 qb, __m512 qc, __m512 qd) {
  /* l0..3 + l4..7: [first column of the left row, its second, first of the right row, its second] */
#define FOLD(left, right) \
  _mm512_add_ps(_mm512_shuffle_f32x4(left, right, 0x88), _mm512_shuffle_f32x4(left, right, 0xdd))
  const __m512 pab = FOLD(pa, pb), pcd = FOLD(pc, pd), qab = FOLD(qa, qb), qcd = FOLD(qc, qd);
#undef FOLD
  /* (l0+l4)+(l2+l6) and (l1+l5)+(l3+l7) of both operands, side by side */
  const __m512 p = _mm512_add_ps(_mm512_shuffle_ps(pab, pcd, 0x44), _mm512_shuffle_ps(pab, pcd, 0xee));
  const __m512 q = _mm512_add_ps(_mm512_shuffle_ps(qab, qcd, 0x44), _mm512_shuffle_ps(qab, qcd, 0xee));
  const __m512 sums = _mm512_add_ps(_mm512_shuffle_ps(p, q, 0x88), _mm512_shuffle_ps(p, q, 0xdd));
  return _mm512_add_ps(sums, _mm512_setzero_ps());
}

/* Puts the result of reduce16() into rows: lanes a, b, c, d, columns ascending. */
RC_INLINE __m512 by_rows(__m512 v) {
  return _mm512_permutexvar_ps(_mm512_setr_epi32(0, 4, 2, 6, 8, 12, 10, 14, 1, 5, 3, 7, 9, 13, 11, 15), v);
}

struct outputs {
  float *a, *b, *c, *d; /* the four rows of C at the panel's first column */
};

/* Four columns, or the first two of them. No masked store: GCC 12 folds one with the extraction before it into
 * vextractf32x4, whose mask does not suppress faults, and a row may end at the end of a page. */
RC_INLINE void store4(float *to, __m128 columns, int four) {
  if (four)
    _mm_storeu_ps(to, columns);
  else
    _mm_storel_pi((__m64 *)(void *)to, columns);
}

/* Four columns from column j of one or four rows, or two of them. */
RC_INLINE void store_columns(struct outputs out, size_t j, __m512 rows4, int four, int rows) {
  store4(out.a + j, _mm512_castps512_ps128(rows4), four);
  if (rows == 1) return;
  store4(out.b + j, _mm512_extractf32x4_ps(rows4, 1), four);
  store4(out.c + j, _mm512_extractf32x4_ps(rows4, 2), four);
  store4(out.d + j, _mm512_extractf32x4_ps(rows4, 3), four);
}

/* The lone column of four rows. */
RC_INLINE void store_lone(struct outputs out, size_t j, __m256 a, __m256 b, __m256 c, __m256 d, int rows) {
  const __m512 ab = _mm512_insertf32x8(_mm512_castps256_ps512(a), b, 1);
  const __m512 cd = _mm512_insertf32x8(_mm512_castps256_ps512(c), d, 1);
  const __m512 four =
    _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xdd));
  const __m512 two = _mm512_add_ps(four, _mm512_shuffle_ps(four, four, 0xee));
  const __m512 one = _mm512_add_ps(_mm512_add_ps(two, _mm512_shuffle_ps(two, two, 0x55)), _mm512_setzero_ps());
  out.a[j] = _mm512_cvtss_f32(one);
  if (rows == 1) return;
  out.b[j] = _mm_cvtss_f32(_mm512_extractf32x4_ps(one, 1));
  out.c[j] = _mm_cvtss_f32(_mm512_extractf32x4_ps(one, 2));
  out.d[j] = _mm_cvtss_f32(_mm512_extractf32x4_ps(one, 3));
}

/* All outputs of one or four rows. */
RC_INLINE void store_sums(struct outputs out, const struct sums *a, const struct sums *b, const struct sums *c,
                          const struct sums *d, int pairs, int lone, int rows) {
  if (rows == 1) b = c = d = a;
  if (pairs > 0)
    store_columns(out, 0, by_rows(reduce16(a->p0, b->p0, c->p0, d->p0, a->p1, b->p1, c->p1, d->p1)), pairs > 1, rows);
  if (pairs > 2)
    store_columns(out, 4, by_rows(reduce16(a->p2, b->p2, c->p2, d->p2, a->p3, b->p3, c->p3, d->p3)), pairs > 3, rows);
  if (pairs > 4)
    store_columns(out, 8, by_rows(reduce16(a->p4, b->p4, c->p4, d->p4, a->p4, b->p4, c->p4, d->p4)), 0, rows);
  if (lone) store_lone(out, 2 * (size_t)pairs, a->lone, b->lone, c->lone, d->lone, rows);
}

#endif
