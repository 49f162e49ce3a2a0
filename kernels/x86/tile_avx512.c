/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tile of 4 rows x up to 10 columns; one or two columns are narrow.h's.
 *
 * Memory. The four rows of a tile stand a quarter of the batch apart: each of them is one long sequential stream,
 * which a hardware prefetcher follows at full bandwidth; four neighbouring rows reach half of it (docs/kernels.md). A
 * software prefetch runs ahead of each stream, into the second-level cache, because the first level keeps the weights.
 * Order: lanes8. Weights: pairs10, or pairs. */
#include "avx2.h"
#include "rows_avx512.h"

#define NARROW_PAIR_ROWS 8
#include "narrow.h"

enum { ROWS = 4, MOST_LEFT = 5, AHEAD_BYTES = 6272 };

struct inputs {
  const void *a, *b, *c, *d; /* four rows of X */
};

RC_INLINE void prefetch(const void *row, size_t i, size_t ahead, enum rc_dtype dtype) {
  _mm_prefetch((const char *)row + i * (dtype == RC_U8 ? 1 : sizeof(float)) + ahead, _MM_HINT_T1);
}

/* How far ahead to prefetch, in bytes: whole rows, so that what lies between rows is left out, or within a long row. */
static size_t look_ahead(size_t k, size_t ldx, enum rc_dtype dtype) {
  const size_t element = dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float), row = k * element;
  return row == 0 || row > AHEAD_BYTES ? AHEAD_BYTES : (AHEAD_BYTES + row - 1) / row * ldx * element;
}

/* Four rows times one panel. */
RC_INLINE void tile(const struct inputs *in, const float *wide, size_t k, size_t ahead, const struct outputs *out,
                    int pairs, int lone, enum rc_dtype dtype) {
  const struct inputs x = *in;
  struct sums a = zero_sums(), b = a, c = a, d = a;
  const float *narrow = wide + 16 * (size_t)pairs * (rc_round_up(k, 8) / 8);
  const size_t whole = k / 8 * 8;
  for (size_t i = 0; i < whole; i += 8) {
    const __m512 xa = load8_twice(x.a, i, dtype), xb = load8_twice(x.b, i, dtype);
    const __m512 xc = load8_twice(x.c, i, dtype), xd = load8_twice(x.d, i, dtype);
    prefetch(x.a, i, ahead, dtype), prefetch(x.b, i, ahead, dtype);
    prefetch(x.c, i, ahead, dtype), prefetch(x.d, i, ahead, dtype);
    step(&a, &b, &c, &d, xa, xb, xc, xd, wide, narrow, pairs, lone, ROWS);
    wide += 16 * pairs, narrow += 8 * lone;
  }
  if (k % 8 != 0) {
    const size_t rest = k % 8;
    const __m512 xa = load_tail_twice(x.a, whole, rest, dtype), xb = load_tail_twice(x.b, whole, rest, dtype);
    const __m512 xc = load_tail_twice(x.c, whole, rest, dtype), xd = load_tail_twice(x.d, whole, rest, dtype);
    step(&a, &b, &c, &d, xa, xb, xc, xd, wide, narrow, pairs, lone, ROWS);
  }
  store_sums(*out, &a, &b, &c, &d, pairs, lone, ROWS);
}

/* The tile for each width, as functions of their own: inlined into one loop they would share registers. Their
 * arguments go by address (docs/kernels.md, traps). And tiles of what is left of four rows, up to five: a row alone
 * would wait for each of its sums. */
