/* SPDX-License-Identifier: BSD-3-Clause */
/* Which groups of four bytes are not all zero, with AVX2: the lists of digits_skip.h as masks. Takes TOGETHER from the
 * file that includes it, as digits_skip.h does. */
#ifndef RC_X86_DIGITS_MASKS_AVX2_H
#define RC_X86_DIGITS_MASKS_AVX2_H

#include "avx2.h"
#include "digits.h"

/* Which groups are not all zero, 64 to a mask, and what to prefetch while they are multiplied. */
enum { MASKS = RC_DIGITS_PART / 4 / 64 };
struct list {
  size_t masks;
  const char *ahead;
  unsigned long long mask[MASKS];
};

/* 32 bytes of a row, or the bits of both rows. */
RC_INLINE __m256i load_together(const unsigned char *x, size_t apart) {
  const __m256i one = _mm256_loadu_si256((const __m256i *)(const void *)x);
  if (TOGETHER == 1) return one;
  return _mm256_or_si256(one, _mm256_loadu_si256((const __m256i *)(const void *)(x + apart)));
}

/* Which of the 32 groups in 128 bytes are not all zero. */
RC_INLINE unsigned long long nonzero32(const unsigned char *x, size_t apart) {
  const __m256i zero = _mm256_setzero_si256();
#define ZERO(j) _mm256_cmpeq_epi32(load_together(x + 32 * (j), apart), zero)
  /* A byte for every group, in fours: [0 2 4 6 of every half's, 1 3 5 7] */
  const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(ZERO(0), ZERO(1)), _mm256_packs_epi32(ZERO(2), ZERO(3)));
#undef ZERO
  const __m256i ordered = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  return ~(unsigned)_mm256_movemask_epi8(ordered);
}

RC_INLINE unsigned long long nonzero_some(const unsigned char *x, size_t apart, size_t groups) {
  unsigned char some[TOGETHER * 128] = {0};
  for (size_t r = 0; r < TOGETHER; r++) memcpy(some + r * 128, x + r * apart, 4 * groups);
  return nonzero32(some, 128);
}

RC_INLINE void fill_list(struct list *list, const unsigned char *x, size_t apart, size_t k, size_t ahead) {
  size_t masks = 0, i = 0;
  for (; i + 256 <= k; i += 256)
    list->mask[masks++] = nonzero32(x + i, apart) | nonzero32(x + i + 128, apart) << 32;
  if (k % 256 >= 4) {
    const size_t groups = k % 256 / 4;
    list->mask[masks++] = groups < 32
                            ? nonzero_some(x + i, apart, groups)
                            : nonzero32(x + i, apart) | nonzero_some(x + i + 128, apart, groups - 32) << 32;
  }
  list->masks = masks;
  list->ahead = (const char *)x + ahead;
}

#endif
