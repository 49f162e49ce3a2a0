/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the groups of four bytes that are not all zero, by vpdpbusd: their places are compressed into a list,
 * one row at a time. Rows of float32 go to avx512-exact-skip. Order: exact. Weights: digits8. */
#include "digits_avx512vnni.h"

/* The numbers of the groups that are not all zero, and what to prefetch while they are multiplied. */
enum { MOST_GROUPS = RC_DIGITS_PART / 4 };
struct list {
  size_t count;
  const char *ahead;
  uint8_t groups[MOST_GROUPS + 64];
};
_Static_assert(MOST_GROUPS <= 256, "a group's number is a byte");

/* Which of the groups in 64 bytes are not all zero. */
RC_INLINE unsigned long long nonzero_line(const unsigned char *x) {
  const __m512i bytes = _mm512_loadu_si512(x);
  return _mm512_test_epi32_mask(bytes, bytes);
}

RC_INLINE unsigned long long nonzero_some(const unsigned char *x, size_t groups) {
  const __m512i bytes = _mm512_maskz_loadu_epi32((__mmask16)((1u << groups) - 1), x);
  return _mm512_test_epi32_mask(bytes, bytes);
}

#define EIGHT(n) n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7
static const uint8_t first_numbers[64] __attribute__((aligned(64))) = {EIGHT(0),  EIGHT(8),  EIGHT(16), EIGHT(24),
                                                                       EIGHT(32), EIGHT(40), EIGHT(48), EIGHT(56)};
#undef EIGHT

RC_INLINE size_t list_mask(struct list *list, size_t count, unsigned long long mask, __m512i numbers) {
  _mm512_storeu_si512(list->groups + count, _mm512_maskz_compress_epi8(mask, numbers));
  return count + (size_t)__builtin_popcountll(mask);
}

RC_INLINE void fill_list(struct list *list, const unsigned char *x, size_t k, size_t ahead) {
  const __m512i next = _mm512_set1_epi8(64);
  __m512i numbers = _mm512_load_si512(first_numbers);
  size_t count = 0, i = 0;
  for (; i + 256 <= k; i += 256, numbers = _mm512_add_epi8(numbers, next))
    count = list_mask(list, count,
                      nonzero_line(x + i) | nonzero_line(x + i + 64) << 16 | nonzero_line(x + i + 128) << 32 |
                        nonzero_line(x + i + 192) << 48,
                      numbers);
  if (k % 256 >= 4) {
    unsigned long long mask = 0;
    size_t at = 0;
    for (; i + 64 <= k; i += 64, at += 16) mask |= nonzero_line(x + i) << at;
    if (k % 64 >= 4) mask |= nonzero_some(x + i, k % 64 / 4) << at;
    count = list_mask(list, count, mask, numbers);
  }
  list->count = count;
  list->ahead = (const char *)x + ahead;
}

#define VECTOR(sums, j) \
  if (whole > j) sums.v##j = dot(sums.v##j, four, at + 64 * j);
#define STEP(sums, bytes, place)                                                                                       \
  do {                                                                                                                 \
    const __m512i four = bytes;                                                                                        \
    const char *at = wide + (place) * 64 * (size_t)whole;                                                              \
    VECTOR(sums, 0) VECTOR(sums, 1) VECTOR(sums, 2) VECTOR(sums, 3)                                                    \
    if (half) sums.half = dot_half(sums.half, four, narrow + (place) * 32); \
  } while (0)

RC_INLINE void listed_row(const struct list *list, const unsigned char *x, size_t k, const char *wide,
                          const char *narrow, int32_t *lanes, int whole, int half) {
  struct sums a = zero_sums(), b = a;
  size_t i = 0;
  for (; i + 2 <= list->count; i += 2) {
    const size_t first = list->groups[i], second = list->groups[i + 1];
    _mm_prefetch(list->ahead + 32 * i, _MM_HINT_T1);
    STEP(a, broadcast(x + 4 * first), first);
    STEP(b, broadcast(x + 4 * second), second);
  }
  if (i < list->count) {
    const size_t last = list->groups[i];
    STEP(a, broadcast(x + 4 * last), last);
  }
  if (k % 4 != 0) {
    const size_t tail = k / 4;
    STEP(b, broadcast_tail(x + 4 * tail, k % 4), tail);
  }
  a.v0 = _mm512_add_epi32(a.v0, b.v0), a.v1 = _mm512_add_epi32(a.v1, b.v1);
  a.v2 = _mm512_add_epi32(a.v2, b.v2), a.v3 = _mm512_add_epi32(a.v3, b.v3);
  a.half = _mm256_add_epi32(a.half, b.half);
  store_sums(lanes, &a, whole, half);
}

#include "digits_skip.h"

void rc_avx512vnni_digits_skip_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c,
                                   size_t ldc) {
  rc_avx512_exact_skip_f32(w, m, x, ldx, c, ldc);
}

void rc_avx512vnni_digits_skip_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c,
                                  size_t ldc) {
  digits_skip(w, m, x, ldx, c, ldc);
}
