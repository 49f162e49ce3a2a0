/* SPDX-License-Identifier: BSD-3-Clause */
/* What the zero-skipping kernels share: which steps of eight elements of a row are not all zero, and what to prefetch.
 *
 * For finite weights a step of zeros adds +0 or -0 to every partial sum, which changes at most the sign of a zero, and
 * the order lanes8 ends by adding +0: the bits are those of the dense kernels. Where a weight is Inf or NaN, nothing is
 * skipped.
 *
 * Every row has its own steps. Two rows that shared their loads of weights would have to multiply the steps that are
 * not zero in either (51 % of MNIST's steps instead of 39 %). With ten columns at a time a core loads weights as fast
 * as it multiplies, so sharing would save nothing.
 *
 * The masks of several rows are gathered before any of the rows is multiplied. The loops over the bits of a mask are
 * integer arithmetic, which runs ahead of the multiply-adds: their ends cannot be predicted, but are known in time. */
#ifndef RC_SKIP_H
#define RC_SKIP_H

#include "kernel.h"

enum {
  RC_SKIP_ROWS = 4,   /* rows gathered at a time */
  RC_SKIP_STEPS = 64, /* steps in a mask: a bit each */
  RC_SKIP_MASKS = 64  /* masks of a row gathered at a time: a part of 32,768 elements */
};
enum { RC_SKIP_PART = RC_SKIP_STEPS * RC_SKIP_MASKS };

/* The steps to multiply in a part of one row, 64 to a mask. The first two masks are always there, empty where the row
 * is short, and each has a loop of its own: where a loop over a mask ends cannot be predicted, and that must not spoil
 * the prediction of where the row ends. */
struct rc_skip_list {
  size_t masks;
  unsigned long long mask[RC_SKIP_MASKS];
};

/* Which of the count (1..64) steps from element i on are not all zero, and the same for 64 steps. Every ISA level has
 * its own. */
typedef unsigned long long rc_nonzero_fn(const void *row, size_t i, size_t count, enum rc_dtype dtype);
typedef unsigned long long rc_nonzero64_fn(const void *row, size_t i, enum rc_dtype dtype);

/* Lists those of the steps begin..end (at most RC_SKIP_PART) of every row that are not all zero; with all set, every
 * step. */
RC_INLINE void rc_skip_gather(struct rc_skip_list list[RC_SKIP_ROWS], const void *const row[RC_SKIP_ROWS],
                              size_t begin, size_t end, int all, enum rc_dtype dtype, rc_nonzero_fn *nonzero,
                              rc_nonzero64_fn *nonzero64) {
  const size_t steps = end - begin;
  /* Rows of two masks, such as MNIST's, without a loop whose end cannot be predicted: the second mask is of the last 64
   * steps, without those that are in the first. */
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

/* The number of the lowest bit of a number that is not 0. By asm: GCC clears what tzcnt is to write, since Intel's CPUs
 * before Skylake wait for it, and widens its result. */
RC_INLINE size_t rc_lowest_bit(unsigned long long bits) {
#ifdef __x86_64__
  unsigned long long number;
  __asm__("rep bsf {%1, %0|%0, %1}" : "=r"(number) : "r"(bits) : "cc");
  return (size_t)number;
#else
  return (size_t)__builtin_ctzll(bits);
#endif
}

/* Runs `body` for every step in a list, in ascending order; `at` is its number. */
#define RC_SKIP_FOR_EACH(at, list, begin, body)                                                        \
  RC_SKIP_FOR_BITS(at, (list)->mask[0], begin, body)                                                   \
  RC_SKIP_FOR_BITS(at, (list)->mask[1], (begin) + RC_SKIP_STEPS, body)                                 \
  for (size_t mask_ = 2; mask_ < (list)->masks; mask_++)                                               \
    RC_SKIP_FOR_BITS(at, (list)->mask[mask_], (begin) + mask_ * RC_SKIP_STEPS, body)
#define RC_SKIP_FOR_BITS(at, mask, base, body)                                                         \
  for (unsigned long long left_ = (mask); left_ != 0; left_ &= left_ - 1) {                            \
    const size_t at = (base) + rc_lowest_bit(left_);                                                   \
    body                                                                                               \
  }

/* Where to begin to prefetch while a row is multiplied, a line with every step: some kilobytes ahead, because gathering
 * reads rows faster than memory delivers them; in rows of more than 16 KB, at the row itself. Lines go to the
 * second-level cache: the first level keeps the weights. A row has more steps than lines, so lines after its end are
 * prefetched too, often twice; to stop at its end would take one more branch that cannot be predicted. A prefetch after
 * the end of the batch does not fault. */
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
  const void *row[RC_SKIP_ROWS]; /* a short group repeats its last row */
  size_t rows, k;
  int all;                         /* multiply every step */
  const char *ahead[RC_SKIP_ROWS]; /* what to prefetch while a row is multiplied */
  struct rc_skip_list list[RC_SKIP_ROWS];
};

/* gather_part(): rc_skip_gather() for a group, in functions of their own: only rows of more than one part need them,
 * and inlined into every width of panels they would take a compiler most of its time. It stands after nonzero() and
 * nonzero64(). */
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

/* Fills in a group that begins with row i of m. Rows of one part are gathered here, once for all panels; longer rows by
 * each panel, part by part. */
RC_INLINE void rc_skip_begin_group(struct rc_skip_group *g, const struct rc_weights *w, size_t i, size_t m,
                                   const void *x, size_t ldx, enum rc_dtype dtype, rc_nonzero_fn *nonzero,
                                   rc_nonzero64_fn *nonzero64) {
  const size_t steps = w->k / 8;
  g->k = w->k, g->all = !w->finite;
  g->rows = m - i < RC_SKIP_ROWS ? m - i : RC_SKIP_ROWS;
  for (size_t r = 0; r < RC_SKIP_ROWS; r++) {
    g->row[r] = rc_row(x, i + (r < g->rows ? r : g->rows - 1), ldx, dtype);
    g->ahead[r] = rc_skip_look_ahead(g->row[r], g->k, ldx, dtype);
  }
  if (steps <= RC_SKIP_PART) rc_skip_gather(g->list, g->row, 0, steps, g->all, dtype, nonzero, nonzero64);
}

/* The groups from row i of m on, at most so many. Returns how many, and of how many rows. Where there are more panels
 * than the nearest cache holds, a few groups take each of them while it is there. */
enum { RC_SKIP_GROUPS = 7 }; /* of which the stack takes 16 KiB */
RC_INLINE size_t rc_skip_begin(struct rc_skip_group *g, size_t most, const struct rc_weights *w, size_t i, size_t m,
                               const void *x, size_t ldx, enum rc_dtype dtype, rc_nonzero_fn *nonzero,
                               rc_nonzero64_fn *nonzero64, size_t *rows) {
  size_t count = 0;
  for (*rows = 0; count < most && i + *rows < m; count++) {
    rc_skip_begin_group(&g[count], w, i + *rows, m, x, ldx, dtype, nonzero, nonzero64);
    *rows += g[count].rows;
  }
  return count;
}

#endif
