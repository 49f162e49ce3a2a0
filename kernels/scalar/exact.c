/* SPDX-License-Identifier: BSD-3-Clause */
/* One inner product per output in one double, rounded once (exact.h). Order: exact. Weights: doubles5. */
#include "exact.h"

RC_INLINE void exact(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                     enum rc_dtype dtype) {
  struct rc_exact to = rc_exact_begin(w, 1, dtype);
  for (size_t i = 0; i < m; i++) {
    const void *row = rc_row(x, i, ldx, dtype);
    const float largest = rc_exact_largest(row, w->k, dtype);
    for (size_t p = 0; p < w->panels.count; p++) {
      const struct rc_panel panel = rc_panel_at(&w->panels, p);
      const double *from = (const double *)(const void *)(w->packed + panel.offset);
      double sums[RC_PANELS5_COLUMNS];
      for (size_t j = 0; j < panel.width; j++) {
        double sum = 0.0;
        for (size_t k = 0; k < w->k; k++)
          sum += (double)rc_element(row, k, dtype) * from[(k / 8 * panel.width + j) * 8 + k % 8];
        sums[j] = sum;
      }
      rc_exact_round(&to, row, largest, sums, panel.column, panel.width, c + i * ldc + panel.column,
                     rc_exact_settle_scalar);
    }
  }
}

RC_KERNEL_ENTRIES(scalar_exact, exact)
