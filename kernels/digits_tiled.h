/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of bytes times panels of digits, for the kernels of the order exact that multiply every byte. Tiles are a few
 * neighbouring rows times a panel; sums of 32 bits are put together while they are in the nearest cache, or, where rows
 * are longer than a part, added to sums of 64 bits. Weights: digits8, udigits8, digits16.
 * Gives the file that includes it digits_tiled(), and takes from that file
 *   BITS, ROWS       of a digit; of a tile
 *   SETTLE           the level's rc_exact_settle_fn
 *   EVERY_WIDTH()    whole vectors and half ones of panels
 *   tile()           as tile_fn, and whole, half and rows, which are constants
 *   round_lanes()    one row's outputs of a panel from its lanes */
#ifndef RC_DIGITS_TILED_H
#define RC_DIGITS_TILED_H

#include "digits.h"
#include "digits_all.h"

enum { AHEAD_BYTES = 6272 };

/* Some rows: apart bytes from one to the next, and as far ahead what to prefetch meanwhile. */
struct rows {
  const unsigned char *x;
  size_t apart, ahead, count;
};

/* k elements of every row times the digits at wide and narrow; the sums of a row go to lanes + row * RC_DIGITS_ROW. */
typedef void tile_fn(const struct rows *in, const char *wide, const char *narrow, size_t k, int32_t *lanes);

#define TILE(W, H, R)                                                                                          \
  static void tile##W##_##H##_##R(const struct rows *in, const char *wide, const char *narrow, size_t k,       \
                                  int32_t *lanes) {                                                            \
    tile(in, wide, narrow, k, lanes, W, H, R);                                                                 \
  }
#define TILE_ENTRY(W, H, R) [W][H] = tile##W##_##H##_##R,
#define TILES(R)                                                                                               \
  EVERY_WIDTH(TILE, R)                                                                                          \
  static tile_fn *const tiles_of_##R[RC_DIGITS_VECTORS + 1][2] = {EVERY_WIDTH(TILE_ENTRY, R)};

/* The sums of a tile's rows of several parts, times a panel. */
static void long_lanes(const struct rc_digits *d, const struct rc_digits_panel *panel, tile_fn *run, struct rows in,
                       size_t rows, int64_t sums[ROWS * RC_DIGITS_LANES]) {
  int32_t lanes[ROWS * RC_DIGITS_ROW];
  const size_t k = d->w->k, used = panel->width * d->digits;
  memset(sums, 0, ROWS * RC_DIGITS_LANES * sizeof *sums);
  for (size_t i = 0; i < k; i += d->part, in.x += d->part) {
    run(&in, panel->wide + i * 16 * panel->whole, panel->narrow + i * 8, k - i < d->part ? k - i : d->part, lanes);
    for (size_t r = 0; r < rows; r++)
      for (size_t lane = 0; lane < used; lane++) sums[r * RC_DIGITS_LANES + lane] += lanes[r * RC_DIGITS_ROW + lane];
  }
}

/* At most RC_DIGITS_BLOCK rows times a panel; c: the panel's columns. all: d has all digits, a constant. False: all
 * digits are the shorter way, and c is not yet right. */
RC_INLINE int block_times_panel(const struct rc_digits *d, const struct rc_digits_panel *panel, const struct rows *in,
                                tile_fn *several, tile_fn *one, float *c, size_t ldc, int all) {
  struct rc_digits_block block;
  int32_t lanes[ROWS * RC_DIGITS_ROW];
  int64_t sums[ROWS * RC_DIGITS_LANES];
  struct rows tile = *in;
  const int parts = d->w->k > d->part;
  for (size_t i = 0, rows; i < in->count; i += rows, tile.x += rows * in->apart) {
    rows = in->count - i < ROWS ? 1 : ROWS;
    tile_fn *const run = rows > 1 ? several : one;
    if (parts) long_lanes(d, panel, run, tile, rows, sums);
    else run(&tile, panel->wide, panel->narrow, d->w->k, lanes);
    for (size_t r = 0; r < rows; r++) {
      const int64_t *long_row = sums + r * RC_DIGITS_LANES;
      const int32_t *row = lanes + r * RC_DIGITS_ROW;
      float *to = c + (i + r) * ldc;
      if (all && parts) rc_digits_round_all64(d, panel, long_row, to, BITS);
      else if (all) rc_digits_round_all(d, panel, row, d->digits, to, BITS);
      else if (parts) block.doubts[i + r] = rc_digits_round64(d, panel, long_row, block.sums[i + r], to);
      else block.doubts[i + r] = round_lanes(d, panel, row, block.sums[i + r], to);
    }
  }
  if (all) return 1;
  if (rc_digits_hard(d, panel, block.doubts, in->count, in->x, in->apart, c, ldc)) return 0;
  rc_digits_settle_block(d, panel, &block, in->count, in->x, in->apart, c, ldc);
  return 1;
}

/* The two, as functions of their own: inlined into one they would share registers. */
static int few_digits(const struct rc_digits *d, const struct rc_digits_panel *panel, const struct rows *in,
                      tile_fn *several, tile_fn *one, float *c, size_t ldc) {
  return block_times_panel(d, panel, in, several, one, c, ldc, 0);
}
static int all_digits(const struct rc_digits *d, const struct rc_digits_panel *panel, const struct rows *in,
                      tile_fn *several, tile_fn *one, float *c, size_t ldc) {
  return block_times_panel(d, panel, in, several, one, c, ldc, 1);
}

typedef tile_fn *const tile_table[RC_DIGITS_VECTORS + 1][2];

/* A block times all panels, by one of the two. */
RC_INLINE int block_times_panels(const struct rc_digits *d, const struct rows *in, tile_table several, tile_table one,
                                 float *c, size_t ldc, int all) {
  int done = 1;
  for (size_t p = 0; p < d->of.count && done; p++) {
    const struct rc_digits_panel panel = rc_digits_panel(d, p, BITS);
    done = (all ? all_digits : few_digits)(d, &panel, in, several[panel.whole][panel.half],
                                           one[panel.whole][panel.half], c + panel.column, ldc);
  }
  return done;
}

RC_INLINE void digits_tiled(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                            tile_table several, tile_table one) {
  const struct rc_digits d = rc_digits_of(w, BITS, SETTLE);
  struct rc_digits all;
  struct rows in = {.x = x, .apart = ldx, .ahead = AHEAD_BYTES};
  size_t straight = 0; /* blocks yet to come that begin with all digits */
  all.w = NULL;
  /* Whole rows ahead, so that what lies between rows is left out, or within a long row. */
  if (w->k > 0 && w->k <= AHEAD_BYTES) in.ahead = (AHEAD_BYTES + w->k - 1) / w->k * ldx;
  for (size_t i = 0; i < m; i += RC_DIGITS_BLOCK, in.x += RC_DIGITS_BLOCK * ldx, c += RC_DIGITS_BLOCK * ldc) {
    in.count = m - i < RC_DIGITS_BLOCK ? m - i : RC_DIGITS_BLOCK;
    if (straight == 0 && block_times_panels(&d, &in, several, one, c, ldc, 0)) continue;
    straight = straight > 0 ? straight - 1 : RC_DIGITS_STRAIGHT;
    if (all.w == NULL) all = rc_digits_all_of(&d);
    block_times_panels(&all, &in, several, one, c, ldc, 1);
  }
}

#endif
