/* SPDX-License-Identifier: BSD-3-Clause */
/* Ways to read memory. A file for each width of load; the body is read_body.h. */
#ifndef BENCH_READ_H
#define BENCH_READ_H

#include <stddef.h>
#include <stdint.h>

/* Reads `lines` lines of 64 bytes from `data`, aligned to 64, in 1, 2 or 4 streams side by side, each a contiguous
 * part, and prefetches `ahead` bytes ahead in each (0: not at all; nothing faults after the end). Returns the OR of
 * all. */
typedef uint64_t probe_read_fn(const unsigned char *data, size_t lines, unsigned streams, size_t ahead);
probe_read_fn probe_read_16, probe_read_avx2, probe_read_avx512;

#endif
