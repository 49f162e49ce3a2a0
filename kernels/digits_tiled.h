/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of bytes times panels of digits, for the kernels of the order exact that multiply every byte. Tiles are a few
 * neighbouring rows times a panel; sums of 32 bits are put together while they are in the nearest cache, or, where rows
 * are longer than a part, added to sums of 64 bits. Weights: digits8, digits16.
 * Gives the file that includes it digits_tiled(), and takes from that file
 *   BITS, ROWS       of a digit; of a tile
 *   tile()           as tile_fn, and whole, half and rows, which are constants
 *   round_lanes()    one row's outputs of a panel from its lanes */
#ifndef RC_DIGITS_TILED_H
#define RC_DIGITS_TILED_H

#include "digits.h"

enum { ROW_LANES = RC_DIGITS_LANES + RC_DIGITS_SPARE, AHEAD_BYTES = 6272 };

/* Some rows: apart bytes from one to the next, and as far ahead what to prefetch meanwhile. */
struct rows {
  const unsigned char *x;
  size_t apart, ahead;
};

/* k elements of every row times the digits at wide and narrow; the sums of a row go to lanes + row * ROW_LANES. */
typedef void tile_fn(const struct rows *in, const char *wide, const char *narrow, size_t k, int32_t *lanes);

#define TILE(W, H, R)                                                                                          \
  static void tile##W##_##H##_##R(const struct rows *in, const char *wide, const char *narrow, size_t k,       \
                                  int32_t *lanes) {                                                            \
    tile(in, wide, narrow, k, lanes, W, H, R);                                                                 \
  }
#define EVERY_WIDTH(X, R) X(0, 1, R) X(1, 0, R) X(1, 1, R) X(2, 0, R) X(2, 1, R) X(3, 0, R) X(3, 1, R) X(4, 0, R)
#define TILE_ENTRY(W, H, R) [W][H] = tile##W##_##H##_##R,
#define TILES(R)                                                                                               \
  EVERY_WIDTH(TILE, R)                                                                                         \
  static tile_fn *const tiles_of_##R[RC_DIGITS_VECTORS + 1][2] = {EVERY_WIDTH(TILE_ENTRY, R)};

static void round_lanes(const struct rc_digits *d, const struct rc_digits_panel *panel, const void *row,
                        const int32_t *lanes, float *c);

/* Rows of several parts, times a panel. */
static void long_rows(const struct rc_digits *d, const struct rc_digits_panel *panel, tile_fn *run, struct rows in,
                      size_t rows, float *c, size_t ldc) {
  int32_t lanes[ROWS * ROW_LANES];
  int64_t sums[ROWS * RC_DIGITS_LANES];
  const unsigned char *const x = in.x;
  const size_t k = d->w->k, used = panel->width * d->digits;
  memset(sums, 0, sizeof sums);
  for (size_t at = 0; at < k; at += d->part, in.x += d->part) {
    run(&in, panel->wide + at * 16 * panel->whole, panel->narrow + at * 8, k - at < d->part ? k - at : d->part, lanes);
    for (size_t r = 0; r < rows; r++)
      for (size_t lane = 0; lane < used; lane++) sums[r * RC_DIGITS_LANES + lane] += lanes[r * ROW_LANES + lane];
  }
  for (size_t r = 0; r < rows; r++)
    rc_digits_round64(d, panel, x + r * in.apart, sums + r * RC_DIGITS_LANES, c + r * ldc);
}

static void rows_times_panels(const struct rc_digits *d, const struct rows *in, size_t rows,
                              tile_fn *const tiles[RC_DIGITS_VECTORS + 1][2], float *c, size_t ldc) {
  int32_t lanes[ROWS * ROW_LANES];
  for (size_t p = 0; p < d->count; p++) {
    const struct rc_digits_panel panel = rc_digits_panel(d, p, BITS);
    tile_fn *const run = tiles[panel.whole][panel.half];
    if (d->w->k > d->part) {
      long_rows(d, &panel, run, *in, rows, c + panel.column, ldc);
      continue;
    }
    run(in, panel.wide, panel.narrow, d->w->k, lanes);
    for (size_t r = 0; r < rows; r++)
      round_lanes(d, &panel, in->x + r * in->apart, lanes + r * ROW_LANES, c + r * ldc + panel.column);
  }
}

RC_INLINE void digits_tiled(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                            tile_fn *const several[RC_DIGITS_VECTORS + 1][2],
                            tile_fn *const one[RC_DIGITS_VECTORS + 1][2]) {
  const struct rc_digits d = rc_digits_of(w, BITS);
  struct rows in = {.x = x, .apart = ldx, .ahead = AHEAD_BYTES};
  /* Whole rows ahead, so that what lies between rows is left out, or within a long row. */
  if (w->k > 0 && w->k <= AHEAD_BYTES) in.ahead = (AHEAD_BYTES + w->k - 1) / w->k * ldx;
  size_t i = 0;
  for (; i + ROWS <= m; i += ROWS, in.x += ROWS * ldx) rows_times_panels(&d, &in, ROWS, several, c + i * ldc, ldc);
  for (; i < m; i++, in.x += ldx) rows_times_panels(&d, &in, 1, one, c + i * ldc, ldc);
}

#endif
