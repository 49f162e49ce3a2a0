/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tile of 4 rows x up to 10 columns.
 *
 * Memory. The four rows of a tile stand a quarter of the batch apart: each of them is one long sequential stream,
 * which a hardware prefetcher follows at full bandwidth; four neighbouring rows reach half of it (docs/kernels.md). A
 * software prefetch runs ahead of each stream, into the second-level cache, because the first level keeps the weights.
 * Order: lanes8. Weights: pairs10, or pairs. */
#include "avx2.h"
#include "avx512.h"

#define NARROW_PAIR_ROWS 8
#include "narrow.h"

enum { ROWS = 4, AHEAD_BYTES = 6272 };

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

/* One or four rows times one panel. */
RC_INLINE void tile(struct inputs x, const float *wide, size_t k, size_t ahead, struct outputs out, int pairs, int lone,
                    int rows, enum rc_dtype dtype) {
  struct sums a = zero_sums(), b = a, c = a, d = a;
  const float *narrow = wide + 16 * (size_t)pairs * (rc_round_up(k, 8) / 8);
  const size_t whole = k / 8 * 8;
  for (size_t i = 0; i < whole; i += 8) {
    const __m512 xa = load8_twice(x.a, i, dtype);
    __m512 xb = xa, xc = xa, xd = xa;
    if (rows > 1) {
      xb = load8_twice(x.b, i, dtype), xc = load8_twice(x.c, i, dtype), xd = load8_twice(x.d, i, dtype);
      prefetch(x.a, i, ahead, dtype), prefetch(x.b, i, ahead, dtype);
      prefetch(x.c, i, ahead, dtype), prefetch(x.d, i, ahead, dtype);
    }
    step(&a, &b, &c, &d, xa, xb, xc, xd, wide, narrow, pairs, lone, rows);
    wide += 16 * pairs, narrow += 8 * lone;
  }
  if (k % 8 != 0) {
    const size_t rest = k % 8;
    const __m512 xa = load_tail_twice(x.a, whole, rest, dtype);
    __m512 xb = xa, xc = xa, xd = xa;
    if (rows > 1) {
      xb = load_tail_twice(x.b, whole, rest, dtype), xc = load_tail_twice(x.c, whole, rest, dtype);
      xd = load_tail_twice(x.d, whole, rest, dtype);
    }
    step(&a, &b, &c, &d, xa, xb, xc, xd, wide, narrow, pairs, lone, rows);
  }
  store_sums(out, &a, &b, &c, &d, pairs, lone, rows);
}

/* The tile for each width, as functions of their own: inlined into one loop they would share registers. */
typedef void tile_fn(struct inputs x, const float *wide, size_t k, size_t ahead, struct outputs out);
#define TILE(width, dtype)                                                                                       \
  static void tile4x##width##_##dtype(struct inputs x, const float *wide, size_t k, size_t ahead,                \
                                      struct outputs out) {                                                      \
    tile(x, wide, k, ahead, out, width / 2, width % 2, ROWS, RC_##dtype);                                        \
  }                                                                                                              \
  static void tile1x##width##_##dtype(struct inputs x, const float *wide, size_t k, size_t ahead,                \
                                      struct outputs out) {                                                      \
    tile(x, wide, k, ahead, out, width / 2, width % 2, 1, RC_##dtype);                                           \
  }
#define EVERY_WIDTH(X, dtype)                                     \
  X(3, dtype) X(4, dtype) X(5, dtype) X(6, dtype)                 \
  X(7, dtype) X(8, dtype) X(9, dtype) X(10, dtype)
EVERY_WIDTH(TILE, F32)
EVERY_WIDTH(TILE, U8)

#define TILE_ENTRY(width, dtype) [width] = {tile1x##width##_##dtype, tile4x##width##_##dtype},
static tile_fn *const tiles[RC_DTYPE_COUNT][RC_PAIRS10_COLUMNS + 1][2] = {
  [RC_F32] = {EVERY_WIDTH(TILE_ENTRY, F32)},
  [RC_U8] = {EVERY_WIDTH(TILE_ENTRY, U8)},
};

/* Rows first, first + apart, first + 2 apart and first + 3 apart times all panels; without `four`, row first alone. */
RC_INLINE void all_panels(const struct rc_weights *w, const struct rc_panels *panels, const void *x, size_t ldx,
                          float *c, size_t ldc, size_t first, size_t apart, size_t ahead, int four,
                          enum rc_dtype dtype) {
  const struct inputs in = {
    rc_row(x, first, ldx, dtype), rc_row(x, first + apart, ldx, dtype),
    rc_row(x, first + 2 * apart, ldx, dtype), rc_row(x, first + 3 * apart, ldx, dtype),
  };
  for (size_t p = 0; p < panels->count; p++) {
    const struct rc_panel panel = rc_panel_at(panels, p);
    float *to = c + first * ldc + panel.column;
    const struct outputs out = {to, to + apart * ldc, to + 2 * apart * ldc, to + 3 * apart * ldc};
    tiles[dtype][panel.width][four](in, w->packed + panel.offset, w->k, ahead, out);
  }
}

RC_INLINE void rows(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  if (is_narrow(w)) {
    narrow(w, m, x, ldx, c, ldc, dtype);
    return;
  }
  const size_t quarter = m / ROWS, ahead = look_ahead(w->k, ldx, dtype);
  for (size_t i = 0; i < quarter; i++) all_panels(w, &w->panels, x, ldx, c, ldc, i, quarter, ahead, 1, dtype);
  for (size_t i = ROWS * quarter; i < m; i++) all_panels(w, &w->panels, x, ldx, c, ldc, i, 0, ahead, 0, dtype);
}

RC_KERNEL_ENTRIES(avx512_tile, rows)
