/* SPDX-License-Identifier: BSD-3-Clause */
/* Six rows a tile, for cores that widen bytes with a port of their two 512-bit multiply-adds: Intel's servers
 * (docs/kernels.md).
 *
 *   for each block of rows           stays in the second-level cache, while the next one is prefetched
 *     for each panel of columns      its weights stay in the first-level cache for the whole block
 *       for each tile                six rows x up to eight columns, in registers; all of K
 *
 * Bytes become floats while the first panel is multiplied, a tile's rows at a time, and all others take the floats. One
 * or two columns are narrow.h's; up to ten of a large batch of float32 come in four far streams, as in tile_avx512.c.
 * Order: lanes8. Weights: pairs. */
#include <stdint.h>

#include "avx2.h"
#include "rows_avx512.h"

#define NARROW_PAIR_ROWS 8
#define NARROW_NEAR_SOON
#include "narrow.h"

/* Panels of nine columns or ten leave registers for four rows, or for five that are left. */
enum { ROWS = 6, WIDE_COLUMNS = 9, WIDE_ROWS = 4, LEFT_ROWS = 5 };
enum { BLOCK_ROWS = 48, LEAST_ROWS = 12, BLOCK_BYTES = 256 * 1024 };
/* Of the stack; four rows or more of 784 elements are five. */
enum { FLOATS_BYTES = 15 * 1024 + 320, KEPT_ROWS = 4 };
/* Too many for the second-level cache: they would come from the third for each tile of rows. avx512-block widens bytes
 * again for each panel, but takes 48 rows of them. */
enum { MANY_WEIGHTS = 448 * 1024 };
enum { STREAMS_BYTES = 1024 * 1024, STREAMS_AHEAD = 6272, BYTES_AHEAD = 24 /* rows */ };

/* The tiles of each width and height, as functions of their own: inlined into one loop they would share registers. Of
 * bytes, one row is widened as it is loaded. */
typedef void tile_fn(const struct rows *in, const float *wide, size_t k, float *c, size_t ldc);
typedef void bytes_fn(const struct rows *in, const struct floats *floats, const float *wide, size_t k, float *c,
                      size_t ldc);
#define TILE(width, height, lines)                                                                                 \
  static void tile##height##x##width##_##lines(const struct rows *in, const float *wide, size_t k, float *c,       \
                                               size_t ldc) {                                                       \
    rows_tile(in, wide, k, c, ldc, width / 2, width % 2, height, lines, RC_F32);                                   \
  }
#define BYTES(width, height)                                                                                       \
  static void bytes##height##x##width(const struct rows *in, const struct floats *floats, const float *wide,       \
                                      size_t k, float *c, size_t ldc) {                                            \
    if (height == 1) rows_tile(in, wide, k, c, ldc, width / 2, width % 2, 1, 0, RC_U8);                            \
    else widened_tile(in, floats, wide, k, c, ldc, width / 2, width % 2, height);                            \
  }
#define TILES(width)                                                                                               \
  TILE(width, 1, 0) TILE(width, 2, THREE) TILE(width, 3, THREE) TILE(width, 4, THREE) TILE(width, 5, THREE)        \
  BYTES(width, 1) BYTES(width, 2) BYTES(width, 3) BYTES(width, 4) BYTES(width, 5)
#define SIX(width) TILE(width, 6, THREE) BYTES(width, 6)
#define STREAMS(width) TILE(width, 4, 4)
#define EVERY_TALL(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define EVERY_WIDTH(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10)
EVERY_WIDTH(TILES)
EVERY_TALL(SIX)
EVERY_WIDTH(STREAMS)

#define TILES_OF(width)                                                                                            \
  NULL, tile1x##width##_0, tile2x##width##_THREE, tile3x##width##_THREE, tile4x##width##_THREE, tile5x##width##_THREE
#define BYTES_OF(width)                                                                                            \
  NULL, bytes1x##width, bytes2x##width, bytes3x##width, bytes4x##width, bytes5x##width
#define TILE_ENTRY(width) [width] = {TILES_OF(width), tile6x##width##_THREE},
#define BYTES_ENTRY(width) [width] = {BYTES_OF(width), bytes6x##width},
#define STREAMS_ENTRY(width) [width] = tile4x##width##_4,
static tile_fn *const tiles[RC_PAIRS_COLUMNS + 1][ROWS + 1] = {
  EVERY_TALL(TILE_ENTRY)
  [9] = {TILES_OF(9)}, [10] = {TILES_OF(10)}};
static bytes_fn *const bytes_tiles[RC_PAIRS_COLUMNS + 1][ROWS + 1] = {
  EVERY_TALL(BYTES_ENTRY)
  [9] = {BYTES_OF(9)}, [10] = {BYTES_OF(10)}};
static tile_fn *const stream_tiles[RC_PAIRS_COLUMNS + 1] = {EVERY_WIDTH(STREAMS_ENTRY)};

/* Most rows of a tile so wide, and how many the next one has of those that are left: no row comes alone. */
static size_t most_rows(size_t width) { return width < WIDE_COLUMNS ? ROWS : WIDE_ROWS; }
static size_t height_of(size_t left, size_t most) {
  return left <= most || left == LEFT_ROWS ? left : left < 2 * most ? (left + 1) / 2 : most;
}

