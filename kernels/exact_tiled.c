/* SPDX-License-Identifier: BSD-3-Clause */
#include "exact_tiled.h"

#include <stdint.h>
#include <string.h>

enum { AHEAD_BYTES = 6272 };

/* Of this many tiles one is summed up in plain doubles even where the last one's rows needed more. */
enum { TRIAL = 16 };

/* A batch, and what holds for all its tiles. */
struct nest {
  const struct rc_exact_tiles *tiles;
  struct rc_exact exact;
  size_t element, ahead; /* bytes: of an element; from a row to what is prefetched meanwhile */
  enum rc_exact_step from; /* what most outputs of the last tile needed */
};

/* Are these bytes of every row zero? bytes is a constant where it is inlined. */
RC_INLINE int all_zero(const struct rc_exact_rows *in, size_t rows, size_t at, size_t bytes) {
  uint64_t any = 0, part[4];
  for (size_t r = 0; r < rows; r++) {
    memcpy(part, in->x + r * in->apart + at, bytes);
    for (size_t i = 0; i < bytes / sizeof *part; i++) any |= part[i];
  }
  return any == 0;
}

/* Leaves out the steps at both ends that are all zero in every row: pictures have margins. */
RC_INLINE void trim_by(const struct rc_exact_rows *in, size_t rows, size_t *begin, size_t *end, size_t bytes) {
  size_t first = 0, last = *end / 8;
  while (first < last && all_zero(in, rows, first * bytes, bytes)) first++;
  while (*end % 8 == 0 && last > first && all_zero(in, rows, (last - 1) * bytes, bytes)) last--;
  *begin = 8 * first;
  if (*end % 8 == 0) *end = 8 * last;
}

static void trim(const struct nest *nest, const struct rc_exact_rows *in, size_t rows, size_t *begin, size_t *end) {
  if (nest->exact.dtype == RC_U8) trim_by(in, rows, begin, end, 8);
  else trim_by(in, rows, begin, end, 32);
}

/* A tile's rows, or one row, times all panels; c_apart: floats from a row of C to the next. */
static void rows_times_panels(struct nest *nest, struct rc_exact_rows *in, size_t rows, float *c,
                              size_t c_apart) {
  const struct rc_weights *w = nest->exact.w;
  const char *x = in->x, *ahead = x + nest->ahead;
  size_t begin = 0, end = w->k;
  if (w->finite) trim(nest, in, rows, &begin, &end);
  const size_t steps = (end - begin) / 8, bytes = w->k * nest->element;
  in->advance = steps > 0 ? bytes / (w->panels.count * steps) + 1 : 0;
  in->x = x + begin * nest->element;
  for (size_t r = 0; r < rows; r++) in->largest[r] = 255.0f; /* of bytes */
  for (size_t p = 0; p < w->panels.count;) {
    double sums[RC_EXACT_MOST_ROWS * RC_EXACT_COLUMNS];
    const size_t column = rc_panel_at(&w->panels, p).column;
    size_t columns = 0;
    for (; p < w->panels.count && columns + RC_PANELS5_COLUMNS <= RC_EXACT_COLUMNS; p++) {
      const struct rc_panel panel = rc_panel_at(&w->panels, p);
      const double *weights = (const double *)(const void *)(w->packed + panel.offset) + begin * panel.width;
      in->ahead = ahead;
      nest->tiles->run[rows > 1][p == 0][panel.width](in, weights, end - begin, sums + columns);
      ahead += in->advance * steps;
      columns += panel.width;
    }
    for (size_t r = 0; r < rows; r++)
      nest->tiles->round(&nest->exact, x + r * in->apart, in->largest[r], sums + r * RC_EXACT_COLUMNS, column, columns,
                         c + r * c_apart + column);
  }
  in->x = x;
}

/* The rows of a tile, as above. Rows whose sums cancel are rarely alone: after such a tile, the next are not summed
 * up in plain doubles first. */
static void tile_times_panels(struct nest *nest, struct rc_exact_rows *in, size_t rows, float *c, size_t c_apart) {
  size_t before[RC_STEPS], done = 0;
  memcpy(before, nest->exact.settled, sizeof before);
  for (const char *row = in->x; nest->from != RC_STEP_ONE && done < rows; done++, row += in->apart)
    if (!nest->tiles->straight(&nest->exact, row, nest->from, row + nest->ahead, c + done * c_apart)) break;
  if (done < rows) rows_times_panels(nest, in, rows, c, c_apart);
  const struct rc_weights *w = nest->exact.w;
  nest->from = w->finite ? rc_exact_most_took(&nest->exact, before, rows * w->n) : RC_STEP_ONE;
}

void rc_exact_tiled(const struct rc_exact_tiles *tiles, const struct rc_weights *w, size_t m, const void *x, size_t ldx,
                    float *c, size_t ldc, enum rc_dtype dtype) {
  struct nest nest = {.tiles = tiles, .exact = rc_exact_begin(w, tiles->lanes, dtype),
                      .element = dtype == RC_U8 ? 1 : sizeof(float), .ahead = AHEAD_BYTES, .from = RC_STEP_ONE};
  const size_t row = w->k * nest.element, stride = ldx * nest.element, part = m / tiles->rows;
  /* Whole rows ahead, so that what lies between rows is left out, or within a long row. */
  if (row > 0 && row <= AHEAD_BYTES) nest.ahead = (AHEAD_BYTES + row - 1) / row * stride;
  struct rc_exact_rows in = {.x = x, .apart = part * stride};
  for (size_t i = 0; i < part; i++, in.x += stride) {
    if (i % TRIAL == 0) nest.from = RC_STEP_ONE;
    tile_times_panels(&nest, &in, tiles->rows, c + i * ldc, part * ldc);
  }
  in.x = (const char *)x + tiles->rows * part * stride;
  for (size_t i = tiles->rows * part; i < m; i++, in.x += stride) rows_times_panels(&nest, &in, 1, c + i * ldc, 0);
}
