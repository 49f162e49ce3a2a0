/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of bytes times panels of digits, for the kernels of the order exact that leave out groups of four bytes that are
 * zero: an exact sum does not change. A few rows are multiplied before any of them is rounded, so that what one waits
 * for is done for another. Weights: digits8, udigits8, digits16.
 * Gives the file that includes it digits_skip(), and takes from that file
 *   BITS             of a digit
 *   SETTLE           the level's rc_exact_settle_fn
 *   EVERY_WIDTH()    whole vectors and half ones of panels
 *   struct list      what is to be multiplied of a row's part
 *   TOGETHER         rows that share a list, 1 or 2: groups are left out that are zero in all of them
 *   fill_list()      lists k elements, at most RC_DIGITS_PART, of the rows at x, and of x + apart; prefetches will be
 *                    made `ahead` bytes further on
 *   listed_rows()    as rows_fn, and whole and half, which are constants
 *   round_lanes()    one row's outputs of a panel from its lanes */
#ifndef RC_DIGITS_SKIP_H
#define RC_DIGITS_SKIP_H

#include "digits.h"
#include "digits_all.h"

enum { GROUP = 4, /* rows; a block has some groups */
       AHEAD_BYTES = 12288 };

/* Some rows' sums of a panel; x, apart, k: their part. Those of the second go to lanes + RC_DIGITS_ROW. */
typedef void rows_fn(const struct list *list, const unsigned char *x, size_t apart, size_t k, const char *wide,
                     const char *narrow, int32_t *lanes);

#define LISTED_ROWS(W, H, none)                                                                                        \
  static void listed_rows##W##_##H(const struct list *list, const unsigned char *x, size_t apart, size_t k,            \
                                   const char *wide, const char *narrow, int32_t *lanes) {                             \
    listed_rows(list, x, apart, k, wide, narrow, lanes, W, H);                                                         \
  }
EVERY_WIDTH(LISTED_ROWS, )
#define ROWS_ENTRY(W, H, none) [W][H] = listed_rows##W##_##H,
static rows_fn *const rows_of[RC_DIGITS_VECTORS + 1][2] = {EVERY_WIDTH(ROWS_ENTRY, )};

/* Rows and what is prefetched for others meanwhile. */
struct rows {
  const unsigned char *x;
  size_t apart, ahead, count;
};

/* Where the rows that share a list with row r of a block are; the last one may be alone. */
RC_INLINE size_t apart_from(const struct rows *in, size_t r) { return r + 1 < in->count ? in->apart : 0; }

/* Rows of several parts that share a list, times a panel: their lanes. */
static void long_lanes(const struct rc_digits *d, const struct rc_digits_panel *panel, const unsigned char *x,
                       size_t apart, int64_t *sums) {
  const size_t k = d->w->k, used = panel->width * d->digits;
  rows_fn *const run = rows_of[panel->whole][panel->half];
  int32_t lanes[TOGETHER * RC_DIGITS_ROW];
  struct list list;
  memset(sums, 0, TOGETHER * RC_DIGITS_LANES * sizeof *sums);
  for (size_t at = 0; at < k; at += d->part) {
    const size_t some = k - at < d->part ? k - at : d->part;
    fill_list(&list, x + at, apart, some, 0);
    run(&list, x + at, apart, some, panel->wide + at * 16 * panel->whole, panel->narrow + at * 8, lanes);
    for (size_t r = 0; r < TOGETHER; r++)
      for (size_t lane = 0; lane < used; lane++) sums[r * RC_DIGITS_LANES + lane] += lanes[r * RC_DIGITS_ROW + lane];
  }
}

/* A block of rows of several parts times all panels; all: d has all digits, a constant. False, here and below: all
 * digits are the shorter way, and c is not yet right. */
