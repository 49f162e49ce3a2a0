/* SPDX-License-Identifier: BSD-3-Clause */
#include "clock.h"

#include "measure.h"

#if defined(__x86_64__) || defined(__aarch64__)

enum { CHAINS = 50, TURNS = 3000, ADDITIONS = 16 /* a turn */ };

/* The compiler must neither join additions nor leave them out. */
#define ADD                                                                                                            \
  sum += step;                                                                                                         \
  __asm__ volatile("" : "+r"(sum))

#define FOUR_ADDITIONS                                                                                                 \
  ADD;                                                                                                                 \
  ADD;                                                                                                                 \
  ADD;                                                                                                                 \
  ADD

static double chain(unsigned long step) {
  unsigned long sum = step;
  const double start = bench_now();
  for (int turn = 0; turn < TURNS; turn++) {
    FOUR_ADDITIONS;
    FOUR_ADDITIONS;
    FOUR_ADDITIONS;
    FOUR_ADDITIONS;
  }
  return bench_now() - start;
}

double bench_clock_hertz(void) {
  double least = 0.0;
  for (unsigned long i = 0; i < CHAINS; i++) {
    const double seconds = chain(i);
    if (seconds > 0.0 && (least <= 0.0 || seconds < least)) least = seconds;
  }
  return least > 0.0 ? (double)TURNS * ADDITIONS / least : 0.0;
}

#else

double bench_clock_hertz(void) { return 0.0; }

#endif
