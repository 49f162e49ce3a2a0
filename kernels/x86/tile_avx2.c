/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tiles for AVX2: a register holds the eight partial sums of one output, so that three rows times four
 * columns, or two times five, waste no lane. The loop nest is tiled.c's, or narrow.h's for one or two columns.
 * Order: lanes8. Weights: panels4. */
#include "avx2.h"

#define NARROW_PAIR_ROWS 5 /* ten sums; Clang 14 spills six rows, not five */
#include "narrow.h"

/* A column's products by asm, its weights in a register that nothing else has: of the steps of a turn together GCC 12
 * moves sums from register to register, loads rows again, and has all prefetches first. */
#define LOADED(w) "vmovaps {%" #w ", %%ymm15|ymm15, %" #w "}\n\t"
#define ADDED(acc, x) "vfmadd231ps {%%ymm15, %" #x ", %" #acc "|%" #acc ", %" #x ", ymm15}\n\t"
#define ADD_COLUMN(w, a, b, c)                                                     \
  if (rows > 2)                                                                    \
    __asm__ volatile(LOADED(6) ADDED(0, 3) ADDED(1, 4) ADDED(2, 5)                 \
                     : "+x"(a), "+x"(b), "+x"(c)                                   \
                     : "x"(x0), "x"(x1), "x"(x2), "m"(*(const __m256 *)(w))        \
                     : "xmm15");                                                   \
  else                                                                             \
    __asm__ volatile(LOADED(4) ADDED(0, 2) ADDED(1, 3)                             \
                     : "+x"(a), "+x"(b)                                            \
                     : "x"(x0), "x"(x1), "m"(*(const __m256 *)(w))                 \
                     : "xmm15");
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
