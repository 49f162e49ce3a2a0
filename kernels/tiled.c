/* SPDX-License-Identifier: BSD-3-Clause */
#include "tiled.h"

/* Steps all tiles of one block of rows take. */
static size_t steps_of_block(const struct rc_tile_set *tiles, const struct rc_weights *w) {
  size_t steps = 0;
  for (size_t p = 0; p < w->panels.count; p++)
    steps += RC_TILED_ROWS / tiles->rows[rc_panel_at(&w->panels, p).width] * (w->k / 8);
  return steps;
}

/* A block of rows times a group of panels. */
struct group {
  const struct rc_tile_set *tiles;
  const struct rc_weights *w;
  const void *const *x;
  float *c; /* of its first column */
  size_t rows, ldc;
  struct rc_panel panel[RC_TILED_COLUMNS / RC_PANELS5_COLUMNS];
  size_t panels, columns;
  struct rc_ahead *ahead;
};

/* Tiles of three rows where the panel has them; two or four rows that are left over become tiles of two, so that none
 * is alone. Where tiles have two rows and K is several blocks, the last one may repeat a row, whose sums are unused. */
static void rows_of_panel(const struct group *g, size_t width, struct rc_tile_job *job) {
  const size_t full = g->tiles->rows[width], pairs = full == 3 ? (3 - g->rows % 3) % 3 : 0;
  const size_t repeated = full == 2 && job->c == NULL ? g->rows % 2 : 0;
  const size_t tiles = (g->rows + repeated - 2 * pairs) / full;
  if (tiles > 0) g->tiles->run[width][full](job, tiles);
  if (pairs == 0) return;
  job->x += full * tiles, job->partial += full * tiles * job->stride;
  if (job->c != NULL) job->c += full * tiles * job->ldc;
  g->tiles->run[width][2](job, pairs);
}

/* The only row, or the last of an odd number, which tiles of two rows leave over if K is one block. */
static void last_row(const struct group *g) {
  const struct rc_panel *left = &g->panel[0], *right = &g->panel[g->panels - 1];
  const int both = g->rows == 1 || (g->tiles->rows[left->width] == 2 && g->tiles->rows[right->width] == 2);
  const size_t r = g->rows - 1;
  for (size_t p = 0; p < (both ? 1 : g->panels); p++) {
    const struct rc_panel *panel = &g->panel[p];
    if (both || g->tiles->rows[panel->width] == 2)
      g->tiles->row[both ? g->columns : panel->width](g->x[r], g->w->k, g->w->packed + panel->offset,
                                                      g->c + r * g->ldc + (panel->column - left->column));
  }
}

static void multiply(const struct group *g) {
  _Alignas(RC_ALIGNMENT) float partial[RC_TILED_ROWS * RC_TILED_COLUMNS * 8];
  const size_t stride = g->columns * 8, k = g->w->k, block = rc_k_block(k, RC_TILED_MOST_K);
  const int whole = k <= block;
  if (g->rows == 1 || (whole && g->rows % 2 == 1)) last_row(g);
  if (g->rows == 1) return;

  for (size_t at = 0; at < k || at == 0; at += block) {
    const size_t length = k - at < block ? k - at : block;
    for (size_t p = 0; p < g->panels; p++) {
      const struct rc_panel *panel = &g->panel[p];
      const size_t column = panel->column - g->panel[0].column;
      struct rc_tile_job job = {
        .x = g->x, .k = at, .steps = length / 8, .tail = length % 8,
        .w = g->w->packed + panel->offset + at * panel->width,
        .c = whole ? g->c + column : NULL, .ldc = g->ldc,
        .partial = partial + column * 8, .stride = stride, .first = at == 0, .ahead = g->ahead,
      };
      rows_of_panel(g, panel->width, &job);
    }
    if (block == 0) break; /* K is 0: the tiles have written their zeros */
  }
  if (whole) return;
  for (size_t r = 0; r < g->rows; r++) g->tiles->reduce(partial + r * stride, g->columns, g->c + r * g->ldc);
}

void rc_tiled(const struct rc_tile_set *tiles, const struct rc_weights *w, size_t m, const void *x, size_t ldx,
              float *c, size_t ldc, size_t element) {
  const size_t row_bytes = ldx * element;
  const size_t steps = m > RC_TILED_ROWS ? steps_of_block(tiles, w) : 0;

  for (size_t i = 0; i < m; i += RC_TILED_ROWS) {
    const void *row[RC_TILED_ROWS];
    struct group g = {.tiles = tiles, .w = w, .x = row, .ldc = ldc};
    g.rows = m - i < RC_TILED_ROWS ? m - i : RC_TILED_ROWS;
    const char *first = (const char *)x + i * row_bytes;
    for (size_t r = 0; r < g.rows; r++) row[r] = first + r * row_bytes;
    if (g.rows % 2 == 1) row[g.rows] = row[g.rows - 1]; /* for a tile of two that reaches past the end */
    struct rc_ahead ahead = {.row = first, .length = w->k * element, .stride = row_bytes};
    if (m - i > RC_TILED_ROWS && steps > 0) {
      ahead.row += RC_TILED_ROWS * row_bytes;
      ahead.step = (RC_TILED_ROWS * ahead.length + steps - 1) / steps;
    }
    g.ahead = &ahead;
    for (size_t p = 0; p < w->panels.count; p += g.panels) {
      g.columns = 0;
      for (g.panels = 0; g.panels < sizeof g.panel / sizeof g.panel[0] && p + g.panels < w->panels.count; g.panels++) {
        g.panel[g.panels] = rc_panel_at(&w->panels, p + g.panels);
        g.columns += g.panel[g.panels].width;
      }
      g.c = c + i * ldc + g.panel[0].column;
      multiply(&g);
    }
  }
}
