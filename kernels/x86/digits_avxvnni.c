/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes times digits of 8 bits by vpdpbusd in registers of 256 bits. Two are multiplied a cycle, and a sum waits five
 * cycles for the last product: four rows times up to two vectors of sums, two rows times up to seven; panels of eight
 * are divided. Rows of float32 go to avx2-exact. Order: exact. Weights: digits8. */
#include "digits_avxvnni.h"

enum { ROWS = 4 };

#include "digits_tiled.h"

/* Some vectors of a panel times `rows` rows, of which the first is number `row`; step: bytes from the whole vectors of
 * four elements to those of the next four. */
RC_INLINE void some_sums(const struct rows *in, size_t row, const char *wide, size_t step, const char *narrow, size_t k,
                         int32_t *lanes, int whole, int vectors, int rows) {
  const size_t apart = in->apart, ahead = in->ahead;
  const unsigned char *x = in->x + row * apart;
  struct four_rows s = zero_sums();
  for (size_t left = k / 4; left > 0;) {
    for (size_t r = 0; r < (size_t)rows; r++) _mm_prefetch((const char *)x + ahead + r * apart, _MM_HINT_T1);
    const size_t steps = left < 16 ? left : 16;
    left -= steps;
    for (const unsigned char *end = x + 4 * steps; x < end; x += 4, wide += step, narrow += 32)
      add_four(&s, x, apart, 4, wide, narrow, whole, vectors, rows);
  }
  if (k % 4 != 0) add_four(&s, x, apart, k % 4, wide, narrow, whole, vectors, rows);
  store_rows(lanes + row * RC_DIGITS_ROW, &s, vectors, rows);
}

RC_INLINE void tile(const struct rows *in, const char *wide, const char *narrow, size_t k, int32_t *lanes, int whole,
                    int half, int rows) {
  const size_t step = 64 * (size_t)whole;
  const int vectors = 2 * whole + half;
  const int first = vectors > 7 ? 6 : vectors; /* whole vectors, but for the last of an odd number */
  if (rows > 1 && vectors > 2)
    for (size_t row = 0; row < ROWS; row += 2)
      some_sums(in, row, wide, step, narrow, k, lanes, first - half, first, 2);
  else some_sums(in, 0, wide, step, narrow, k, lanes, first - half, first, rows);
  if (vectors > first) some_sums(in, 0, wide + 32 * first, step, narrow, k, lanes + 8 * first, 2, 2, rows);
}

TILES(1)
TILES(4)

void rc_avxvnni_digits_f32(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  rc_avx2_exact_f32(w, m, x, ldx, c, ldc);
}

void rc_avxvnni_digits_u8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  digits_tiled(w, m, x, ldx, c, ldc, tiles_of_4, tiles_of_1);
}
