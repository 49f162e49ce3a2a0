/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes times digits of 8 bits by udot: two rows times up to twelve vectors of sums, of 32 registers; more are divided.
 * Rows of float32 go to neon-exact. Order: exact. Weights: udigits8. */
#include "digits_neondot.h"

enum { ROWS = 2 };

#include "digits_tiled.h"

/* Vector j of four elements' digits times a lane of each row. */
#define VECTOR(j, lane)                                                                         \
  if (vectors > j) {                                                                            \
    const uint8x16_t v = vld1q_u8(j < whole ? wide + 16 * j : narrow + 16 * (j - whole));       \
    a.v##j = vdotq_laneq_u32(a.v##j, v, xa, lane);                                              \
    if (rows > 1) b.v##j = vdotq_laneq_u32(b.v##j, v, xb, lane);                                \
  }
#define FOUR(lane)                                                                              \
  do {                                                                                          \
    VECTOR(0, lane) VECTOR(1, lane) VECTOR(2, lane) VECTOR(3, lane)                             \
    VECTOR(4, lane) VECTOR(5, lane) VECTOR(6, lane) VECTOR(7, lane)                             \
    VECTOR(8, lane) VECTOR(9, lane) VECTOR(10, lane) VECTOR(11, lane)                           \
    wide += step, narrow += 32;                                                                 \
  } while (0)

/* Four elements of every row, which load() puts into every lane: the first one counts for the sum of bytes. */
#define LAST_FOUR(load)                                                                         \
  do {                                                                                          \
    const uint8x16_t xa = load(x), xb = load(x + apart);                                        \
    sum_a = vdotq_u32(sum_a, xa, first_ones);                                                   \
    if (rows > 1) sum_b = vdotq_u32(sum_b, xb, first_ones);                                     \
    FOUR(0);                                                                                    \
  } while (0)
#define TAIL(at) broadcast_tail(at, k % 4)

/* Some vectors of a panel, `whole` of them from `wide` on; step: bytes from the whole ones of four elements to those of
 * the next four. */
RC_INLINE void some_vectors(const struct rows *in, const char *first, size_t step, const char *half, size_t k,
                            int32_t *lanes, int whole, int vectors, int rows) {
  const unsigned char *x = in->x, *wide = (const unsigned char *)first, *narrow = (const unsigned char *)half;
  const size_t apart = rows > 1 ? in->apart : 0, ahead = in->ahead;
  const uint8x16_t ones = vdupq_n_u8(1), first_ones = {1, 1, 1, 1};
  struct sums a = zero_sums(), b = a;
  uint32x4_t sum_a = vdupq_n_u32(0), sum_b = sum_a;
  for (const unsigned char *end = x + k / 16 * 16; x < end; x += 16) {
    __builtin_prefetch(x + ahead, 0, 2);
    if (rows > 1) __builtin_prefetch(x + ahead + apart, 0, 2);
    const uint8x16_t xa = vld1q_u8(x), xb = vld1q_u8(x + apart);
    sum_a = vdotq_u32(sum_a, xa, ones);
    if (rows > 1) sum_b = vdotq_u32(sum_b, xb, ones);
    FOUR(0);
    FOUR(1);
    FOUR(2);
    FOUR(3);
  }
  for (const unsigned char *end = x + k % 16 / 4 * 4; x < end; x += 4) LAST_FOUR(broadcast);
  if (k % 4 != 0) LAST_FOUR(TAIL);
  store_sums(lanes, &a, vaddvq_u32(sum_a), vectors);
  if (rows > 1) store_sums(lanes + RC_DIGITS_ROW, &b, vaddvq_u32(sum_b), vectors);
}

RC_INLINE void tile(const struct rows *in, const char *wide, const char *narrow, size_t k, int32_t *lanes, int whole,
                    int half, int rows) {
  const size_t step = 64 * (size_t)whole;
  const int vectors = 4 * whole + 2 * half;
  if (vectors <= 12) {
    some_vectors(in, wide, step, narrow, k, lanes, 4 * whole, vectors, rows);
  } else {
    some_vectors(in, wide, step, narrow, k, lanes, 8, 8, rows);
    some_vectors(in, wide + 128, step, narrow, k, lanes + 32, 4 * whole - 8, vectors - 8, rows);
  }
}

TILES(1)
TILES(2)

void rc_neondot_digits_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  rc_neon_exact_f32(w, m, x, ldx, c, ldc);
}

void rc_neondot_digits_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  digits_tiled(w, m, x, ldx, c, ldc, tiles_of_2, tiles_of_1);
}
