/* SPDX-License-Identifier: BSD-3-Clause */
/* The article's three nested loops: i, j, k, the sum kept in C. Order: naive. Weights: rows. */
#include "kernel.h"

RC_INLINE void naive(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                     enum rc_dtype dtype) {
  for (size_t i = 0; i < m; i++) {
    const void *row = rc_row(x, i, ldx, dtype);
    for (size_t j = 0; j < w->n; j++) {
      c[i * ldc + j] = 0.0f;
      for (size_t k = 0; k < w->k; k++)
        c[i * ldc + j] += rc_element(row, k, dtype) * w->packed[k * w->n + j];
    }
  }
}

RC_KERNEL_ENTRIES(scalar_naive, naive)
