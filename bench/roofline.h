/* SPDX-License-Identifier: BSD-3-Clause */
/* The roofline: the most a machine can do for work with a given number of operations per byte read (S. Williams, A.
 * Waterman, D. Patterson, "Roofline: an insightful visual performance model for multicore architectures", CACM 52 (4),
 * 2009). */
#ifndef BENCH_ROOFLINE_H
#define BENCH_ROOFLINE_H

/* Operations per byte of one product: 2 K N for every row of K elements, each of that many bytes. The output, and the
 * weights, which stay in caches, are not counted. 0 if nothing is read. */
double bench_intensity(double k, double n, double element_bytes);

/* min(peak, intensity * bandwidth), in operations a second. A peak or bandwidth of 0 is unknown and no limit; 0 if both
 * are. */
double bench_roof(double peak, double bandwidth, double intensity);

#endif
