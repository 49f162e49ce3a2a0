/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcasting with registers of eight columns (broadcast8.h). Order: sequential. Weights: panels16. */
#include "avx2.h"

RC_INLINE __m256 load_rest(const float *row, size_t i, size_t count) { return load_tail(row, i, count, RC_F32); }

RC_INLINE void convert16(float *to, const unsigned char *from) {
  _mm256_store_ps(to, load8(from, 0, RC_U8));
  _mm256_store_ps(to + 8, load8(from, 8, RC_U8));
}

static rc_kernel_fn *const few_rows[RC_DTYPE_COUNT] = {rc_avx2_broadcast_f32, rc_avx2_broadcast_u8};

#include "broadcast8.h"

RC_KERNEL_ENTRIES(avx2_broadcast8, broadcast8)
