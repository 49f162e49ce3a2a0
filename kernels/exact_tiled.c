/* SPDX-License-Identifier: BSD-3-Clause */
#include "exact_tiled.h"

enum { AHEAD_BYTES = 6272 };

/* A tile's rows, or one row, times all panels; c_apart: floats from a row of C to the next. */
static void rows_times_panels(const struct rc_exact_tiles *tiles, const struct rc_exact *exact,
                              struct rc_exact_rows *in, size_t rows, float *c, size_t c_apart) {
  const struct rc_weights *w = exact->w;
  for (size_t r = 0; r < rows; r++) in->largest[r] = 255.0f; /* of bytes */
  for (size_t p = 0; p < w->panels.count;) {
    double sums[RC_EXACT_MOST_ROWS * RC_EXACT_COLUMNS];
    const size_t column = rc_panel_at(&w->panels, p).column;
    size_t columns = 0;
    for (; p < w->panels.count && columns + RC_PANELS5_COLUMNS <= RC_EXACT_COLUMNS; p++) {
      const struct rc_panel panel = rc_panel_at(&w->panels, p);
      tiles->run[rows > 1][p == 0][panel.width](in, (const double *)(const void *)(w->packed + panel.offset), w->k,
                                                sums + columns);
      columns += panel.width;
    }
    for (size_t r = 0; r < rows; r++)
      tiles->round(exact, in->x + r * in->apart, in->largest[r], sums + r * RC_EXACT_COLUMNS, column, columns,
                   c + r * c_apart + column);
  }
}

void rc_exact_tiled(const struct rc_exact_tiles *tiles, const struct rc_weights *w, size_t m, const void *x, size_t ldx,
                    float *c, size_t ldc, enum rc_dtype dtype) {
  const struct rc_exact exact = rc_exact_begin(w, RC_EXACT_LANES, dtype);
  const size_t element = dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float);
  const size_t row = w->k * element, stride = ldx * element, part = m / tiles->rows;
  struct rc_exact_rows in = {.x = x, .apart = part * stride};
  /* Whole rows ahead, so that what lies between rows is left out, or within a long row. */
  in.ahead = row == 0 || row > AHEAD_BYTES ? AHEAD_BYTES : (AHEAD_BYTES + row - 1) / row * stride;
  for (size_t i = 0; i < part; i++, in.x += stride)
    rows_times_panels(tiles, &exact, &in, tiles->rows, c + i * ldc, part * ldc);
  in.x = (const char *)x + tiles->rows * part * stride;
  for (size_t i = tiles->rows * part; i < m; i++, in.x += stride)
    rows_times_panels(tiles, &exact, &in, 1, c + i * ldc, 0);
}
