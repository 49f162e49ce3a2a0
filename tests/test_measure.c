/* SPDX-License-Identifier: BSD-3-Clause */
/* The measuring core: statistics of known samples, the formulas of studies, and that measuring costs next to nothing.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>

#include "measure.h"
#include "probes/probe.h"
#include "probes/read.h"
#include "roofline.h"
#include "scaling.h"
#include "stats.h"

/* 1..count, in an order that is not sorted. */
static double *shuffled(size_t count) {
  double *samples = malloc(count * sizeof *samples);
  cr_assert_not_null(samples);
  for (size_t i = 0; i < count; i++) samples[i] = (double)((i * 7 + 3) % count + 1);
  return samples;
}

/* Ranks (from 1) of the 95 % interval of the median, as tables of the sign test have them (e.g. D. Altman et al.,
 * "Statistics with Confidence", table 18.3: n = 6: 1 and 6, 10: 2 and 9, 20: 6 and 15, 31: 10 and 22, 100: 40 and 61);
 * the large ones by the binomial distribution's logarithm. */
Test(measure, intervals_are_those_of_the_tables) {
  static const struct {
    size_t count;
    double low, high;
  } table[] = {
    {6, 1, 6},     {8, 1, 8},        {10, 2, 9},       {20, 6, 15},        {31, 10, 22},          {50, 18, 33},
    {100, 40, 61}, {1000, 469, 532}, {1080, 508, 573}, {5000, 2431, 2570}, {100000, 49690, 50311}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    double *samples = shuffled(table[i].count);
    const struct bench_summary s = bench_summarise(samples, table[i].count);
    cr_expect_eq(s.low, table[i].low, "%zu: low %g", table[i].count, s.low);
    cr_expect_eq(s.high, table[i].high, "%zu: high %g", table[i].count, s.high);
    cr_expect_eq(s.minimum, 1.0);
    free(samples);
  }
}

Test(measure, medians) {
  double one[] = {5.0}, two[] = {4.0, 1.0}, three[] = {9.0, 2.0, 4.0}, eleven[] = {11, 1, 10, 2, 9, 3, 8, 4, 7, 5, 6};
  struct bench_summary s = bench_summarise(one, 1);
  cr_expect(s.minimum == 5.0 && s.median == 5.0 && s.p90 == 5.0 && s.low == 5.0 && s.high == 5.0);
  cr_expect_eq(bench_summarise(two, 2).median, 2.5);
  s = bench_summarise(three, 3);
  cr_expect(s.median == 4.0 && s.low == 2.0 && s.high == 9.0, "too few for 95 %%: all of them");
  s = bench_summarise(eleven, 11);
  cr_expect(s.median == 6.0 && s.p90 == 10.0 && s.minimum == 1.0);
}

/* Ratios are taken round by round: drift that both sides see cancels. */
static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* A tenth of a sample apart, which says nothing; a few held up; and two states of a machine. */
Test(measure, outliers_and_two_kinds) {
  enum { COUNT = 31 };
  double samples[COUNT];
  size_t below = 0;
  for (size_t i = 0; i < COUNT; i++) samples[i] = 1.0 + 0.003 * (double)i;
  cr_expect(bench_outliers(samples, COUNT) == 0 && !bench_bimodal(samples, COUNT, &below));
  for (size_t i = 28; i < COUNT; i++) samples[i] = 2.0;
  cr_expect(bench_outliers(samples, COUNT) == 3 && !bench_bimodal(samples, COUNT, &below));
  for (size_t i = 20; i < COUNT; i++) samples[i] = 2.0 + 0.003 * (double)i;
  cr_expect(bench_bimodal(samples, COUNT, &below) && below == 20);
  for (size_t i = 0; i < COUNT; i++) samples[i] = 1.0;
  cr_expect(bench_outliers(samples, COUNT) == 0 && !bench_bimodal(samples, COUNT, &below));
  samples[COUNT - 1] = 1.04;
  cr_expect_eq(bench_outliers(samples, COUNT), 0, "within a twentieth");
  for (size_t count = 1; count < 10; count++) {
    double few[9];
    for (size_t i = 0; i < count; i++) few[i] = i < count / 2 ? 1.0 : 2.0;
    cr_expect(!bench_bimodal(few, count, &below) && bench_outliers(few, count) <= count);
  }
  /* Of noise of one kind few are taken for two. */
  size_t wrong = 0;
  unsigned seed = 1;
  for (int t = 0; t < 2000; t++) {
    for (size_t i = 0; i < COUNT; i++) samples[i] = 1.0 + 0.5 * (double)rand_r(&seed) / RAND_MAX;
    qsort(samples, COUNT, sizeof *samples, ascending);
    wrong += bench_bimodal(samples, COUNT, &below);
  }
  cr_expect_lt(wrong, 20, "%zu of 2000", wrong);
}

