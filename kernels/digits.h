/* SPDX-License-Identifier: BSD-3-Clause */
/* The order exact for rows of bytes. A column of weights is whole numbers times a power of two, its unit. They are cut
 * into a few balanced digits, so that products of bytes and digits are added up in 32-bit integers without rounding,
 * and the digits' sums are put together in a double. What a weight has below the unit, its rest, is left out: its sum
 * is bounded, so that most outputs are rounded without it, and the others are settled one by one with the rests, which
 * are listed. docs/numerics.md has the proofs. Weights: digits8, udigits8, digits16. */
#ifndef RC_DIGITS_H
#define RC_DIGITS_H

#include <stdint.h>

#include "exact.h"
#include "kernel.h"
#include "pack.h"

enum {
  RC_DIGITS_VECTORS = 4,    /* of sums of a row, at most; three of digits16, since AVX2 has half the registers */
  RC_DIGITS_LANES = 64,     /* sums of a row, at most */
  RC_DIGITS_PART = 1024,    /* elements of a row at a time, at most */
  RC_DIGITS_MOST_BYTES = 6, /* of a weight's digits */
  RC_DIGITS_ALL_BYTES = 36, /* of all of them: 2^128 is below 127/255 * 256^35 times 2^-149 */
  RC_UDIGITS_MORE = 128,    /* what udigits8 has added to each digit */
  RC_DIGITS_RESTS = 4,      /* how many are added up at a time */
  RC_DIGITS_ROW = RC_DIGITS_LANES + 16, /* lanes from a row to the next: some after the last may be read */
  RC_DIGITS_AT_ONCE = 8, /* columns that are rounded with all digits */
  RC_DIGITS_STRAIGHT = 15, /* blocks after one that needed all digits, which begin with them */
  RC_DIGITS_BEYOND = 32 /* bytes after the last panel, zeros: a whole vector may be read where half of one is */
};

/* Four bytes of a row, and the last 1 to 3 with zeros after them, as x86 loads them. A memcpy() of so many would be a
 * call, or wait for its own stores. */
RC_INLINE int rc_digits_four(const unsigned char *at) {
  int four;
  memcpy(&four, at, sizeof four);
  return four;
}

RC_INLINE int rc_digits_last(const unsigned char *at, size_t count) {
  int some = at[0];
  if (count > 1) some |= at[1] << 8;
  if (count > 2) some |= at[2] << 16;
  return some;
}

/* What a column's sum of digits leaves out; for outputs in doubt. Errors are of any row of bytes, without the bias. */
struct rc_digits_column {
  double error;      /* of the sum of digits in a double */
  double rest_error; /* of the sum of the rests in a double */
  size_t rests;      /* how many are listed */
  int listed;        /* all rests are; where a weight is not finite, all those that are not */
};

/* What an element adds that the digits leave out. */
struct rc_digits_rest {
  uint32_t k;
  float value;
};

/* Panels that are as equal as can be; the first `wider` have one column more than width. */
struct rc_digits_panels {
  size_t count, wider, width;
  size_t wider_size, size; /* bytes of a panel */
};

/* Begins what these layouts have after doubles5; then, with `units` and so on of rc_digits, the panels. */
struct rc_digits_head {
  size_t digits; /* of every weight */
  size_t part;   /* elements whose sums of 32 bits do not overflow: K, or a multiple of 64 */
  size_t rests;  /* the longest list, rounded up to RC_DIGITS_RESTS; others have zeros up to there */
  int open;      /* is there a column of which outputs in doubt may stay so? */
  size_t all, all_part; /* digits that leave nothing out, and their part; 0: there are none */
  size_t all_at;        /* bytes from here to them */
  struct rc_digits_panels panels, all_panels;
};

/* A column has `digits` sums, its lanes. A panel of width w has w * digits of them, the lowest digits of all columns
 * first, in `whole` vectors and, where the rest is not more than that, half a vector. */
struct rc_digits {
  const struct rc_weights *w;
  rc_exact_settle_fn *settle; /* the level's, for what is in doubt with the rests, too */
  size_t digits, part, rest_count;
  size_t all;                             /* digits with which nothing is left out; 0: there are none */
  int may_be_hard;                        /* are there, and columns of which outputs in doubt may stay so? */
  double base;                            /* of the digits: 2^8 or 2^16 */
  const double *units;                    /* N: of the columns */
  const double *lows, *highs;             /* N: what sums lack at least and at most, with the bias; NaN: settle */
  const struct rc_digits_column *columns; /* N */
  const struct rc_digits_rest *rests;     /* N times most_rests */
  size_t most_rests;
  const int32_t *biases; /* of all digits alone: those of the bias, as lanes */
  const char *panels;
  struct rc_digits_panels of;
};

/* For every four elements, the last padded with zeros, 64 bytes at `wide` for each whole vector, and 32 at `narrow` for
 * the half. digits8: a lane is 4 bytes, the digits of the four elements; udigits8: the same with 128
 * added. digits16: the two halves of those bytes are for the elements 0 and 2, and for 1 and 3; a lane is 4 bytes of
 * each, the digits of two elements. */
struct rc_digits_panel {
  size_t column, width, whole;
  int half;
  const char *wide, *narrow;
};

/* Most whole vectors of a panel. */
static inline size_t rc_digits_vectors(unsigned bits) { return bits == 8 ? RC_DIGITS_VECTORS : 3; }

