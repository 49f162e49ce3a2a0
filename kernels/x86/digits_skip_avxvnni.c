/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the groups of four bytes that are not all zero in either of two rows, by vpdpbusd in registers of 256
 * bits. One row's few sums would wait for each other. Rows of float32 go to avx2-exact-skip. Order: exact.
 * Weights: digits8. */
#include "digits_avxvnni.h"

enum { TOGETHER = 2 };

#include "digits_masks_avx2.h"

/* Some vectors of a panel; step: bytes from the whole ones of four elements to those of the next four. */
RC_INLINE void some_sums(const struct list *list, const unsigned char *x, size_t apart, size_t k, const char *wide,
                         size_t step, const char *narrow, int32_t *lanes, int whole, int vectors) {
  struct four_rows s = zero_sums();
  const char *ahead = list->ahead;
  for (size_t m = 0; m < list->masks; m++)
    for (unsigned long long left = list->mask[m]; left != 0; left &= left - 1, ahead += 64) {
      const size_t group = 64 * m + (size_t)__builtin_ctzll(left);
      _mm_prefetch(ahead, _MM_HINT_T1);
      add_four(&s, x + 4 * group, apart, 4, wide + group * step, narrow + group * 32, whole, vectors, TOGETHER);
    }
  const size_t last = k / 4;
  if (k % 4 != 0)
    add_four(&s, x + 4 * last, apart, k % 4, wide + last * step, narrow + last * 32, whole, vectors, TOGETHER);
  store_rows(lanes, &s, vectors, TOGETHER);
}

RC_INLINE void listed_rows(const struct list *list, const unsigned char *x, size_t apart, size_t k, const char *wide,
                           const char *narrow, int32_t *lanes, int whole, int half) {
  const size_t step = 64 * (size_t)whole;
  if (whole < 4) {
    some_sums(list, x, apart, k, wide, step, narrow, lanes, 2 * whole, 2 * whole + half);
  } else {
    some_sums(list, x, apart, k, wide, step, narrow, lanes, 4, 4);
    some_sums(list, x, apart, k, wide + 128, step, narrow, lanes + 32, 4, 4);
  }
}

#include "digits_skip.h"

void rc_avxvnni_digits_skip_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  rc_avx2_exact_skip_f32(w, m, x, ldx, c, ldc);
}

void rc_avxvnni_digits_skip_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  digits_skip(w, m, x, ldx, c, ldc);
}
