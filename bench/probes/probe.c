/* SPDX-License-Identifier: BSD-3-Clause */
#include "probe.h"

#include <omp.h>
#include <stdint.h>
#include <string.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>

#include "fma.h"
#include "measure.h"
#include "read.h"

static const struct {
  void (*run)(size_t iterations);
  double flops; /* per iteration */
} probes[ROWCAST_ISA_COUNT] = {
#if PROBE_AVX2
  [ROWCAST_AVX2] = {probe_fma_avx2, PROBE_FMA_AVX2_FLOPS},
#endif
#if PROBE_AVX512
  [ROWCAST_AVX512] = {probe_fma_avx512, PROBE_FMA_AVX512_FLOPS},
#endif
#if PROBE_NEON
  [ROWCAST_NEON] = {probe_fma_neon, PROBE_FMA_NEON_FLOPS},
#endif
};

enum { ITERATIONS = 200000 };

bool probe_has(rowcast_isa isa) { return (unsigned)isa < ROWCAST_ISA_COUNT && probes[isa].run != NULL; }

double probe_fma_flops(rowcast_isa isa) { return probes[isa].flops * ITERATIONS; }

void probe_run_fma(void *context) {
  const struct probe_fma *probe = context;
#pragma omp parallel num_threads((int)probe->threads) default(none) shared(probe, probes)
  probes[probe->isa].run(ITERATIONS);
}

static probe_read_fn *const readers[ROWCAST_ISA_COUNT] = {
  [ROWCAST_ISA_AUTO] = probe_read_16, /* of a way that was not chosen */
  [ROWCAST_SCALAR] = probe_read_16,
#if PROBE_AVX2
  [ROWCAST_AVX2] = probe_read_avx2,
#endif
#if PROBE_AVX512
  [ROWCAST_AVX512] = probe_read_avx512,
#endif
};

double probe_read_bytes(const struct probe_read *probe) {
  return (double)probe->bytes * (double)(probe->passes > 0 ? probe->passes : 1);
}

void probe_run_read(void *context) {
  const struct probe_read *probe = context;
  uint64_t any = 0;
#pragma omp parallel num_threads((int)probe->threads) default(none) shared(probe, readers) reduction(| : any)
  {
    const size_t lines = probe->bytes / 64, parts = (size_t)omp_get_num_threads();
    const size_t part = (size_t)omp_get_thread_num();
    const size_t begin = lines * part / parts, end = lines * (part + 1) / parts;
    size_t pass = 0;
    do {
      any |= readers[probe->way.isa]((const unsigned char *)probe->data + begin * 64, end - begin,
                                     probe->way.streams > 0 ? probe->way.streams : 1, probe->way.ahead);
      __asm__ volatile("" : : : "memory"); /* read again, not remembered */
    } while (++pass < probe->passes);
  }
  __asm__ volatile("" : : "r"(any));
}

/* Half a kilobyte is far enough in caches, four in memory. */
static const size_t distances[] = {0, 512, 4096};

/* The least of a few times. */
static double time_of(struct probe_read *probe) {
  enum { TIMES = 3 };
  double least = 0.0;
  for (int i = 0; i < TIMES; i++) {
    const double begin = bench_now();
    probe_run_read(probe);
    const double took = bench_now() - begin;
    if (i == 0 || took < least) least = took;
  }
  return least;
}

void probe_choose_way(struct probe_read *probe) {
  rowcast_cpu cpu;
  const bool known = rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK;
  struct probe_way best = {.isa = ROWCAST_SCALAR, .streams = 1};
  double least = 0.0;
  if (probe->bytes > 0) probe_run_read(probe); /* into the caches, what fits there */
  for (int isa = 1; isa < ROWCAST_ISA_COUNT && probe->bytes > 0; isa++) {
    if (readers[isa] == NULL || (isa != ROWCAST_SCALAR && !(known && cpu.usable[isa]))) continue;
    for (unsigned streams = 1; streams <= 4; streams *= 2)
      for (size_t d = 0; d < sizeof distances / sizeof distances[0]; d++) {
        probe->way = (struct probe_way){(rowcast_isa)isa, streams, distances[d]};
        const double took = time_of(probe);
        if (least == 0.0 || took < least) best = probe->way, least = took;
      }
  }
  probe->way = best;
}
