/* SPDX-License-Identifier: BSD-3-Clause */
/* Outputs of the order exact that are in doubt, four products at a time. */
#include "avx2.h"

#include "exact.h"

typedef __m256d vec;
enum { LANES = 4 };

RC_INLINE vec spread(double value) { return _mm256_set1_pd(value); }
RC_INLINE vec weights_at(const double *from) { return _mm256_load_pd(from); }
RC_INLINE vec multiply_add(vec x, vec w, vec c) { return _mm256_fmadd_pd(x, w, c); }
RC_INLINE vec either(vec a, vec b) { return _mm256_or_pd(a, b); }

RC_INLINE vec kept(vec v) {
  __asm__("" : "+x"(v));
  return v;
}

RC_INLINE vec elements_at(const void *row, size_t i, enum rc_dtype dtype) {
  if (dtype == RC_F32) return _mm256_cvtps_pd(_mm_loadu_ps((const float *)row + i));
  int bytes;
  memcpy(&bytes, (const char *)row + i, sizeof bytes);
  return _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes)));
}

#include "exact_settle.h"

RC_EXACT_SETTLE(avx2)
