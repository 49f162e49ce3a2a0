/* SPDX-License-Identifier: BSD-3-Clause */
/* What the AVX-VNNI kernels of the order exact share: sums of a row. CPUs with AVX-VNNI need not have AVX-512, and so
 * vpdpbusd must have the VEX prefix. */
#ifndef RC_X86_DIGITS_AVXVNNI_H
#define RC_X86_DIGITS_AVXVNNI_H

#if !defined(__AVXVNNI__) || !defined(__AVX2__) || !defined(__FMA__)
#pragma GCC target("avxvnni,avx2,fma")
#endif

enum { BITS = 8 };

#include "digits_round_avx2.h"

#define EVERY_WIDTH(X, R) X(0, 1, R) X(1, 0, R) X(1, 1, R) X(2, 0, R) X(2, 1, R) X(3, 0, R) X(3, 1, R) X(4, 0, R)

/* sum + x * digits. */
RC_INLINE __m256i dot(__m256i sum, __m256i x, __m256i digits) {
  __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(x), "x"(digits));
  return sum;
}

/* The same, with digits that no register is free for. */
RC_INLINE __m256i dot_memory(__m256i sum, __m256i x, const char *digits) {
  __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(x), "m"(*(const __m256i *)(const void *)digits));
  return sum;
}

/* Up to seven vectors of a row's sums; panels of eight are divided. */
struct sums {
  __m256i v0, v1, v2, v3, v4, v5, v6;
};

/* Of one, two or four rows. */
struct four_rows {
  struct sums a, b, c, d;
};

RC_INLINE struct four_rows zero_sums(void) {
  const __m256i zero = _mm256_setzero_si256();
  const struct sums sums = {zero, zero, zero, zero, zero, zero, zero};
  return (struct four_rows){sums, sums, sums, sums};
}

/* Four elements of every row, which load() reads, times some vectors of digits: `whole` of them at `wide`, then one at
 * `narrow`. Where the sums and rows take all registers, digits are read for each row. */
#define VECTOR(j)                                                      \
  if (vectors > j) {                                                   \
    const char *from = j < whole ? wide + 32 * j : narrow;             \
    if (rows * (vectors + 1) < 16) {                                   \
      const __m256i digits = load_digits(from);                        \
      s->a.v##j = dot(s->a.v##j, xa, digits);                          \
      if (rows > 1) s->b.v##j = dot(s->b.v##j, xb, digits);            \
      if (rows > 2) s->c.v##j = dot(s->c.v##j, xc, digits);            \
      if (rows > 2) s->d.v##j = dot(s->d.v##j, xd, digits);            \
    } else {                                                           \
      s->a.v##j = dot_memory(s->a.v##j, xa, from);                     \
      if (rows > 1) s->b.v##j = dot_memory(s->b.v##j, xb, from);       \
      if (rows > 2) s->c.v##j = dot_memory(s->c.v##j, xc, from);       \
      if (rows > 2) s->d.v##j = dot_memory(s->d.v##j, xd, from);       \
    }                                                                  \
  }
RC_INLINE void add_four(struct four_rows *s, const unsigned char *x, size_t apart, size_t elements, const char *wide,
                        const char *narrow, int whole, int vectors, int rows) {
#define LOAD(at) (elements == 4 ? broadcast(at) : broadcast_tail(at, elements))
  const __m256i xa = LOAD(x), xb = rows > 1 ? LOAD(x + apart) : xa;
  const __m256i xc = rows > 2 ? LOAD(x + 2 * apart) : xa, xd = rows > 2 ? LOAD(x + 3 * apart) : xa;
#undef LOAD
  VECTOR(0) VECTOR(1) VECTOR(2) VECTOR(3) VECTOR(4) VECTOR(5) VECTOR(6)
}
#undef VECTOR

/* The rows' lanes. */
RC_INLINE void store_sums(int32_t *to, const struct sums *s, int vectors) {
  __m256i *at = (__m256i *)(void *)to;
  if (vectors > 0) _mm256_storeu_si256(at, s->v0);
  if (vectors > 1) _mm256_storeu_si256(at + 1, s->v1);
  if (vectors > 2) _mm256_storeu_si256(at + 2, s->v2);
  if (vectors > 3) _mm256_storeu_si256(at + 3, s->v3);
  if (vectors > 4) _mm256_storeu_si256(at + 4, s->v4);
  if (vectors > 5) _mm256_storeu_si256(at + 5, s->v5);
  if (vectors > 6) _mm256_storeu_si256(at + 6, s->v6);
}

RC_INLINE void store_rows(int32_t *to, const struct four_rows *s, int vectors, int rows) {
  store_sums(to, &s->a, vectors);
  if (rows > 1) store_sums(to + RC_DIGITS_ROW, &s->b, vectors);
  if (rows > 2) store_sums(to + 2 * RC_DIGITS_ROW, &s->c, vectors);
  if (rows > 2) store_sums(to + 3 * RC_DIGITS_ROW, &s->d, vectors);
}

#endif
