/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tiles of two or three rows, for the nest of tiled.h. Gives the file that includes it TILE_SET(dtype), which
 * defines set_<dtype>, a struct rc_tile_set, and its functions. Takes from it
 *   TILE_FOUR_ROWS          rows of a full tile of four columns, 2 or 3
 *   lanes8                  the eight lanes of an output, and zero_lanes8(), load_lanes8(), store_lanes8(), load8(),
 *                           load_tail(), sum_lanes8(), store_outputs4(), and for two rows store_outputs4_twice() and
 *                           store_outputs_twice(), as in neon.h and avx2.h
 *   kept8(lanes8)           the same lanes, kept in registers: a compiler may load them again for every column
 *   ADD_COLUMN(w, a, b, c)  a block: a += x0 * w, b += x1 * w and, if rows > 2, c += x2 * w, fused, per lane; w is the
 *                           address of eight weights
 *   PREFETCH(address)       into the second-level cache
 * Order: lanes8. Weights: as tiled.h. */
#ifndef RC_TILE_LANES8_H
#define RC_TILE_LANES8_H

#include "tile_row.h"
#include "tiled.h"

/* Partial sums of one row of a tile. */
struct sums {
  lanes8 c0, c1, c2, c3, c4;
};

#define COLUMN(j, n)                                                            \
  if (columns > j) {                                                            \
    ADD_COLUMN(at + 8 * (n * columns + j), s0.c##j, s1.c##j, s2.c##j)           \
  }

RC_INLINE struct sums load_sums(const float *partial, int first, int columns) {
  const lanes8 zero = zero_lanes8();
  struct sums s = {zero, zero, zero, zero, zero};
  if (first) return s;
  s.c0 = load_lanes8(partial);
  if (columns > 1) s.c1 = load_lanes8(partial + 8);
  if (columns > 2) s.c2 = load_lanes8(partial + 16);
  if (columns > 3) s.c3 = load_lanes8(partial + 24);
  if (columns > 4) s.c4 = load_lanes8(partial + 32);
  return s;
}

RC_INLINE void store_sums(float *partial, struct sums s, int columns) {
  store_lanes8(partial, s.c0);
  if (columns > 1) store_lanes8(partial + 8, s.c1);
  if (columns > 2) store_lanes8(partial + 16, s.c2);
  if (columns > 3) store_lanes8(partial + 24, s.c3);
  if (columns > 4) store_lanes8(partial + 32, s.c4);
}

/* The outputs of a row, and of two. */
RC_INLINE void store_outputs(float *c, struct sums s, int columns) {
  store_four(c, s.c0, s.c1, s.c2, s.c3, columns);
  if (columns > 4) c[4] = sum_lanes8(s.c4);
}

RC_INLINE void store_outputs_of_two(float *c, float *d, struct sums s, struct sums t, int columns) {
  if (columns >= 4) {
    store_outputs4_twice(c, d, s.c0, s.c1, s.c2, s.c3, t.c0, t.c1, t.c2, t.c3);
  } else {
    store_four(c, s.c0, s.c1, s.c2, s.c3, columns);
    store_four(d, t.c0, t.c1, t.c2, t.c3, columns);
  }
  if (columns > 4) store_outputs_twice(c + 4, d + 4, s.c4, t.c4);
}

/* A struct rc_tile_set's. */
static void reduce(const float *partial, size_t count, float *c) {
  for (; count >= 4; count -= 4, partial += 32, c += 4)
    store_outputs4(c, load_lanes8(partial), load_lanes8(partial + 8), load_lanes8(partial + 16),
                   load_lanes8(partial + 24));
  for (; count > 0; count--, partial += 8) *c++ = sum_lanes8(load_lanes8(partial));
}

/* Prefetches of a turn of eight steps, where each step is to prefetch so many bytes: four for three lines, as one that
 * finds no free buffer is dropped, and more where a step has so much to prefetch that many of them are. */
RC_INLINE int pace_of(size_t bytes) {
  return bytes <= 6 ? 1 : bytes <= 12 ? 2 : bytes <= 24 ? 4 : bytes <= 32 ? 8 : 16;
}

/* One tile; columns, rows and dtype are constants where it is inlined. Eight steps a turn take fewer
 * instructions beside the arithmetic: those cost time where two threads share a core. */
RC_INLINE void tile(const struct rc_tile_job *job, const void *const *x, float *partial, float *c,
                    const char *prefetch, int pace, int columns, int rows, enum rc_dtype dtype) {
  const void *row0 = x[0], *row1 = x[1], *row2 = rows > 2 ? x[2] : row0;
  const size_t stride = job->stride, turn = 8 * job->ahead->step;
  struct sums s0 = load_sums(partial, job->first, columns), s1 = load_sums(partial + stride, job->first, columns);
  struct sums s2 = s0;
  if (rows > 2) s2 = load_sums(partial + 2 * stride, job->first, columns);

  const float *at = job->w;
  size_t i = job->k;
  const size_t end = i + 8 * job->steps, whole = i + job->steps / 8 * 64;
#define STEP(n)                                                                     \
  {                                                                                 \
    const lanes8 x0 = LOAD(0, n), x1 = LOAD(1, n), x2 = rows > 2 ? LOAD(2, n) : x0; \
    COLUMN(0, n) COLUMN(1, n) COLUMN(2, n) COLUMN(3, n) COLUMN(4, n)                \
  }
#define LOAD(r, n) kept8(load8(row##r, i + 8 * n, dtype))
#define AHEAD(n, of) PREFETCH(prefetch + n * (turn / of));
#define BOTH(n) AHEAD(2 * n, 16) AHEAD(2 * n + 1, 16)
#define NEXT(n) i += 8 * n, at += 8 * n * columns
  if (pace == 1)
    for (; i < whole; NEXT(8), prefetch += turn) {
      AHEAD(0, 1) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
    }
  else if (pace == 2)
    for (; i < whole; NEXT(8), prefetch += turn) {
      AHEAD(0, 2) STEP(0) STEP(1) STEP(2) STEP(3) AHEAD(1, 2) STEP(4) STEP(5) STEP(6) STEP(7)
    }
  else if (pace == 4)
    for (; i < whole; NEXT(8), prefetch += turn) {
      AHEAD(0, 4) STEP(0) STEP(1) AHEAD(1, 4) STEP(2) STEP(3) AHEAD(2, 4) STEP(4) STEP(5) AHEAD(3, 4) STEP(6) STEP(7)
    }
  else if (pace == 8)
    for (; i < whole; NEXT(8), prefetch += turn) {
      AHEAD(0, 8) STEP(0) AHEAD(1, 8) STEP(1) AHEAD(2, 8) STEP(2) AHEAD(3, 8) STEP(3)
      AHEAD(4, 8) STEP(4) AHEAD(5, 8) STEP(5) AHEAD(6, 8) STEP(6) AHEAD(7, 8) STEP(7)
    }
  else
    for (; i < whole; NEXT(8), prefetch += turn) {
      BOTH(0) STEP(0) BOTH(1) STEP(1) BOTH(2) STEP(2) BOTH(3) STEP(3)
      BOTH(4) STEP(4) BOTH(5) STEP(5) BOTH(6) STEP(6) BOTH(7) STEP(7)
    }
  if (end - i >= 32) {
    AHEAD(0, 4) STEP(0) STEP(1) AHEAD(1, 4) STEP(2) STEP(3)
    NEXT(4), prefetch += turn / 2;
  }
  for (; i < end; NEXT(1), prefetch += turn / 8) {
    AHEAD(0, 8) STEP(0)
  }
#undef LOAD
#define LOAD(r, n) load_tail(row##r, i, job->tail, dtype)
  if (job->tail > 0) STEP(0)
#undef LOAD
#undef NEXT
#undef BOTH
#undef AHEAD
#undef STEP

  if (c != NULL) {
    store_outputs_of_two(c, c + job->ldc, s0, s1, columns);
    if (rows > 2) store_outputs(c + 2 * job->ldc, s2, columns);
    return;
  }
  store_sums(partial, s0, columns);
  store_sums(partial + stride, s1, columns);
  if (rows > 2) store_sums(partial + 2 * stride, s2, columns);
}

/* Tiles one below the other. Each tile is a call: inlined, its loops would share registers with what is around them. */
#define TILE(columns, rows, dtype)                                                                             \
  static __attribute__((noinline)) void one##rows##x##columns##_##dtype(                                       \
    const struct rc_tile_job *job, const void *const *x, float *partial, float *c, const char *prefetch, int pace) { \
    tile(job, x, partial, c, prefetch, pace, columns, rows, RC_##dtype);                                       \
  }                                                                                                            \
  static void tile##rows##x##columns##_##dtype(const struct rc_tile_job *job, size_t count) {                  \
    const int pace = pace_of(job->ahead->step);                                                                \
    const void *const *x = job->x;                                                                             \
    float *partial = job->partial, *c = job->c;                                                                \
    for (; count > 0; count--, x += rows, partial += rows * job->stride) {                                     \
      one##rows##x##columns##_##dtype(job, x, partial, c, rc_take_ahead(job->ahead, job->steps), pace);        \
      if (c != NULL) c += rows * job->ldc;                                                                     \
    }                                                                                                          \
  }
#if TILE_FOUR_ROWS == 3
#define TILE_FOUR(dtype) TILE(4, 3, dtype)
#define TILE_FOUR_ENTRY(dtype) [3] = tile3x4_##dtype
#else
#define TILE_FOUR(dtype)
#define TILE_FOUR_ENTRY(dtype) [3] = NULL
#endif
#define TILE_SET(dtype)                                                                               \
  TILE(3, 2, dtype) TILE(3, 3, dtype) TILE(4, 2, dtype) TILE_FOUR(dtype) TILE(5, 2, dtype)            \
  TILE_ROWS(dtype)                                                                                    \
  static const struct rc_tile_set set_##dtype = {                                                     \
    {[3] = {[2] = tile2x3_##dtype, [3] = tile3x3_##dtype}, {[2] = tile2x4_##dtype, TILE_FOUR_ENTRY(dtype)}, \
     {[2] = tile2x5_##dtype}},                                                                        \
    {[3] = 3, TILE_FOUR_ROWS, 2}, TILE_ROW_SET(dtype), reduce};

#endif
