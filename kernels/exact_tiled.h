/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop nest of the kernels of the order exact that add up doubles in register tiles: a tile is a few rows times a
 * panel of up to five columns, over the whole of K. The nest contains no arithmetic; an ISA level brings its tiles.
 *
 * The rows of a tile stand as far apart as they can, so that each is one long stream (docs/kernels.md). What is some
 * rows ahead is prefetched into the second-level cache, a share of it by each panel: the first one alone would wait for
 * memory. Steps at both ends that are zero in every row of a tile are left out where the weights are finite. Sums are
 * rounded while they are in the nearest cache. Weights: doubles5. */
#ifndef RC_EXACT_TILED_H
#define RC_EXACT_TILED_H

#include "exact.h"

/* The most rows of a tile. */
enum { RC_EXACT_MOST_ROWS = 4 };

/* Rows of X, apart bytes from one to the next. */
struct rc_exact_rows {
  const char *x;
  size_t apart;
  const char *ahead; /* what a tile is to prefetch of the first row */
  size_t advance;    /* and how far to go on with every step of eight elements */
  float largest[RC_EXACT_MOST_ROWS]; /* magnitude of each row */
};

/* A tile. Its sums go to sums + row * RC_EXACT_COLUMNS. */
typedef void rc_exact_tile_fn(struct rc_exact_rows *in, const double *w, size_t k, double *sums);

struct rc_exact_tiles {
  size_t rows, lanes; /* of a tile; partial sums of each of its outputs, at least: 1 to 8 */
  /* By one row or several, whether the panel is the rows' first, and its width. The first one leaves the largest
   * magnitudes of float32 rows in in->largest, or a NaN where an element is one. */
  rc_exact_tile_fn *run[2][2][RC_PANELS5_COLUMNS + 1];
  /* rc_exact_round(). */
  void (*round)(struct rc_exact *exact, const void *row, float largest, double *sums, size_t column, size_t count,
                float *c);
  rc_exact_straight_fn *straight;
};

/* rc_exact_round(), for a level's own flags and with its rc_exact_settle_fn. */
#define RC_EXACT_ROUND_SUMS(settle)                                                                                    \
  static void round_sums(struct rc_exact *exact, const void *row, float largest, double *sums, size_t column,          \
                         size_t count, float *c) {                                                                     \
    rc_exact_round(exact, row, largest, sums, column, count, c, settle);                                               \
  }

/* As rc_kernel_fn. */
void rc_exact_tiled(const struct rc_exact_tiles *tiles, const struct rc_weights *w, size_t m, const void *x, size_t ldx,
                    float *c, size_t ldc, enum rc_dtype dtype);

/* Defines a kernel from
 *   RC_INLINE void tile(struct rc_exact_rows *in, const double *w, size_t k, double *sums, int columns, int rows,
 *                       int first, enum rc_dtype dtype)
 * whose last four are constants, and from round_sums(), a struct rc_exact_tiles' round;
 * height is its rows, count its lanes, level as in RC_EXACT_SETTLE(). Tiles are functions of their own: inlined into
 * one loop they would share registers. */
#define RC_EXACT_TILE(columns, height, first, dtype)                                                                   \
  static void tile##columns##_##height##_##first##_##dtype(struct rc_exact_rows *in, const double *w, size_t k,        \
                                                           double *sums) {                                             \
    tile(in, w, k, sums, columns, height, first, RC_##dtype);                                                          \
  }
#define RC_EXACT_ENTRY(columns, height, first, dtype) [columns] = tile##columns##_##height##_##first##_##dtype,
#define RC_EXACT_WIDTHS(X, height, first, dtype)                                                                       \
  X(1, height, first, dtype) X(2, height, first, dtype) X(3, height, first, dtype)                                     \
  X(4, height, first, dtype) X(5, height, first, dtype)
#define RC_EXACT_TILES(height, count, dtype, level)                                                                    \
  RC_EXACT_WIDTHS(RC_EXACT_TILE, 1, 0, dtype) RC_EXACT_WIDTHS(RC_EXACT_TILE, 1, 1, dtype)                              \
  RC_EXACT_WIDTHS(RC_EXACT_TILE, height, 0, dtype) RC_EXACT_WIDTHS(RC_EXACT_TILE, height, 1, dtype)                    \
  static const struct rc_exact_tiles tiles_##dtype = {                                                                 \
    height, count,                                                                                                     \
    {{{RC_EXACT_WIDTHS(RC_EXACT_ENTRY, 1, 0, dtype)}, {RC_EXACT_WIDTHS(RC_EXACT_ENTRY, 1, 1, dtype)}},                 \
     {{RC_EXACT_WIDTHS(RC_EXACT_ENTRY, height, 0, dtype)}, {RC_EXACT_WIDTHS(RC_EXACT_ENTRY, height, 1, dtype)}}},      \
    round_sums, rc_exact_straight_##level};
#define RC_EXACT_KERNEL(symbol, height, count, level)                                                                  \
  RC_EXACT_TILES(height, count, F32, level)                                                                            \
  RC_EXACT_TILES(height, count, U8, level)                                                                             \
  RC_INLINE void exact(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,          \
                       enum rc_dtype dtype) {                                                                          \
    rc_exact_tiled(dtype == RC_U8 ? &tiles_U8 : &tiles_F32, w, m, x, ldx, c, ldc, dtype);                              \
  }                                                                                                                    \
  RC_KERNEL_ENTRIES(symbol, exact)

#endif
