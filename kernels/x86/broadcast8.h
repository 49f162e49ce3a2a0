/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting with registers of eight columns, where those of sixteen would be half empty: a tile is 8 rows x 8
 * columns, and one or two columns that are left of eights are multiplied with registers of eight rows, of which eight
 * elements are transposed at a time. What is left of eight rows is left to a kernel with registers of sixteen. Order:
 * sequential. Weights: panels16. The file that includes this has what avx2.h has, and
 *   few_rows[]                 by element type, a kernel of this order and packing
 *   load_rest(row, i, count)   elements i.. of a row of floats, 1 to 7 of them (i is a multiple of 8), then anything;
 *                              reads nothing after them
 *   convert16(to, from)        sixteen bytes as floats */
#ifndef RC_X86_BROADCAST8_H
#define RC_X86_BROADCAST8_H

#include "avx2.h"
#include "pack.h"

enum {
  ROWS = 8,
  COLUMNS = 8,
  LEFT_COLUMNS = 2,
  LEAST_LEFT_K = 8, /* fewer elements are not worth transposing */
  BLOCK = 128
};
enum { WIDENED_ROWS = ROWS, MOST_TILES = 8, LEAST_MIXED_K = 2, LEFT_BYTES = 8 }; /* widened_rows.h */

/* Bytes i..i+count-1 (i a multiple of 8) of a row as floats; reads nothing after them. */
RC_INLINE void convert(float *to, const unsigned char *row, size_t i, size_t count) {
  size_t j = 0;
  for (; j + 8 <= count; j += 8) _mm256_store_ps(to + j, load8(row, i + j, RC_U8));
  if (j < count) _mm256_store_ps(to + j, load_tail(row, i + j, count - j, RC_U8));
}

/* Sums of a tile: a register for each row, and one for each column that is left. */
struct tile_sums {
  __m256 s0, s1, s2, s3, s4, s5, s6, s7;
  __m256 t0, t1;
};

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define EACH_STEP(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) /* not EACH_ROW, which a step has in it */

/* Element k of every row times the weights. */
#define MULTIPLY(r) t->s##r = _mm256_fmadd_ps(_mm256_set1_ps(x##r[i + k]), w, t->s##r);
#define MULTIPLY_LEFT(j) \
  if (left > j) t->t##j = _mm256_fmadd_ps(turned, _mm256_set1_ps(left_panel[16 * k + j]), t->t##j);

#define STEP(k_)                                            \
  {                                                         \
    const size_t k = k_;                                    \
    const __m256 w = _mm256_load_ps(panel + 16 * k);        \
    EACH_ROW(MULTIPLY)                                      \
  }
#define TURNED(k_, element)                          \
  {                                                  \
    const size_t k = k_;                             \
    const __m256 turned = element;                   \
    MULTIPLY_LEFT(0) MULTIPLY_LEFT(1)                \
  }

