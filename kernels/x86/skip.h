/* SPDX-License-Identifier: BSD-3-Clause */
/* What the zero-skipping kernels share: which steps of eight elements are not all zero, for two rows together.
 *
 * Two rows share each load of the weights, which a core makes no faster than the multiply-adds of one row; that
 * pays although a step must be zero in both to be left out (MNIST: 51 % of the steps instead of 39 %).
 *
 * The masks of several pairs are gathered before any of them is multiplied: the loops over their bits are integer
 * arithmetic that runs ahead of the multiply-adds, so that their ends, which nobody can predict, are known in time. */
#ifndef RC_X86_SKIP_H
#define RC_X86_SKIP_H

#include "kernel.h"

enum {
  RC_SKIP_ROWS = 8,   /* rows gathered at a time */
  RC_SKIP_STEPS = 64, /* steps in a word: a bit each */
  RC_SKIP_WORDS = 64  /* words of a pair gathered at a time: a part of 32,768 elements */
};
enum { RC_SKIP_PART = RC_SKIP_STEPS * RC_SKIP_WORDS };

struct rc_skip_word {
  unsigned long long mask;
  size_t base; /* the step that bit 0 stands for */
};

/* The steps to multiply of every pair of rows 0+1, 2+3, ...; words without a bit are left out. */
struct rc_skip_gathered {
  size_t words[RC_SKIP_ROWS / 2];
  struct rc_skip_word word[RC_SKIP_ROWS / 2][RC_SKIP_WORDS];
};

/* The next group's rows, to be prefetched a line with every step that is multiplied: prefetches in a burst, where the
 * masks are gathered, are dropped when the miss buffers are full. */
struct rc_skip_ahead {
  const char *at, *last; /* the next line, and the one to stay at */
};

RC_INLINE struct rc_skip_ahead rc_skip_next_group(const void *first, size_t rows, size_t left, size_t ldx,
                                                  enum rc_dtype dtype) {
  const size_t next = left - rows < RC_SKIP_ROWS ? left - rows : RC_SKIP_ROWS;
  const char *at = rc_row(first, next > 0 ? rows : 0, ldx, dtype);
  return (struct rc_skip_ahead){at, rc_row(at, next, ldx, dtype)};
}

RC_INLINE void rc_skip_advance(struct rc_skip_ahead *ahead) {
  ahead->at = ahead->at < ahead->last ? ahead->at + 64 : ahead->at;
}

/* Which of the count (1..64) steps from element i on are not all zero: an ISA level's own. */
typedef unsigned long long rc_nonzero_fn(const void *row, size_t i, size_t count, enum rc_dtype dtype);

/* Gathers steps begin..end (at most RC_SKIP_PART) of the pairs of which the first `rows` rows are part; with all set,
 * every step. Each row is read from its beginning to its end, so that the rows of a batch are one sequential stream. */
RC_INLINE void rc_skip_gather(struct rc_skip_gathered *gathered, const void *const row[RC_SKIP_ROWS], size_t rows,
                              size_t begin, size_t end, int all, enum rc_dtype dtype, rc_nonzero_fn *nonzero) {
  for (size_t p = 0; 2 * p < rows; p++) {
    struct rc_skip_word *word = gathered->word[p];
    size_t words = 0;
    for (size_t at = begin; at < end; at += RC_SKIP_STEPS, words++) {
      const size_t count = end - at < RC_SKIP_STEPS ? end - at : RC_SKIP_STEPS;
      word[words] = (struct rc_skip_word){all ? ~0ull >> (RC_SKIP_STEPS - count) : nonzero(row[2 * p], 8 * at, count, dtype), at};
    }
    size_t kept = 0;
    for (size_t i = 0; i < words; i++) {
      const size_t at = word[i].base, count = end - at < RC_SKIP_STEPS ? end - at : RC_SKIP_STEPS;
      const unsigned long long mask = word[i].mask | (all ? 0 : nonzero(row[2 * p + 1], 8 * at, count, dtype));
      word[kept] = (struct rc_skip_word){mask, at};
      kept += mask != 0;
    }
    gathered->words[p] = kept;
  }
}

#endif
