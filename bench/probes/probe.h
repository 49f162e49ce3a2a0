/* SPDX-License-Identifier: BSD-3-Clause */
/* What the machine can do at most, measured beside every figure: the rate of fused multiply-adds and the rate of
 * reading memory, at a given number of threads. min(peak, intensity * bandwidth) is the roofline. */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/types.h>

/* Multiply-adds of float32 by the widest registers of an ISA level, on every thread of a team. */
struct probe_fma {
  rowcast_isa isa;
  unsigned threads;
};

/* Does this build have a probe for this level? ROWCAST_SCALAR has none. */
bool probe_has(rowcast_isa isa);

/* Floating-point operations one call of probe_run_fma() does on each thread. */
double probe_fma_flops(rowcast_isa isa);

/* bench_candidate.run: context is a struct probe_fma. */
void probe_run_fma(void *context);

/* A way to read: no one way is the fastest on every core and in every cache. */
struct probe_way {
  rowcast_isa isa;  /* loads as wide as its registers; ROWCAST_SCALAR: 16 bytes, which every CPU has */
  unsigned streams; /* 1, 2 or 4 side by side on each thread; 0: not chosen, as 1 */
  size_t ahead;     /* bytes that each stream is prefetched ahead; 0: it is not */
};

/* Reads `bytes` bytes `passes` times, each thread one contiguous part of them. */
struct probe_read {
  const void *data; /* aligned to 64 bytes */
  size_t bytes;     /* a multiple of 64 */
  unsigned threads;
  size_t passes; /* 0 means 1; more if one takes less time than starting a team */
  struct probe_way way;
};

/* Tries every way that this CPU has, and chooses the fastest: some 18 of them, three times each, on the probe's
 * threads. */
void probe_choose_way(struct probe_read *probe);

/* Bytes one call of probe_run_read() reads. */
double probe_read_bytes(const struct probe_read *probe);

/* bench_candidate.run: context is a struct probe_read. */
void probe_run_read(void *context);

#endif
