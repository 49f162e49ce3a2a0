/* SPDX-License-Identifier: BSD-3-Clause */
#include "verdict.h"

#include "stats.h"

enum bench_word bench_word_of(double low, double high, double noise) {
  const double above = 1.0 + noise, below = 1.0 / above;
  if (low > above) return BENCH_FASTER;
  if (high < below) return BENCH_SLOWER;
  return low >= below && high <= above ? BENCH_ALIKE : BENCH_OPEN;
}

struct bench_verdict bench_verdict_of(const double *a, const double *b, const bool *disturbed, size_t count,
                                      double noise, double *scratch) {
  size_t pairs = 0;
  for (size_t i = 0; i < count; i++)
    if (!disturbed[i]) scratch[pairs++] = a[i] / b[i];
  const bool enough = pairs >= BENCH_VERDICT_PAIRS;
  if (!enough)
    for (pairs = 0; pairs < count; pairs++) scratch[pairs] = a[pairs] / b[pairs];
  const struct bench_summary ratios = bench_summarise(scratch, pairs);
  struct bench_verdict verdict = {.ratio = ratios.median, .low = ratios.low, .high = ratios.high, .pairs = pairs};
  verdict.word = enough                        ? bench_word_of(verdict.low, verdict.high, noise)
                 : count < BENCH_VERDICT_PAIRS ? BENCH_FEW
                                               : BENCH_DISTURBED;
  return verdict;
}
