/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes times digits of 8 bits by vpdpbusd: four rows times up to four vectors of sums. Rows of float32 go to
 * avx512-exact. Order: exact. Weights: digits8. */
#include "digits_avx512vnni.h"

enum { ROWS = 4 };

#include "digits_tiled.h"

/* The empty asm keeps the weights in a register for several rows; without it they are loaded again for each. */
#define VECTOR(j)                                                \
  if (whole > j) {                                               \
    __m512i v = _mm512_load_si512(wide + 64 * j);                \
    if (rows > 1) __asm__("" : "+v"(v));                         \
    a.v##j = _mm512_dpbusd_epi32(a.v##j, xa, v);                 \
    if (rows > 1) {                                              \
      b.v##j = _mm512_dpbusd_epi32(b.v##j, xb, v);               \
      c.v##j = _mm512_dpbusd_epi32(c.v##j, xc, v);               \
      d.v##j = _mm512_dpbusd_epi32(d.v##j, xd, v);               \
    }                                                            \
  }
#define HALF                                                                         \
  if (half) {                                                                        \
    __m256i v = _mm256_load_si256((const __m256i *)(const void *)narrow);            \
    if (rows > 1) __asm__("" : "+v"(v));                                             \
    a.half = _mm256_dpbusd_epi32(a.half, _mm512_castsi512_si256(xa), v);             \
    if (rows > 1) {                                                                  \
      b.half = _mm256_dpbusd_epi32(b.half, _mm512_castsi512_si256(xb), v);           \
      c.half = _mm256_dpbusd_epi32(c.half, _mm512_castsi512_si256(xc), v);           \
      d.half = _mm256_dpbusd_epi32(d.half, _mm512_castsi512_si256(xd), v);           \
    }                                                                                \
  }
/* Four elements of every row, which load() reads. */
#define STEP(load)                                                    \
  do {                                                                \
    const __m512i xa = load(x);                                       \
    __m512i xb = xa, xc = xa, xd = xa;                                \
    if (rows > 1) xb = load(x + apart), xc = load(x + 2 * apart), xd = load(x + 3 * apart); \
    VECTOR(0) VECTOR(1) VECTOR(2) VECTOR(3) HALF                      \
  } while (0)
#define TAIL(at) broadcast_tail(at, k % 4)

RC_INLINE void tile(const struct rows *in, const char *wide, const char *narrow, size_t k, int32_t *lanes, int whole,
                    int half, int rows) {
  const unsigned char *x = in->x;
  const size_t apart = in->apart, ahead = in->ahead;
  struct sums a = zero_sums(), b = a, c = a, d = a;
  for (size_t left = k / 4; left > 0;) {
    _mm_prefetch((const char *)x + ahead, _MM_HINT_T1);
    if (rows > 1) {
      _mm_prefetch((const char *)x + ahead + apart, _MM_HINT_T1);
      _mm_prefetch((const char *)x + ahead + 2 * apart, _MM_HINT_T1);
      _mm_prefetch((const char *)x + ahead + 3 * apart, _MM_HINT_T1);
    }
    const size_t steps = left < 16 ? left : 16;
    left -= steps;
    for (const unsigned char *end = x + 4 * steps; x < end; x += 4, wide += 64 * whole, narrow += 32) STEP(broadcast);
  }
  if (k % 4 != 0) STEP(TAIL);
  store_sums(lanes, &a, whole, half);
  if (rows == 1) return;
  store_sums(lanes + RC_DIGITS_ROW, &b, whole, half);
  store_sums(lanes + 2 * RC_DIGITS_ROW, &c, whole, half);
  store_sums(lanes + 3 * RC_DIGITS_ROW, &d, whole, half);
}

TILES(1)
TILES(4)

void rc_avx512vnni_digits_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  rc_avx512_exact_f32(w, m, x, ldx, c, ldc);
}

void rc_avx512vnni_digits_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  digits_tiled(w, m, x, ldx, c, ldc, tiles_of_4, tiles_of_1);
}
