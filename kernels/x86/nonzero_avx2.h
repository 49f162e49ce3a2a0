/* SPDX-License-Identifier: BSD-3-Clause */
/* Which steps of a row are not all zero (skip.h), for the AVX2 kernels that skip the others. */
#ifndef RC_X86_NONZERO_AVX2_H
#define RC_X86_NONZERO_AVX2_H

#include "avx2.h"
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

/* The same for 64 steps. */
RC_INLINE unsigned long long nonzero64(const void *row, size_t i, enum rc_dtype dtype) {
  const size_t step = 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const char *at = rc_row(row, 1, i, dtype);
  unsigned long long mask = 0;
#pragma GCC unroll 16
  for (size_t s = 0; s < RC_SKIP_STEPS; s += 4) mask |= (unsigned long long)nonzero4(at + s * step, dtype) << s;
  return mask;
}

#endif
