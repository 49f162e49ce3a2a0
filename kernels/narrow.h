/* SPDX-License-Identifier: BSD-3-Clause */
/* One column or two, for the tiled kernels: a tile is up to eight rows. So few columns wait for memory, and for their
 * own sums: each is one chain of multiply-adds, of which several rows are needed at once.
 *
 * Memory. The rows of a tile stand as far apart as they can, so that each is one long stream, which the hardware
 * prefetches best where no software does (docs/kernels.md). Order: lanes8. Weights: one panel of pack.h in which a step
 * has the columns' lanes one after another, as in panels5, pairs10 and pairs.
 *
 * The file that includes this defines NARROW_PAIR_ROWS, the rows of a tile of two columns (4 to 8), and has
 *   lanes8   the eight lanes of an output, and zero_lanes8(), load_lanes8(), fma8(), load8(), load_tail(),
 *            sum_lanes8(), store_outputs4(), as in neon.h and avx2.h */
#ifndef RC_NARROW_H
#define RC_NARROW_H

#include <string.h>

#include "kernel.h"

/* Of float32, more streams than four are slower where the batch does not fit into the caches. */
enum { NARROW_COLUMNS = 2, NARROW_ROWS = 8, NARROW_STREAMS = 4, NARROW_CACHED_BYTES = 4 << 20 };

#define NARROW_EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

/* Row r, a constant, of rows `apart` bytes apart, reached from three addresses. */
#define NARROW_ROW(r) ((r < 3 ? x0 : r < 6 ? x3 : x6) + (r % 3) * apart)

#define NARROW_STEP(r, value)                              \
  if (rows > r) {                                          \
    const lanes8 v = value;                                \
    s##r = fma8(s##r, v, w0);                              \
    if (columns > 1) t##r = fma8(t##r, v, w1);             \
  }

/* The outputs of rows r, r + 1 and so on: four of one column, or two of two. */
#define NARROW_STORE(r, a, b, d, e)                                                                       \
  if (rows > r) {                                                                                         \
    float sums[4];                                                                                        \
    store_outputs4(sums, a, b, d, e);                                                                     \
    for (int i = 0; i < 4 / columns && r + i < rows; i++)                                                 \
      memcpy(c + (size_t)(r + i) * ldc, sums + i * columns, (size_t)columns * sizeof(float));             \
  }

/* Some rows, `apart` bytes apart; rows, columns and dtype are constants where it is inlined. */
RC_INLINE void narrow_tile(const char *x0, size_t apart, const float *w, size_t k, float *c, size_t ldc, int rows,
                           int columns, enum rc_dtype dtype) {
  const size_t step = 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const char *x3 = x0 + 3 * apart, *x6 = x3 + 3 * apart;
  const lanes8 zero = zero_lanes8();
#define SUMS(r) lanes8 s##r = zero, t##r = zero;
  NARROW_EACH(SUMS)
#undef SUMS
#define WHOLE(r) NARROW_STEP(r, load8(NARROW_ROW(r), 0, dtype))
#pragma GCC unroll 2
  for (size_t steps = k / 8; steps > 0; steps--) {
    const lanes8 w0 = load_lanes8(w), w1 = columns > 1 ? load_lanes8(w + 8) : w0;
    NARROW_EACH(WHOLE)
    w += 8 * columns, x0 += step, x3 += step, x6 += step;
  }
#undef WHOLE
  if (k % 8 != 0) {
    const lanes8 w0 = load_lanes8(w), w1 = columns > 1 ? load_lanes8(w + 8) : w0;
    const size_t done = k / 8 * step;
    x0 -= done, x3 -= done, x6 -= done;
#define TAIL(r) NARROW_STEP(r, load_tail(NARROW_ROW(r), k / 8 * 8, k % 8, dtype))
    NARROW_EACH(TAIL)
#undef TAIL
  }
  if (rows == 1 && columns == 1) {
    c[0] = sum_lanes8(s0);
  } else if (columns == 1) {
    NARROW_STORE(0, s0, s1, s2, s3)
    NARROW_STORE(4, s4, s5, s6, s7)
  } else {
    NARROW_STORE(0, s0, t0, s1, t1)
    NARROW_STORE(2, s2, t2, s3, t3)
    NARROW_STORE(4, s4, t4, s5, t5)
    NARROW_STORE(6, s6, t6, s7, t7)
  }
}

/* The tiles of so many rows, as functions of their own: inlined into one they would share registers. */
typedef void narrow_fn(const char *x, size_t apart, const float *w, size_t k, float *c, size_t ldc);
#define NARROW(rows, columns, dtype)                                                                      \
  static void narrow##rows##x##columns##_##dtype(const char *x, size_t apart, const float *w, size_t k,   \
                                                 float *c, size_t ldc) {                                  \
    narrow_tile(x, apart, w, k, c, ldc, rows, columns, RC_##dtype);                                       \
  }
#define NARROW_TILES(X, columns, dtype)                                                                   \
  X(1, columns, dtype) X(2, columns, dtype) X(3, columns, dtype) X(4, columns, dtype)                     \
  X(5, columns, dtype) X(6, columns, dtype) X(7, columns, dtype) X(8, columns, dtype)
NARROW_TILES(NARROW, 1, F32) NARROW_TILES(NARROW, 2, F32) NARROW_TILES(NARROW, 1, U8) NARROW_TILES(NARROW, 2, U8)

#define NARROW_ENTRY(rows, columns, dtype) [rows] = narrow##rows##x##columns##_##dtype,
static narrow_fn *const narrow_tiles[RC_DTYPE_COUNT][NARROW_COLUMNS + 1][NARROW_ROWS + 1] = {
  [RC_F32] = {[1] = {NARROW_TILES(NARROW_ENTRY, 1, F32)}, [2] = {NARROW_TILES(NARROW_ENTRY, 2, F32)}},
  [RC_U8] = {[1] = {NARROW_TILES(NARROW_ENTRY, 1, U8)}, [2] = {NARROW_TILES(NARROW_ENTRY, 2, U8)}},
};

/* Is a kernel to leave these weights to narrow()? */
RC_INLINE int is_narrow(const struct rc_weights *w) {
  return w->n >= 1 && w->n <= NARROW_COLUMNS;
}

/* As rc_kernel_fn, for one column or two. */
RC_INLINE void narrow(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                      enum rc_dtype dtype) {
  narrow_fn *const *const tiles = narrow_tiles[dtype][w->n];
  const size_t row_bytes = ldx * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const char *at = x;
  size_t most = w->n == 1 ? NARROW_ROWS : NARROW_PAIR_ROWS;
  if (m >= 2 * most) {
    if (dtype == RC_F32 && m * row_bytes > NARROW_CACHED_BYTES) most = NARROW_STREAMS;
    const size_t apart = m / most;
    for (size_t i = 0; i < apart; i++, at += row_bytes, c += ldc)
      tiles[most](at, apart * row_bytes, w->packed, w->k, c, apart * ldc);
    at += (most - 1) * apart * row_bytes, c += (most - 1) * apart * ldc, m -= most * apart;
  } else if (m > most) {
    const size_t half = m / 2;
    tiles[half](at, row_bytes, w->packed, w->k, c, ldc);
    at += half * row_bytes, c += half * ldc, m -= half;
  }
  if (m > 0) tiles[m](at, row_bytes, w->packed, w->k, c, ldc);
}

#endif
