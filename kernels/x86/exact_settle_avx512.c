/* SPDX-License-Identifier: BSD-3-Clause */
/* Outputs of the order exact that are in doubt, eight products at a time. */
#include "avx512.h"

#include "exact.h"

typedef __m512d vec;
enum { LANES = 8 };

RC_INLINE vec spread(double value) { return _mm512_set1_pd(value); }
RC_INLINE vec weights_at(const double *from) { return _mm512_load_pd(from); }
RC_INLINE vec multiply_add(vec x, vec w, vec c) { return _mm512_fmadd_pd(x, w, c); }
RC_INLINE vec either(vec a, vec b) { return _mm512_or_pd(a, b); }

RC_INLINE vec kept(vec v) {
  __asm__("" : "+v"(v));
  return v;
}

RC_INLINE vec elements_at(const void *row, size_t i, enum rc_dtype dtype) {
  if (dtype == RC_F32) return _mm512_cvtps_pd(_mm256_loadu_ps((const float *)row + i));
  return _mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)((const char *)row + i))));
}

#include "exact_settle.h"

RC_EXACT_SETTLE(avx512)
