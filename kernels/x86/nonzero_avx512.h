/* SPDX-License-Identifier: BSD-3-Clause */
/* Which steps of a row are not all zero (skip.h), for the AVX-512 kernels that skip the others. */
#ifndef RC_X86_NONZERO_AVX512_H
#define RC_X86_NONZERO_AVX512_H

#include <immintrin.h>

#include "skip.h"

/* Which of the steps in 64 bytes are not all zero: eight of bytes, two of floats. Only the steps whose bit is set in
 * `there`, a constant for whole loads, are read. */
RC_INLINE unsigned nonzero_line(const char *at, unsigned there, enum rc_dtype dtype) {
  if (dtype == RC_U8) {
    const __m512i v = _mm512_maskz_loadu_epi64((__mmask8)there, at);
    return _mm512_test_epi64_mask(v, v);
  }
  const __m512i v = _mm512_maskz_loadu_epi32((__mmask16)((there & 1 ? 0xffu : 0) | (there & 2 ? 0xff00u : 0)), at);
  const unsigned lanes = _mm512_test_epi32_mask(v, v);
  return (unsigned)((lanes & 0xff) != 0) | (unsigned)((lanes & 0xff00) != 0) << 1;
}

/* Which of the `count` (1..64) steps at element i are not all zero, a bit each. */
RC_INLINE unsigned long long nonzero(const void *row, size_t i, size_t count, enum rc_dtype dtype) {
  const unsigned each = dtype == RC_U8 ? 8 : 2;
  const char *at = rc_row(row, 1, i, dtype);
  unsigned long long mask = 0;
  for (size_t s = 0; s < count; s += each, at += 64) {
    const size_t left = count - s < each ? count - s : each;
    mask |= (unsigned long long)nonzero_line(at, (1u << left) - 1, dtype) << s;
  }
  return mask;
}

/* The same for 64 steps. */
RC_INLINE unsigned long long nonzero64(const void *row, size_t i, enum rc_dtype dtype) {
  const unsigned each = dtype == RC_U8 ? 8 : 2;
  const char *at = rc_row(row, 1, i, dtype);
  unsigned long long mask = 0;
#pragma GCC unroll 32
  for (unsigned s = 0; s < RC_SKIP_STEPS; s += each)
    mask |= (unsigned long long)nonzero_line(at + s / each * 64, (1u << each) - 1, dtype) << s;
  return mask;
}

#endif
