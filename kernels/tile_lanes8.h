/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tiles of two or three rows, for the nest of tiled.h. Gives the file that includes it TILE_SET(dtype), which
 * defines set_<dtype>, a struct rc_tile_set, and its functions. Takes from it
 *   TILE_FOUR_ROWS   rows of a full tile of four columns, 2 or 3
 *   lanes8           the eight lanes of an output, and load_lanes8(), store_lanes8(), fma8(), load_tail(),
 *                    sum_lanes8(), store_outputs4(), and of two rows store_outputs4_twice() and
 *                    store_outputs_twice(), as in neon.h and avx2.h
 *   STEPS(columns, rows, dtype, pace)
 *                    a statement that sets the sums of `t`, a struct tile, to what they begin at and adds the products
 *                    of all whole steps; t.w is then at the weights after them. Eight steps, a turn, prefetch `pace`
 *                    times into the second-level cache; what steps after all turns prefetch is theirs to say. All four
 *                    are literals: the tile's columns and rows, F32 or U8, and 0, 1, 2, 4, 8 or 16
 * Order: lanes8. Weights: as tiled.h. */
#ifndef RC_TILE_LANES8_H
#define RC_TILE_LANES8_H

#include "tile_row.h"
#include "tiled.h"

/* Sums of one row of a tile. */
struct sums {
  lanes8 c0, c1, c2, c3, c4;
};

/* A tile, and where its steps are. */
struct tile {
  struct sums s0, s1, s2;         /* the last ones where there are three rows */
  const void *row0, *row1, *row2; /* from k = 0 */
  size_t i;                       /* the next step's first element */
  size_t whole, rest;             /* the first element after all turns, and the elements of the steps after them */
  const float *w;                 /* the next step's weights */
  const float *from;              /* what sums begin at, as store_sums() left it, or NULL: +0 */
  size_t stride;                  /* floats from there to the next row's */
  const char *ahead;              /* prefetched next */
  size_t apart;                   /* bytes from one prefetch to the next */
};

RC_INLINE void store_sums(float *partial, struct sums s, int columns) {
  store_lanes8(partial, s.c0);
  store_lanes8(partial + 8, s.c1);
  store_lanes8(partial + 16, s.c2);
  if (columns > 3) store_lanes8(partial + 24, s.c3);
  if (columns > 4) store_lanes8(partial + 32, s.c4);
}

/* The outputs of a row, and of two. Of three columns there is no c3. */
RC_INLINE void store_outputs(float *c, const struct sums *s, int columns) {
  store_four(c, s->c0, s->c1, s->c2, columns > 3 ? s->c3 : s->c2, columns);
  if (columns > 4) c[4] = sum_lanes8(s->c4);
}

RC_INLINE void store_outputs_of_two(float *c, float *d, const struct sums *s, const struct sums *t, int columns) {
  if (columns < 4) {
    store_outputs(c, s, columns);
    store_outputs(d, t, columns);
    return;
  }
  store_outputs4_twice(c, d, s->c0, s->c1, s->c2, s->c3, t->c0, t->c1, t->c2, t->c3);
  if (columns > 4) store_outputs_twice(c + 4, d + 4, s->c4, t->c4);
}

/* A struct rc_tile_set's. */
static void reduce(const float *partial, size_t count, float *c) {
  for (; count >= 4; count -= 4, partial += 32, c += 4)
    store_outputs4(c, load_lanes8(partial), load_lanes8(partial + 8), load_lanes8(partial + 16),
                   load_lanes8(partial + 24));
  for (; count > 0; count--, partial += 8) *c++ = sum_lanes8(load_lanes8(partial));
}

/* Prefetches of a turn of eight steps, where each step is to prefetch so many bytes: at least four for three lines, as
 * one that finds no free buffer is dropped; two or more for each line from 25 to 64 bytes, where more of them are. */
RC_INLINE int pace_of(size_t bytes) {
  return bytes == 0 ? 0 : bytes <= 6 ? 1 : bytes <= 12 ? 2 : bytes <= 24 ? 4 : bytes <= 32 ? 8 : 16;
}

/* What all tiles of a job begin with. */
RC_INLINE void begin_tiles(struct tile *t, const struct rc_tile_job *job, int pace) {
  t->i = job->k, t->whole = job->k + job->steps / 8 * 64, t->rest = job->steps % 8 * 8;
  t->w = job->w, t->stride = job->stride;
  t->apart = pace > 0 ? 8 * job->ahead->step / (size_t)pace : 0;
}

/* The end of K, a step that is not whole, whose elements have been taken before sums take all registers. */
struct end_of_rows {
  _Alignas(RC_ALIGNMENT) float row[RC_TILE_MOST_ROWS][8];
};

RC_INLINE void take_end(struct end_of_rows *end, const struct rc_tile_job *job, const void *const *x, int rows,
                        enum rc_dtype dtype) {
  for (int r = 0; r < rows; r++)
    store_lanes8(end->row[r], load_tail(x[r], job->k + 8 * job->steps, job->tail, dtype));
}

