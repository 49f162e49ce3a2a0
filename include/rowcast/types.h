/* SPDX-License-Identifier: BSD-3-Clause */
/* Terms that the whole API shares: element types of the rows, ISA levels and orders of summation. Later versions may
 * have more of each; these keep their numbers. Kernels and drivers, which come and go, have names only. */
#ifndef ROWCAST_TYPES_H
#define ROWCAST_TYPES_H

/* Element types, in native byte order. Rows of X, and matrices, are F32 or U8, a plan's weights F32, F64, F16 or BF16,
 * results F32; writers take F32, U8 and I32. Any other use is ROWCAST_ERR_UNSUPPORTED. */
typedef enum rowcast_dtype {
  ROWCAST_F32 = 0,  /* IEEE-754 binary32 */
  ROWCAST_U8 = 1,   /* unsigned bytes; a plan's scale turns them into values */
  ROWCAST_I32 = 2,  /* int32_t */
  ROWCAST_F64 = 3,  /* IEEE-754 binary64 */
  ROWCAST_F16 = 4,  /* IEEE-754 binary16 */
  ROWCAST_BF16 = 5, /* bfloat16, the upper half of a binary32 */
  ROWCAST_I8 = 6    /* signed bytes */
} rowcast_dtype;

/* What a kernel needs from the CPU and the operating system. */
typedef enum rowcast_isa {
  ROWCAST_ISA_AUTO = 0,   /* in options: no level is asked for */
  ROWCAST_SCALAR = 1,     /* the baseline of the architecture, no intrinsics */
  ROWCAST_AVX2 = 2,       /* x86-64: AVX2 and FMA, YMM state saved by the OS */
  ROWCAST_AVX512 = 3,     /* x86-64: AVX-512 F, BW, DQ and VL, and AVX2; ZMM and mask state saved */
  ROWCAST_NEON = 4,       /* AArch64: Advanced SIMD */
  ROWCAST_AVX512VNNI = 5, /* x86-64: all of AVX512, and AVX-512 VNNI and VBMI2 */
  ROWCAST_AMX = 6,        /* x86-64: all of AVX512VNNI, and AMX with INT8; the process has permission */
  ROWCAST_NEONDOT = 7,    /* AArch64: all of NEON, and its dot products (asimddp) */
  ROWCAST_AVXVNNI = 8     /* x86-64: all of AVX2, and AVX-VNNI */
} rowcast_isa;

/* The order in which the K products of one output are summed, and where they are rounded; it alone decides the output's
 * bits. EXACT rounds once, so that its bits follow from the numbers alone.
 * The definitions are in docs/numerics.md. */
typedef enum rowcast_order {
  ROWCAST_ORDER_AUTO = 0, /* in options: as K and N call for (rowcast_auto_order()) */
  ROWCAST_NAIVE = 1,      /* multiply, round, add, round; k ascending */
  ROWCAST_SEQUENTIAL = 2, /* acc = fma(x[k], w[k][j], acc); k ascending, acc = +0 at first */
  ROWCAST_LANES8 = 3,     /* eight partial sums over k mod 8, then a fixed tree, then + 0 */
  ROWCAST_EXACT = 4       /* the float32 nearest to the exact sum, ties to even, bias included; never -0 */
} rowcast_order;

#endif
