/* SPDX-License-Identifier: BSD-3-Clause */
/* Times functions against each other: knows a function pointer and a clock, nothing of what it times.
 *
 * Candidates are interleaved in rounds, each round in a new random order, so that drift of the machine falls on
 * all of them alike; all samples are kept. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>

/* Seconds of a monotonic clock. */
double bench_now(void);

struct bench_candidate {
  void (*run)(void *context); /* does the work once */
  void *context;
  /* Filled by bench_measure(): */
  size_t repeats;  /* calls per sample, so that a sample lasts about 2 ms at least */
  double *samples; /* seconds per call; `rounds` of them, given by the caller */
};

/* Warms every candidate up (one call), calibrates its repeats, then takes one sample of each in every round.
 * The seed decides the order of the rounds. Runs on the calling thread; candidates may use threads. */
void bench_measure(struct bench_candidate *candidates, size_t count, size_t rounds, unsigned seed);

#endif
