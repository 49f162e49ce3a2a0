/* SPDX-License-Identifier: BSD-3-Clause */
/* One inner product per output, the eight partial sums in two registers. Order: lanes8. Weights: columns8. */
#include "neon.h"
#include "pack.h"

RC_INLINE float dot(const void *x, const float *w, size_t k, enum rc_dtype dtype) {
  lanes8 lanes = zero_lanes8();
  const size_t whole = k / 8 * 8;
  for (size_t i = 0; i < whole; i += 8) lanes = fma8(lanes, load8(x, i, dtype), load_lanes8(w + i));
  if (whole < k) lanes = fma8(lanes, load_tail(x, whole, k - whole, dtype), load_lanes8(w + whole));
  return sum_lanes8(lanes);
}

RC_INLINE void dots(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  const size_t column = rc_round_up(w->k, 8);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < w->n; j++)
      c[i * ldc + j] = dot(rc_row(x, i, ldx, dtype), w->packed + j * column, w->k, dtype);
}

RC_KERNEL_ENTRIES(neon_dot, dots)
