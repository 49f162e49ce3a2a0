/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernels of the order exact for bytes with registers of 256 bits share: what they read, and how a row's sums
 * become outputs. Takes from the file that includes it BITS, of a digit. */
#ifndef RC_X86_DIGITS_ROUND_AVX2_H
#define RC_X86_DIGITS_ROUND_AVX2_H

#include "avx2.h"
#include "digits.h"

#define SETTLE rc_exact_settle_avx2

/* Four elements, and the last 1 to 3. */
RC_INLINE __m256i broadcast(const unsigned char *at) { return _mm256_set1_epi32(rc_digits_four(at)); }
RC_INLINE __m256i broadcast_tail(const unsigned char *at, size_t count) {
  return _mm256_set1_epi32(rc_digits_last(at, count));
}

RC_INLINE __m256i load_digits(const char *at) { return _mm256_load_si256((const __m256i *)(const void *)at); }

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
  const __m256d base = _mm256_set1_pd(BITS == 8 ? 0x1p8 : 0x1p16);
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
