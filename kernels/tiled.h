/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop nest of the register-tiled kernels whose registers hold eight lanes or less: row blocks, K blocks,
 * panels of columns, row tiles. The nest contains no arithmetic; an ISA level brings its tiles.
 *
 *   for each block of 36 rows          stays in the second-level cache, while the next one is prefetched
 *     for each group of 10 columns     its partial sums, 11 KiB, fit on any thread's stack
 *       for each block of K
 *         for each panel of columns    its weights fit in the first-level cache
 *           for each tile of rows      registers
 *       reduce the partial sums
 *
 * The eight partial sums of an output are carried across blocks of K, never reduced in between, so the
 * blocking changes no bit. Order: lanes8. Weights: panels5, of three columns or more: fewer are narrow.h's. */
#ifndef RC_TILED_H
#define RC_TILED_H

#include "kernel.h"
#include "pack.h"

/* Most elements of K in a block: a panel's weights take half of a 32 KB first-level cache, the rows of a tile pass
 * through the other half. */
enum { RC_TILED_MOST_K = 816 };

enum { RC_TILED_ROWS = 36, RC_TILED_COLUMNS = 10 };

/* A tile's part of one block of K: a few rows times one panel. */
struct rc_tile_job {
  const void *const *x; /* its rows, from k = 0 */
  size_t k;             /* first element */
  size_t steps;         /* whole steps of eight */
  size_t tail;          /* 0, or 1..7 elements more: the end of K */
  const float *w;       /* the panel's weights from k on */
  float *partial;       /* eight floats for every column, of the tile's first row */
  size_t stride;        /* floats from one row's partial sums to the next row's */
  int first;            /* the partial sums begin at +0 instead of what is there */
  const char *prefetch; /* address to prefetch first */
  size_t prefetch_step; /* and how far to go on with every step */
};
typedef void rc_tile_fn(const struct rc_tile_job *job);

struct rc_tile_set {
  rc_tile_fn *run[RC_PANELS5_COLUMNS + 1]; /* by the panel's width, 3..5 */
  size_t rows[RC_PANELS5_COLUMNS + 1];     /* rows of that tile, a divisor of RC_TILED_ROWS: 2 or 3 */
  /* The trees of `count` outputs, eight floats each from partial on. */
  void (*reduce)(const float *partial, size_t count, float *c);
};

/* As rc_kernel_fn; element is the size of one of X. */
void rc_tiled(const struct rc_tile_set *tiles, const struct rc_weights *w, size_t m, const void *x, size_t ldx,
              float *c, size_t ldc, size_t element);

#endif
