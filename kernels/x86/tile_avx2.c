/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tiles for AVX2: a register holds the eight partial sums of one output, so a panel of five columns
 * times two rows fills ten accumulators and wastes no lane. The loop nest is tiled.c's, or narrow.h's for one or two
 * columns. Order: lanes8. Weights: panels5. */
#include "avx2.h"

#define NARROW_PAIR_ROWS 5 /* ten sums; Clang 14 spills six rows, not five */
#include "narrow.h"
#include "tiled.h"

/* Partial sums of one row of a tile. */
struct sums {
  __m256 c0, c1, c2, c3, c4;
};

/* acc += x * w for one column of every row; the empty asm keeps the weights in a register for all rows,
 * without it they are loaded again for each. */
#define COLUMN(j)                                                    \
  if (columns > j) {                                                 \
    __m256 w = _mm256_load_ps(at + 8 * j);                           \
    __asm__("" : "+x"(w));                                           \
    s0.c##j = _mm256_fmadd_ps(x0, w, s0.c##j);                       \
    if (rows > 1) s1.c##j = _mm256_fmadd_ps(x1, w, s1.c##j);         \
    if (rows > 2) s2.c##j = _mm256_fmadd_ps(x2, w, s2.c##j);         \
  }

RC_INLINE struct sums load_sums(const float *partial, int first, int columns) {
  const __m256 zero = _mm256_setzero_ps();
  struct sums s = {zero, zero, zero, zero, zero};
  if (first) return s;
  s.c0 = _mm256_load_ps(partial);
  if (columns > 1) s.c1 = _mm256_load_ps(partial + 8);
  if (columns > 2) s.c2 = _mm256_load_ps(partial + 16);
  if (columns > 3) s.c3 = _mm256_load_ps(partial + 24);
  if (columns > 4) s.c4 = _mm256_load_ps(partial + 32);
  return s;
}

RC_INLINE void store_sums(float *partial, struct sums s, int columns) {
  _mm256_store_ps(partial, s.c0);
  if (columns > 1) _mm256_store_ps(partial + 8, s.c1);
  if (columns > 2) _mm256_store_ps(partial + 16, s.c2);
  if (columns > 3) _mm256_store_ps(partial + 24, s.c3);
  if (columns > 4) _mm256_store_ps(partial + 32, s.c4);
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
  const size_t prefetch_step = job->prefetch_step;
  size_t i = job->k;
  const size_t end = i + 8 * job->steps;
#define STEP                                                                            \
  const __m256 x0 = LOAD(0), x1 = rows > 1 ? LOAD(1) : x0, x2 = rows > 2 ? LOAD(2) : x0; \
  COLUMN(0) COLUMN(1) COLUMN(2) COLUMN(3) COLUMN(4)
#define LOAD(n) load8(row##n, i, dtype)
  for (; i < end; i += 8, at += 8 * columns, prefetch += prefetch_step) {
    /* A step reads 32 bytes of each row: half a line. */
    _mm_prefetch(prefetch, _MM_HINT_T1);
    if (rows > 2) _mm_prefetch(prefetch + 64, _MM_HINT_T1);
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

/* Eight trees at once: outputs a..h in the order a c e g b d f h. */
RC_INLINE __m256 reduce8(__m256 a, __m256 b, __m256 c, __m256 d, __m256 e, __m256 f, __m256 g, __m256 h) {
#define FOLD(p, q) _mm256_add_ps(_mm256_permute2f128_ps(p, q, 0x20), _mm256_permute2f128_ps(p, q, 0x31))
  const __m256 ab = FOLD(a, b), cd = FOLD(c, d), ef = FOLD(e, f), gh = FOLD(g, h);
#undef FOLD
  const __m256 abcd = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee));
  const __m256 efgh = _mm256_add_ps(_mm256_shuffle_ps(ef, gh, 0x44), _mm256_shuffle_ps(ef, gh, 0xee));
  const __m256 sums = _mm256_add_ps(_mm256_shuffle_ps(abcd, efgh, 0x88), _mm256_shuffle_ps(abcd, efgh, 0xdd));
  return _mm256_add_ps(sums, _mm256_setzero_ps());
}

static void reduce(const float *partial, size_t count, float *c) {
  for (; count >= 8; count -= 8, partial += 64, c += 8) {
#define P(i) _mm256_load_ps(partial + 8 * (i))
    _mm256_storeu_ps(c, reduce8(P(0), P(4), P(1), P(5), P(2), P(6), P(3), P(7)));
#undef P
  }
  for (; count > 0; count--, partial += 8) *c++ = sum_lanes8(_mm256_load_ps(partial));
}

#define TILE(columns, rows, dtype) \
  static void tile##rows##x##columns##_##dtype(const struct rc_tile_job *job) { tile(job, columns, rows, RC_##dtype); }
#define SET(dtype)                                                                                        \
  TILE(3, 3, dtype) TILE(4, 3, dtype) TILE(5, 2, dtype)                                                   \
  static const struct rc_tile_set set_##dtype = {                                                         \
    {[3] = tile3x3_##dtype, tile3x4_##dtype, tile2x5_##dtype}, {[3] = 3, 3, 2}, reduce};
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

RC_KERNEL_ENTRIES(avx2_tile, rows)
