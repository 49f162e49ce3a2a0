/* SPDX-License-Identifier: BSD-3-Clause */
/* What the AVX2 kernels of the order exact share: sums of four doubles for up to five columns. */
#ifndef RC_X86_EXACT_AVX2_H
#define RC_X86_EXACT_AVX2_H

#include "avx2.h"
#include "exact_tiled.h"

/* One row: a sum for each of five columns, others of the second halves of steps, and the magnitudes of its elements as
 * integers, which order them, a NaN above all. */
struct sums {
  __m256d c0, c1, c2, c3, c4, d0, d1, d2, d3, d4;
  __m128i largest;
};

/* Where both halves of a step would wait for each other, they have sums of their own. */
#define SPLIT (rows == 1 || columns <= 3)

RC_INLINE struct sums zero_sums(void) {
  const __m256d zero = _mm256_setzero_pd();
  return (struct sums){zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, _mm_setzero_si128()};
}

/* Takes the larger magnitudes. */
RC_INLINE __m256d seen(__m128 values, __m128i *largest, int first) {
  if (first) {
    const __m128i magnitudes = _mm_and_si128(_mm_castps_si128(values), _mm_set1_epi32(0x7fffffff));
    *largest = _mm_max_epu32(*largest, magnitudes);
  }
  return _mm256_cvtps_pd(values);
}

/* Four elements as doubles. */
RC_INLINE __m256d load4(const char *at, __m128i *largest, int first, enum rc_dtype dtype) {
  if (dtype == RC_F32) return seen(_mm_loadu_ps((const float *)(const void *)at), largest, first);
  int bytes;
  memcpy(&bytes, at, sizeof bytes);
  return _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes)));
}

/* Half a step of both rows. The empty asm keeps the weights in a register; without it they are loaded for each row. The
 * one after it keeps a column before the next: Clang would load the weights of all of them first, and spill sums. */
#define COLUMN(j, sum)                                         \
  if (columns > j) {                                           \
    __m256d v = _mm256_load_pd(w + 8 * j + half);              \
    if (rows > 1) __asm__ volatile("" : "+x"(v));              \
    a.sum = _mm256_fmadd_pd(xa, v, a.sum);                     \
    if (rows > 1) b.sum = _mm256_fmadd_pd(xb, v, b.sum);       \
    if (rows > 1) __asm__ volatile("" : "+x"(a.sum), "+x"(b.sum)); \
  }
#define FIRST_HALF                                                                     \
  do {                                                                                 \
    const int half = 0;                                                                \
    COLUMN(0, c0) COLUMN(1, c1) COLUMN(2, c2) COLUMN(3, c3) COLUMN(4, c4)              \
  } while (0)
#define SECOND_HALF                                                                    \
  do {                                                                                 \
    const int half = 4;                                                                \
    if (SPLIT) {                                                                       \
      COLUMN(0, d0) COLUMN(1, d1) COLUMN(2, d2) COLUMN(3, d3) COLUMN(4, d4)            \
    } else {                                                                           \
      COLUMN(0, c0) COLUMN(1, c1) COLUMN(2, c2) COLUMN(3, c3) COLUMN(4, c4)            \
    }                                                                                  \
  } while (0)

/* One column of two rows, or of one. */
RC_INLINE void store(double *to, __m256d a, __m256d b, int rows) {
  const __m256d two = _mm256_hadd_pd(a, b);
  const __m128d sums = _mm_add_pd(_mm256_castpd256_pd128(two), _mm256_extractf128_pd(two, 1));
  _mm_storel_pd(to, sums);
  if (rows > 1) _mm_storeh_pd(to + RC_EXACT_COLUMNS, sums);
}

/* All columns. */
#define STORE(j) \
  if (columns > j) store(to + j, a->c##j, b->c##j, rows);
#define STORE_BOTH(j) \
  if (columns > j) store(to + j, _mm256_add_pd(a->c##j, a->d##j), _mm256_add_pd(b->c##j, b->d##j), rows);
RC_INLINE void store_sums(double *to, const struct sums *a, const struct sums *b, int columns, int rows) {
  if (SPLIT) {
    STORE_BOTH(0) STORE_BOTH(1) STORE_BOTH(2) STORE_BOTH(3) STORE_BOTH(4)
  } else {
    STORE(0) STORE(1) STORE(2) STORE(3) STORE(4)
  }
}

RC_INLINE float largest_of(__m128i four) {
  const __m128i two = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtss_f32(_mm_castsi128_ps(_mm_max_epu32(two, _mm_shuffle_epi32(two, 0xb1))));
}

#endif
