/* SPDX-License-Identifier: BSD-3-Clause */
#include "stats.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Ranks r and n - 1 - r (from 0) enclose the median with probability 1 - 2 P(B <= r), B binomial (n, 1/2): the
 * largest r for which that is at least 95 %; 0 when there is none. */
static size_t interval_rank(size_t n) {
  /* Of many samples the binomial is normal, and 2^-n would underflow: half a sample for continuity. */
  if (n > 1000) return (size_t)(0.5 * (double)n - 0.98 * sqrt((double)n) - 0.5);
  double probability = exp2(-(double)n), below = 0.0;
  size_t r = 0;
  for (size_t i = 0; i < n / 2; i++) {
    below += probability;
    if (below > 0.025) break;
    r = i;
    probability *= (double)(n - i) / (double)(i + 1);
  }
  return r;
}

struct bench_summary bench_summarise(double *samples, size_t count) {
  qsort(samples, count, sizeof *samples, ascending);
  const size_t r = interval_rank(count), last = count - 1;
  struct bench_summary summary = {
    .minimum = samples[0],
    .median = (samples[last / 2] + samples[count / 2]) / 2.0,
    .p90 = samples[(size_t)(0.9 * (double)last + 0.5)],
    .low = samples[r],
    .high = samples[last - r],
  };
  return summary;
}

/* Beyond which a sample is looked at. */
static const double APART = 0.05;

double bench_outlier_fence(const double *sorted, size_t count) {
  const size_t last = count - 1;
  const double median = (sorted[last / 2] + sorted[count / 2]) / 2.0, low = sorted[last / 4],
               high = sorted[last - last / 4];
  return fmax(high + 3.0 * (high - low), (1.0 + APART) * median);
}

size_t bench_outliers(const double *sorted, size_t count) {
  const double fence = bench_outlier_fence(sorted, count);
  size_t outliers = 0;
  while (outliers < count && sorted[count - 1 - outliers] > fence) outliers++;
  return outliers;
}

/* How far apart the middle four fifths of samples lie. */
static double width(const double *sorted, size_t count) {
  const size_t tenth = count / 10;
  return sorted[count - 1 - tenth] - sorted[tenth];
}

bool bench_bimodal(const double *sorted, size_t count, size_t *below) {
  const size_t fifth = count / 5;
  if (count < 10) return false;
  size_t at = fifth;
  for (size_t i = fifth; i + fifth <= count; i++)
    if (sorted[i] - sorted[i - 1] > sorted[at] - sorted[at - 1]) at = i;
  const double gap = sorted[at] - sorted[at - 1], median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0;
  *below = at;
  return gap > APART * median && gap > width(sorted, at) && gap > width(sorted + at, count - at);
}

struct bench_summary bench_ratio(const double *a, const double *b, double *scratch, size_t count) {
  for (size_t i = 0; i < count; i++) scratch[i] = a[i] / b[i];
  return bench_summarise(scratch, count);
}
