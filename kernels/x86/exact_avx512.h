/* SPDX-License-Identifier: BSD-3-Clause */
/* What the AVX-512 kernels of the order exact share: sums of eight doubles for up to five columns. */
#ifndef RC_X86_EXACT_AVX512_H
#define RC_X86_EXACT_AVX512_H

#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#endif

#include <immintrin.h>

#include "exact_tiled.h"

enum { WHOLE = 0xff };

/* One row: a sum for each of five columns, and the magnitudes of its elements as integers, which order them, a NaN
 * above all. */
struct sums {
  __m512d c0, c1, c2, c3, c4;
  __m256i largest;
};

RC_INLINE struct sums zero_sums(void) {
  const __m512d zero = _mm512_setzero_pd();
  return (struct sums){zero, zero, zero, zero, zero, _mm256_setzero_si256()};
}

/* Eight elements as doubles, or those in the mask, and zeros; reads no others. */
RC_INLINE __m512d load(const char *at, __mmask8 mask, __m256i *largest, int first, enum rc_dtype dtype) {
  if (dtype == RC_U8) {
    const __m128i bytes =
      mask == WHOLE ? _mm_loadl_epi64((const __m128i *)(const void *)at) : _mm_maskz_loadu_epi8(mask, at);
    return _mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(bytes));
  }
  const float *from = (const float *)(const void *)at;
  const __m256 values = mask == WHOLE ? _mm256_loadu_ps(from) : _mm256_maskz_loadu_ps(mask, from);
  if (first) {
    const __m256i magnitudes = _mm256_and_si256(_mm256_castps_si256(values), _mm256_set1_epi32(0x7fffffff));
    *largest = _mm256_max_epu32(*largest, magnitudes);
  }
  return _mm512_cvtps_pd(values);
}

/* The empty asm keeps the weights in a register for several rows; without it they are loaded again for each. */
#define COLUMN(j)                                  \
  if (columns > j) {                               \
    __m512d v = _mm512_load_pd(w + 8 * j);         \
    if (rows > 1) __asm__("" : "+v"(v));           \
    a.c##j = _mm512_fmadd_pd(xa, v, a.c##j);       \
    if (rows > 1) {                                \
      b.c##j = _mm512_fmadd_pd(xb, v, b.c##j);     \
      c.c##j = _mm512_fmadd_pd(xc, v, c.c##j);     \
      d.c##j = _mm512_fmadd_pd(xd, v, d.c##j);     \
    }                                              \
  }

#define STEP(mask)                                                                  \
  do {                                                                              \
    const __m512d xa = load(x, mask, &a.largest, first, dtype);                     \
    __m512d xb = xa, xc = xa, xd = xa;                                              \
    if (rows > 1) {                                                                 \
      xb = load(x + apart, mask, &b.largest, first, dtype);                         \
      xc = load(x + 2 * apart, mask, &c.largest, first, dtype);                     \
      xd = load(x + 3 * apart, mask, &d.largest, first, dtype);                     \
    }                                                                               \
    COLUMN(0) COLUMN(1) COLUMN(2) COLUMN(3) COLUMN(4)                               \
  } while (0)

/* One column of four rows, or of one. */
RC_INLINE void store(double *to, __m512d a, __m512d b, __m512d c, __m512d d, int rows) {
  if (rows == 1) {
    *to = _mm512_reduce_add_pd(a);
    return;
  }
  const __m512d ab = _mm512_add_pd(_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
  const __m512d cd = _mm512_add_pd(_mm512_unpacklo_pd(c, d), _mm512_unpackhi_pd(c, d));
  const __m512d four = _mm512_add_pd(_mm512_shuffle_f64x2(ab, cd, 0x44), _mm512_shuffle_f64x2(ab, cd, 0xee));
  const __m512d sums = _mm512_add_pd(four, _mm512_shuffle_f64x2(four, four, 0xb1));
  const __m128d left = _mm512_castpd512_pd128(sums), right = _mm512_extractf64x2_pd(sums, 2);
  _mm_storel_pd(to, left);
  _mm_storeh_pd(to + RC_EXACT_COLUMNS, left);
  _mm_storel_pd(to + 2 * RC_EXACT_COLUMNS, right);
  _mm_storeh_pd(to + 3 * RC_EXACT_COLUMNS, right);
}

/* All columns. */
#define STORE(j) \
  if (columns > j) store(to + j, a->c##j, b->c##j, c->c##j, d->c##j, rows);
RC_INLINE void store_sums(double *to, const struct sums *a, const struct sums *b, const struct sums *c,
                          const struct sums *d, int columns, int rows) {
  STORE(0) STORE(1) STORE(2) STORE(3) STORE(4)
}

RC_INLINE float largest_of(__m256i eight) {
  const __m128i four = _mm_max_epu32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  const __m128i two = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtss_f32(_mm_castsi128_ps(_mm_max_epu32(two, _mm_shuffle_epi32(two, 0xb1))));
}

/* rc_exact_round(), eight columns at a time. */
static void round_sums(struct rc_exact *exact, const void *row, float largest, double *sums, size_t column,
                       size_t count, float *c) {
  const __m512d error = _mm512_set1_pd(exact->error * (double)largest), part = _mm512_set1_pd(exact->error);
  const float *bias = exact->w->bias;
  const double *magnitudes = exact->sums + column;
  __mmask8 doubts = 0;
  for (size_t j = 0; j < count; j += 8) {
    const __mmask8 some = (__mmask8)(count - j < 8 ? (1u << (count - j)) - 1 : WHOLE);
    __m512d sum = _mm512_maskz_loadu_pd(some, sums + j);
    __m512d beside = _mm512_mul_pd(error, _mm512_maskz_loadu_pd(some, magnitudes + j));
    if (bias != NULL) {
      const __m512d more = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(some, bias + column + j));
      sum = _mm512_add_pd(sum, more);
      beside = _mm512_add_pd(beside, _mm512_mul_pd(part, _mm512_abs_pd(more)));
      _mm512_mask_storeu_pd(sums + j, some, sum);
    }
    const __m256 low = _mm512_cvtpd_ps(_mm512_sub_pd(sum, beside)), high = _mm512_cvtpd_ps(_mm512_add_pd(sum, beside));
    const __mmask8 same = _mm256_cmp_ps_mask(low, high, _CMP_EQ_OQ);
    const __m256 zero = _mm256_setzero_ps(), nan = _mm256_set1_ps(NAN);
    _mm256_mask_storeu_ps(c + j, some, _mm256_mask_add_ps(nan, same, low, zero));
    doubts |= some & (__mmask8)~same;
  }
  if (__builtin_expect(doubts, 0)) rc_exact_settle_avx512(exact, row, largest, sums, column, count, c);
}

#endif
