/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the groups of four bytes that are not all zero, by udot, one row at a time: its up to 16 vectors of
 * sums are enough that none waits for another. Rows of float32 go to neon-exact. Order: exact. Weights: udigits8. */
#include "digits_neondot.h"

/* Which groups are not all zero, 64 to a mask, what to prefetch while they are multiplied, and the sum of the bytes. */
enum { TOGETHER = 1, MASKS = RC_DIGITS_PART / 4 / 64 };
struct list {
  size_t masks;
  const char *ahead;
  uint32_t bytes;
  unsigned long long mask[MASKS];
};

/* Of 16 groups, a byte each: for one that is not all zero the byte's own bit among the eight of its half, else 0. Adds
 * their bytes to the sum. */
RC_INLINE uint8x16_t nonzero16(const unsigned char *at, uint32x4_t *sum) {
  const uint8x16_t bits = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201)), ones = vdupq_n_u8(1);
  const uint8x16_t a = vld1q_u8(at), b = vld1q_u8(at + 16), c = vld1q_u8(at + 32), d = vld1q_u8(at + 48);
  *sum = vdotq_u32(vdotq_u32(vdotq_u32(vdotq_u32(*sum, a, ones), b, ones), c, ones), d, ones);
#define NONZERO(v) vreinterpretq_u16_u32(vtstq_u32(vreinterpretq_u32_u8(v), vreinterpretq_u32_u8(v)))
  const uint16x8_t left = vuzp1q_u16(NONZERO(a), NONZERO(b)), right = vuzp1q_u16(NONZERO(c), NONZERO(d));
#undef NONZERO
  return vandq_u8(vuzp1q_u8(vreinterpretq_u8_u16(left), vreinterpretq_u8_u16(right)), bits);
}

RC_INLINE void fill_list(struct list *list, const unsigned char *x, size_t apart, size_t k, size_t ahead) {
  (void)apart;
  uint32x4_t sum = vdupq_n_u32(0);
  size_t masks = 0, i = 0;
  for (; i + 256 <= k; i += 256)
    list->mask[masks++] = join(nonzero16(x + i, &sum), nonzero16(x + i + 64, &sum), nonzero16(x + i + 128, &sum),
                               nonzero16(x + i + 192, &sum));
  if (k % 256 != 0) {
    const uint8x16_t none = vdupq_n_u8(0);
    unsigned long long mask = 0;
    size_t at = 0;
    for (; i + 64 <= k; i += 64, at += 16) mask |= join(nonzero16(x + i, &sum), none, none, none) << at;
    if (k % 64 != 0) {
      unsigned char some[64] = {0};
      memcpy(some, x + i, k % 64);
      mask |= join(nonzero16(some, &sum), none, none, none) << at;
    }
    /* The last group, if it is not whole, is not listed. */
    list->mask[masks++] = mask & ((1ULL << k % 256 / 4) - 1);
  }
  list->masks = masks;
  list->ahead = (const char *)x + ahead;
  list->bytes = vaddvq_u32(sum);
}

#define VECTOR(j)                                                                                     \
  if (vectors > j) {                                                                                  \
    const char *from = j < 4 * whole ? at + 16 * j : half_at + 16 * (j - 4 * whole);                  \
    s.v##j = vdotq_u32(s.v##j, vld1q_u8((const unsigned char *)from), four);                          \
  }
#define STEP(bytes, group)                                                                            \
  do {                                                                                                \
    const uint8x16_t four = bytes;                                                                    \
    const char *at = wide + (group) * 64 * (size_t)whole, *half_at = narrow + (group) * 32;           \
    VECTOR(0) VECTOR(1) VECTOR(2) VECTOR(3) VECTOR(4) VECTOR(5) VECTOR(6) VECTOR(7)                   \
    VECTOR(8) VECTOR(9) VECTOR(10) VECTOR(11) VECTOR(12) VECTOR(13) VECTOR(14) VECTOR(15)             \
  } while (0)

RC_INLINE void listed_rows(const struct list *list, const unsigned char *x, size_t apart, size_t k, const char *wide,
                           const char *narrow, int32_t *lanes, int whole, int half) {
  (void)apart;
  const int vectors = 4 * whole + 2 * half;
  struct sums s = zero_sums();
  const char *ahead = list->ahead;
  for (size_t m = 0; m < list->masks; m++)
    for (unsigned long long left = list->mask[m]; left != 0; left &= left - 1, ahead += 32) {
      const size_t group = 64 * m + (size_t)__builtin_ctzll(left);
      __builtin_prefetch(ahead, 0, 2);
      STEP(broadcast(x + 4 * group), group);
    }
  if (k % 4 != 0) STEP(broadcast_tail(x + k / 4 * 4, k % 4), k / 4);
  store_sums(lanes, &s, list->bytes, vectors);
}

#include "digits_skip.h"

void rc_neondot_digits_skip_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  rc_neon_exact_f32(w, m, x, ldx, c, ldc);
}

void rc_neondot_digits_skip_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  digits_skip(w, m, x, ldx, c, ldc);
}
