/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows times panels for the kernels of the order exact that leave out steps of zeros. A zero adds nothing to an exact
 * sum, so that this changes no bit where the weights are finite. One row and one panel at a time, and several groups of
 * rows before the next panel comes: a panel of doubles fills the first-level cache. Weights: doubles5.
 * Gives the file that includes it exact_skip(), and takes from that file
 *   nonzero(), nonzero64()   see skip.h
 *   LANES                    partial sums of an output
 *   UNROLLED_ROWS            how many rows to write out, each with branches of its own; 1: a loop
 *   struct sums, zero_sums(), largest_of(), round_sums(), as in exact_avx2.h and exact_avx512.h
 *   copy_sums(), add_step(), add_tail(), store_row() */
#ifndef RC_EXACT_SKIP_H
#define RC_EXACT_SKIP_H

#include "exact_tiled.h"
#include "skip.h"

RC_SKIP_GATHER_PART

enum { GROUPS = 4, BLOCK_ROWS = GROUPS * RC_SKIP_ROWS };

/* Some groups of rows, their largest magnitudes and their sums: of a row RC_EXACT_COLUMNS. */
struct block {
  size_t rows;
  struct rc_skip_group group[GROUPS];
  float largest[BLOCK_ROWS];
  double sums[BLOCK_ROWS * RC_EXACT_COLUMNS];
};

/* A group of rows times one panel. Rows of several parts are gathered here. columns, first (the panel is the rows'
 * first, which leaves their largest magnitudes in `largest`) and dtype are constants where it is inlined. */
RC_INLINE void panel(struct rc_skip_group *g, const double *w, double *sums, float *largest, int columns, int first,
                     enum rc_dtype dtype) {
  const size_t steps = g->k / 8, step = 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  struct sums s[RC_SKIP_ROWS];
  size_t part = 0;
  do {
    const size_t end = steps - part < RC_SKIP_PART ? steps : part + RC_SKIP_PART;
    if (steps > RC_SKIP_PART) gather_part(g, part, end, dtype);
#pragma GCC unroll UNROLLED_ROWS
    for (size_t r = 0; r < RC_SKIP_ROWS; r++) {
      const char *row = g->row[r], *ahead = g->ahead[r];
      struct sums now = zero_sums();
      if (part > 0) copy_sums(&now, &s[r]);
      RC_SKIP_FOR_EACH(at, &g->list[r], part, {
        if (first) ahead = rc_skip_prefetch(ahead);
        add_step(&now, row + at * step, w + at * 8 * (size_t)columns, columns, first, dtype);
      })
      if (end == steps && g->k % 8 != 0)
        add_tail(&now, row, g->k, w + steps * 8 * (size_t)columns, columns, first, dtype);
      copy_sums(&s[r], &now);
    }
    part = end;
  } while (part < steps);
  for (size_t r = 0; r < g->rows; r++) {
    store_row(sums + r * RC_EXACT_COLUMNS, &s[r], columns);
    if (first && dtype == RC_F32) largest[r] = largest_of(s[r].largest);
  }
}

/* A function for each width: inlined into one they would share registers. */
typedef void panel_fn(struct rc_skip_group *g, const double *w, double *sums, float *largest);
#define PANEL(columns, first, dtype)                                                                                   \
  static void panel##columns##_##first##_##dtype(struct rc_skip_group *g, const double *w, double *sums,               \
                                                 float *largest) {                                                     \
    panel(g, w, sums, largest, columns, first, RC_##dtype);                                                            \
  }
#define PANEL_ENTRY(columns, first, dtype) [columns] = panel##columns##_##first##_##dtype,
#define EVERY_WIDTH(X, first, dtype) \
  X(1, first, dtype) X(2, first, dtype) X(3, first, dtype) X(4, first, dtype) X(5, first, dtype)
EVERY_WIDTH(PANEL, 0, F32)
EVERY_WIDTH(PANEL, 1, F32)
EVERY_WIDTH(PANEL, 0, U8)
EVERY_WIDTH(PANEL, 1, U8)
static panel_fn *const panels_of[RC_DTYPE_COUNT][2][RC_PANELS5_COLUMNS + 1] = {
  [RC_F32] = {{EVERY_WIDTH(PANEL_ENTRY, 0, F32)}, {EVERY_WIDTH(PANEL_ENTRY, 1, F32)}},
  [RC_U8] = {{EVERY_WIDTH(PANEL_ENTRY, 0, U8)}, {EVERY_WIDTH(PANEL_ENTRY, 1, U8)}},
};

/* A block times the panels from *p on whose sums there is room for; the columns that they have. */
RC_INLINE size_t some_panels(struct block *block, const struct rc_weights *w, size_t *p, enum rc_dtype dtype) {
  size_t columns = 0;
  for (; *p < w->panels.count && columns + RC_PANELS5_COLUMNS <= RC_EXACT_COLUMNS; ++*p) {
    const struct rc_panel at = rc_panel_at(&w->panels, *p);
    const double *weights = (const double *)(const void *)(w->packed + at.offset);
    panel_fn *const multiply = panels_of[dtype][*p == 0][at.width];
    for (size_t r = 0; r < block->rows; r += RC_SKIP_ROWS)
      multiply(&block->group[r / RC_SKIP_ROWS], weights, block->sums + r * RC_EXACT_COLUMNS + columns,
               block->largest + r);
    columns += at.width;
  }
  return columns;
}

RC_INLINE void exact_skip(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                          enum rc_dtype dtype) {
  struct rc_exact exact = rc_exact_begin(w, LANES, dtype);
  struct block block;
  for (size_t r = 0; r < BLOCK_ROWS; r++) block.largest[r] = 255.0f; /* of bytes */
  for (size_t i = 0; i < m; i += BLOCK_ROWS, c += BLOCK_ROWS * ldc) {
    block.rows = m - i < BLOCK_ROWS ? m - i : BLOCK_ROWS;
    for (size_t r = 0; r < block.rows; r += RC_SKIP_ROWS) {
      struct rc_skip_group *group = &block.group[r / RC_SKIP_ROWS];
      rc_skip_begin_group(group, w, i + r, m, x, ldx, dtype, nonzero, nonzero64);
      /* What is prefetched is the next block. */
      for (size_t j = 0; j < RC_SKIP_ROWS; j++) group->ahead[j] = rc_row(group->row[j], BLOCK_ROWS, ldx, dtype);
    }
    for (size_t p = 0; p < w->panels.count;) {
      const size_t column = rc_panel_at(&w->panels, p).column, columns = some_panels(&block, w, &p, dtype);
      for (size_t r = 0; r < block.rows; r++)
        round_sums(&exact, rc_row(x, i + r, ldx, dtype), block.largest[r], block.sums + r * RC_EXACT_COLUMNS, column,
                   columns, c + r * ldc + column);
    }
  }
}

#endif
