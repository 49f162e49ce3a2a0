/* SPDX-License-Identifier: BSD-3-Clause */
/* What the zero-skipping kernels share: which steps of eight elements of a row are not all zero, and what to prefetch.
 *
 * For finite weights a step of zeros adds +0 or -0 to every partial sum, which changes at most the sign of a zero, and
 * the order lanes8 ends by adding +0: the bits are those of the dense kernels. Where a weight is Inf or NaN, nothing is
 * skipped.
 *
 * Every row has its own steps. Two rows that share their loads of the weights must multiply what is not zero in either
 * of them (of MNIST's steps 51 % instead of 39 %); ten columns at a time, a core loads the weights as fast as it
 * multiplies, so that sharing saves nothing.
 *
 * The masks of several rows are gathered before any of them is multiplied: the loops over their bits are integer
 * arithmetic that runs ahead of the multiply-adds, so that their ends, which nobody can predict, are known in time. */
#ifndef RC_SKIP_H
#define RC_SKIP_H

#include "kernel.h"

enum {
  RC_SKIP_ROWS = 4,   /* rows gathered at a time */
  RC_SKIP_STEPS = 64, /* steps in a mask: a bit each */
  RC_SKIP_MASKS = 64  /* masks of a row gathered at a time: a part of 32,768 elements */
};
enum { RC_SKIP_PART = RC_SKIP_STEPS * RC_SKIP_MASKS };

/* The steps to multiply of a part of one row, 64 in a mask; of the first two masks those that are not there are empty.
 * These have loops of their own: the end of a loop over a mask is as good as a coin toss, and must not be mixed up with
 * the end of the row. */
struct rc_skip_list {
  size_t masks;
  unsigned long long mask[RC_SKIP_MASKS];
};

/* Which of the count (1..64) steps from element i on are not all zero, and the same of 64 steps: an ISA level's own. */
typedef unsigned long long rc_nonzero_fn(const void *row, size_t i, size_t count, enum rc_dtype dtype);
typedef unsigned long long rc_nonzero64_fn(const void *row, size_t i, enum rc_dtype dtype);

/* Gathers steps begin..end (at most RC_SKIP_PART) of every row; with all set, every step. */
RC_INLINE void rc_skip_gather(struct rc_skip_list list[RC_SKIP_ROWS], const void *const row[RC_SKIP_ROWS],
                              size_t begin, size_t end, int all, enum rc_dtype dtype, rc_nonzero_fn *nonzero,
                              rc_nonzero64_fn *nonzero64) {
  const size_t steps = end - begin;
  /* Rows of two masks, as MNIST's, without a loop whose end could not be foretold: the second mask is of the last 64
   * steps, less those that the first one has. */
  if (steps > RC_SKIP_STEPS && steps <= 2 * RC_SKIP_STEPS && !all) {
#pragma GCC unroll 4
    for (size_t r = 0; r < RC_SKIP_ROWS; r++) {
      list[r].mask[0] = nonzero64(row[r], 8 * begin, dtype);
      list[r].mask[1] = nonzero64(row[r], 8 * (end - RC_SKIP_STEPS), dtype) >> (2 * RC_SKIP_STEPS - steps);
      list[r].masks = 2;
    }
    return;
  }
  for (size_t r = 0; r < RC_SKIP_ROWS; r++) {
    size_t masks = 0;
    list[r].mask[0] = list[r].mask[1] = 0;
    for (size_t at = begin; at < end; at += RC_SKIP_STEPS) {
      const size_t count = end - at < RC_SKIP_STEPS ? end - at : RC_SKIP_STEPS;
      list[r].mask[masks++] = all                      ? ~0ull >> (RC_SKIP_STEPS - count)
                              : count == RC_SKIP_STEPS ? nonzero64(row[r], 8 * at, dtype)
                                                       : nonzero(row[r], 8 * at, count, dtype);
    }
    list[r].masks = masks;
  }
}

