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
#include "avx512.h"

enum { ROWS = 4, MOST_LEFT = 5, BLOCK_ROWS = 48, LEAST_ROWS = 12, BLOCK_BYTES = 256 * 1024 };
enum { STREAMS_COLUMNS = 6, STREAMS_BYTES = 1024 * 1024, AHEAD_BYTES = 6272 };

/* A tile's rows, apart bytes from one to the next, and what it prefetches. */
struct rows {
  const char *x, *ahead; /* the first row; the first row to prefetch */
  size_t apart, advance; /* advance: bytes from one prefetch to the next where a step has one, of bytes */
};

/* Elements as floats, in both halves. Bytes are doubled by the load, so that two operations widen them. */
RC_INLINE __m512 load(const char *at, enum rc_dtype dtype) {
  if (dtype == RC_F32) return _mm512_broadcast_f32x8(_mm256_loadu_ps((const float *)(const void *)at));
  long long eight;
  memcpy(&eight, at, sizeof eight);
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_set1_epi64x(eight)));
}

#define EVERY_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

/* One row, one step. */
#define MULTIPLY(r, value)                                                      \
  if (rows > r) {                                                               \
    const __m512 v = value;                                                     \
    if (pairs > 0) s##r.p0 = _mm512_fmadd_ps(v, w0, s##r.p0);                   \
    if (pairs > 1) s##r.p1 = _mm512_fmadd_ps(v, w1, s##r.p1);                   \
    if (pairs > 2) s##r.p2 = _mm512_fmadd_ps(v, w2, s##r.p2);                   \
    if (pairs > 3) s##r.p3 = _mm512_fmadd_ps(v, w3, s##r.p3);                   \
    if (pairs > 4) s##r.p4 = _mm512_fmadd_ps(v, w4, s##r.p4);                   \
    if (lone) s##r.lone = _mm256_fmadd_ps(_mm512_castps512_ps256(v), wl, s##r.lone); \
  }

/* The empty asm keeps a register of weights for all rows; without it GCC loads it again for each. */
#define WEIGHTS(j)                              \
  __m512 w##j = zero;                           \
  if (pairs > j) {                              \
    w##j = _mm512_load_ps(wide + 16 * j);       \
    if (rows > 1) __asm__("" : "+v"(w##j));     \
  }

#define STEP(LOAD)                                                       \
  do {                                                                   \
    WEIGHTS(0) WEIGHTS(1) WEIGHTS(2) WEIGHTS(3) WEIGHTS(4)               \
    __m256 wl = _mm256_setzero_ps();                                     \
    if (lone) {                                                          \
      wl = _mm256_load_ps(narrow);                                       \
      if (rows > 1) __asm__("" : "+v"(wl));                              \
    }                                                                    \
    EVERY_ROW(LOAD)                                                      \
    wide += 16 * pairs, narrow += 8 * lone;                              \
  } while (0)

#define ROW_AT(r) ((r < 3 ? x0 : r < 6 ? x3 : x6) + (r % 3) * apart)
#define WHOLE(r) MULTIPLY(r, load(ROW_AT(r), dtype))
#define TAIL(r) MULTIPLY(r, load_tail_twice(ROW_AT(r), 0, k % 8, dtype))

#define PREFETCH(r) \
  if (lines > r) _mm_prefetch((r < 3 ? p0 : r < 6 ? p3 : p6) + (r % 3) * apart, _MM_HINT_T1);

/* Some rows times one panel, over all of K; rows, pairs, lone and lines are constants where it is inlined.
 * lines: how many rows to prefetch, a line of each with every second step; of bytes, 0 or not. */
RC_INLINE void tile(const struct rows *in, const float *wide, size_t k, float *c, size_t ldc, int pairs, int lone,
                    int rows, int lines, enum rc_dtype dtype) {
  const __m512 zero = _mm512_setzero_ps();
  const size_t apart = in->apart, advance = in->advance, element = dtype == RC_U8 ? 1 : sizeof(float);
  struct sums s0 = zero_sums(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  const float *narrow = wide + 16 * (size_t)pairs * (rc_round_up(k, 8) / 8);
  const char *x0 = in->x, *x3 = x0 + 3 * apart, *x6 = x3 + 3 * apart;
  const char *p0 = in->ahead, *p3 = p0 + 3 * apart, *p6 = p3 + 3 * apart;
  size_t steps = k / 8;
  for (; steps >= 2; steps -= 2) {
    STEP(WHOLE);
    if (dtype == RC_F32) {
      PREFETCH(0) PREFETCH(2) PREFETCH(4) PREFETCH(6)
    } else if (lines > 0) {
      _mm_prefetch(p0, _MM_HINT_T1);
      p0 += advance;
    }
    x0 += 8 * element, x3 += 8 * element, x6 += 8 * element;
    STEP(WHOLE);
    if (dtype == RC_F32) {
      PREFETCH(1) PREFETCH(3) PREFETCH(5) PREFETCH(7)
      p0 += 64, p3 += 64, p6 += 64;
    } else if (lines > 0) {
      _mm_prefetch(p0, _MM_HINT_T1);
      p0 += advance;
    }
    x0 += 8 * element, x3 += 8 * element, x6 += 8 * element;
  }
  if (steps > 0) {
    STEP(WHOLE);
    x0 += 8 * element, x3 += 8 * element, x6 += 8 * element;
  }
  if (k % 8 != 0) STEP(TAIL);
  const struct outputs out = {c, c + ldc, c + 2 * ldc, c + 3 * ldc};
  if (rows == 1) store_sums(out, &s0, &s0, &s0, &s0, pairs, lone, 1);
  if (rows == 2) store_sums((struct outputs){c, c + ldc, c, c + ldc}, &s0, &s1, &s0, &s1, pairs, lone, 4);
  if (rows == 3) store_sums((struct outputs){c, c + ldc, out.c, out.c}, &s0, &s1, &s2, &s2, pairs, lone, 4);
  if (rows >= 4) store_sums(out, &s0, &s1, &s2, &s3, pairs, lone, 4);
  c += 4 * ldc;
  if (rows == 5) store_sums((struct outputs){c, c, c, c}, &s4, &s4, &s4, &s4, pairs, lone, 1);
  if (rows == 8)
    store_sums((struct outputs){c, c + ldc, c + 2 * ldc, c + 3 * ldc}, &s4, &s5, &s6, &s7, pairs, lone, 4);
}

/* The tiles of each width, as functions of their own: inlined into one loop they would share registers. */
typedef void tile_fn(const struct rows *in, const float *wide, size_t k, float *c, size_t ldc);
#define TILE(width, height, lines, dtype)                                                                      \
  static void tile##height##x##width##_##lines##_##dtype(const struct rows *in, const float *wide, size_t k, float *c, \
                                                         size_t ldc) {                                         \
    tile(in, wide, k, c, ldc, width / 2, width % 2, height, lines, RC_##dtype);                                \
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
