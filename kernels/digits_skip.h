/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of bytes times panels of digits, for the kernels of the order exact that leave out groups of four bytes that are
 * zero: an exact sum does not change. A few rows are multiplied before any of them is rounded, so that what one waits
 * for is done for another. Weights: digits8, digits16.
 * Gives the file that includes it digits_skip(), and takes from that file
 *   BITS             of a digit
 *   EVERY_WIDTH()    whole vectors and half ones of panels
 *   struct list      what is to be multiplied of a row's part
 *   fill_list()      lists k elements, at most RC_DIGITS_PART, of the row at x, prefetching what is `ahead` bytes on
 *   listed_row()     as row_fn, and whole and half, which are constants
 *   round_lanes()    one row's outputs of a panel from its lanes */
#ifndef RC_DIGITS_SKIP_H
#define RC_DIGITS_SKIP_H

#include "digits.h"

enum { GROUP = 4, /* rows; a block has some groups */
       ROW_LANES = RC_DIGITS_LANES + RC_DIGITS_SPARE, AHEAD_BYTES = 12288 };

/* A row's sums of a panel; x, k: the row's part, for its tail. */
typedef void row_fn(const struct list *list, const unsigned char *x, size_t k, const char *wide, const char *narrow,
                    int32_t *lanes);

#define LISTED_ROW(W, H, none)                                                                                       \
  static void listed_row##W##_##H(const struct list *list, const unsigned char *x, size_t k, const char *wide, \
                                  const char *narrow, int32_t *lanes) {                                        \
    listed_row(list, x, k, wide, narrow, lanes, W, H);                                                         \
  }
EVERY_WIDTH(LISTED_ROW, )
#define ROW_ENTRY(W, H, none) [W][H] = listed_row##W##_##H,
static row_fn *const rows_of[RC_DIGITS_VECTORS + 1][2] = {EVERY_WIDTH(ROW_ENTRY, )};

/* Rows and what is prefetched for others meanwhile. */
struct rows {
  const unsigned char *x;
  size_t apart, ahead, count;
};

/* A row of several parts, times a panel: its lanes. */
static void long_row(const struct rc_digits *d, const struct rc_digits_panel *panel, const unsigned char *x,
                     int64_t *sums) {
  const size_t k = d->w->k, used = panel->width * d->digits;
  row_fn *const run = rows_of[panel->whole][panel->half];
  int32_t lanes[ROW_LANES];
  struct list list;
  memset(sums, 0, used * sizeof *sums);
  for (size_t at = 0; at < k; at += d->part) {
    const size_t some = k - at < d->part ? k - at : d->part;
    fill_list(&list, x + at, some, 0);
    run(&list, x + at, some, panel->wide + at * 16 * panel->whole, panel->narrow + at * 8, lanes);
    for (size_t lane = 0; lane < used; lane++) sums[lane] += lanes[lane];
  }
}

static void long_rows(const struct rc_digits *d, const struct rows *in, float *c, size_t ldc) {
  struct rc_digits_block block;
  int64_t sums[RC_DIGITS_LANES];
  for (size_t p = 0; p < d->count; p++) {
    const struct rc_digits_panel panel = rc_digits_panel(d, p, BITS);
    for (size_t r = 0; r < in->count; r++) {
      long_row(d, &panel, in->x + r * in->apart, sums);
      block.doubts[r] = rc_digits_round64(d, &panel, sums, block.sums[r], c + r * ldc + panel.column);
    }
    rc_digits_settle(d, &panel, &block, in->count, in->x, in->apart, c + panel.column, ldc);
  }
}

/* A block of rows of one part. */
static void short_rows(const struct rc_digits *d, const struct rows *in, float *c, size_t ldc) {
  struct list list[RC_DIGITS_BLOCK];
  struct rc_digits_block block;
  int32_t lanes[GROUP * ROW_LANES];
  for (size_t r = 0; r < in->count; r++) fill_list(&list[r], in->x + r * in->apart, d->w->k, in->ahead);
  for (size_t p = 0; p < d->count; p++) {
    const struct rc_digits_panel panel = rc_digits_panel(d, p, BITS);
    row_fn *const run = rows_of[panel.whole][panel.half];
    for (size_t i = 0, end; i < in->count; i = end) {
      end = in->count - i < GROUP ? in->count : i + GROUP;
      for (size_t r = i; r < end; r++)
        run(&list[r], in->x + r * in->apart, d->w->k, panel.wide, panel.narrow, lanes + (r - i) * ROW_LANES);
      for (size_t r = i; r < end; r++)
        block.doubts[r] =
          round_lanes(d, &panel, lanes + (r - i) * ROW_LANES, block.sums[r], c + r * ldc + panel.column);
    }
    rc_digits_settle(d, &panel, &block, in->count, in->x, in->apart, c + panel.column, ldc);
  }
}

RC_INLINE void digits_skip(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  const struct rc_digits d = rc_digits_of(w, BITS);
  struct rows in = {.x = x, .apart = ldx};
  in.ahead = w->k > 0 ? (AHEAD_BYTES + w->k - 1) / w->k * ldx : 0;
  for (size_t i = 0; i < m; i += RC_DIGITS_BLOCK, in.x += RC_DIGITS_BLOCK * ldx, c += RC_DIGITS_BLOCK * ldc) {
    in.count = m - i < RC_DIGITS_BLOCK ? m - i : RC_DIGITS_BLOCK;
    if (w->k > d.part) long_rows(&d, &in, c, ldc);
    else short_rows(&d, &in, c, ldc);
  }
}

#endif
