/* SPDX-License-Identifier: BSD-3-Clause */
/* What the zero-skipping kernels share: how a product is cut.
 *
 *   for each group of 8 rows
 *     for each panel of columns
 *       for each word of steps      a step is eight elements, a word at most 50 steps: its weights (16 KB for ten
 *                                   columns) stay in the first-level cache for all rows of the group
 *         find the non-zero steps of every row: a bit mask
 *         multiply them, row by row
 *
 * The masks of all rows are found before any row is multiplied: the loops over their bits are integer arithmetic that
 * runs ahead of the multiply-adds, so that their ends, which nobody can predict, are known in time. */
#ifndef RC_X86_SKIP_H
#define RC_X86_SKIP_H

#include "kernel.h"

enum { RC_SKIP_ROWS = 8, RC_SKIP_STEPS = 50, RC_SKIP_PREFETCH = 6272 };

/* Steps in a word: as equal as can be. */
RC_INLINE size_t rc_skip_word(size_t steps) {
  const size_t words = (steps + RC_SKIP_STEPS - 1) / RC_SKIP_STEPS;
  return words == 0 ? 1 : (steps + words - 1) / words;
}

#endif
