/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tiles for NEON: two registers hold the eight partial sums of one output; a panel of five columns times
 * two rows fills twenty of the thirty-two registers. The loop nest is tiled.c's, or narrow.h's for one
 * or two columns. Order: lanes8. Weights: panels5. */
#include "neon.h"

#define NARROW_PAIR_ROWS 4
#include "narrow.h"
#include "tiled.h"

/* Partial sums of one row of a tile. */
struct sums {
  lanes8 c0, c1, c2, c3, c4;
};

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

RC_INLINE void store_lanes8(float *to, lanes8 v) {
  vst1q_f32(to, v.low);
  vst1q_f32(to + 4, v.high);
}

RC_INLINE void store_sums(float *partial, struct sums s, int columns) {
  store_lanes8(partial, s.c0);
  if (columns > 1) store_lanes8(partial + 8, s.c1);
  if (columns > 2) store_lanes8(partial + 16, s.c2);
  if (columns > 3) store_lanes8(partial + 24, s.c3);
  if (columns > 4) store_lanes8(partial + 32, s.c4);
}

/* acc += x * w for one column of every row. */
#define COLUMN(j)                                         \
  if (columns > j) {                                      \
    const lanes8 w = load_lanes8(at + 8 * j);             \
    s0.c##j = fma8(s0.c##j, x0, w);                       \
    if (rows > 1) s1.c##j = fma8(s1.c##j, x1, w);         \
    if (rows > 2) s2.c##j = fma8(s2.c##j, x2, w);         \
  }

/* The tile; columns, rows and dtype are constants where it is inlined. */
RC_INLINE void tile(const struct rc_tile_job *job, int columns, int rows, enum rc_dtype dtype) {
  const void *const *x = job->x;
  const void *row0 = x[0], *row1 = rows > 1 ? x[1] : row0, *row2 = rows > 2 ? x[2] : row0;
  float *partial = job->partial;
  const size_t stride = job->stride;
  struct sums s0 = load_sums(partial, job->first, columns), s1 = s0, s2 = s0;
  if (rows > 1) s1 = load_sums(partial + stride, job->first, columns);
  if (rows > 2) s2 = load_sums(partial + 2 * stride, job->first, columns);

  const float *at = job->w;
  const char *prefetch = job->prefetch;
  size_t i = job->k;
  const size_t end = i + 8 * job->steps;
#define STEP                                                                                        \
  const lanes8 x0 = LOAD(0), x1 = rows > 1 ? LOAD(1) : x0, x2 = rows > 2 ? LOAD(2) : x0;            \
  COLUMN(0) COLUMN(1) COLUMN(2) COLUMN(3) COLUMN(4)
#define LOAD(n) load8(row##n, i, dtype)
  for (; i < end; i += 8, at += 8 * columns, prefetch += job->prefetch_step) {
    /* A step reads 32 bytes of each row: half a line. */
    __builtin_prefetch(prefetch, 0, 2);
    if (rows > 2) __builtin_prefetch(prefetch + 64, 0, 2);
    STEP
  }
#undef LOAD
#define LOAD(n) load_tail(row##n, i, job->tail, dtype)
  if (job->tail > 0) {
    STEP
  }
#undef LOAD
#undef STEP

  store_sums(partial, s0, columns);
  if (rows > 1) store_sums(partial + stride, s1, columns);
  if (rows > 2) store_sums(partial + 2 * stride, s2, columns);
}

static void reduce(const float *partial, size_t count, float *c) {
  for (; count >= 4; count -= 4, partial += 32, c += 4)
    store_outputs4(c, load_lanes8(partial), load_lanes8(partial + 8), load_lanes8(partial + 16),
                   load_lanes8(partial + 24));
  for (; count > 0; count--, partial += 8) *c++ = sum_lanes8(load_lanes8(partial));
}

#define TILE(columns, rows, dtype)                                              \
  static void tile##rows##x##columns##_##dtype(const struct rc_tile_job *job) { \
    tile(job, columns, rows, RC_##dtype);                                       \
  }
#define SET(dtype)                                                                               \
  TILE(3, 3, dtype) TILE(4, 2, dtype) TILE(5, 2, dtype)                                          \
  static const struct rc_tile_set set_##dtype = {                                                \
    {[3] = tile3x3_##dtype, tile2x4_##dtype, tile2x5_##dtype}, {[3] = 3, 2, 2}, reduce};
SET(F32)
SET(U8)

RC_INLINE void rows(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  if (is_narrow(w))
    narrow(w, m, x, ldx, c, ldc, dtype);
  else if (dtype == RC_U8)
    rc_tiled(&set_U8, w, m, x, ldx, c, ldc, sizeof(unsigned char));
  else
    rc_tiled(&set_F32, w, m, x, ldx, c, ldc, sizeof(float));
}

RC_KERNEL_ENTRIES(neon_tile, rows)