Test(measure, ratios_are_paired) {
  const double a[] = {2, 20, 200, 4, 40, 400, 6}, b[] = {1, 10, 100, 2, 20, 200, 3};
  double scratch[7];
  const struct bench_summary s = bench_ratio(a, b, scratch, 7);
  cr_expect(s.median == 2.0 && s.low == 2.0 && s.high == 2.0);
  cr_expect_eq(a[1], 20.0, "the samples stay as they were");
}

/* Karp and Flatt's own kind of figures: a serial fraction f gives S = 1 / (f + (1 - f) / p), and is found again. */
Test(measure, karp_flatt_finds_amdahls_fraction) {
  const double fractions[] = {0.0, 0.01, 0.1, 0.5, 1.0};
  const unsigned threads[] = {2, 3, 8, 64};
  for (size_t f = 0; f < 5; f++)
    for (size_t t = 0; t < 4; t++) {
      const double p = threads[t], speedup = 1.0 / (fractions[f] + (1.0 - fractions[f]) / p);
      cr_expect_float_eq(bench_karp_flatt(speedup, threads[t]), fractions[f], 1e-12);
    }
  cr_expect(isnan(bench_karp_flatt(1.0, 1)) && isnan(bench_karp_flatt(0.5, 0.5)));
  cr_expect_float_eq(bench_karp_flatt(1.2, 1.5), 0.5, 1e-12, "of a quota");
  cr_expect_lt(bench_karp_flatt(2.2, 2), 0.0, "more than ideal");
}

Test(measure, scaling) {
  cr_expect_float_eq(bench_speedup(10.0, 4.0), 2.5, 1e-15);
  cr_expect_float_eq(bench_efficiency(2.5, 4), 0.625, 1e-15);
  cr_expect_eq(bench_ideal_speedup(3, 8, 0.0), 3.0);
  cr_expect_eq(bench_ideal_speedup(8, 3, 0.0), 3.0);
  cr_expect_eq(bench_ideal_speedup(8, 3, 4.5), 3.0);
  cr_expect_eq(bench_ideal_speedup(8, 6, 1.5), 1.5);
  cr_expect_eq(bench_ideal_speedup(1, 6, 1.5), 1.0);
  cr_expect_float_eq(bench_weak_speedup(10.0, 10.0, 4), 4.0, 1e-15);
  cr_expect_float_eq(bench_weak_speedup(10.0, 20.0, 4), 2.0, 1e-15);
}

/* One thread has nothing to be compared with. */
Test(measure, probes_that_scale_too_well_are_doubted) {
  cr_expect_eq(bench_doubt_speedup(0.1, 1), BENCH_NO_DOUBT);
  cr_expect_eq(bench_doubt_speedup(1.79, 2), BENCH_TOO_LITTLE);
  cr_expect_eq(bench_doubt_speedup(1.81, 2), BENCH_NO_DOUBT);
  cr_expect_eq(bench_doubt_speedup(2.09, 2), BENCH_NO_DOUBT);
  cr_expect_eq(bench_doubt_speedup(2.11, 2), BENCH_TOO_MUCH);
  cr_expect_eq(bench_doubt_speedup(9.0, 8), BENCH_TOO_MUCH);
}

