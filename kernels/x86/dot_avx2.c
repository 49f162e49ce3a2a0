/* SPDX-License-Identifier: BSD-3-Clause */
/* One inner product per output: the eight lanes of a register are the eight partial sums. One chain of
 * dependent FMAs, so it runs at the FMA's latency; the rung shows that. Order: lanes8. Weights: columns8. */
#include "avx2.h"
#include "pack.h"

RC_INLINE float dot(const void *x, const float *w, size_t k, enum rc_dtype dtype) {
  __m256 lanes = _mm256_setzero_ps();
  const size_t whole = k / 8 * 8;
  for (size_t i = 0; i < whole; i += 8)
    lanes = _mm256_fmadd_ps(load8(x, i, dtype), _mm256_load_ps(w + i), lanes);
  if (whole < k) lanes = _mm256_fmadd_ps(load_tail(x, whole, k - whole, dtype), _mm256_load_ps(w + whole), lanes);
  return sum_lanes8(lanes);
}

RC_INLINE void dots(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  const size_t column = rc_round_up(w->k, 8);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < w->n; j++)
      c[i * ldc + j] = dot(rc_row(x, i, ldx, dtype), w->packed + j * column, w->k, dtype);
}

RC_KERNEL_ENTRIES(avx2_dot, dots)
