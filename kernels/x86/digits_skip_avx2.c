/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the groups of four bytes that are not all zero, by vpmaddwd, one row at a time. Rows of float32 go to
 * avx2-exact-skip. Order: exact. Weights: digits16. */
#include "digits_avx2.h"

/* Which groups are not all zero, 64 to a mask, and what to prefetch while they are multiplied. */
enum { TOGETHER = 1, MASKS = RC_DIGITS_PART / 4 / 64 };
struct list {
  size_t masks;
  const char *ahead;
  unsigned long long mask[MASKS];
};

/* Which of the 32 groups in 128 bytes are not all zero. */
RC_INLINE unsigned long long nonzero32(const unsigned char *x) {
  const __m256i zero = _mm256_setzero_si256(), *at = (const __m256i *)(const void *)x;
#define ZERO(j) _mm256_cmpeq_epi32(_mm256_loadu_si256(at + (j)), zero)
  /* A byte for every group, in fours: [0 2 4 6 of every half's, 1 3 5 7] */
  const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(ZERO(0), ZERO(1)), _mm256_packs_epi32(ZERO(2), ZERO(3)));
#undef ZERO
  const __m256i ordered = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  return ~(unsigned)_mm256_movemask_epi8(ordered);
}

RC_INLINE unsigned long long nonzero_some(const unsigned char *x, size_t groups) {
  unsigned char some[128] = {0};
  memcpy(some, x, 4 * groups);
  return nonzero32(some);
}

RC_INLINE void fill_list(struct list *list, const unsigned char *x, size_t apart, size_t k, size_t ahead) {
  (void)apart;
  size_t masks = 0, i = 0;
  for (; i + 256 <= k; i += 256) list->mask[masks++] = nonzero32(x + i) | nonzero32(x + i + 128) << 32;
  if (k % 256 >= 4) {
    const size_t groups = k % 256 / 4;
    list->mask[masks++] =
      groups < 32 ? nonzero_some(x + i, groups) : nonzero32(x + i) | nonzero_some(x + i + 128, groups - 32) << 32;
  }
  list->masks = masks;
  list->ahead = (const char *)x + ahead;
}

#define VECTOR(j, x, at) \
  if (whole > j) s.v##j = dot(s.v##j, x, load_digits((at) + 32 * j));
#define STEP(bytes, group)                                                                             \
  do {                                                                                                 \
    const __m256i four = bytes, first = even(four), second = odd(four);                                \
    const char *at = wide + (group) * 64 * (size_t)whole, *half_at = narrow + (group) * 32;            \
    VECTOR(0, first, at) VECTOR(1, first, at) VECTOR(2, first, at)                \
    at += 32 * whole;                                                                                  \
    VECTOR(0, second, at) VECTOR(1, second, at) VECTOR(2, second, at)            \
    if (half) s.half = dot(s.half, both(first, second), load_digits(half_at));                         \
  } while (0)

RC_INLINE void listed_rows(const struct list *list, const unsigned char *x, size_t apart, size_t k, const char *wide,
                           const char *narrow, int32_t *lanes, int whole, int half) {
  (void)apart;
  struct sums s = zero_sums();
  const char *ahead = list->ahead;
  for (size_t m = 0; m < list->masks; m++)
    for (unsigned long long left = list->mask[m]; left != 0; left &= left - 1, ahead += 32) {
      const size_t group = 64 * m + (size_t)__builtin_ctzll(left);
      _mm_prefetch(ahead, _MM_HINT_T1);
      STEP(broadcast(x + 4 * group), group);
    }
  if (k % 4 != 0) STEP(broadcast_tail(x + k / 4 * 4, k % 4), k / 4);
  store_sums(lanes, &s, whole, half);
}

#include "digits_skip.h"

void rc_avx2_digits_skip_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  rc_avx2_exact_skip_f32(w, m, x, ldx, c, ldc);
}

void rc_avx2_digits_skip_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  digits_skip(w, m, x, ldx, c, ldc);
}
