/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tiles for AVX2: a register holds the eight partial sums of one output, so that three rows times four
 * columns, or two times five, waste no lane. The loop nest is tiled.c's, or narrow.h's for one or two columns.
 * Order: lanes8. Weights: panels4. */
#include "avx2.h"

#define NARROW_PAIR_ROWS 5 /* ten sums; Clang 14 spills six rows, not five */
#include "narrow.h"

/* By asm: of four steps together GCC 12 moves sums from register to register, loads rows again, and has all prefetches
 * first. */
#define ACCUMULATE(acc, x, w) __asm__ volatile("vfmadd231ps {%1, %2, %0|%0, %2, %1}" : "+x"(acc) : "x"(w), "x"(x))
#define PREFETCH(address) __asm__ volatile("prefetcht1 %0" ::"m"(*(address)))
#define TILE_FOUR_ROWS 3
#include "tile_lanes8.h"

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