/* A block of rows times panel p. `ahead`: bytes from a row to the one to prefetch; 0: there is none. */
static void panel(const struct rc_weights *w, size_t p, size_t rows, const float *x, size_t row_bytes, size_t ahead,
                  float *c, size_t ldc) {
  const struct rc_panel at = rc_panel_at(&w->panels, p);
  const size_t count = w->panels.count, most = most_rows(at.width);
  struct rows in = {.x = (const char *)x, .apart = row_bytes};
  if (ahead > 0) {
    /* Together the panels prefetch every row of a tile, each up to three. */
    in.second = most > count ? row_bytes : 0, in.third = most > 2 * count ? 2 * row_bytes : in.second;
    ahead += most * p / count * row_bytes;
  }
  c += at.column;
  for (size_t r = 0, height; r < rows; r += height, in.x += height * row_bytes) {
    height = height_of(rows - r, most);
    in.ahead = in.x + ahead;
    tiles[at.width][height](&in, w->packed + at.offset, w->k, c + r * ldc, ldc);
  }
}

/* Up to ten columns are multiplied faster than neighbouring rows come from memory: four streams then, each a quarter of
 * the batch, as in tile_avx512.c. Returns how many rows that does. */
static size_t streams(const struct rc_weights *w, size_t m, const float *x, size_t ldx, float *c, size_t ldc) {
  const size_t quarter = m / 4, row_bytes = ldx * sizeof(float), bytes = w->k * sizeof(float);
  const size_t ahead = bytes > STREAMS_AHEAD ? STREAMS_AHEAD : (STREAMS_AHEAD + bytes - 1) / bytes * row_bytes;
  for (size_t i = 0; i < quarter; i++) {
    const char *at = (const char *)(x + i * ldx);
    const struct rows in = {.x = at, .ahead = at + ahead, .apart = quarter * row_bytes};
    stream_tiles[w->n](&in, w->packed, w->k, c + i * ldc, quarter * ldc);
  }
  return 4 * quarter;
}

static void float_rows(const struct rc_weights *w, size_t m, const float *x, size_t ldx, float *c, size_t ldc) {
  const size_t row_bytes = ldx * sizeof(float);
  size_t most = BLOCK_ROWS, i = 0;
  while (most > LEAST_ROWS && most * row_bytes > BLOCK_BYTES) most -= LEAST_ROWS;
  if (w->n <= RC_PAIRS_COLUMNS && w->k > 0 && m * row_bytes > STREAMS_BYTES) i = streams(w, m, x, ldx, c, ldc);
  for (size_t rows; i < m; i += rows) {
    rows = m - i < most + ROWS ? m - i : most; /* no row alone in the last block */
    const size_t ahead = m - i > rows ? rows * row_bytes : 0;
    for (size_t p = 0; p < w->panels.count; p++) panel(w, p, rows, x + i * ldx, row_bytes, ahead, c + i * ldc, ldc);
  }
}

/* Of several panels the first keeps all floats for the others, if four rows fit; otherwise each widens. */
static void byte_rows(const struct rc_weights *w, size_t m, const char *x, size_t ldx, float *c, size_t ldc) {
  _Alignas(RC_ALIGNMENT) char room[FLOATS_BYTES];
  const size_t k = w->k, count = w->panels.count, row = rc_round_up(k, 16) * sizeof(float);
  const int kept = count > 1 && row * KEPT_ROWS <= sizeof room;
  const struct floats floats = {room, kept ? row : RING_BYTES + RC_ALIGNMENT, kept ? SIZE_MAX : RING_BYTES - 1};
  size_t most = most_rows(count > 0 ? rc_panel_at(&w->panels, 0).width : 0);
  if (kept && most * row > sizeof room) most = sizeof room / row;
  for (size_t i = 0, height; i < m; i += height, x += height * ldx, c += height * ldc) {
    height = height_of(m - i, most);
    if (kept && height * row > sizeof room) height = (height + 1) / 2; /* five that are left */
    struct rows in = {.x = x, .ahead = x, .apart = ldx};
    /* Together the panels prefetch a tile's rows, one after another; of rows that stand apart, one each. */
    if (m - i > BYTES_AHEAD) {
      in.ahead += BYTES_AHEAD * ldx;
      in.advance = ldx < k + 64 ? (8 * most + count - 1) / count : 8;
    }
    for (size_t p = 0; p < count; p++) {
      const struct rc_panel at = rc_panel_at(&w->panels, p);
      if (p == 0 || !kept || height == 1)
        bytes_tiles[at.width][height](&in, &floats, w->packed + at.offset, k, c + at.column, ldc);
      else tiles[at.width][height](&in, w->packed + at.offset, k, c + at.column, ldc);
      if (p == 0 && kept && height > 1) in.x = room, in.apart = row;
      in.ahead += in.advance * (k / 8);
    }
  }
}

RC_INLINE void six(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                   enum rc_dtype dtype) {
  /* Of one column or two the streams are the faster ones for batches that no cache holds. */
  const int cached = dtype == RC_U8 || m * ldx * sizeof(float) <= NARROW_THIRD_LEVEL_TO;
  if (is_narrow(w) && cached) narrow(w, m, x, ldx, c, ldc, dtype);
  else if (dtype == RC_F32) float_rows(w, m, x, ldx, c, ldc);
  else if (w->n > 0 && w->k > MANY_WEIGHTS / w->n) rc_avx512_block_u8(w, m, x, ldx, c, ldc);
  else byte_rows(w, m, x, ldx, c, ldc);
}

RC_KERNEL_ENTRIES(avx512_six, six)