Test(measure, roofline) {
  cr_expect_float_eq(bench_intensity(784, 10, 4), 5.0, 1e-15);
  cr_expect_float_eq(bench_intensity(784, 10, 1), 20.0, 1e-15);
  cr_expect_eq(bench_intensity(0, 10, 4), 0.0);
  cr_expect_float_eq(bench_roof(100.0, 10.0, 5.0), 50.0, 1e-12, "memory");
  cr_expect_float_eq(bench_roof(100.0, 30.0, 5.0), 100.0, 1e-12, "arithmetic");
  cr_expect_float_eq(bench_roof(0.0, 30.0, 5.0), 150.0, 1e-12, "no probe of arithmetic");
  cr_expect_float_eq(bench_roof(100.0, 0.0, 5.0), 100.0, 1e-12, "nothing is read");
}

struct counter {
  size_t runs, before, after;
  size_t runs_before; /* runs when the last sample began */
};

static void count_run(void *context) { ((struct counter *)context)->runs++; }
static void count_before(void *context) {
  struct counter *counter = context;
  counter->before++;
  counter->runs_before = counter->runs;
}
static void count_after(void *context) { ((struct counter *)context)->after++; }

struct told {
  size_t times, total;
};
static void tell(void *context, size_t done, size_t total) {
  struct told *told = context;
  cr_assert_eq(done, ++told->times);
  told->total = total;
}

Test(measure, every_candidate_is_sampled_in_every_round) {
  struct counter counters[3] = {{0}};
  double samples[3][10];
  struct bench_candidate candidates[3];
  for (size_t i = 0; i < 3; i++) {
    for (size_t round = 0; round < 10; round++) samples[i][round] = -1.0;
    candidates[i] = (struct bench_candidate){.run = count_run, .context = &counters[i], .samples = samples[i]};
  }
  candidates[1].before = count_before, candidates[1].after = count_after;
  struct told told = {0};
  cr_assert(bench_measure(candidates, 3, &(struct bench_settings){10, 1, tell, &told}));
  cr_expect(told.times == 30 && told.total == 30);
  for (size_t i = 0; i < 3; i++) {
    for (size_t round = 0; round < 10; round++) cr_expect_gt(samples[i][round], 0.0);
    cr_expect_gt(candidates[i].repeats, 1000, "a call of nothing is repeated until it can be timed");
    cr_expect_gt(counters[i].runs, 10 * candidates[i].repeats);
  }
  cr_expect_geq(counters[1].before, 10);
  cr_expect_eq(counters[1].after, counters[1].before);
  cr_expect_eq(counters[1].runs - counters[1].runs_before, candidates[1].repeats + 1, "one warm-up run after `before`");
  cr_expect(counters[0].before == 0 && counters[2].after == 0);
}

/* When each sample had been taken and told. */
enum { ROUNDS = 40 };
static void note_time(void *context, size_t done, size_t total) {
  double *told_at = context;
  (void)total;
  told_at[done - 1] = bench_now();
}

/* What lies between the samples: with a function that does nothing, a calibrated round takes less than 1 % more than
 * what it reports. The machine may be busy, so the best of some tries counts. */
