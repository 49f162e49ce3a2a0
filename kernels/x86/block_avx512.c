/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks of neighbouring rows, for cores whose 512-bit multiply-adds run at full width.
 *
 *   for each block of rows           stays in the second-level cache, while the next one is prefetched
 *     for each panel of columns      its weights stay in the first-level cache for the whole block
 *       for each tile                four rows x the panel's columns, in registers; all of K
 *
 * Such a core takes two 64-byte loads and two multiply-adds a cycle. tile_avx512.c goes through all panels before its
 * next four rows come, so that it waits for weights from the second-level cache where there are many columns; and its
 * four far streams reach two thirds of the bandwidth that neighbouring rows reach here, each of whose lines is
 * prefetched once, a whole block ahead (docs/kernels.md). Six rows a tile need fewer loads, but six rows, the next six
 * and a panel do not fit in 48 KB. Order: lanes8. Weights: pairs. */
#include "rows_avx512.h"

enum { ROWS = 4, MOST_LEFT = 5, BLOCK_ROWS = 48, LEAST_ROWS = 12, BLOCK_BYTES = 256 * 1024 };
enum { STREAMS_COLUMNS = 6, STREAMS_BYTES = 1024 * 1024, AHEAD_BYTES = 6272 };

/* The tiles of each width, as functions of their own: inlined into one loop they would share registers. */
typedef void tile_fn(const struct rows *in, const float *wide, size_t k, float *c, size_t ldc);
#define TILE(width, height, lines, dtype)                                                                      \
  static void tile##height##x##width##_##lines##_##dtype(const struct rows *in, const float *wide, size_t k, float *c, \
                                                         size_t ldc) {                                         \
    rows_tile(in, wide, k, c, ldc, width / 2, width % 2, height, lines, RC_##dtype);                                \
  }
#define TILES(width, dtype)                                                                             \
  TILE(width, 4, 4, dtype) TILE(width, 4, 2, dtype) TILE(width, 1, 0, dtype) TILE(width, 2, 0, dtype)   \
  TILE(width, 3, 0, dtype) TILE(width, 5, 0, dtype)
#define EVERY_TILE(dtype)                                                                               \
  TILES(1, dtype) TILES(2, dtype) TILES(3, dtype) TILES(4, dtype) TILES(5, dtype)                       \
  TILES(6, dtype) TILES(7, dtype) TILES(8, dtype) TILES(9, dtype) TILES(10, dtype)
EVERY_TILE(F32)
EVERY_TILE(U8)
/* One or two columns are one register a row: four rows would wait for the sums, eight do not. */
#define NARROW(dtype) TILE(1, 8, 8, dtype) TILE(2, 8, 8, dtype) TILE(1, 8, 0, dtype) TILE(2, 8, 0, dtype)
NARROW(F32)
NARROW(U8)

/* The tiles of one width: for the only panel, prefetching four rows; for one of several panels, prefetching two; and
 * for the rows that are left over, by their number. */
struct tiles {
  tile_fn *alone, *among, *left[MOST_LEFT + 1];
};
#define ENTRY(width, dtype)                                                                             \
  [width] = {tile4x##width##_4_##dtype, tile4x##width##_2_##dtype,                                      \
             {NULL, tile1x##width##_0_##dtype, tile2x##width##_0_##dtype, tile3x##width##_0_##dtype,    \
              NULL, tile5x##width##_0_##dtype}},
#define ENTRIES(dtype)                                                                                  \
  ENTRY(1, dtype) ENTRY(2, dtype) ENTRY(3, dtype) ENTRY(4, dtype) ENTRY(5, dtype)                       \
  ENTRY(6, dtype) ENTRY(7, dtype) ENTRY(8, dtype) ENTRY(9, dtype) ENTRY(10, dtype)
enum { NARROW_COLUMNS = 2, NARROW_ROWS = 8 };
static tile_fn *const narrow_tiles[RC_DTYPE_COUNT][NARROW_COLUMNS + 1][2] = {
  [RC_F32] = {[1] = {tile8x1_0_F32, tile8x1_8_F32}, [2] = {tile8x2_0_F32, tile8x2_8_F32}},
  [RC_U8] = {[1] = {tile8x1_0_U8, tile8x1_8_U8}, [2] = {tile8x2_0_U8, tile8x2_8_U8}},
};
static const struct tiles tiles_of[RC_DTYPE_COUNT][RC_PAIRS_COLUMNS + 1] = {
  [RC_F32] = {ENTRIES(F32)},
  [RC_U8] = {ENTRIES(U8)},
};

/* How many rows a block has: a multiple of a tile's. */
static size_t block_of(size_t row_bytes) {
  size_t rows = BLOCK_ROWS;
  while (rows > LEAST_ROWS && rows * row_bytes > BLOCK_BYTES) rows -= LEAST_ROWS;
  return rows;
}

/* A block of rows times panel p. `ahead`: bytes from a row to the one to prefetch; 0: there is none. */
RC_INLINE void panel(const struct rc_weights *w, size_t p, size_t rows, const void *x, size_t row_bytes, size_t ahead,
                     float *c, size_t ldc, enum rc_dtype dtype) {
  const struct rc_panel at = rc_panel_at(&w->panels, p);
  const struct tiles *tiles = &tiles_of[dtype][at.width];
  const float *wide = w->packed + at.offset;
  const size_t k = w->k, count = w->panels.count, bytes = k * (dtype == RC_U8 ? 1 : sizeof(float));
  tile_fn *const whole = count == 1 ? tiles->alone : tiles->among;
  struct rows in = {.x = x, .apart = row_bytes};
  /* Together the panels prefetch every row: of float32 one half of a tile's by the first panel, the other by all after
   * it; of bytes each its share, one after another. */
  if (dtype == RC_F32) ahead += p > 0 ? ROWS / 2 * row_bytes : 0;
  else if (ahead > 0 && row_bytes < bytes + 64) in.advance = (ROWS * 8 + count - 1) / count;
  if (dtype == RC_U8) ahead += ROWS * row_bytes * p / count;
  c += at.column;
  size_t r = 0;
  if (w->n <= NARROW_COLUMNS) {
    in.advance *= 2;
    for (; r + NARROW_ROWS <= rows; r += NARROW_ROWS, in.x += NARROW_ROWS * row_bytes) {
      in.ahead = in.x + ahead;
      narrow_tiles[dtype][at.width][ahead > 0](&in, wide, k, c + r * ldc, ldc);
    }
  }
  /* Five rows are one tile: a row alone would wait for each of its sums. */
  for (; r + ROWS <= rows && rows - r != MOST_LEFT; r += ROWS, in.x += ROWS * row_bytes) {
    in.ahead = in.x + ahead;
    whole(&in, wide, k, c + r * ldc, ldc);
  }
  in.ahead = in.x, in.advance = 0;
  if (r < rows) tiles->left[rows - r](&in, wide, k, c + r * ldc, ldc);
}

/* Up to six columns are multiplied faster than neighbouring rows come from memory: four streams then, each a quarter of
 * the batch, as in tile_avx512.c. Returns how many rows that does. */
static size_t streams(const struct rc_weights *w, size_t m, const float *x, size_t ldx, float *c, size_t ldc) {
  const size_t quarter = m / 4, row_bytes = ldx * sizeof(float), bytes = w->k * sizeof(float);
  const size_t ahead = bytes > AHEAD_BYTES ? AHEAD_BYTES : (AHEAD_BYTES + bytes - 1) / bytes * row_bytes;
  for (size_t i = 0; i < quarter; i++) {
    const char *at = (const char *)(x + i * ldx);
    const struct rows in = {.x = at, .ahead = at + ahead, .apart = quarter * row_bytes};
    tiles_of[RC_F32][w->n].alone(&in, w->packed, w->k, c + i * ldc, quarter * ldc);
  }
  return 4 * quarter;
}

RC_INLINE void blocks(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                      enum rc_dtype dtype) {
  const size_t row_bytes = ldx * (dtype == RC_U8 ? 1 : sizeof(float)), most = block_of(row_bytes);
  /* Of few columns, rows that may lie in the second-level cache are not prefetched: that would take a tenth longer. */
  const int few = w->n >= 1 && w->n <= STREAMS_COLUMNS && w->k > 0, large = few && m * row_bytes > STREAMS_BYTES;
  const size_t begin = large && dtype == RC_F32 ? streams(w, m, x, ldx, c, ldc) : 0;
  for (size_t i = begin; i < m; i += most) {
    const size_t rows = m - i < most ? m - i : most, ahead = m - i > most && (large || !few) ? most * row_bytes : 0;
    for (size_t p = 0; p < w->panels.count; p++)
      panel(w, p, rows, rc_row(x, i, ldx, dtype), row_bytes, ahead, c + i * ldc, ldc, dtype);
  }
}

RC_KERNEL_ENTRIES(avx512_block, blocks)