/* A column's list is this long at most: a sixteenth of its weights. */
static inline size_t rc_digits_most_rests(size_t k) { return rc_round_up(k / 16 + 1, RC_DIGITS_RESTS); }

/* What was packed for a kernel whose digits have so many bits, 8 or 16. */
struct rc_digits rc_digits_of(const struct rc_weights *w, unsigned bits, rc_exact_settle_fn *settle);

/* The same weights and biases with all of their digits, if there are any: units, biases and panels, and no tests. */
struct rc_digits rc_digits_all_of(const struct rc_digits *digits);

/* Panel p. */
static inline struct rc_digits_panel rc_digits_panel(const struct rc_digits *d, size_t p, unsigned bits) {
  const size_t wider = p < d->of.wider ? p : d->of.wider, vector = 128 / bits;
  struct rc_digits_panel panel = {.column = p * d->of.width + wider, .width = d->of.width + (p < d->of.wider)};
  const size_t lanes = panel.width * d->digits, over = lanes % vector;
  panel.whole = lanes / vector + (over > vector / 2), panel.half = over > 0 && over <= vector / 2;
  panel.wide = d->panels + wider * d->of.wider_size + (p - wider) * d->of.size;
  panel.narrow = panel.wide + rc_round_up(d->w->k, 4) / 4 * 64 * panel.whole;
  return panel;
}

/* Rows of a panel that are rounded before their outputs in doubt are settled, all at once: which are cannot be
 * predicted. */
enum { RC_DIGITS_BLOCK = 12 };
struct rc_digits_block {
  uint64_t doubts[RC_DIGITS_BLOCK];       /* of a row: a bit for each column of the panel */
  double sums[RC_DIGITS_BLOCK][RC_DIGITS_LANES]; /* of the digits, times the units, without the bias */
};

/* Where in a panel the digit of element k in a lane is. */
RC_INLINE const char *rc_digit_at(const struct rc_digits_panel *panel, size_t k, size_t lane, unsigned bits) {
  const size_t vector = 128 / bits, at = lane >> (bits == 8 ? 4 : 3), half = bits == 8 ? 0 : k % 2;
  const size_t within = (lane & (vector - 1)) * 4 + (bits == 8 ? k % 4 : k % 4 / 2 * 2);
  return at < panel->whole ? panel->wide + (k / 4 * 64 + half * 32) * panel->whole + at * vector * 4 + within
                           : panel->narrow + k / 4 * 32 + half * 16 + within;
}

/* Settles the outputs in doubt of `rows` rows of bytes, at most RC_DIGITS_BLOCK, apart bytes from one to the next;
 * doubts, sums: of each row, as in a block, the sums RC_DIGITS_LANES apart; c: the panel's columns. */
void rc_digits_settle(const struct rc_digits *d, const struct rc_digits_panel *panel, const uint64_t *doubts,
                      const double *sums, size_t rows, const unsigned char *x, size_t apart,
                      float *c, size_t ldc);

/* May an output in doubt stay so when the column's rests are known? */
static inline int rc_digits_open(const struct rc_digits_column *column) {
  return !column->listed || column->error + column->rest_error > 0.0;
}

/* Settles rows of zeros, of finite weights, all of whose outputs of a panel are in doubt. */
void rc_digits_settle_zeros(const struct rc_digits *d, const struct rc_digits_panel *panel, uint64_t *doubts,
                            size_t rows, const unsigned char *x, size_t apart, float *c, size_t ldc);

/* Will so many of these rows' outputs stay in doubt that all digits of every column are the shorter way? Settles rows
 * of zeros first. */
int rc_digits_many_open(const struct rc_digits *d, const struct rc_digits_panel *panel, uint64_t *doubts, size_t rows,
                        const unsigned char *x, size_t apart, float *c, size_t ldc);
RC_INLINE int rc_digits_hard(const struct rc_digits *d, const struct rc_digits_panel *panel, uint64_t *doubts,
                             size_t rows, const unsigned char *x, size_t apart, float *c, size_t ldc) {
  return d->may_be_hard && rc_digits_many_open(d, panel, doubts, rows, x, apart, c, ldc);
}

/* Those of a block. */
RC_INLINE void rc_digits_settle_block(const struct rc_digits *d, const struct rc_digits_panel *panel,
                                      const struct rc_digits_block *block, size_t rows, const unsigned char *x,
                                      size_t apart, float *c, size_t ldc) {
  rc_digits_settle(d, panel, block->doubts, block->sums[0], rows, x, apart, c, ldc);
}

/* One row's outputs of a panel from its sums; which are in doubt. */
RC_INLINE uint64_t rc_digits_round_sums(const struct rc_digits *d, const struct rc_digits_panel *panel,
                                        const double *sums, float *c) {
  const float *bias = d->w->bias;
  const double *lows = d->lows + panel->column, *highs = d->highs + panel->column;
  uint64_t doubts = 0;
  for (size_t j = 0; j < panel->width; j++) {
    const double sum = bias != NULL ? sums[j] + (double)bias[panel->column + j] : sums[j];
    const float low = (float)(sum + lows[j]), high = (float)(sum + highs[j]);
    doubts |= (uint64_t)!(low == high) << j; /* so is a NaN */
    c[j] = low + 0.0f;                       /* a zero is +0 */
  }
  return doubts;
}

/* The same from lanes of 64 bits; the sums go to `sums`. */
uint64_t rc_digits_round64(const struct rc_digits *d, const struct rc_digits_panel *panel, const int64_t *lanes,
                           double *sums, float *c);

#endif