/* Eight registers as the columns of what were their rows. */
RC_INLINE void transpose(__m256 v[8]) {
#define WIDE(which, a, b) \
  _mm256_castpd_ps(_mm256_unpack##which##_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)))
#define FOUR(i)                                                                                          \
  const __m256 low##i = _mm256_unpacklo_ps(v[i], v[i + 1]), high##i = _mm256_unpackhi_ps(v[i], v[i + 1]), \
               low2##i = _mm256_unpacklo_ps(v[i + 2], v[i + 3]),                                         \
               high2##i = _mm256_unpackhi_ps(v[i + 2], v[i + 3]);                                        \
  const __m256 a##i = WIDE(lo, low##i, low2##i), b##i = WIDE(hi, low##i, low2##i),                       \
               c##i = WIDE(lo, high##i, high2##i), d##i = WIDE(hi, high##i, high2##i);
  FOUR(0) FOUR(4)
#undef FOUR
#undef WIDE
  v[0] = _mm256_permute2f128_ps(a0, a4, 0x20), v[4] = _mm256_permute2f128_ps(a0, a4, 0x31);
  v[1] = _mm256_permute2f128_ps(b0, b4, 0x20), v[5] = _mm256_permute2f128_ps(b0, b4, 0x31);
  v[2] = _mm256_permute2f128_ps(c0, c4, 0x20), v[6] = _mm256_permute2f128_ps(c0, c4, 0x31);
  v[3] = _mm256_permute2f128_ps(d0, d4, 0x20), v[7] = _mm256_permute2f128_ps(d0, d4, 0x31);
}

/* Steps [0, count) of eight rows of floats, `apart` bytes apart; `left` columns are left. With `bytes`, eight of them
 * become floats at `to` with every step: while a core multiplies, it has time for that. */
RC_INLINE void steps(struct tile_sums *t, const float *x, size_t apart, const float *panel, const float *left_panel,
                     size_t count, int left, const unsigned char *bytes, float *to) {
#define ADDRESS(r) const float *x##r = (const float *)(const void *)((const char *)x + r * apart);
  EACH_ROW(ADDRESS)
#undef ADDRESS
  /* GCC would keep an address for every row and step, on the stack, from tile to tile. */
#define KEEP(r) __asm__("" : "+r"(x##r));
  EACH_ROW(KEEP)
#undef KEEP
  __m256 columns[8];
  size_t i = 0;
  for (; left > 0 && i + 8 <= count; i += 8) {
#define LOAD(r) columns[r] = _mm256_loadu_ps(x##r + i);
    EACH_ROW(LOAD)
#undef LOAD
    transpose(columns);
#define BOTH(k) if (bytes != NULL && k % 2 == 0) convert16(to + 8 * k, bytes + 8 * k); STEP(k) TURNED(k, columns[k])
    EACH_STEP(BOTH)
    panel += 8 * 16, left_panel += 8 * 16;
    if (bytes != NULL) bytes += 64, to += 64;
#undef BOTH
  }
  if (left > 0 && i < count) {
#define LOAD(r) columns[r] = load_rest(x##r, i, count - i);
    EACH_ROW(LOAD)
#undef LOAD
    transpose(columns);
    float turned_rest[8][8];
#define PUT(k) _mm256_storeu_ps(turned_rest[k], columns[k]);
    EACH_STEP(PUT)
#undef PUT
    for (size_t n = 0; i < count; i++, n++, panel += 16, left_panel += 16) {
      if (bytes != NULL) _mm256_store_ps(to, load8(bytes, 0, RC_U8));
      STEP(0)
      TURNED(0, _mm256_loadu_ps(turned_rest[n]))
      if (bytes != NULL) bytes += 8, to += 8;
    }
  }
  for (; left == 0 && i < count; i++, panel += 16) {
    if (bytes != NULL) _mm256_store_ps(to, load8(bytes, 0, RC_U8));
    STEP(0)
    if (bytes != NULL) bytes += 8, to += 8;
  }
}

/* Columns a and b, side by side, of each two rows: 0, 1, 4, 5 of eight, and 2, 3, 6, 7. */
struct two_columns {
  __m256 low, high;
};

RC_INLINE struct two_columns beside(__m256 a, __m256 b) {
  return (struct two_columns){_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b)};
}

/* Those of row r, a constant; of `width` 1 the first alone. */
RC_INLINE void store_two(float *c, const struct two_columns *two, int r, int width) {
  const __m256 half = r % 4 < 2 ? two->low : two->high;
  __m128 rows = r < 4 ? _mm256_castps256_ps128(half) : _mm256_extractf128_ps(half, 1);
  if (width == 2 && r % 2 == 0) _mm_storel_pi((__m64 *)(void *)c, rows);
  if (width == 2 && r % 2 == 1) _mm_storeh_pi((__m64 *)(void *)c, rows);
  if (width == 1) _mm_store_ss(c, r % 2 == 0 ? rows : _mm_movehl_ps(rows, rows));
}

/* One tile: eight rows times up to eight columns, of which it writes `width`, and `left` columns after them. */
RC_INLINE void tile(const void *x, size_t ldx, const float *panel, const float *left_panel, size_t k, float *c,
                    size_t ldc, size_t width, int left, enum rc_dtype dtype, const unsigned char *bytes,
                    float *to) {
  const __m256 zero = _mm256_setzero_ps();
  struct tile_sums t = {zero, zero, zero, zero, zero, zero, zero, zero, zero, zero};
  if (dtype == RC_F32) steps(&t, x, ldx * sizeof(float), panel, left_panel, k, left, bytes, to);
  for (size_t begin = 0; dtype == RC_U8 && begin < k; begin += BLOCK) {
    _Alignas(RC_ALIGNMENT) float floats[ROWS][BLOCK];
    const size_t count = k - begin < BLOCK ? k - begin : BLOCK;
    for (size_t r = 0; r < ROWS; r++) convert(floats[r], rc_row(x, r, ldx, dtype), begin, count);
    steps(&t, floats[0], sizeof floats[0], panel + 16 * begin, left_panel + 16 * begin, count, left, NULL, NULL);
  }
  const struct two_columns two = beside(t.t0, t.t1);
#define STORE(r)                                                      \
  store_first8(c + r * ldc, width, t.s##r);                            \
  if (left > 0) store_two(c + r * ldc + COLUMNS, &two, r, left);
  EACH_ROW(STORE)
#undef STORE
}

/* Where the weights of column j, a multiple of eight, begin. */
RC_INLINE const float *weights_at(const struct rc_weights *w, size_t j) {
  return w->packed + j / 16 * 16 * w->k + j % 16;
}

/* Rows times a panel of eight columns and those that are left. */
struct job {
  const void *x;
  size_t ldx, eights; /* of rows */
  const float *panel, *left_panel;
  size_t k;
  float *c;
  size_t ldc;
  const unsigned char *bytes; /* that become floats meanwhile, as many as the rows have; or NULL */
  float *to;
};

/* Functions of their own for each number of columns that are left: of floats, of bytes, and of floats while bytes
 * become floats. */
enum kind { FLOATS, BYTES, MIXED, KINDS };
typedef void panel_fn(const struct job *job);
#define PANEL(columns, kind)                                                                                       \
  static void panel8x8_##columns##_##kind(const struct job *job) {                                                 \
    const struct job j = *job;                                                                                     \
    const enum rc_dtype dtype = kind == BYTES ? RC_U8 : RC_F32;                                                    \
    for (size_t row = 0; row < j.eights * ROWS; row += ROWS) {                                                     \
      const unsigned char *bytes = kind == MIXED ? j.bytes + row * j.k : NULL;                                     \
      float *to = kind == MIXED ? j.to + row * j.k : NULL;                                                         \
      tile(rc_row(j.x, row, j.ldx, dtype), j.ldx, j.panel, j.left_panel, j.k, j.c + row * j.ldc, j.ldc,            \
           COLUMNS, columns, dtype, bytes, to);                                                                    \
    }                                                                                                              \
  }
