/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tiles for AVX2: a register holds the eight partial sums of one output, so that three rows times four
 * columns, or two times five, waste no lane. The loop nest is tiled.c's, or narrow.h's for one or two columns.
 * Order: lanes8. Weights: panels4. */
#include "avx2.h"

#define NARROW_PAIR_ROWS 5 /* ten sums; Clang 14 spills six rows, not five */
#include "narrow.h"

#define TILE_FOUR_ROWS 3
#include "tile_lanes8.h"
#include "tile_steps_avx2.h"

TILE_SET(F32)
TILE_SET(U8)

RC_INLINE void rows(const struct rc_weights *w, size_t m, const void *x, size_t ldx, float *c, size_t ldc,
                    enum rc_dtype dtype) {
  if (is_narrow(w))
    narrow(w, m, x, ldx, c, ldc, dtype);
  else if (dtype == RC_U8)
    rc_tiled(&set_U8, w, m, x, ldx, c, ldc, sizeof(unsigned char));
  else
    rc_tiled(&set_F32, w, m, x, ldx, c, ldc, sizeof(float));
}

RC_KERNEL_ENTRIES(avx2_tile, rows)
