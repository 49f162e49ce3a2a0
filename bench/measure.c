/* SPDX-License-Identifier: BSD-3-Clause */
#include "measure.h"

#include <stdlib.h>
#include <time.h>

double bench_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Seconds of a call up to which each sample follows an untimed one. */
static const double longest_warmed = 20e-3;

/* Seconds per call over `repeats` calls. */
static double sample(const struct bench_candidate *candidate, size_t repeats) {
  if (candidate->before != NULL) candidate->before(candidate->context);
  if (candidate->before != NULL || candidate->brief) candidate->run(candidate->context);
  const double start = bench_now();
  for (size_t i = 0; i < repeats; i++) candidate->run(candidate->context);
  const double seconds = bench_now() - start;
  if (candidate->after != NULL) candidate->after(candidate->context);
  return seconds / (double)repeats;
}

static void calibrate(struct bench_candidate *candidate) {
  const double shortest = 2e-3;
  candidate->run(candidate->context);
  size_t repeats = 1;
  double each = sample(candidate, repeats);
  while (each * (double)repeats < shortest && repeats < ((size_t)1 << 30)) {
    /* Not more than tenfold at a time: the first calls are slower than the later ones. */
    const double wanted = each > 0.0 ? 1.2 * shortest / each : 1e9, most = 10.0 * (double)repeats;
    repeats = (size_t)(wanted < most ? wanted : most) + 1;
    each = sample(candidate, repeats);
  }
  candidate->repeats = repeats;
  candidate->brief = each < longest_warmed;
}

bool bench_measure(struct bench_candidate *candidates, size_t count, const struct bench_settings *settings) {
  if (count == 0) return true;
  size_t *order = malloc(count * sizeof *order);
  if (order == NULL) return false;
  for (size_t i = 0; i < count; i++) order[i] = i;
  for (size_t i = 0; i < count; i++) calibrate(&candidates[i]);

  unsigned seed = settings->seed;
  for (size_t round = 0; round < settings->rounds; round++) {
    for (size_t i = count - 1; i > 0; i--) {
      const size_t j = (size_t)rand_r(&seed) % (i + 1), swap = order[i];
      order[i] = order[j], order[j] = swap;
    }
    for (size_t i = 0; i < count; i++) {
      struct bench_candidate *candidate = &candidates[order[i]];
      candidate->samples[round] = sample(candidate, candidate->repeats);
      if (settings->progress != NULL)
        settings->progress(settings->context, round * count + i + 1, settings->rounds * count);
    }
  }
  free(order);
  return true;
}
