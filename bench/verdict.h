/* SPDX-License-Identifier: BSD-3-Clause */
/* Is one program faster than another? Answered from several runs of both: the medians of one program's runs move more
 * from run to run than the intervals within a run tell. */
#ifndef BENCH_VERDICT_H
#define BENCH_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

/* With fewer pairs of runs chance puts all of them on one side of 1 more often than once in twenty: 2^(1-n). */
enum { BENCH_VERDICT_PAIRS = 6 };

enum bench_word {
  BENCH_FEW,       /* too few runs for a verdict */
  BENCH_DISTURBED, /* too few that were not disturbed */
  BENCH_OPEN,      /* not told apart */
  BENCH_ALIKE,     /* within the noise of each other */
  BENCH_FASTER,    /* the second one */
  BENCH_SLOWER
};

struct bench_verdict {
  double ratio, low, high; /* how many times as fast as the first one the second is: the median of the pairs' ratios and
                            * its 95 % interval; of fewer than six pairs, all of them */
  size_t pairs;            /* that these are of */
  enum bench_word word;
};

/* The word for ratios that lie between low and high: BENCH_FASTER, BENCH_SLOWER, BENCH_ALIKE or BENCH_OPEN. */
enum bench_word bench_word_of(double low, double high, double noise);

/* Of medians a[i] and b[i] of runs that stood next to each other, in seconds; disturbed[i] tells that something held up
 * one of the two: such pairs count only where fewer than six others are left, and then there is no verdict. noise:
 * parts by which the ratio must differ from 1, and the whole interval with it; scratch holds count >= 1 numbers. */
struct bench_verdict bench_verdict_of(const double *a, const double *b, const bool *disturbed, size_t count,
                                      double noise, double *scratch);

#endif