RC_INLINE int long_rows(const struct rc_digits *d, const struct rows *in, float *c, size_t ldc, int all) {
  struct rc_digits_block block;
  int64_t sums[TOGETHER * RC_DIGITS_LANES];
  for (size_t p = 0; p < d->of.count; p++) {
    const struct rc_digits_panel panel = rc_digits_panel(d, p, BITS);
    for (size_t r = 0; r < in->count; r++) {
      const int64_t *row = sums + r % TOGETHER * RC_DIGITS_LANES;
      float *to = c + r * ldc + panel.column;
      if (r % TOGETHER == 0) long_lanes(d, &panel, in->x + r * in->apart, apart_from(in, r), sums);
      if (all) rc_digits_round_all64(d, &panel, row, to, BITS);
      else block.doubts[r] = rc_digits_round64(d, &panel, row, block.sums[r], to);
    }
    if (all) continue;
    if (rc_digits_hard(d, &panel, block.doubts, in->count, in->x, in->apart, c + panel.column, ldc)) return 0;
    rc_digits_settle_block(d, &panel, &block, in->count, in->x, in->apart, c + panel.column, ldc);
  }
  return 1;
}

/* The lists of a block of rows of one part. */
struct lists {
  struct list of[RC_DIGITS_BLOCK / TOGETHER];
};

/* A block of rows of one part times all panels. */
RC_INLINE int short_rows(const struct rc_digits *d, const struct lists *lists, const struct rows *in, float *c,
                         size_t ldc, int all) {
  struct rc_digits_block block;
  int32_t lanes[GROUP * RC_DIGITS_ROW];
  for (size_t p = 0; p < d->of.count; p++) {
    const struct rc_digits_panel panel = rc_digits_panel(d, p, BITS);
    rows_fn *const run = rows_of[panel.whole][panel.half];
    for (size_t i = 0, end; i < in->count; i = end) {
      end = in->count - i < GROUP ? in->count : i + GROUP;
      for (size_t r = i; r < end; r += TOGETHER)
        run(&lists->of[r / TOGETHER], in->x + r * in->apart, apart_from(in, r), d->w->k, panel.wide, panel.narrow,
            lanes + (r - i) * RC_DIGITS_ROW);
      for (size_t r = i; r < end; r++) {
        const int32_t *row = lanes + (r - i) * RC_DIGITS_ROW;
        float *to = c + r * ldc + panel.column;
        if (all) rc_digits_round_all(d, &panel, row, d->digits, to, BITS);
        else block.doubts[r] = round_lanes(d, &panel, row, block.sums[r], to);
      }
    }
    if (all) continue;
    if (rc_digits_hard(d, &panel, block.doubts, in->count, in->x, in->apart, c + panel.column, ldc)) return 0;
    rc_digits_settle_block(d, &panel, &block, in->count, in->x, in->apart, c + panel.column, ldc);
  }
  return 1;
}

/* With few digits and with all, as functions of their own. */
static int few_digits(const struct rc_digits *d, const struct lists *lists, const struct rows *in, float *c,
                      size_t ldc) {
  return d->w->k > d->part ? long_rows(d, in, c, ldc, 0) : short_rows(d, lists, in, c, ldc, 0);
}
static void all_digits(const struct rc_digits *d, const struct lists *lists, const struct rows *in, float *c,
                       size_t ldc) {
  (void)(d->w->k > d->part ? long_rows(d, in, c, ldc, 1) : short_rows(d, lists, in, c, ldc, 1));
}

RC_INLINE void digits_skip(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  const struct rc_digits d = rc_digits_of(w, BITS, SETTLE);
  struct rc_digits all;
  struct rows in = {.x = x, .apart = ldx};
  size_t straight = 0; /* blocks yet to come that begin with all digits */
  all.w = NULL;
  in.ahead = w->k > 0 ? (AHEAD_BYTES + w->k - 1) / w->k * ldx : 0;
  for (size_t i = 0; i < m; i += RC_DIGITS_BLOCK, in.x += RC_DIGITS_BLOCK * ldx, c += RC_DIGITS_BLOCK * ldc) {
    struct lists lists;
    in.count = m - i < RC_DIGITS_BLOCK ? m - i : RC_DIGITS_BLOCK;
    for (size_t r = 0; r < in.count && w->k <= RC_DIGITS_PART; r += TOGETHER)
      fill_list(&lists.of[r / TOGETHER], in.x + r * in.apart, apart_from(&in, r), w->k, in.ahead);
    if (straight == 0 && few_digits(&d, &lists, &in, c, ldc)) continue;
    straight = straight > 0 ? straight - 1 : RC_DIGITS_STRAIGHT;
    if (all.w == NULL) all = rc_digits_all_of(&d);
    all_digits(&all, &lists, &in, c, ldc);
  }
}

#endif
