/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the groups of four bytes that are not all zero, by vpmaddwd, one row at a time. Rows of float32 go to
 * avx2-exact-skip. Order: exact. Weights: digits16. */
#include "digits_avx2.h"

enum { TOGETHER = 1 };

#include "digits_masks_avx2.h"

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
