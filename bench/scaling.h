/* SPDX-License-Identifier: BSD-3-Clause */
/* The figures of scaling studies, computed from times. */
#ifndef BENCH_SCALING_H
#define BENCH_SCALING_H

/* Strong scaling: how many times faster than `serial` seconds. Weak scaling, where the work grows with the threads:
 * how much more is done in the time, times(1) / time(p) * p. All times positive. */
double bench_speedup(double serial, double parallel);
double bench_weak_speedup(double serial, double parallel, unsigned threads);

/* The speed-up that so many threads can have at most: no more of them run at a time than there are CPUs for them, and a
 * control group gives no more time than its quota of CPUs, 0 being none. */
double bench_ideal_speedup(unsigned threads, unsigned cpus, double quota);

/* Speed-up over the ideal one; 1 is ideal. */
double bench_efficiency(double speedup, double ideal);

/* The serial fraction that a speed-up S would have by Amdahl's law, (1/S - 1/p) / (1 - 1/p), where p is the ideal: if
 * it grows with p it is overhead, if it is constant, serial work (A. H. Karp, H. P. Flatt, "Measuring parallel
 * processor performance", CACM 33 (5), 1990). Negative where S > p. NaN where p is 1 or less, which tells nothing. For
 * strong scaling only. */
double bench_karp_flatt(double speedup, double ideal);

/* Is a probe's speed-up on so many threads, which do as many times the work at best, out of what can be? Less: they did
 * not have cores to themselves; more: the run of one thread was held up, or each thread's part came to fit a cache. */
enum bench_doubt { BENCH_NO_DOUBT, BENCH_TOO_LITTLE, BENCH_TOO_MUCH };
enum bench_doubt bench_doubt_speedup(double speedup, unsigned threads);

#endif
