/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels with one mistake each, for the test of the harness, and one without. Order: lanes8. */
#ifndef TEST_BROKEN_KERNELS_H
#define TEST_BROKEN_KERNELS_H

#include "check_kernel.h"

enum defect {
  NO_DEFECT,
  /* stray stores */
  WRITES_RIGHT,   /* one output more after every row */
  WRITES_BELOW,   /* one row more */
  WRITES_PADDING, /* clears C's padding between rows */
  WRITES_BEFORE,  /* clears the float before C */
  WRITES_X,       /* clears a row's first element, and puts it back */
  /* stray loads */
  READS_RIGHT,      /* eight elements at a time, to the end of K */
  READS_BELOW,      /* the row after the last */
  READS_BEFORE,     /* the element before X */
  READS_PADDING,    /* float32: whole steps of eight, their excess times 0 */
  READS_OLD_OUTPUT, /* C += X * W */
  KEEPS_WEIGHTS,    /* reads W after it was packed */
  /* work left undone */
  DROPS_LAST_ROW,
  DROPS_LAST_COLUMN,
  DROPS_TAIL,         /* the last K mod 8 products */
  DROPS_ODD_ROWS,     /* rows beyond the last multiple of four */
  DROPS_LATER_BLOCKS, /* after the first 16 columns, of the rows after the fourth: K above 32,768 */
  /* other numbers */
  WRONG_TAIL,     /* the tail's last element twice */
  IGNORES_STRIDE, /* takes rows of X to be contiguous */
  IGNORES_SCALE,
  SIGNED_BYTES, /* bytes from 128 on are negative */
  /* other bits */
  WRONG_TREE,         /* adds the eight sums one after the other */
  REDUCES_BLOCKS,     /* reduces after each 64 elements instead of once */
  UNFUSED,            /* multiplies, rounds, adds */
  SEQUENTIAL_SUM,     /* another order altogether */
  DEPENDS_ON_ROW,     /* every fourth row in another order */
  DEPENDS_ON_BATCH,   /* another order for the only row of a batch */
  DEPENDS_ON_ADDRESS, /* another order where rows are not aligned to 16 bytes */
  SKIPS_ALWAYS,       /* leaves out zeros whatever the weights */
  NEGATIVE_ZERO,      /* a zero result keeps its sign */
  FLUSHES_SUBNORMALS,
  DEFECT_COUNT
};

/* A subject with this defect; its name says which. */
struct check_subject broken_kernel(enum defect defect, rowcast_dtype dtype);

#endif
