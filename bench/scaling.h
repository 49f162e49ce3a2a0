/* SPDX-License-Identifier: BSD-3-Clause */
/* The figures of scaling studies, computed from times. */
#ifndef BENCH_SCALING_H
#define BENCH_SCALING_H

/* Strong scaling: how many times faster than `serial` seconds. Weak scaling, where the work grows with the threads:
 * how much more is done in the time, times(1) / time(p) * p. All times positive. */
double bench_speedup(double serial, double parallel);
double bench_weak_speedup(double serial, double parallel, unsigned threads);

/* Speed-up over threads; 1 is ideal. */
double bench_efficiency(double speedup, unsigned threads);

/* The serial fraction that a speed-up S on p threads would have by Amdahl's law, (1/S - 1/p) / (1 - 1/p): if it grows
 * with p it is overhead, if it is constant, serial work (A. H. Karp, H. P. Flatt, "Measuring parallel processor
 * performance", CACM 33 (5), 1990). Negative where S > p. NaN for one thread, which tells nothing. For strong scaling
 * only. */
double bench_karp_flatt(double speedup, unsigned threads);

#endif