#define ENTRY(columns, kind) [columns] = panel8x8_##columns##_##kind,
#define EACH_LEFT(X, kind) X(0, kind) X(1, kind) X(2, kind)
EACH_LEFT(PANEL, FLOATS)
EACH_LEFT(PANEL, BYTES)
EACH_LEFT(PANEL, MIXED)
static panel_fn *const panel_rows[KINDS][LEFT_COLUMNS + 1] = {
  [FLOATS] = {EACH_LEFT(ENTRY, FLOATS)},
  [BYTES] = {EACH_LEFT(ENTRY, BYTES)},
  [MIXED] = {EACH_LEFT(ENTRY, MIXED)},
};

/* Rows in eights times all columns. */
RC_INLINE void eights_of_rows(const struct rc_weights *w, size_t eights, const void *x, size_t ldx, float *c,
                              size_t ldc, enum kind kind, const unsigned char *bytes, float *to) {
  const enum rc_dtype dtype = kind == BYTES ? RC_U8 : RC_F32;
  const size_t over = w->n % COLUMNS, whole = w->n - over;
  const size_t left = whole > 0 && over <= LEFT_COLUMNS && w->k >= LEAST_LEFT_K ? over : 0;
  struct job job = {.x = x, .ldx = ldx, .eights = eights, .k = w->k, .ldc = ldc, .bytes = bytes, .to = to};
  for (size_t j = 0; j < whole; j += COLUMNS) {
    job.panel = weights_at(w, j), job.left_panel = weights_at(w, j + COLUMNS), job.c = c + j;
    panel_rows[j > 0 && kind == MIXED ? FLOATS : kind][j + COLUMNS == whole ? left : 0](&job);
  }
  const float *panel = weights_at(w, whole);
  for (size_t i = 0; over > left && i < eights * ROWS; i += ROWS)
    tile(rc_row(x, i, ldx, dtype), ldx, panel, panel, w->k, c + i * ldc + whole, ldc, over, 0, dtype, NULL, NULL);
}

RC_INLINE void some_rows(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                         enum rc_dtype dtype) {
  size_t i = 0;
  while (i + ROWS <= m) {
    const size_t eights = m - i < ROWS * ROWS ? (m - i) / ROWS : ROWS;
    eights_of_rows(w, eights, rc_row(x, i, ldx, dtype), ldx, c + i * ldc, ldc, dtype == RC_U8 ? BYTES : FLOATS, NULL,
                   NULL);
    i += eights * ROWS;
  }
  if (i < m) few_rows[dtype](w, m - i, rc_row(x, i, ldx, dtype), ldx, c + i * ldc, ldc);
}

static void float_rows(const struct rc_weights *w, size_t m, const float *x, size_t ldx, float *c, size_t ldc) {
  some_rows(w, m, x, ldx, c, ldc, RC_F32);
}

static void mixed_rows(const struct rc_weights *w, size_t tiles, const float *x, float *c, size_t ldc,
                       const unsigned char *bytes, float *to) {
  if (w->n < COLUMNS) { /* no whole panel, whose tiles have time for it */
    convert(to, bytes, 0, tiles * ROWS * w->k);
    eights_of_rows(w, tiles, x, w->k, c, ldc, FLOATS, NULL, NULL);
    return;
  }
  eights_of_rows(w, tiles, x, w->k, c, ldc, MIXED, bytes, to);
}

#include "widened_rows.h"

RC_INLINE void broadcast8(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                          enum rc_dtype dtype) {
  if (m < ROWS) few_rows[dtype](w, m, x, ldx, c, ldc);
  else if (dtype == RC_U8 && w->k > 0 && w->k <= WIDENED_K) widened_rows(w, m, x, ldx, c, ldc);
  else some_rows(w, m, x, ldx, c, ldc, dtype);
}

#endif
