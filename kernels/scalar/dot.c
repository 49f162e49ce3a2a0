/* SPDX-License-Identifier: BSD-3-Clause */
/* One inner product per output, eight partial sums by fused multiply-add. Order: lanes8. Weights:
 * columns8. Where the baseline has no FMA instruction, fmaf is the C library's. */
#include <math.h>

#include "kernel.h"
#include "pack.h"

RC_INLINE float dot(const void *x, const float *w, size_t k, enum rc_dtype dtype) {
  float lane[8] = {0.0f};
  const size_t whole = k / 8 * 8;
  for (size_t i = 0; i < whole; i += 8)
    for (size_t l = 0; l < 8; l++) lane[l] = fmaf(rc_element(x, i + l, dtype), w[i + l], lane[l]);
  if (whole < k)
    for (size_t l = 0; l < 8; l++) {
      const float value = whole + l < k ? rc_element(x, whole + l, dtype) : 0.0f;
      lane[l] = fmaf(value, w[whole + l], lane[l]);
    }
  const float tree = ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
  return tree + 0.0f; /* a zero is +0 */
}

RC_INLINE void dots(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  const size_t column = rc_round_up(w->k, 8);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < w->n; j++)
      c[i * ldc + j] = dot(rc_row(x, i, ldx, dtype), w->packed + j * column, w->k, dtype);
}

RC_KERNEL_ENTRIES(scalar_dot, dots)