Test(measure, costs_next_to_nothing) {
  double least = INFINITY;
  for (int attempt = 0; attempt < 10; attempt++) {
    struct counter counter = {0};
    double samples[ROUNDS], told_at[ROUNDS] = {0}, reported = 0.0;
    struct bench_candidate candidate = {.run = count_run, .context = &counter, .samples = samples};
    cr_assert(bench_measure(&candidate, 1, &(struct bench_settings){ROUNDS, 1, note_time, told_at}));
    for (size_t i = 1; i < ROUNDS; i++) reported += samples[i] * (double)candidate.repeats;
    const double overhead = (told_at[ROUNDS - 1] - told_at[0]) / reported - 1.0;
    cr_expect_geq(overhead, 0.0, "no more is reported than passed");
    if (overhead < least) least = overhead;
  }
  cr_expect_leq(least, 0.01, "%.2f %%", 100.0 * least);
}

/* The probe does the operations it says: each iteration's, so its rate cannot be more than what they take. */
Test(measure, probes_scale_with_their_work) {
  rowcast_cpu cpu;
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
    if (!cpu.usable[isa] || !probe_has((rowcast_isa)isa)) continue;
    struct probe_fma probe = {(rowcast_isa)isa, 1};
    double samples[9];
    struct bench_candidate candidate = {.run = probe_run_fma, .context = &probe, .samples = samples};
    cr_assert(bench_measure(&candidate, 1, &(struct bench_settings){.rounds = 9, .seed = 1}));
    const double rate = probe_fma_flops((rowcast_isa)isa) / bench_summarise(samples, 9).minimum;
    /* Two fused multiply-adds of 16 lanes a cycle at 8 GHz: no machine does more. */
    cr_expect(rate > 1e6 && rate < 2.0 * 2.0 * 16.0 * 8e9, "%s: %g", rowcast_isa_name((rowcast_isa)isa), rate);
  }
  cr_expect_not(probe_has(ROWCAST_SCALAR));
}

/* Every way to read sees every line, whatever their number, and nothing else. */
Test(measure, every_way_reads_every_line) {
  enum { MOST = 37 };
  rowcast_cpu cpu;
  cr_assert(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  probe_read_fn *const readers[] = {
    probe_read_16,
#ifdef __x86_64__
    cpu.usable[ROWCAST_AVX2] ? probe_read_avx2 : NULL,
    cpu.usable[ROWCAST_AVX512] ? probe_read_avx512 : NULL,
#endif
  };
  unsigned char *data = aligned_alloc(64, 64 * (MOST + 1));
  cr_assert_not_null(data);
  memset(data, 0, 64 * (MOST + 1));
  data[64 * MOST] = 1; /* after the end of the longest */
  for (size_t w = 0; w < sizeof readers / sizeof readers[0]; w++)
    for (unsigned streams = 1; streams <= 4 && readers[w] != NULL; streams *= 2)
      for (size_t ahead = 0; ahead <= 512; ahead += 512)
        for (size_t lines = 0; lines <= MOST; lines++) {
          cr_assert(readers[w](data, lines, streams, ahead) == 0);
          for (size_t at = 0; at < 64 * lines; at += 7) {
            data[at] = 0x10;
            cr_assert(readers[w](data, lines, streams, ahead) != 0, "width %zu, %u streams, %zu lines: byte %zu", w,
                      streams, lines, at);
            data[at] = 0;
          }
        }
  free(data);
}

/* What is chosen is a way that there is. */
Test(measure, a_way_is_chosen) {
  enum { BYTES = 1 << 20 };
  unsigned char *data = aligned_alloc(64, BYTES);
  rowcast_cpu cpu;
  cr_assert(data != NULL && rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  memset(data, 1, BYTES);
  struct probe_read probe = {.data = data, .bytes = BYTES, .threads = 1};
  probe_choose_way(&probe);
  cr_assert(probe.way.streams == 1 || probe.way.streams == 2 || probe.way.streams == 4);
  cr_assert(cpu.usable[probe.way.isa] && probe.way.ahead <= 4096);
  probe = (struct probe_read){.data = data, .threads = 1};
  probe_choose_way(&probe); /* nothing to read */
  cr_assert(probe.way.streams == 1 && probe.way.isa == ROWCAST_SCALAR);
  free(data);
}
