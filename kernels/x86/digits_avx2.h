/* SPDX-License-Identifier: BSD-3-Clause */
/* What the AVX2 kernels of the order exact for bytes share: sums of a row. Digits of 16 bits, since vpmaddwd multiplies
 * and adds two of them without saturating. */
#ifndef RC_X86_DIGITS_AVX2_H
#define RC_X86_DIGITS_AVX2_H

enum { BITS = 16 };

#include "digits_round_avx2.h"

#define EVERY_WIDTH(X, R) X(0, 1, R) X(1, 0, R) X(1, 1, R) X(2, 0, R) X(2, 1, R) X(3, 0, R)

/* Up to three vectors of a row's sums, and half of one, whose elements 1 and 3 have sums of their own. */
struct sums {
  __m256i v0, v1, v2;
  __m256i half;
};

RC_INLINE struct sums zero_sums(void) {
  const __m256i zero = _mm256_setzero_si256();
  return (struct sums){zero, zero, zero, zero};
}

/* Elements 0 and 2 of four as numbers of 16 bits, and 1 and 3. */
RC_INLINE __m256i even(__m256i four) { return _mm256_and_si256(four, _mm256_set1_epi16(0xff)); }
RC_INLINE __m256i odd(__m256i four) { return _mm256_srli_epi16(four, 8); }

/* Both for half a vector, whose digits for them are next to each other. */
RC_INLINE __m256i both(__m256i even, __m256i odd) { return _mm256_blend_epi32(even, odd, 0xf0); }

/* sum + x * digits. Without the empty asm GCC adds up products first, and spills sums. */
RC_INLINE __m256i dot(__m256i sum, __m256i x, __m256i digits) {
  sum = _mm256_add_epi32(sum, _mm256_madd_epi16(digits, x));
  __asm__("" : "+x"(sum));
  return sum;
}

/* The row's lanes; whole and half are constants. */
RC_INLINE void store_sums(int32_t *to, const struct sums *s, int whole, int half) {
  __m256i *at = (__m256i *)(void *)to;
  if (whole > 0) _mm256_storeu_si256(at, s->v0);
  if (whole > 1) _mm256_storeu_si256(at + 1, s->v1);
  if (whole > 2) _mm256_storeu_si256(at + 2, s->v2);
  if (half) {
    const __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(s->half), _mm256_extracti128_si256(s->half, 1));
    _mm_storeu_si128((__m128i *)(void *)(at + whole), sum);
  }
}

#endif
