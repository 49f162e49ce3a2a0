/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said about samples of a running time, which are not normally distributed: order statistics only
 * (Hoefler and Belli, "Scientific Benchmarking of Parallel Computing Systems", SC15, rules 5 to 8). */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>

struct bench_summary {
  double minimum, median, p90;
  double low, high; /* 95 % confidence interval of the median, from order statistics (binomial) */
};

/* Summarises count >= 1 samples, which it sorts in place. */
struct bench_summary bench_summarise(double *samples, size_t count);

/* The median and its interval of the ratios a[i] / b[i], samples of the same rounds; scratch holds count. */
struct bench_summary bench_ratio(const double *a, const double *b, double *scratch, size_t count);

#endif
