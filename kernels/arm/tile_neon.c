/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tiles for NEON: two registers hold the eight partial sums of one output; a panel of five columns times
 * two rows fills twenty of the thirty-two registers. The loop nest is tiled.c's, or narrow.h's for one
 * or two columns. Order: lanes8. Weights: panels5. */
#include "neon.h"

#define NARROW_PAIR_ROWS 4
#include "narrow.h"

#define TILE_FOUR_ROWS 2
#include "tile_lanes8.h"
#include "tile_steps_neon.h"

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

RC_KERNEL_ENTRIES(neon_tile, rows)
