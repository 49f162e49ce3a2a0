/* SPDX-License-Identifier: BSD-3-Clause */
#include "scaling.h"

#include <math.h>

double bench_speedup(double serial, double parallel) { return serial / parallel; }

double bench_weak_speedup(double serial, double parallel, unsigned threads) {
  return serial / parallel * (double)threads;
}

double bench_ideal_speedup(unsigned threads, unsigned cpus, double quota) {
  const double most = threads < cpus ? threads : cpus;
  return quota > 0.0 && quota < most ? quota : most;
}

double bench_efficiency(double speedup, double ideal) { return speedup / ideal; }

double bench_karp_flatt(double speedup, double ideal) {
  return ideal <= 1.0 ? NAN : (1.0 / speedup - 1.0 / ideal) / (1.0 - 1.0 / ideal);
}

enum bench_doubt bench_doubt_speedup(double speedup, unsigned threads) {
  if (threads < 2) return BENCH_NO_DOUBT;
  if (speedup < 0.9 * threads) return BENCH_TOO_LITTLE;
  return speedup > 1.05 * threads ? BENCH_TOO_MUCH : BENCH_NO_DOUBT;
}
