/* SPDX-License-Identifier: BSD-3-Clause */
/* The multiply-add rate of AVX2: ten chains in ymm registers. */
#include "fma.h"

void probe_fma_avx2(size_t iterations) {
  if (iterations == 0) return;
  __asm__ volatile("vpxor %%xmm0, %%xmm0, %%xmm0\n\t"
                   "vpxor %%xmm1, %%xmm1, %%xmm1\n\t"
                   "vpxor %%xmm2, %%xmm2, %%xmm2\n\t"
                   "vpxor %%xmm3, %%xmm3, %%xmm3\n\t"
                   "vpxor %%xmm4, %%xmm4, %%xmm4\n\t"
                   "vpxor %%xmm5, %%xmm5, %%xmm5\n\t"
                   "vpxor %%xmm6, %%xmm6, %%xmm6\n\t"
                   "vpxor %%xmm7, %%xmm7, %%xmm7\n\t"
                   "vpxor %%xmm8, %%xmm8, %%xmm8\n\t"
                   "vpxor %%xmm9, %%xmm9, %%xmm9\n\t"
                   "vpxor %%xmm10, %%xmm10, %%xmm10\n\t"
                   "vpxor %%xmm11, %%xmm11, %%xmm11\n"
                   "1:\n\t"
                   "vfmadd231ps %%ymm10, %%ymm11, %%ymm0\n\t"
                   "vfmadd231ps %%ymm10, %%ymm11, %%ymm1\n\t"
                   "vfmadd231ps %%ymm10, %%ymm11, %%ymm2\n\t"
                   "vfmadd231ps %%ymm10, %%ymm11, %%ymm3\n\t"
                   "vfmadd231ps %%ymm10, %%ymm11, %%ymm4\n\t"
                   "vfmadd231ps %%ymm10, %%ymm11, %%ymm5\n\t"
                   "vfmadd231ps %%ymm10, %%ymm11, %%ymm6\n\t"
                   "vfmadd231ps %%ymm10, %%ymm11, %%ymm7\n\t"
                   "vfmadd231ps %%ymm10, %%ymm11, %%ymm8\n\t"
                   "vfmadd231ps %%ymm10, %%ymm11, %%ymm9\n\t"
                   "dec %0\n\t"
                   "jnz 1b\n\t"
                   "vzeroupper"
                   : "+r"(iterations)
                   :
                   : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                     "cc");
}
