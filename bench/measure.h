/* SPDX-License-Identifier: BSD-3-Clause */
/* Times functions against each other: knows only a function pointer and a clock, not what it times.
 *
 * Candidates are interleaved in rounds, each round in a new random order, so that drift of the machine affects all of
 * them alike; all samples are kept. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

/* Seconds of a monotonic clock. */
double bench_now(void);

struct bench_candidate {
  void (*run)(void *context); /* does the work once */
  void *context;
  /* Called before and after every sample, outside the measured time: for example to place threads and to see where they
   * ran. May be NULL. Between the call before and the sample lies one untimed run, so that neither the move of threads
   * nor what another candidate has left (threads still waiting, data in the cache) is measured. Candidates without
   * `before` whose run takes more than 20 ms go without it. */
  void (*before)(void *context);
  void (*after)(void *context);
  double *samples; /* seconds per call; `rounds` of them, given by the caller and filled here */
  size_t repeats;  /* filled: calls per sample, so that a sample lasts about 2 ms at least */
  bool brief;      /* filled: a run is short enough to be warmed up before every sample */
};

struct bench_settings {
  size_t rounds;
  unsigned seed; /* decides the order within the rounds */
  /* Called after every sample, outside the measured time, with how many of how many are done. May be NULL. */
  void (*progress)(void *context, size_t done, size_t total);
  void *context;
};

/* Warms every candidate up (one call), calibrates its repeats, then takes one sample of each in every round.
 * Runs on the calling thread; candidates may use threads. False: no memory, and nothing was measured. */
bool bench_measure(struct bench_candidate *candidates, size_t count, const struct bench_settings *settings);

#endif
