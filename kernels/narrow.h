/* SPDX-License-Identifier: BSD-3-Clause */
/* One column or two, for the tiled kernels: a tile is up to eight rows. So few columns wait for memory, and for their
 * own sums: each is one chain of multiply-adds, of which several rows are needed at once.
 *
 * Memory. The rows of a tile stand as far apart as they can, so that each is one long stream. What it reads from the
 * second-level cache comes best if nothing is prefetched, but on Intel's servers a few lines ahead; further away four
 * streams do best, each prefetched a few lines ahead into the first level, which has room beside so few weights, or,
 * where the third level holds the batch, further ahead into the second (docs/kernels.md). Bytes come faster than they
 * are multiplied. Order: lanes8. Weights:
 * one panel of pack.h in which a step has the columns' lanes one after another, as in panels5, pairs10 and pairs.
 *
 * The file that includes this defines NARROW_PAIR_ROWS, the rows of a tile of two columns (4 to 8), for Intel's servers
 * NARROW_NEAR_SOON, with eight of them, and has
 *   lanes8   the eight lanes of an output, and zero_lanes8(), load_lanes8(), fma8(), load8(), load_tail(),
 *            sum_lanes8(), store_outputs4(), as in neon.h and avx2.h */
#ifndef RC_NARROW_H
#define RC_NARROW_H

#include <string.h>

#include "kernel.h"

enum { NARROW_COLUMNS = 2, NARROW_ROWS = 8, NARROW_STREAMS = 4 };

/* How a tile prefetches, and the bytes of float32 rows up to which a batch is taken so. */
enum narrow_ahead { NARROW_NOT, NARROW_SOON, NARROW_EARLY, NARROW_AHEADS };
enum { NARROW_SECOND_LEVEL = 1 << 20, NARROW_THIRD_LEVEL_FROM = 12 << 20, NARROW_THIRD_LEVEL_TO = 32 << 20 };
enum { NARROW_SOON_BYTES = 256, NARROW_EARLY_BYTES = 12544 };

#define NARROW_EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

/* Row r, a constant, of rows `apart` bytes apart, reached from three addresses. */
#define NARROW_ROW(r) ((r < 3 ? x0 : r < 6 ? x3 : x6) + (r % 3) * apart)

#define NARROW_MULTIPLY(r, value)                          \
  if (rows > r) {                                          \
    const lanes8 v = columns > 1 ? kept8(value) : value;   \
    s##r = fma8(s##r, v, w0);                              \
    if (columns > 1) t##r = fma8(t##r, v, w1);             \
  }
#define NARROW_FIRST(r) NARROW_MULTIPLY(r, load8(NARROW_ROW(r), 0, dtype))
#define NARROW_SECOND(r) NARROW_MULTIPLY(r, load8(NARROW_ROW(r), 8, dtype))
#define NARROW_TAIL(r) NARROW_MULTIPLY(r, load_tail(NARROW_ROW(r), k / 8 * 8, k % 8, dtype))
#define NARROW_STEP(w, X)                                                                  \
  do {                                                                                     \
    const lanes8 w0 = load_lanes8(w), w1 = columns > 1 ? load_lanes8((w) + 8) : w0;        \
    NARROW_EACH(X)                                                                         \
  } while (0)

#define NARROW_PREFETCH(r)                                                                             \
  if (rows > r && ahead == NARROW_SOON) __builtin_prefetch(NARROW_ROW(r) + NARROW_SOON_BYTES, 0, 3);   \
  if (rows > r && ahead == NARROW_EARLY) __builtin_prefetch(NARROW_ROW(r) + NARROW_EARLY_BYTES, 0, 2);

/* The outputs of rows r, r + 1 and so on: four of one column, or two of two. */
#define NARROW_STORE(r, a, b, d, e)                                                                       \
  if (rows > r) {                                                                                         \
    float sums[4];                                                                                        \
    store_outputs4(sums, a, b, d, e);                                                                     \
    for (int i = 0; i < 4 / columns && r + i < rows; i++)                                                 \
      memcpy(c + (size_t)(r + i) * ldc, sums + i * columns, (size_t)columns * sizeof(float));             \
  }

