/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps of a tile of tile_lanes8.h for NEON. Gives STEPS(), as described there. */
#ifndef RC_ARM_TILE_STEPS_NEON_H
#define RC_ARM_TILE_STEPS_NEON_H

#include "neon.h"
#include "tile_lanes8.h"

RC_INLINE struct sums load_sums(const float *from, int columns) {
  const lanes8 zero = zero_lanes8();
  struct sums s = {zero, zero, zero, zero, zero};
  if (from == NULL) return s;
  s.c0 = load_lanes8(from);
  s.c1 = load_lanes8(from + 8);
  s.c2 = load_lanes8(from + 16);
  if (columns > 3) s.c3 = load_lanes8(from + 24);
  if (columns > 4) s.c4 = load_lanes8(from + 32);
  return s;
}

/* columns, rows, dtype and pace are constants where it is inlined. */
RC_INLINE void add_steps(struct tile *t, int columns, int rows, enum rc_dtype dtype, int pace) {
  struct sums s0 = load_sums(t->from, columns), s1 = s0, s2 = s0;
  if (t->from != NULL) s1 = load_sums(t->from + t->stride, columns);
  if (t->from != NULL && rows > 2) s2 = load_sums(t->from + 2 * t->stride, columns);
  const void *row0 = t->row0, *row1 = t->row1, *row2 = t->row2;
  const char *ahead = t->ahead;
  const float *w = t->w;
  size_t i = t->i;
#define COLUMN(j, n)                                                   \
  if (columns > j) {                                                   \
    const lanes8 weights = load_lanes8(w + 8 * (n * columns + j));     \
    s0.c##j = fma8(s0.c##j, x0, weights);                              \
    s1.c##j = fma8(s1.c##j, x1, weights);                              \
    if (rows > 2) s2.c##j = fma8(s2.c##j, x2, weights);                \
  }
#define ROW(r, n) load8(row##r, i + 8 * n, dtype)
#define STEP(n)                                                                  \
  {                                                                              \
    const lanes8 x0 = ROW(0, n), x1 = ROW(1, n), x2 = rows > 2 ? ROW(2, n) : x0; \
    COLUMN(0, n) COLUMN(1, n) COLUMN(2, n) COLUMN(3, n) COLUMN(4, n)             \
  }
#define PREFETCH __builtin_prefetch(ahead, 0, 2), ahead += t->apart;
/* Before step n of eight; of a pace of 16 twice. */
#define AHEAD(n)                             \
  if (pace > 0 && n * pace % 8 == 0) PREFETCH \
  if (pace == 16) PREFETCH
#define NEXT(n) i += 8 * n, w += 8 * n * columns
  for (; i < t->whole; NEXT(8)) {
    AHEAD(0) STEP(0) AHEAD(1) STEP(1) AHEAD(2) STEP(2) AHEAD(3) STEP(3)
    AHEAD(4) STEP(4) AHEAD(5) STEP(5) AHEAD(6) STEP(6) AHEAD(7) STEP(7)
  }
  for (const size_t end = i + t->rest; i < end; NEXT(1)) {
    if (pace >= 4) PREFETCH
    STEP(0)
  }
#undef NEXT
#undef AHEAD
#undef PREFETCH
#undef STEP
#undef ROW
#undef COLUMN
  t->s0 = s0, t->s1 = s1, t->s2 = s2, t->w = w;
}

#define STEPS(columns, rows, dtype, pace) add_steps(&t, columns, rows, RC_##dtype, pace)

#endif
