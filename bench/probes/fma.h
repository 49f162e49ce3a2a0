/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops of independent fused multiply-adds, in assembly: a compiler merges accumulators that start equal into one
 * chain, and the rate then comes out higher than the machine's. Ten chains cover a latency of five cycles at two a
 * cycle. */
#ifndef BENCH_FMA_H
#define BENCH_FMA_H

#include <stddef.h>

/* Floating-point operations of one iteration: chains x lanes x 2. */
#define PROBE_FMA_AVX2_FLOPS   (10.0 * 8 * 2)
#define PROBE_FMA_AVX512_FLOPS (10.0 * 16 * 2)
#define PROBE_FMA_NEON_FLOPS   (20.0 * 4 * 2)

void probe_fma_avx2(size_t iterations);
void probe_fma_avx512(size_t iterations);
void probe_fma_neon(size_t iterations);

#endif
