/* SPDX-License-Identifier: BSD-3-Clause */
#include "probe.h"

#include <omp.h>
#include <stdint.h>
#include <string.h>

#include "fma.h"

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

/* Eight bytes of every line would do to fetch it; all are read, as a kernel does. Four sums keep the adds off
 * the path that is measured. */
static uint64_t read_part(const unsigned char *data, size_t bytes) {
  typedef uint64_t lanes __attribute__((vector_size(16), aligned(16)));
  lanes a = {0, 0}, b = a, c = a, d = a;
  for (size_t i = 0; i < bytes; i += 64) {
    const lanes *line = (const lanes *)(const void *)(data + i);
    a |= line[0], b |= line[1], c |= line[2], d |= line[3];
  }
  a |= b | c | d;
  return a[0] | a[1];
}

double probe_read_bytes(const struct probe_read *probe) {
  return (double)probe->bytes * (double)(probe->passes > 0 ? probe->passes : 1);
}

void probe_run_read(void *context) {
  const struct probe_read *probe = context;
  uint64_t any = 0;
#pragma omp parallel num_threads((int)probe->threads) default(none) shared(probe) reduction(| : any)
  {
    const size_t lines = probe->bytes / 64, parts = (size_t)omp_get_num_threads();
    const size_t part = (size_t)omp_get_thread_num();
    const size_t begin = lines * part / parts, end = lines * (part + 1) / parts;
    size_t pass = 0;
    do {
      any |= read_part((const unsigned char *)probe->data + begin * 64, (end - begin) * 64);
      __asm__ volatile("" : : : "memory"); /* read again, not remembered */
    } while (++pass < probe->passes);
  }
  __asm__ volatile("" : : "r"(any));
}
