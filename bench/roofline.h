/* SPDX-License-Identifier: BSD-3-Clause */
/* The roofline: what a machine can do at most for work that does so many operations on every byte it reads
 * (S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model for multicore
 * architectures", CACM 52 (4), 2009). */
#ifndef BENCH_ROOFLINE_H
#define BENCH_ROOFLINE_H

/* Operations a byte of one product: 2 K N for every row of K elements of so many bytes each. What is written and the
 * weights, which stay in caches, are not counted. 0 where nothing is read. */
double bench_intensity(double k, double n, double element_bytes);

/* min(peak, intensity * bandwidth), in operations a second. A peak or bandwidth of 0 is not known and no limit; 0 when
 * neither is. */
double bench_roof(double peak, double bandwidth, double intensity);

#endif
