/* SPDX-License-Identifier: BSD-3-Clause */
/* What the AVX2 kernels of the order exact for bytes share: sums of a row, and how they become outputs. Digits of 16
 * bits, since vpmaddwd multiplies and adds two of them without saturating. */
#ifndef RC_X86_DIGITS_AVX2_H
#define RC_X86_DIGITS_AVX2_H

#include "avx2.h"
#include "digits.h"

enum { BITS = 16 };
#define SETTLE rc_exact_settle_avx2
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

/* Four elements, or the last 1 to 3. */
RC_INLINE __m256i broadcast(const unsigned char *at) {
  int four;
  memcpy(&four, at, sizeof four);
  return _mm256_set1_epi32(four);
}

RC_INLINE __m256i broadcast_tail(const unsigned char *at, size_t count) {
  int some = 0;
  memcpy(&some, at, count);
  return _mm256_set1_epi32(some);
}

/* Elements 0 and 2 of four as numbers of 16 bits, and 1 and 3. */
RC_INLINE __m256i even(__m256i four) { return _mm256_and_si256(four, _mm256_set1_epi16(0xff)); }
RC_INLINE __m256i odd(__m256i four) { return _mm256_srli_epi16(four, 8); }

/* Both for half a vector, whose digits for them are next to each other. */
RC_INLINE __m256i both(__m256i even, __m256i odd) { return _mm256_blend_epi32(even, odd, 0xf0); }

RC_INLINE __m256i load_digits(const char *at) { return _mm256_load_si256((const __m256i *)(const void *)at); }

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

/* Digits of four columns, as doubles. Lanes after the last are read and not used. */
RC_INLINE __m256d digits4(const int32_t *lanes) {
  return _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i *)(const void *)lanes));
}

/* Four floats, or as many as there are, and zeros. */
RC_INLINE __m128 load_some(const float *at, size_t count) {
  if (count >= 4) return _mm_loadu_ps(at);
  return _mm_maskload_ps(at, _mm_cmpgt_epi32(_mm_set1_epi32((int)count), _mm_setr_epi32(0, 1, 2, 3)));
}

/* One row's outputs of a panel from its lanes, four columns at a time: rc_digits_round_sums(). What is read after a
 * column's numbers belongs to the weights. */
static uint64_t round_lanes(const struct rc_digits *d, const struct rc_digits_panel *panel, const int32_t *lanes,
                            double *sums, float *c) {
  const size_t width = panel->width, column = panel->column;
  const double *units = d->units + column, *lows = d->lows + column, *highs = d->highs + column;
  const float *bias = d->w->bias;
  const __m256d base = _mm256_set1_pd(0x1p16);
  uint64_t doubts = 0;
  for (size_t j = 0; j < width; j += 4) {
    const int32_t *digit = lanes + (d->digits - 1) * width + j;
    __m256d sum = digits4(digit);
    while (digit >= lanes + width) digit -= width, sum = _mm256_fmadd_pd(sum, base, digits4(digit));
    sum = _mm256_mul_pd(sum, _mm256_loadu_pd(units + j));
    _mm256_storeu_pd(sums + j, sum);
    if (bias != NULL) sum = _mm256_add_pd(sum, _mm256_cvtps_pd(load_some(bias + column + j, width - j)));
    const __m128 low = _mm256_cvtpd_ps(_mm256_add_pd(sum, _mm256_loadu_pd(lows + j)));
    const __m128 high = _mm256_cvtpd_ps(_mm256_add_pd(sum, _mm256_loadu_pd(highs + j)));
    const __m128 outputs = _mm_add_ps(low, _mm_setzero_ps());
    unsigned differ = (unsigned)_mm_movemask_ps(_mm_cmp_ps(low, high, _CMP_NEQ_UQ));
    if (width - j >= 4) {
      _mm_storeu_ps(c + j, outputs);
    } else {
      float rest[4];
      _mm_storeu_ps(rest, outputs);
      for (size_t i = 0; j + i < width; i++) c[j + i] = rest[i];
      differ &= (1u << (width - j)) - 1;
    }
    doubts |= (uint64_t)differ << j;
  }
  return doubts;
}

#endif