/* Runs `body` for every step in a list, in ascending order; `at` is its number. */
#define RC_SKIP_FOR_EACH(at, list, begin, body)                                                        \
  RC_SKIP_FOR_BITS(at, (list)->mask[0], begin, body)                                                   \
  RC_SKIP_FOR_BITS(at, (list)->mask[1], (begin) + RC_SKIP_STEPS, body)                                 \
  for (size_t mask_ = 2; mask_ < (list)->masks; mask_++)                                               \
    RC_SKIP_FOR_BITS(at, (list)->mask[mask_], (begin) + mask_ * RC_SKIP_STEPS, body)
#define RC_SKIP_FOR_BITS(at, mask, base, body)                                                         \
  for (unsigned long long left_ = (mask); left_ != 0; left_ &= left_ - 1) {                            \
    const size_t at = (base) + (size_t)__builtin_ctzll(left_);                                         \
    body                                                                                               \
  }

/* Where to prefetch while a row is multiplied, a line with every step: some kilobytes on, as gathering reads rows
 * faster than memory delivers them; of rows of more than 16 KB, the row itself. Into the second-level cache: the first
 * one keeps the weights. A row has more steps than lines, so that the lines behind are asked for as well, often twice;
 * telling where a row ends would be one more branch that cannot be foretold. Nothing faults behind the batch. */
RC_INLINE const char *rc_skip_look_ahead(const void *row, size_t k, size_t ldx, enum rc_dtype dtype) {
  const size_t bytes = k * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  return rc_row(row, bytes > 16384 ? 0 : bytes < 1024 ? 12 : 4 + 8192 / bytes, ldx, dtype);
}

RC_INLINE const char *rc_skip_prefetch(const char *at) {
  __builtin_prefetch(at, 0, 2);
  return at + 64;
}

/* What all panels of a group of rows need. */
struct rc_skip_group {
  const void *row[RC_SKIP_ROWS]; /* behind the last row of a short group stands the last row again */
  size_t rows, k;
  int all;                         /* multiply every step */
  const char *ahead[RC_SKIP_ROWS]; /* what to prefetch while a row is multiplied */
  struct rc_skip_list list[RC_SKIP_ROWS];
};

/* gather_part(): steps begin..end of every row of a group, as functions of their own: only rows of more than one part
 * need them, and inlined into every width of panels they would take a compiler most of its time. A file of kernels has
 * this line after its nonzero() and nonzero64(). */
#define RC_SKIP_GATHER_PART                                                                                            \
  static __attribute__((noinline)) void gather_part_F32(struct rc_skip_group *g, size_t begin, size_t end) {           \
    rc_skip_gather(g->list, g->row, begin, end, g->all, RC_F32, nonzero, nonzero64);                                   \
  }                                                                                                                    \
  static __attribute__((noinline)) void gather_part_U8(struct rc_skip_group *g, size_t begin, size_t end) {            \
    rc_skip_gather(g->list, g->row, begin, end, g->all, RC_U8, nonzero, nonzero64);                                    \
  }                                                                                                                    \
  RC_INLINE void gather_part(struct rc_skip_group *g, size_t begin, size_t end, enum rc_dtype dtype) {                 \
    if (dtype == RC_U8) gather_part_U8(g, begin, end);                                                                 \
    else gather_part_F32(g, begin, end);                                                                               \
  }

/* Fills in the group that begins with row i of m; its k and all are set. Rows of one part are gathered here, once for
 * all panels; rows of several by each panel, part by part. */
RC_INLINE void rc_skip_begin(struct rc_skip_group *g, size_t i, size_t m, const void *x, size_t ldx,
                             enum rc_dtype dtype, rc_nonzero_fn *nonzero, rc_nonzero64_fn *nonzero64) {
  const size_t steps = g->k / 8;
  g->rows = m - i < RC_SKIP_ROWS ? m - i : RC_SKIP_ROWS;
  for (size_t r = 0; r < RC_SKIP_ROWS; r++) {
    g->row[r] = rc_row(x, i + (r < g->rows ? r : g->rows - 1), ldx, dtype);
    g->ahead[r] = rc_skip_look_ahead(g->row[r], g->k, ldx, dtype);
  }
  if (steps <= RC_SKIP_PART) rc_skip_gather(g->list, g->row, 0, steps, g->all, dtype, nonzero, nonzero64);
}

#endif
