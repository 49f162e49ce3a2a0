/* SPDX-License-Identifier: BSD-3-Clause */
/* What the AVX512-VNNI kernels of the order exact share: sums of a row, and how they become outputs. */
#ifndef RC_X86_DIGITS_AVX512VNNI_H
#define RC_X86_DIGITS_AVX512VNNI_H

#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__) || \
  !defined(__AVX512VNNI__) || !defined(__AVX512VBMI2__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi2,avx2,fma")
#endif

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "digits.h"

enum { BITS = 8 };
#define SETTLE rc_exact_settle_avx512
#define EVERY_WIDTH(X, R) X(0, 1, R) X(1, 0, R) X(1, 1, R) X(2, 0, R) X(2, 1, R) X(3, 0, R) X(3, 1, R) X(4, 0, R)

/* Four elements, and the last 1 to 3. */
RC_INLINE __m512i broadcast(const unsigned char *at) { return _mm512_set1_epi32(rc_digits_four(at)); }
RC_INLINE __m512i broadcast_tail(const unsigned char *at, size_t count) {
  return _mm512_set1_epi32(rc_digits_last(at, count));
}

/* sum + x * digits. By the intrinsics GCC 12 copies sums from register to register. */
RC_INLINE __m512i dot(__m512i sum, __m512i x, __m512i digits) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(digits));
  return sum;
}

RC_INLINE __m256i dot_half(__m256i sum, __m512i x, __m256i digits) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(_mm512_castsi512_si256(x)), "v"(digits));
  return sum;
}

/* Up to four vectors of a row's sums, and half of one. */
struct sums {
  __m512i v0, v1, v2, v3;
  __m256i half;
};

RC_INLINE struct sums zero_sums(void) {
  const __m512i zero = _mm512_setzero_si512();
  return (struct sums){zero, zero, zero, zero, _mm256_setzero_si256()};
}

/* The row's lanes; whole and half are constants. */
RC_INLINE void store_sums(int32_t *to, const struct sums *s, int whole, int half) {
  if (whole > 0) _mm512_storeu_si512(to, s->v0);
  if (whole > 1) _mm512_storeu_si512(to + 16, s->v1);
  if (whole > 2) _mm512_storeu_si512(to + 32, s->v2);
  if (whole > 3) _mm512_storeu_si512(to + 48, s->v3);
  if (half) _mm256_storeu_si256((__m256i *)(void *)(to + 16 * whole), s->half);
}

/* Digits of eight columns, and of four, as doubles. Lanes after the last are read and not used. */
RC_INLINE __m512d digits8(const int32_t *lanes) {
  return _mm512_cvtepi32_pd(_mm256_loadu_si256((const __m256i *)(const void *)lanes));
}

RC_INLINE __m256d digits4(const int32_t *lanes) {
  return _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i *)(const void *)lanes));
}

/* Columns j to j + 7 of a panel's row, of which there are `some`: rc_digits_round_sums(). */
RC_INLINE uint64_t round8(const struct rc_digits *d, const struct rc_digits_panel *panel, const int32_t *lanes,
                          double *sums, float *c, size_t digits, size_t j, __mmask8 some) {
  const size_t width = panel->width, column = panel->column + j;
  const float *bias = d->w->bias;
  const int32_t *digit = lanes + (digits - 1) * width + j;
  __m512d sum = digits8(digit);
  for (size_t i = 1; i < digits; i++)
    digit -= width, sum = _mm512_fmadd_pd(sum, _mm512_set1_pd(0x1p8), digits8(digit));
  sum = _mm512_mul_pd(sum, _mm512_maskz_loadu_pd(some, d->units + column));
  _mm512_storeu_pd(sums + j, sum);
  if (bias != NULL) sum = _mm512_add_pd(sum, _mm512_cvtps_pd(_mm256_maskz_loadu_ps(some, bias + column)));
  const __m256 low = _mm512_cvtpd_ps(_mm512_add_pd(sum, _mm512_maskz_loadu_pd(some, d->lows + column)));
  const __m256 high = _mm512_cvtpd_ps(_mm512_add_pd(sum, _mm512_maskz_loadu_pd(some, d->highs + column)));
  _mm256_mask_storeu_ps(c + j, some, _mm256_add_ps(low, _mm256_setzero_ps()));
  return (uint64_t)(some & _mm256_cmp_ps_mask(low, high, _CMP_NEQ_UQ)) << j;
}

/* The same for four columns, in half the time. */
RC_INLINE uint64_t round4(const struct rc_digits *d, const struct rc_digits_panel *panel, const int32_t *lanes,
                          double *sums, float *c, size_t digits, size_t j, __mmask8 some) {
  const size_t width = panel->width, column = panel->column + j;
  const float *bias = d->w->bias;
  const int32_t *digit = lanes + (digits - 1) * width + j;
  __m256d sum = digits4(digit);
  for (size_t i = 1; i < digits; i++)
    digit -= width, sum = _mm256_fmadd_pd(sum, _mm256_set1_pd(0x1p8), digits4(digit));
  sum = _mm256_mul_pd(sum, _mm256_maskz_loadu_pd(some, d->units + column));
  _mm256_storeu_pd(sums + j, sum);
  if (bias != NULL) sum = _mm256_add_pd(sum, _mm256_cvtps_pd(_mm_maskz_loadu_ps(some, bias + column)));
  const __m128 low = _mm256_cvtpd_ps(_mm256_add_pd(sum, _mm256_maskz_loadu_pd(some, d->lows + column)));
  const __m128 high = _mm256_cvtpd_ps(_mm256_add_pd(sum, _mm256_maskz_loadu_pd(some, d->highs + column)));
  _mm_mask_storeu_ps(c + j, some, _mm_add_ps(low, _mm_setzero_ps()));
  return (uint64_t)(some & _mm_cmp_ps_mask(low, high, _CMP_NEQ_UQ)) << j;
}

/* One row's outputs of a panel from its lanes. */
RC_INLINE uint64_t round_row(const struct rc_digits *d, const struct rc_digits_panel *panel, const int32_t *lanes,
                             double *sums, float *c, size_t digits) {
  const size_t width = panel->width;
  uint64_t doubts = 0;
  size_t j = 0;
  for (; j + 8 <= width; j += 8) doubts |= round8(d, panel, lanes, sums, c, digits, j, 0xff);
  if (j == width) return doubts;
  const __mmask8 some = (__mmask8)((1u << (width - j)) - 1);
  return doubts | (width - j > 4 ? round8(d, panel, lanes, sums, c, digits, j, some)
                                 : round4(d, panel, lanes, sums, c, digits, j, some));
}

/* Four digits are what most columns of float32 take, two what trained ones do. */
__attribute__((unused)) static uint64_t round_lanes(const struct rc_digits *d, const struct rc_digits_panel *panel,
                                                    const int32_t *lanes, double *sums, float *c) {
  return d->digits == 4   ? round_row(d, panel, lanes, sums, c, 4)
         : d->digits == 2 ? round_row(d, panel, lanes, sums, c, 2)
                          : round_row(d, panel, lanes, sums, c, d->digits);
}

#endif
