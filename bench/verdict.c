/* SPDX-License-Identifier: BSD-3-Clause */
#include "verdict.h"

#include "stats.h"

static enum bench_word word_of(const struct bench_verdict *verdict, double noise) {
  const double above = 1.0 + noise, below = 1.0 / above;
  if (verdict->low > above) return BENCH_FASTER;
  if (verdict->high < below) return BENCH_SLOWER;
  return verdict->low >= below && verdict->high <= above ? BENCH_ALIKE : BENCH_OPEN;
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
  verdict.word = enough ? word_of(&verdict, noise) : count < BENCH_VERDICT_PAIRS ? BENCH_FEW : BENCH_DISTURBED;
  return verdict;
}
