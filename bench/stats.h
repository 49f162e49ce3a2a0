/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said about samples of a running time, which are not normally distributed: order statistics only
 * (Hoefler and Belli, "Scientific Benchmarking of Parallel Computing Systems", SC15, rules 5 to 8). */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

struct bench_summary {
  double minimum, median, p90;
  double low, high; /* 95 % confidence interval of the median, from order statistics (binomial) */
};

/* Summarises count >= 1 samples, which it sorts in place. */
struct bench_summary bench_summarise(double *samples, size_t count);

/* Of samples in ascending order, as bench_summarise() leaves them: beyond what a sample has been held up by something.
 * The third quartile and three times the quartiles' distance (Tukey's outer fence), and 5 % above the median at least.
 */
double bench_outlier_fence(const double *sorted, size_t count);

/* How many of such samples are beyond it. */
size_t bench_outliers(const double *sorted, size_t count);

/* Are they of two kinds: is there a gap, with a fifth of them at least on both sides, that is wider than four fifths of
 * either side lie apart, and than 5 % of the median? Then the median is between two states of the machine, or in one of
 * them by chance. *below: how many lie below the gap. Fewer than ten samples do not tell. */
bool bench_bimodal(const double *sorted, size_t count, size_t *below);

/* The median and its interval of the ratios a[i] / b[i], samples of the same rounds; scratch holds count. */
struct bench_summary bench_ratio(const double *a, const double *b, double *scratch, size_t count);

#endif
