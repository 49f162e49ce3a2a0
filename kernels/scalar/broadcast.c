/* SPDX-License-Identifier: BSD-3-Clause */
/* The article's broadcasting: one element of X times a whole row of W, added to a whole row of C.
 * Order: sequential. Weights: rows. */
#include <math.h>

#include "kernel.h"

RC_INLINE void broadcast(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c,
                         size_t ldc, enum rc_dtype dtype) {
  const size_t n = w->n;
  for (size_t i = 0; i < m; i++) {
    const void *row = rc_row(x, i, ldx, dtype);
    float *out = c + i * ldc;
    for (size_t j = 0; j < n; j++) out[j] = 0.0f;
    for (size_t k = 0; k < w->k; k++) {
      const float value = rc_element(row, k, dtype);
      for (size_t j = 0; j < n; j++) out[j] = fmaf(value, w->packed[k * n + j], out[j]);
    }
  }
}

RC_KERNEL_ENTRIES(scalar_broadcast, broadcast)
