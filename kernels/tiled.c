/* SPDX-License-Identifier: BSD-3-Clause */
#include "tiled.h"

/* Prefetching runs through the next block of rows at the pace of the arithmetic: `step` bytes for every step of a
 * tile. */
struct prefetch {
  const char *row;               /* the row that is being prefetched */
  size_t offset, length, stride; /* bytes: the next one of it, of a row, from a row to the next */
  size_t step;                   /* 0: there is no next block */
};

/* What a tile of so many steps is to prefetch begins at the address returned. */
static const char *take(struct prefetch *prefetch, size_t steps) {
  const char *at = prefetch->row + prefetch->offset;
  prefetch->offset += steps * prefetch->step;
  while (prefetch->offset >= prefetch->length && prefetch->step > 0)
    prefetch->offset -= prefetch->length, prefetch->row += prefetch->stride;
  return at;
}

enum { MOST_TILE_ROWS = 3 };

static size_t tiles_of(size_t rows, size_t tile_rows) { return (rows + tile_rows - 1) / tile_rows; }

/* Steps all tiles of one block of rows take. */
static size_t steps_of_block(const struct rc_tile_set *tiles, const struct rc_weights *w,
                             const struct rc_panels *panels, size_t rows) {
  size_t steps = 0;
  for (size_t p = 0; p < panels->count; p++)
    steps += tiles_of(rows, tiles->rows[rc_panel_at(panels, p).width]) * (w->k / 8);
  return steps;
}

/* One block of rows times panels begin..end, over the whole of K. */
static void column_group(const struct rc_tile_set *tiles, const struct rc_weights *w, const struct rc_panels *panels,
                         size_t rows, const void *const *x, float *c, size_t ldc, size_t begin, size_t end,
                         struct prefetch *prefetch) {
  _Alignas(RC_ALIGNMENT) float partial[RC_TILED_ROWS * RC_TILED_COLUMNS * 8];
  const struct rc_panel last = rc_panel_at(panels, end - 1);
  const size_t column = rc_panel_at(panels, begin).column;
  const size_t columns = last.column + last.width - column, stride = columns * 8;
  const size_t block = rc_k_block(w->k, RC_TILED_MOST_K);

  for (size_t k = 0; k < w->k || k == 0; k += block) {
    const size_t length = w->k - k < block ? w->k - k : block;
    for (size_t p = begin; p < end; p++) {
      const struct rc_panel panel = rc_panel_at(panels, p);
      const size_t tile_rows = tiles->rows[panel.width];
      struct rc_tile_job job = {
        .k = k, .steps = length / 8, .tail = length % 8,
        .w = w->packed + panel.offset + k * panel.width,
        .stride = stride, .first = k == 0, .prefetch_step = prefetch->step,
      };
      for (size_t r = 0; r < rows; r += tile_rows) {
        job.x = x + r;
        job.partial = partial + r * stride + (panel.column - column) * 8;
        job.prefetch = take(prefetch, job.steps);
        tiles->run[panel.width](&job);
      }
    }
    if (block == 0) break; /* K is 0: the tiles have written their zeros */
  }
  for (size_t r = 0; r < rows; r++) tiles->reduce(partial + r * stride, columns, c + r * ldc + column);
}

void rc_tiled(const struct rc_tile_set *tiles, const struct rc_weights *w, size_t m, const void *x, size_t ldx,
              float *c, size_t ldc, size_t element) {
  const size_t group = RC_TILED_COLUMNS / RC_PANELS5_COLUMNS;
  const size_t row_bytes = ldx * element;
  const size_t steps = m > RC_TILED_ROWS ? steps_of_block(tiles, w, &w->panels, RC_TILED_ROWS) : 0;

  for (size_t i = 0; i < m; i += RC_TILED_ROWS) {
    const size_t rows = m - i < RC_TILED_ROWS ? m - i : RC_TILED_ROWS;
    /* A block of fewer rows repeats its last row: a tile that reaches past the end multiplies it again and
     * leaves those sums unused. */
    const void *row[RC_TILED_ROWS];
    for (size_t r = 0; r < RC_TILED_ROWS && r < rows + MOST_TILE_ROWS - 1; r++)
      row[r] = (const char *)x + (i + (r < rows ? r : rows - 1)) * row_bytes;
    struct prefetch prefetch = {.row = row[0], .length = w->k * element, .stride = row_bytes};
    if (m - i > RC_TILED_ROWS && steps > 0) {
      prefetch.row += RC_TILED_ROWS * row_bytes;
      prefetch.step = (RC_TILED_ROWS * prefetch.length + steps - 1) / steps;
    }
    for (size_t p = 0; p < w->panels.count; p += group) {
      const size_t end = p + group < w->panels.count ? p + group : w->panels.count;
      column_group(tiles, w, &w->panels, rows, row, c + i * ldc, ldc, p, end, &prefetch);
    }
  }
}
