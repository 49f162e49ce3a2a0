/* SPDX-License-Identifier: BSD-3-Clause */
#include "scaling.h"

#include <math.h>

double bench_speedup(double serial, double parallel) { return serial / parallel; }

double bench_weak_speedup(double serial, double parallel, unsigned threads) {
  return serial / parallel * (double)threads;
}

double bench_efficiency(double speedup, unsigned threads) { return speedup / (double)threads; }

double bench_karp_flatt(double speedup, unsigned threads) {
  if (threads <= 1) return NAN;
  const double p = (double)threads;
  return (1.0 / speedup - 1.0 / p) / (1.0 - 1.0 / p);
}
