/* SPDX-License-Identifier: BSD-3-Clause */
/* Short rows of bytes for the broadcasting kernels: they become floats a tile before they are multiplied, because a
 * load of what a store has just written would wait for it, and between the multiply-adds of that tile, for which a core
 * has time. Everything is static. The file that includes this has
 *   WIDENED_ROWS, MOST_TILES             rows of a tile, and the most tiles that are multiplied in one go
 *   LEAST_MIXED_K                        shortest rows whose tile has time for the next one's bytes
 *   convert(to, row, i, count)           bytes i.. of a row as floats, whole registers written
 *   float_rows(w, m, x, ldx, c, ldc)     m rows of floats times all panels
 *   mixed_rows(w, tiles, x, c, ldc, bytes, to)
 *                                        so many tiles of floats without gaps, while as many bytes become floats at
 *                                        `to`, but for less than LEFT_BYTES of them at their end */
#ifndef RC_X86_WIDENED_ROWS_H
#define RC_X86_WIDENED_ROWS_H

#include "kernel.h"
#include "pack.h"

enum { WIDENED_K = 64 }; /* longest of the rows that are widened so */

/* Some rows of bytes as floats, rows without gaps as one. Returns how far apart they are. */
RC_INLINE size_t widen(float *to, const unsigned char *x, size_t ldx, size_t k, size_t rows) {
  if (ldx == k) {
    convert(to, x, 0, rows * k);
    return k;
  }
  const size_t apart = rc_round_up(k, 16);
  for (size_t r = 0; r < rows; r++) convert(to + r * apart, x + r * ldx, 0, k);
  return apart;
}

/* m rows of 1 to WIDENED_K bytes times all panels. */
static void widened_rows(const struct rc_weights *w, size_t m, const unsigned char *x, size_t ldx, float *c,
                         size_t ldc) {
  _Alignas(RC_ALIGNMENT) float floats[2][WIDENED_ROWS * WIDENED_K];
  float *now = floats[0], *next = floats[1];
  const size_t k = w->k, room = WIDENED_K / (ldx == k ? k : rc_round_up(k, 16));
  const size_t tiles = room < MOST_TILES ? room : MOST_TILES, height = WIDENED_ROWS * tiles;
  const size_t converted = height * k / LEFT_BYTES * LEFT_BYTES;
  size_t apart = widen(now, x, ldx, k, m < height ? m : height);
  for (; m > height; m -= height, c += height * ldc) {
    x += height * ldx;
    if (ldx == k && k >= LEAST_MIXED_K && m >= 2 * height) {
      mixed_rows(w, tiles, now, c, ldc, x, next);
      apart = k;
      if (converted < height * k) convert(next + converted, x + converted, 0, height * k - converted);
    } else {
      const size_t before = apart;
      apart = widen(next, x, ldx, k, m - height < height ? m - height : height);
      float_rows(w, height, now, before, c, ldc);
    }
    float *const done = now;
    now = next, next = done;
  }
  if (m > 0) float_rows(w, m, now, apart, c, ldc);
}

#endif
