/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop nest of the register-tiled kernels whose registers hold eight lanes or less: row blocks, K blocks,
 * panels of columns, row tiles. The nest contains no arithmetic; an ISA level brings its tiles.
 *
 *   for each block of 36 rows          stays in the second-level cache, while the next one is prefetched
 *     for each group of 10 columns     their partial sums, 11 KiB, fit on any thread's stack
 *       for each block of K
 *         for each panel of columns    its weights fit in the first-level cache
 *           for each tile of rows      registers
 *       reduce the partial sums, if there are several blocks of K
 *
 * The eight partial sums of an output are carried across blocks of K, never reduced in between, so the
 * blocking changes no bit. Order: lanes8. Weights: panels5 or panels4, of three columns or more: fewer are
 * narrow.h's. */
#ifndef RC_TILED_H
#define RC_TILED_H

#include "kernel.h"
#include "pack.h"

/* Most elements of K in a block: a panel's weights take half of a 32 KB first-level cache, the rows of a tile pass
 * through the other half. */
enum { RC_TILED_MOST_K = 816 };

enum { RC_TILED_ROWS = 36, RC_TILED_COLUMNS = 2 * RC_PANELS5_COLUMNS, RC_TILE_MOST_ROWS = 3 };

/* Prefetching runs through the next block of rows at the pace of the arithmetic. */
struct rc_ahead {
  const char *row;               /* the row that is being prefetched */
  size_t offset, length, stride; /* bytes: the next one of it, of a row, from a row to the next */
  size_t step;                   /* bytes for every step of a tile; 0: there is no next block */
};

/* What a tile of so many steps is to prefetch begins at the address returned. */
static inline const char *rc_take_ahead(struct rc_ahead *ahead, size_t steps) {
  const char *at = ahead->row + ahead->offset;
  ahead->offset += steps * ahead->step;
  while (ahead->offset >= ahead->length && ahead->step > 0)
    ahead->offset -= ahead->length, ahead->row += ahead->stride;
  return at;
}

/* A part of one block of K: rows times one panel, tile by tile. */
struct rc_tile_job {
  const void *const *x; /* the rows, from k = 0 */
  size_t k;             /* first element */
  size_t steps;         /* whole steps of eight */
  size_t tail;          /* 0, or 1..7 elements more: the end of K */
  const float *w;       /* the panel's weights from k on */
  float *c;             /* where the outputs of the first row go; NULL: this is not all of K */
  size_t ldc;           /* floats from there to the next row's */
  float *partial;       /* else eight floats for every column, of the first row */
  size_t stride;        /* floats from one row's partial sums to the next row's */
  int first;            /* the partial sums begin at +0 instead of what is there */
  struct rc_ahead *ahead;
};

/* So many tiles, one below the other. */
typedef void rc_tile_fn(const struct rc_tile_job *job, size_t tiles);

/* One row times a panel or two, whose first weight is at `left`, over the whole of K: outputs to c. */
typedef void rc_tile_row_fn(const void *row, size_t k, const float *left, float *c);

struct rc_tile_set {
  rc_tile_fn *run[RC_PANELS5_COLUMNS + 1][RC_TILE_MOST_ROWS + 1]; /* by the panel's width, 3..5, and the tile's rows */
  size_t rows[RC_PANELS5_COLUMNS + 1];       /* of a full tile, by the panel's width: 2, or 3 and then there is one of
                                                two rows as well */
  rc_tile_row_fn *row[RC_TILED_COLUMNS + 1]; /* by the columns of the panel or of both, 3..10 */
  /* The trees of `count` outputs, eight floats each from partial on. */
  void (*reduce)(const float *partial, size_t count, float *c);
};

/* As rc_kernel_fn; element is the size of one of X. */
void rc_tiled(const struct rc_tile_set *tiles, const struct rc_weights *w, size_t m, const void *x, size_t ldx,
              float *c, size_t ldc, size_t element);

#endif
