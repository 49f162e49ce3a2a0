/* SPDX-License-Identifier: BSD-3-Clause */
/* One to six rows, or eight, the same distance apart, times one panel of up to ten columns, in registers: the tile of
 * avx512-block and avx512-six, and of what avx512-tile has left at the end of a batch. Order: lanes8. Weights: pairs10,
 * or pairs. */
#ifndef RC_X86_ROWS_AVX512_H
#define RC_X86_ROWS_AVX512_H

#include "avx512.h"

/* A tile's rows, apart bytes from one to the next, and what it prefetches. */
struct rows {
  const char *x, *ahead; /* the first row; the first row to prefetch */
  size_t apart, advance; /* advance: bytes from one prefetch to the next where a step has one, of bytes */
  size_t second, third;  /* with THREE: from the first row to prefetch to the others */
};
enum { THREE = -1 }; /* three rows to prefetch, any distance apart, and often the same */

/* Elements as floats, in both halves. Bytes are doubled by the load, so that two operations widen them. */
RC_INLINE __m512 load(const char *at, enum rc_dtype dtype) {
  if (dtype == RC_F32) return _mm512_broadcast_f32x8(_mm256_loadu_ps((const float *)(const void *)at));
  long long eight;
  memcpy(&eight, at, sizeof eight);
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_set1_epi64x(eight)));
}

#define EVERY_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

/* One row, one step. */
#define MULTIPLY(r, value)                                                      \
  if (rows > r) {                                                               \
    const __m512 v = value;                                                     \
    if (pairs > 0) s##r.p0 = _mm512_fmadd_ps(v, w0, s##r.p0);                   \
    if (pairs > 1) s##r.p1 = _mm512_fmadd_ps(v, w1, s##r.p1);                   \
    if (pairs > 2) s##r.p2 = _mm512_fmadd_ps(v, w2, s##r.p2);                   \
    if (pairs > 3) s##r.p3 = _mm512_fmadd_ps(v, w3, s##r.p3);                   \
    if (pairs > 4) s##r.p4 = _mm512_fmadd_ps(v, w4, s##r.p4);                   \
    if (lone) s##r.lone = _mm256_fmadd_ps(_mm512_castps512_ps256(v), wl, s##r.lone); \
  }

/* The empty asm keeps a register of weights for all rows; without it GCC loads it again for each. */
#define WEIGHTS(j)                              \
  __m512 w##j = zero;                           \
  if (pairs > j) {                              \
    w##j = _mm512_load_ps(wide + 16 * j);       \
    if (rows > 1) __asm__("" : "+v"(w##j));     \
  }

#define STEP(LOAD)                                                       \
  do {                                                                   \
    WEIGHTS(0) WEIGHTS(1) WEIGHTS(2) WEIGHTS(3) WEIGHTS(4)               \
    __m256 wl = _mm256_setzero_ps();                                     \
    if (lone) {                                                          \
      wl = _mm256_load_ps(narrow);                                       \
      if (rows > 1) __asm__("" : "+v"(wl));                              \
    }                                                                    \
    EVERY_ROW(LOAD)                                                      \
    wide += 16 * pairs, narrow += 8 * lone;                              \
  } while (0)

#define ROW_AT(r) ((r < 3 ? x0 : r < 6 ? x3 : x6) + (r % 3) * apart)
#define WHOLE(r) MULTIPLY(r, load(ROW_AT(r), dtype))
#define TAIL(r) MULTIPLY(r, load_tail_twice(ROW_AT(r), 0, k % 8, dtype))

#define PREFETCH(r) \
  if (lines > r) _mm_prefetch((r < 3 ? p0 : r < 6 ? p3 : p6) + (r % 3) * apart, _MM_HINT_T1);

#define STORE                                                                                                    \
  do {                                                                                                             \
    const struct outputs out = {c, c + ldc, c + 2 * ldc, c + 3 * ldc};                                             \
    if (rows == 1) store_sums(out, &s0, &s0, &s0, &s0, pairs, lone, 1);                                            \
    if (rows == 2) store_sums((struct outputs){c, c + ldc, c, c + ldc}, &s0, &s1, &s0, &s1, pairs, lone, 4);       \
    if (rows == 3) store_sums((struct outputs){c, c + ldc, out.c, out.c}, &s0, &s1, &s2, &s2, pairs, lone, 4);     \
    if (rows >= 4) store_sums(out, &s0, &s1, &s2, &s3, pairs, lone, 4);                                            \
    c += 4 * ldc;                                                                                                  \
    if (rows == 5) store_sums((struct outputs){c, c, c, c}, &s4, &s4, &s4, &s4, pairs, lone, 1);                   \
    if (rows == 6) store_sums((struct outputs){c, c + ldc, c, c + ldc}, &s4, &s5, &s4, &s5, pairs, lone, 4);       \
    if (rows == 8)                                                                                                 \
      store_sums((struct outputs){c, c + ldc, c + 2 * ldc, c + 3 * ldc}, &s4, &s5, &s6, &s7, pairs, lone, 4);      \
  } while (0)

/* Some rows times one panel, over all of K; rows, pairs, lone and lines are constants where it is inlined.
 * lines: how many rows to prefetch, a line of each with every second step; of bytes, 0 or not; or THREE. */
RC_INLINE void rows_tile(const struct rows *in, const float *wide, size_t k, float *c, size_t ldc, int pairs, int lone,
                    int rows, int lines, enum rc_dtype dtype) {
  const __m512 zero = _mm512_setzero_ps();
  const size_t apart = in->apart, advance = in->advance, element = dtype == RC_U8 ? 1 : sizeof(float);
  const size_t second = in->second, third = in->third;
  struct sums s0 = zero_sums(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  const float *narrow = wide + 16 * (size_t)pairs * (rc_round_up(k, 8) / 8);
  const char *x0 = in->x, *x3 = x0 + 3 * apart, *x6 = x3 + 3 * apart;
  const char *p0 = in->ahead, *p3 = p0 + 3 * apart, *p6 = p3 + 3 * apart;
  size_t steps = k / 8;
  for (; steps >= 2; steps -= 2) {
    STEP(WHOLE);
    if (lines == THREE) {
      _mm_prefetch(p0, _MM_HINT_T1), _mm_prefetch(p0 + second, _MM_HINT_T1);
    } else if (dtype == RC_F32) {
      PREFETCH(0) PREFETCH(2) PREFETCH(4) PREFETCH(6)
    } else if (lines > 0) {
      _mm_prefetch(p0, _MM_HINT_T1);
      p0 += advance;
    }
    x0 += 8 * element, x3 += 8 * element, x6 += 8 * element;
    STEP(WHOLE);
    if (lines == THREE) {
      _mm_prefetch(p0 + third, _MM_HINT_T1);
      p0 += 64;
    } else if (dtype == RC_F32) {
      PREFETCH(1) PREFETCH(3) PREFETCH(5) PREFETCH(7)
      p0 += 64, p3 += 64, p6 += 64;
    } else if (lines > 0) {
      _mm_prefetch(p0, _MM_HINT_T1);
      p0 += advance;
    }
    x0 += 8 * element, x3 += 8 * element, x6 += 8 * element;
  }
  if (steps > 0) {
    STEP(WHOLE);
    x0 += 8 * element, x3 += 8 * element, x6 += 8 * element;
  }
  if (k % 8 != 0) STEP(TAIL);
  STORE;
}

/* Bytes are floats meanwhile: element i of a row at i * 4 modulo mask + 1, which is all of a row's, or RING_BYTES; rows
 * are `apart` bytes from each other. */
enum { WIDENED_AHEAD = 64, RING_BYTES = 2 * WIDENED_AHEAD * sizeof(float) };
struct floats {
  char *at;
  size_t apart, mask;
};

/* `count` bytes, at least one, of each row as floats; after them zeros up to a multiple of sixteen. A function of its
 * own, not to share registers with a tile. */
__attribute__((noinline, unused)) static void widen(char *to, size_t to_apart, const char *from, size_t apart,
                                                    size_t rows, size_t count) {
  for (; rows > 0; rows--, to += to_apart, from += apart) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) convert16((float *)(void *)to + i, (const unsigned char *)from + i);
    if (i == count) continue;
    const __m128i bytes = _mm_maskz_loadu_epi8((__mmask16)((1u << (count - i)) - 1), from + i);
    _mm512_store_ps((float *)(void *)to + i, _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)));
  }
}