typedef void tile_fn(const struct inputs *in, const float *wide, size_t k, size_t ahead, const struct outputs *out);
typedef void left_fn(const struct rows *in, const float *wide, size_t k, float *c, size_t ldc);
#define LEFT(height, width, dtype)                                                                               \
  static void left##height##x##width##_##dtype(const struct rows *in, const float *wide, size_t k, float *c,     \
                                               size_t ldc) {                                                     \
    rows_tile(in, wide, k, c, ldc, width / 2, width % 2, height, 0, RC_##dtype);                                 \
  }
#define TILE(width, dtype)                                                                                       \
  static void tile4x##width##_##dtype(const struct inputs *in, const float *wide, size_t k, size_t ahead,        \
                                      const struct outputs *out) {                                               \
    tile(in, wide, k, ahead, out, width / 2, width % 2, RC_##dtype);                                              \
  }                                                                                                              \
  LEFT(1, width, dtype) LEFT(2, width, dtype) LEFT(3, width, dtype) LEFT(5, width, dtype)
#define EVERY_WIDTH(X, dtype)                                     \
  X(3, dtype) X(4, dtype) X(5, dtype) X(6, dtype)                 \
  X(7, dtype) X(8, dtype) X(9, dtype) X(10, dtype)
EVERY_WIDTH(TILE, F32)
EVERY_WIDTH(TILE, U8)

#define TILE_ENTRY(width, dtype) [width] = tile4x##width##_##dtype,
static tile_fn *const tiles[RC_DTYPE_COUNT][RC_PAIRS10_COLUMNS + 1] = {
  [RC_F32] = {EVERY_WIDTH(TILE_ENTRY, F32)},
  [RC_U8] = {EVERY_WIDTH(TILE_ENTRY, U8)},
};
#define LEFT_ENTRY(width, dtype)                                                                       \
  [width] = {NULL, left1x##width##_##dtype, left2x##width##_##dtype, left3x##width##_##dtype,          \
             NULL, left5x##width##_##dtype},
static left_fn *const left_tiles[RC_DTYPE_COUNT][RC_PAIRS10_COLUMNS + 1][MOST_LEFT + 1] = {
  [RC_F32] = {EVERY_WIDTH(LEFT_ENTRY, F32)},
  [RC_U8] = {EVERY_WIDTH(LEFT_ENTRY, U8)},
};

/* Four rows, `apart` rows from one to the next, times all panels. */
RC_INLINE void four_rows(const struct rc_weights *w, const void *x, size_t ldx, float *c, size_t ldc, size_t apart,
                         size_t ahead, enum rc_dtype dtype) {
  const struct inputs in = {
    x, rc_row(x, apart, ldx, dtype), rc_row(x, 2 * apart, ldx, dtype), rc_row(x, 3 * apart, ldx, dtype),
  };
  for (size_t p = 0; p < w->panels.count; p++) {
    const struct rc_panel panel = rc_panel_at(&w->panels, p);
    float *to = c + panel.column;
    const struct outputs out = {to, to + apart * ldc, to + 2 * apart * ldc, to + 3 * apart * ldc};
    tiles[dtype][panel.width](&in, w->packed + panel.offset, w->k, ahead, &out);
  }
}

/* The last rows, neighbours. */
RC_INLINE void left_rows(const struct rc_weights *w, size_t count, const void *x, size_t ldx, float *c, size_t ldc,
                         enum rc_dtype dtype) {
  const struct rows in = {.x = x, .ahead = x, .apart = ldx * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float))};
  for (size_t p = 0; p < w->panels.count; p++) {
    const struct rc_panel panel = rc_panel_at(&w->panels, p);
    left_tiles[dtype][panel.width][count](&in, w->packed + panel.offset, w->k, c + panel.column, ldc);
  }
}

RC_INLINE void rows(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  if (is_narrow(w)) {
    narrow(w, m, x, ldx, c, ldc, dtype);
    return;
  }
  size_t quarter = m / ROWS, left = m % ROWS;
  if (left == 1 && quarter > 0) quarter--, left = MOST_LEFT;
  const size_t ahead = look_ahead(w->k, ldx, dtype);
  for (size_t i = 0; i < quarter; i++)
    four_rows(w, rc_row(x, i, ldx, dtype), ldx, c + i * ldc, ldc, quarter, ahead, dtype);
  const size_t done = ROWS * quarter;
  if (left > 0) left_rows(w, left, rc_row(x, done, ldx, dtype), ldx, c + done * ldc, ldc, dtype);
}

RC_KERNEL_ENTRIES(avx512_tile, rows)
