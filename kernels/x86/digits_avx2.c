/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes times digits of 16 bits by vpmaddwd: two rows times up to three vectors of sums. Rows of float32 go to
 * avx2-exact. Order: exact. Weights: digits16. */
#include "digits_avx2.h"

enum { ROWS = 2 };

#include "digits_tiled.h"

/* The empty asm keeps the weights in a register for both rows, and in a step one half before the other: Clang spills a
 * sum otherwise. */
#define VECTOR(j)                                                      \
  if (whole > j) {                                                     \
    __m256i v = load_digits(wide + 32 * j);                            \
    if (rows > 1) __asm__("" : "+x"(v));                               \
    a.v##j = dot(a.v##j, xa, v);                                       \
    if (rows > 1) b.v##j = dot(b.v##j, xb, v);                         \
  }
#define STEP(load)                                                     \
  do {                                                                 \
    __m256i four = load(x), other = rows > 1 ? load(x + apart) : four; \
    __m256i xa = even(four), xb = even(other);                         \
    VECTOR(0) VECTOR(1) VECTOR(2)                                      \
    wide += 32 * whole;                                                \
    __asm__("" : "+x"(four), "+x"(other), "+x"(a.v0), "+x"(b.v0));     \
    const __m256i ya = odd(four), yb = odd(other);                     \
    if (half) {                                                        \
      __m256i v = load_digits(narrow);                                 \
      if (rows > 1) __asm__("" : "+x"(v));                             \
      a.half = dot(a.half, both(xa, ya), v);                           \
      if (rows > 1) b.half = dot(b.half, both(xb, yb), v);             \
    }                                                                  \
    xa = ya, xb = yb;                                                  \
    VECTOR(0) VECTOR(1) VECTOR(2)                                      \
    wide += 32 * whole, narrow += 32;                                  \
  } while (0)
#define TAIL(at) broadcast_tail(at, k % 4)

RC_INLINE void tile(const struct rows *in, const char *wide, const char *narrow, size_t k, int32_t *lanes, int whole,
                    int half, int rows) {
  const unsigned char *x = in->x;
  const size_t apart = in->apart, ahead = in->ahead;
  struct sums a = zero_sums(), b = a;
  for (size_t left = k / 4; left > 0;) {
    _mm_prefetch((const char *)x + ahead, _MM_HINT_T1);
    if (rows > 1) _mm_prefetch((const char *)x + ahead + apart, _MM_HINT_T1);
    const size_t steps = left < 16 ? left : 16;
    left -= steps;
    for (const unsigned char *end = x + 4 * steps; x < end; x += 4) STEP(broadcast);
  }
  if (k % 4 != 0) STEP(TAIL);
  store_sums(lanes, &a, whole, half);
  if (rows > 1) store_sums(lanes + RC_DIGITS_ROW, &b, whole, half);
}

TILES(1)
TILES(2)

void rc_avx2_digits_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  rc_avx2_exact_f32(w, m, x, ldx, c, ldc);
}

void rc_avx2_digits_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  digits_tiled(w, m, x, ldx, c, ldc, tiles_of_2, tiles_of_1);
}