RC_INLINE void add_end(struct tile *t, const struct end_of_rows *end, int columns, int rows) {
#define ADD_END(j)                                                                \
  if (columns > j) {                                                              \
    const lanes8 w = load_lanes8(t->w + 8 * j);                                   \
    t->s0.c##j = fma8(t->s0.c##j, load_lanes8(end->row[0]), w);                   \
    t->s1.c##j = fma8(t->s1.c##j, load_lanes8(end->row[1]), w);                   \
    if (rows > 2) t->s2.c##j = fma8(t->s2.c##j, load_lanes8(end->row[2]), w);     \
  }
  ADD_END(0) ADD_END(1) ADD_END(2) ADD_END(3) ADD_END(4)
#undef ADD_END
}

RC_INLINE void finish_tile(const struct tile *t, float *partial, size_t stride, float *c, size_t ldc, int columns,
                           int rows) {
  if (c != NULL) {
    store_outputs_of_two(c, c + ldc, &t->s0, &t->s1, columns);
    if (rows > 2) store_outputs(c + 2 * ldc, &t->s2, columns);
    return;
  }
  store_sums(partial, t->s0, columns);
  store_sums(partial + stride, t->s1, columns);
  if (rows > 2) store_sums(partial + 2 * stride, t->s2, columns);
}

/* Tiles one below the other. A function for each pace, whose loops share registers with no others. */
#define PACED(columns, rows, dtype, pace)                                                                          \
  static __attribute__((noinline)) void tile##rows##x##columns##_##dtype##_##pace(const struct rc_tile_job *job,   \
                                                                                  size_t count) {                  \
    const void *const *x = job->x;                                                                                 \
    float *partial = job->partial, *c = job->c;                                                                    \
    struct rc_ahead ahead = *job->ahead;                                                                           \
    const size_t tail = job->tail, stride = job->stride, ldc = job->ldc, steps = job->steps;                       \
    const int first = job->first;                                                                                  \
    struct tile all;                                                                                               \
    begin_tiles(&all, job, pace);                                                                                  \
    for (; count > 0; count--, x += rows, partial += rows * stride) {                                              \
      struct tile t = all;                                                                                         \
      struct end_of_rows end;                                                                                      \
      t.row0 = x[0], t.row1 = x[1], t.row2 = rows > 2 ? x[2] : x[0];                                               \
      t.from = first ? NULL : partial, t.ahead = rc_take_ahead(&ahead, steps);                                     \
      if (tail > 0) take_end(&end, job, x, rows, RC_##dtype);                                                      \
      STEPS(columns, rows, dtype, pace);                                                                           \
      if (tail > 0) add_end(&t, &end, columns, rows);                                                              \
      finish_tile(&t, partial, stride, c, ldc, columns, rows);                                                     \
      if (c != NULL) c += rows * ldc;                                                                              \
    }                                                                                                              \
    *job->ahead = ahead;                                                                                           \
  }
#define TILE(columns, rows, dtype)                                                                           \
  PACED(columns, rows, dtype, 0) PACED(columns, rows, dtype, 1) PACED(columns, rows, dtype, 2)               \
  PACED(columns, rows, dtype, 4) PACED(columns, rows, dtype, 8) PACED(columns, rows, dtype, 16)              \
  static void tile##rows##x##columns##_##dtype(const struct rc_tile_job *job, size_t count) {                \
    switch (pace_of(job->ahead->step)) {                                                                     \
      case 0: tile##rows##x##columns##_##dtype##_0(job, count); break;                                       \
      case 1: tile##rows##x##columns##_##dtype##_1(job, count); break;                                       \
      case 2: tile##rows##x##columns##_##dtype##_2(job, count); break;                                       \
      case 4: tile##rows##x##columns##_##dtype##_4(job, count); break;                                       \
      case 8: tile##rows##x##columns##_##dtype##_8(job, count); break;                                       \
      default: tile##rows##x##columns##_##dtype##_16(job, count);                                            \
    }                                                                                                        \
  }
/* For the rows that full tiles leave over, in the last block, after which nothing is prefetched. */
#define TILE_LEFT_OVER(columns, rows, dtype)                                                  \
  PACED(columns, rows, dtype, 0)                                                              \
  static void tile##rows##x##columns##_##dtype(const struct rc_tile_job *job, size_t count) { \
    tile##rows##x##columns##_##dtype##_0(job, count);                                         \
  }
#if TILE_FOUR_ROWS == 3
#define TILE_FOUR(dtype) TILE_LEFT_OVER(4, 2, dtype) TILE(4, 3, dtype)
#define TILE_FOUR_ENTRY(dtype) [3] = tile3x4_##dtype
#else
#define TILE_FOUR(dtype) TILE(4, 2, dtype)
#define TILE_FOUR_ENTRY(dtype) [3] = NULL
#endif
#define TILE_SET(dtype)                                                                               \
  TILE_LEFT_OVER(3, 2, dtype) TILE(3, 3, dtype) TILE_FOUR(dtype) TILE(5, 2, dtype)                    \
  TILE_ROWS(dtype)                                                                                    \
  static const struct rc_tile_set set_##dtype = {                                                     \
    {[3] = {[2] = tile2x3_##dtype, [3] = tile3x3_##dtype}, {[2] = tile2x4_##dtype, TILE_FOUR_ENTRY(dtype)}, \
     {[2] = tile2x5_##dtype}},                                                                        \
    {[3] = 3, TILE_FOUR_ROWS, 2}, TILE_ROW_SET(dtype), reduce};

#endif
