/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the steps of eight elements of X that are not all zero; skip.h says why that changes no bit.
 * Order: lanes8. Weights: pairs10, or pairs, the tile kernel's. */
#include "avx512.h"
#include "nonzero_avx512.h"

RC_SKIP_GATHER_PART

/* Copies every sum by itself: GCC 12 would copy the struct through the stack. */
RC_INLINE void copy_sums(struct sums *to, const struct sums *from) {
  to->p0 = from->p0, to->p1 = from->p1, to->p2 = from->p2, to->p3 = from->p3, to->p4 = from->p4;
  to->lone = from->lone;
}

#define STEP(sums, x) \
  step(sums, sums, sums, sums, x, x, x, x, wide + at * 16 * (size_t)pairs, narrow + at * 8, pairs, lone, 1)

/* The listed steps of one row, added to its sums of one panel (with first set, to +0); pairs, lone and dtype are
 * constants where it is inlined. */
RC_INLINE void listed_steps(const void *row, const struct rc_skip_list *list, size_t begin, const float *wide,
                            const float *narrow, const char *ahead, struct sums *sums, int first, int pairs, int lone,
                            enum rc_dtype dtype) {
  struct sums s = zero_sums();
  if (!first) copy_sums(&s, sums);
  RC_SKIP_FOR_EACH(at, list, begin, {
    ahead = rc_skip_prefetch(ahead);
    const __m512 x = load8_twice(row, 8 * at, dtype);
    STEP(&s, x);
  })
  copy_sums(sums, &s);
}

/* A group of rows times one panel. Rows of several parts are gathered here. */
RC_INLINE void panel(struct rc_skip_group *g, const float *wide, float *c, size_t ldc, int pairs, int lone,
                     enum rc_dtype dtype) {
  const float *narrow = wide + 16 * (size_t)pairs * (rc_round_up(g->k, 8) / 8);
  const size_t steps = g->k / 8;
  struct sums s[RC_SKIP_ROWS];
  if (steps > RC_SKIP_PART) gather_part(g, 0, RC_SKIP_PART, dtype);
#pragma GCC unroll 4
  for (size_t r = 0; r < RC_SKIP_ROWS; r++)
    listed_steps(g->row[r], &g->list[r], 0, wide, narrow, g->ahead[r], &s[r], 1, pairs, lone, dtype);
  for (size_t part = RC_SKIP_PART; part < steps; part += RC_SKIP_PART) {
    const size_t end = steps - part < RC_SKIP_PART ? steps : part + RC_SKIP_PART;
    gather_part(g, part, end, dtype);
    for (size_t r = 0; r < RC_SKIP_ROWS; r++)
      listed_steps(g->row[r], &g->list[r], part, wide, narrow, g->ahead[r], &s[r], 0, pairs, lone, dtype);
  }
  if (g->k % 8 != 0) {
    const size_t at = steps;
    for (size_t r = 0; r < RC_SKIP_ROWS; r++) {
      const __m512 x = load_tail_twice(g->row[r], 8 * at, g->k % 8, dtype);
      STEP(&s[r], x);
    }
  }
  const size_t last = g->rows - 1, r1 = last < 1 ? last : 1, r2 = last < 2 ? last : 2;
  store_sums((struct outputs){c, c + r1 * ldc, c + r2 * ldc, c + last * ldc}, &s[0], &s[1], &s[2], &s[3], pairs, lone,
             RC_SKIP_ROWS);
}
#undef STEP

/* The panels of each width, as functions of their own: inlined into one loop they would share registers. */
typedef void panel_fn(struct rc_skip_group *g, const float *wide, float *c, size_t ldc);
#define PANEL(width, dtype)                                                                     \
  static void panel##width##_##dtype(struct rc_skip_group *g, const float *wide, float *c, size_t ldc) { \
    panel(g, wide, c, ldc, width / 2, width % 2, RC_##dtype);                                    \
  }
#define EVERY_WIDTH(X, dtype)                                     \
  X(1, dtype) X(2, dtype) X(3, dtype) X(4, dtype) X(5, dtype)     \
  X(6, dtype) X(7, dtype) X(8, dtype) X(9, dtype) X(10, dtype)
EVERY_WIDTH(PANEL, F32)
EVERY_WIDTH(PANEL, U8)

#define PANEL_ENTRY(width, dtype) [width] = panel##width##_##dtype,
static panel_fn *const panel_of[RC_DTYPE_COUNT][RC_PAIRS10_COLUMNS + 1] = {
  [RC_F32] = {EVERY_WIDTH(PANEL_ENTRY, F32)},
  [RC_U8] = {EVERY_WIDTH(PANEL_ENTRY, U8)},
};

RC_INLINE void skip(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  struct rc_skip_group g[RC_SKIP_GROUPS];
  const size_t most = w->panels.count > 2 ? RC_SKIP_GROUPS : 1;
  for (size_t i = 0, rows; i < m; i += rows) {
    const size_t count = rc_skip_begin(g, most, w, i, m, x, ldx, dtype, nonzero, nonzero64, &rows);
    for (size_t p = 0; p < w->panels.count; p++) {
      const struct rc_panel at = rc_panel_at(&w->panels, p);
      for (size_t b = 0; b < count; b++)
        panel_of[dtype][at.width](&g[b], w->packed + at.offset, c + (i + b * RC_SKIP_ROWS) * ldc + at.column, ldc);
    }
  }
}

RC_KERNEL_ENTRIES(avx512_skip, skip)
