/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting with registers of eight columns (broadcast8.h); multiply-adds spread an element from memory, as AVX2's
 * cannot. For cores that multiply 256 bits twice as often as 512. Order: sequential. Weights: panels16. */
#include "avx512.h"

RC_INLINE __m256 load_rest(const float *row, size_t i, size_t count) {
  return _mm256_maskz_loadu_ps((__mmask8)((1u << count) - 1), row + i);
}

static rc_kernel_fn *const few_rows[RC_DTYPE_COUNT] = {rc_avx512_broadcast_f32, rc_avx512_broadcast_u8};

#include "broadcast8.h"

RC_KERNEL_ENTRIES(avx512_broadcast8, broadcast8)
