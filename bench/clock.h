/* SPDX-License-Identifier: BSD-3-Clause */
/* How fast the core runs that the calling thread is on. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

/* Cycles a second, estimated: a chain of additions, each of which waits for the one before, takes a cycle for each on
 * every x86-64 and AArch64 core. The fastest of some short chains counts, a millisecond in all, so that an interruption
 * does not; a clock that rises only after milliseconds of work is seen as it is at first. 0: neither architecture. */
double bench_clock_hertz(void);

#endif