#define BYTES_AT(r) ((r < 3 ? x0 : x3) + (r % 3) * apart)
#define FLOATS_AT(from, r) (((r) < 3 ? f0 : f3) + (from) + (r) % 3 * f_apart)
#define WIDEN(r) \
  if (rows > r) convert16((float *)(void *)FLOATS_AT(next, r), (const unsigned char *)BYTES_AT(r));
#define FIRST(r) MULTIPLY(r, load(FLOATS_AT(now, r), RC_F32))
#define SECOND(r) MULTIPLY(r, load(FLOATS_AT(now, r) + 32, RC_F32))

/* The same for up to six rows of bytes, which become floats some steps before they are multiplied: one operation widens
 * sixteen, where a load into both halves of a register widens eight. */
RC_INLINE void widened_tile(const struct rows *in, const struct floats *floats, const float *wide, size_t k, float *c,
                            size_t ldc, int pairs, int lone, int rows) {
  const size_t apart = in->apart, advance = in->advance, f_apart = floats->apart, mask = floats->mask;
  char *const f0 = floats->at, *const f3 = f0 + 3 * f_apart;
  widen(f0, f_apart, in->x, apart, (size_t)rows, k < WIDENED_AHEAD ? k : WIDENED_AHEAD);
  const __m512 zero = _mm512_setzero_ps();
  struct sums s0 = zero_sums(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  const float *narrow = wide + 16 * (size_t)pairs * (rc_round_up(k, 8) / 8);
  const char *ahead = in->ahead, *x0 = in->x + WIDENED_AHEAD, *x3 = x0 + 3 * apart;
  size_t i = WIDENED_AHEAD, now = 0;
  for (; i + 16 <= k; i += 16, x0 += 16, x3 += 16) {
    const size_t next = (now + WIDENED_AHEAD * sizeof(float)) & mask;
    EVERY_ROW(WIDEN)
    STEP(FIRST);
    _mm_prefetch(ahead, _MM_HINT_T1);
    STEP(SECOND);
    _mm_prefetch(ahead + advance, _MM_HINT_T1);
    ahead += 2 * advance;
    now = (now + 64) & mask;
  }
  if (i < k) widen(f0 + (i * sizeof(float) & mask), f_apart, x0, apart, (size_t)rows, k - i);
  for (i -= WIDENED_AHEAD; i < k; i += 8, now = (now + 32) & mask) STEP(FIRST);
  STORE;
}

#undef EVERY_ROW
#undef MULTIPLY
#undef WEIGHTS
#undef STEP
#undef ROW_AT
#undef WHOLE
#undef TAIL
#undef STORE
#undef BYTES_AT
#undef FLOATS_AT
#undef WIDEN
#undef FIRST
#undef SECOND
#undef PREFETCH

#endif
