/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the groups of four bytes that are not all zero in either of two rows, by vpdpbusd: their numbers are
 * compressed into a list. Two rows share their loads of digits, of which a core loads fewer than it multiplies. Rows
 * of float32 go to avx512-exact-skip. Order: exact. Weights: digits8. */
#include "digits_avx512vnni.h"

/* The numbers of the groups that are not all zero, and what to prefetch while they are multiplied. */
enum { TOGETHER = 2, MOST_GROUPS = RC_DIGITS_PART / 4 };
struct list {
  size_t count;
  const char *ahead;
  uint8_t groups[MOST_GROUPS + 64];
};
_Static_assert(MOST_GROUPS <= 256, "a group's number is a byte");

/* Which of the groups in 64 bytes are not all zero in both rows. */
RC_INLINE unsigned long long nonzero_line(const unsigned char *x, size_t apart) {
  const __m512i bytes = _mm512_or_si512(_mm512_loadu_si512(x), _mm512_loadu_si512(x + apart));
  return _mm512_test_epi32_mask(bytes, bytes);
}

RC_INLINE unsigned long long nonzero_some(const unsigned char *x, size_t apart, size_t groups) {
  const __mmask16 some = (__mmask16)((1u << groups) - 1);
  const __m512i bytes = _mm512_or_si512(_mm512_maskz_loadu_epi32(some, x), _mm512_maskz_loadu_epi32(some, x + apart));
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

RC_INLINE void fill_list(struct list *list, const unsigned char *x, size_t apart, size_t k, size_t ahead) {
  const __m512i next = _mm512_set1_epi8(64);
  __m512i numbers = _mm512_load_si512(first_numbers);
  size_t count = 0, i = 0;
  for (; i + 256 <= k; i += 256, numbers = _mm512_add_epi8(numbers, next))
    count = list_mask(list, count,
                      nonzero_line(x + i, apart) | nonzero_line(x + i + 64, apart) << 16 |
                        nonzero_line(x + i + 128, apart) << 32 | nonzero_line(x + i + 192, apart) << 48,
                      numbers);
  if (k % 256 >= 4) {
    unsigned long long mask = 0;
    size_t at = 0;
    for (; i + 64 <= k; i += 64, at += 16) mask |= nonzero_line(x + i, apart) << at;
    if (k % 64 >= 4) mask |= nonzero_some(x + i, apart, k % 64 / 4) << at;
    count = list_mask(list, count, mask, numbers);
  }
  list->count = count;
  list->ahead = (const char *)x + ahead;
}

#define VECTOR(j)                                              \
  if (whole > j) {                                             \
    const __m512i v = _mm512_load_si512(at + 64 * j);          \
    a.v##j = dot(a.v##j, xa, v), b.v##j = dot(b.v##j, xb, v);  \
  }
#define STEP(load, group)                                                                              \
  do {                                                                                                 \
    const __m512i xa = load(x + 4 * (group)), xb = load(x + apart + 4 * (group));                      \
    const char *at = wide + (group) * 64 * (size_t)whole;                                              \
    VECTOR(0) VECTOR(1) VECTOR(2) VECTOR(3)                                                            \
    if (half) {                                                                                        \
      const __m256i v = _mm256_load_si256((const __m256i *)(const void *)(narrow + (group) * 32));     \
      a.half = dot_half(a.half, xa, v), b.half = dot_half(b.half, xb, v);                              \
    }                                                                                                  \
  } while (0)
#define TAIL(at) broadcast_tail(at, k % 4)

RC_INLINE void listed_rows(const struct list *list, const unsigned char *x, size_t apart, size_t k, const char *wide,
                           const char *narrow, int32_t *lanes, int whole, int half) {
  struct sums a = zero_sums(), b = a;
  for (size_t i = 0; i < list->count; i++) {
    const size_t group = list->groups[i];
    _mm_prefetch(list->ahead + 64 * i, _MM_HINT_T1);
    STEP(broadcast, group);
  }
  if (k % 4 != 0) STEP(TAIL, k / 4);
  store_sums(lanes, &a, whole, half);
  store_sums(lanes + RC_DIGITS_ROW, &b, whole, half);
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