/* Some rows, `apart` bytes apart; rows, columns, ahead and dtype are constants where it is inlined. */
RC_INLINE void narrow_tile(const char *x0, size_t apart, const float *w, size_t k, float *c, size_t ldc, int rows,
                           int columns, enum narrow_ahead ahead, enum rc_dtype dtype) {
  const size_t step = 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const char *x3 = x0 + 3 * apart, *x6 = x3 + 3 * apart;
  const lanes8 zero = zero_lanes8();
#define SUMS(r) lanes8 s##r = zero, t##r = zero;
  NARROW_EACH(SUMS)
#undef SUMS
  size_t steps = k / 8;
  /* Two steps are a line of float32. */
  for (; steps >= 2; steps -= 2) {
    NARROW_EACH(NARROW_PREFETCH)
    NARROW_STEP(w, NARROW_FIRST);
    /* A prefetch that finds no free buffer is dropped: far ahead, every line is asked for twice. */
    if (ahead == NARROW_EARLY) {
      NARROW_EACH(NARROW_PREFETCH)
    }
    NARROW_STEP(w + 8 * columns, NARROW_SECOND);
    w += 16 * columns, x0 += 2 * step, x3 += 2 * step, x6 += 2 * step;
  }
  if (steps > 0) {
    NARROW_STEP(w, NARROW_FIRST);
    w += 8 * columns, x0 += step, x3 += step, x6 += step;
  }
  if (k % 8 != 0) {
    const size_t done = k / 8 * step;
    x0 -= done, x3 -= done, x6 -= done;
    NARROW_STEP(w, NARROW_TAIL);
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
#define NARROW(rows, columns, ahead, dtype)                                                               \
  static void narrow##rows##x##columns##_##ahead##_##dtype(const char *x, size_t apart, const float *w,   \
                                                           size_t k, float *c, size_t ldc) {              \
    narrow_tile(x, apart, w, k, c, ldc, rows, columns, NARROW_##ahead, RC_##dtype);                       \
  }
#define NARROW_TILES(X, columns, dtype)                                                                   \
  X(1, columns, NOT, dtype) X(2, columns, NOT, dtype) X(3, columns, NOT, dtype) X(4, columns, NOT, dtype) \
  X(5, columns, NOT, dtype) X(6, columns, NOT, dtype) X(7, columns, NOT, dtype) X(8, columns, NOT, dtype)
NARROW_TILES(NARROW, 1, F32) NARROW_TILES(NARROW, 2, F32) NARROW_TILES(NARROW, 1, U8) NARROW_TILES(NARROW, 2, U8)
NARROW(4, 1, SOON, F32) NARROW(4, 2, SOON, F32) NARROW(4, 1, EARLY, F32) NARROW(4, 2, EARLY, F32)

#define NARROW_ENTRY(rows, columns, ahead, dtype) [rows] = narrow##rows##x##columns##_##ahead##_##dtype,
static narrow_fn *const narrow_tiles[RC_DTYPE_COUNT][NARROW_COLUMNS + 1][NARROW_ROWS + 1] = {
  [RC_F32] = {[1] = {NARROW_TILES(NARROW_ENTRY, 1, F32)}, [2] = {NARROW_TILES(NARROW_ENTRY, 2, F32)}},
  [RC_U8] = {[1] = {NARROW_TILES(NARROW_ENTRY, 1, U8)}, [2] = {NARROW_TILES(NARROW_ENTRY, 2, U8)}},
};
static narrow_fn *const narrow_streams[NARROW_COLUMNS + 1][NARROW_AHEADS] = {
  [1] = {[NARROW_SOON] = narrow4x1_SOON_F32, [NARROW_EARLY] = narrow4x1_EARLY_F32},
  [2] = {[NARROW_SOON] = narrow4x2_SOON_F32, [NARROW_EARLY] = narrow4x2_EARLY_F32},
};
#ifdef NARROW_NEAR_SOON
NARROW(8, 1, SOON, F32) NARROW(8, 2, SOON, F32)
#endif

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
    narrow_fn *tile = tiles[most];
#ifdef NARROW_NEAR_SOON
    if (dtype == RC_F32) tile = w->n == 1 ? narrow8x1_SOON_F32 : narrow8x2_SOON_F32;
#endif
    const size_t bytes = m * row_bytes;
    if (dtype == RC_F32 && bytes > NARROW_SECOND_LEVEL) {
      most = NARROW_STREAMS;
      tile = narrow_streams[w->n][bytes > NARROW_THIRD_LEVEL_FROM && bytes <= NARROW_THIRD_LEVEL_TO ? NARROW_EARLY
                                                                                                   : NARROW_SOON];
    }
    const size_t apart = m / most;
    for (size_t i = 0; i < apart; i++, at += row_bytes, c += ldc)
      tile(at, apart * row_bytes, w->packed, w->k, c, apart * ldc);
    at += (most - 1) * apart * row_bytes, c += (most - 1) * apart * ldc, m -= most * apart;
  } else if (m > most) {
    const size_t half = m / 2;
    tiles[half](at, row_bytes, w->packed, w->k, c, ldc);
    at += half * row_bytes, c += half * ldc, m -= half;
  }
  if (m > 0) tiles[m](at, row_bytes, w->packed, w->k, c, ldc);
}

#endif
