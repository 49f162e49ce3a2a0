/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/roofs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/kernels.h>

#include "data/ranks.h"
#include "terminal/report.h"

/* Bytes that a probe of memory reads at most: more than caches hold, and read in some 50 ms. */
static const size_t MOST_READ = (size_t)512 << 20;

/* And at least in one run, which begins with the start of a team. */
static const size_t LEAST_READ = (size_t)4 << 20;

struct probe_read roofs_lines(const struct rows *x, size_t rows, unsigned threads) {
  const size_t skip = (64 - (uintptr_t)x->x % 64) % 64;
  const size_t bytes = rows == 0 ? 0 : ((rows - 1) * x->ldx + x->k) * dtype_bytes(x->dtype);
  if (bytes < skip + 64) return (struct probe_read){.data = x->x, .threads = threads};
  const size_t lines = (bytes - skip) / 64 * 64, read = lines < MOST_READ ? lines : MOST_READ;
  return (struct probe_read){
    .data = (const char *)x->x + skip, .bytes = read, .threads = threads, .passes = LEAST_READ / read};
}

static void probe_run(void *context) {
  struct roof_probe *probe = context;
  if (probe->read.bytes > 0) probe_run_read(&probe->read);
  else probe_run_fma(&probe->fma);
}

static void probe_place(void *context) {
  const struct roof_probe *probe = context;
  team_place(&probe->roofs->team);
}

static bool add(struct roofs *roofs, struct roof_probe probe) {
  probe.roofs = roofs;
  probe.samples = calloc(roofs->sample_count, sizeof *probe.samples);
  roofs->probes[roofs->count] = probe;
  roofs->count += probe.samples != NULL;
  return probe.samples != NULL;
}

bool roofs_make(struct roofs *roofs, const struct workload *work, size_t rows, unsigned threads, const struct pin *pin,
                size_t rounds) {
  memset(roofs, 0, sizeof *roofs);
  roofs->threads = threads;
  roofs->rows = rows, roofs->k = work->shape.k;
  roofs->sample_count = rounds;
  roofs->team = (struct team){.pin = pin, .threads = threads};
  rowcast_cpu cpu;
  const bool known = rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK;
  for (int isa = 1; isa < ROWCAST_ISA_COUNT && known; isa++)
    if (cpu.usable[isa] && probe_has((rowcast_isa)isa) &&
        !add(roofs, (struct roof_probe){.fma = {(rowcast_isa)isa, threads}}))
      return false;
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
    if (!work->given[dtype]) continue;
    struct probe_read read = roofs_lines(&work->rows[dtype], rows, threads);
    if (read.bytes > 0 && pin != NULL) team_place(&roofs->team);
    if (read.bytes > 0) probe_choose_way(&read);
    if (read.bytes > 0 && !add(roofs, (struct roof_probe){.read = read, .dtype = (rowcast_dtype)dtype})) return false;
  }
  return true;
}

void roofs_free(struct roofs *roofs) {
  for (size_t i = 0; i < roofs->count; i++) free(roofs->probes[i].samples);
}

void roofs_candidates(struct roofs *roofs, struct bench_candidate *candidates) {
  for (size_t i = 0; i < roofs->count; i++)
    candidates[i] = (struct bench_candidate){
      .run = probe_run,
      .context = &roofs->probes[i],
      .before = roofs->team.pin != NULL ? probe_place : NULL,
      .samples = roofs->probes[i].samples,
    };
}

/* Operations or bytes of one run. */
static double amount(const struct roofs *roofs, const struct roof_probe *probe) {
  const double ranks = ranks_here()->size; /* all of which do it, with the same rows but for one */
  if (probe->read.bytes > 0) return probe_read_bytes(&probe->read) * ranks;
  return probe_fma_flops(probe->fma.isa) * (double)roofs->threads * ranks;
}

bool roofs_finish(struct roofs *roofs) {
  double *sorted = malloc(roofs->sample_count * sizeof *sorted);
  if (sorted == NULL) return false;
  for (size_t i = 0; i < roofs->count; i++) {
    struct roof_probe *probe = &roofs->probes[i];
    memcpy(sorted, probe->samples, roofs->sample_count * sizeof *sorted);
    probe->time = bench_summarise(sorted, roofs->sample_count);
    probe->rate = amount(roofs, probe) / sorted[roofs->sample_count / 10];
    if (probe->read.bytes > 0) roofs->bytes[probe->dtype] = probe->rate;
    else roofs->level_flops[probe->fma.isa] = probe->rate;
    if (probe->read.bytes == 0 && probe->rate > roofs->flops) roofs->flops = probe->rate;
  }
  free(sorted);
  return true;
}

/* Not less than half of what one thread does? */
static size_t drop(double *rate, double one) {
  if (*rate >= 0.5 * one) return 0;
  *rate = 0.0;
  return 1;
}

size_t roofs_drop_collapsed(struct roofs *roofs, const struct roofs *one) {
  size_t dropped = 0;
  if (roofs->threads == 1 || roofs->rows != one->rows || roofs->k != one->k) return 0;
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) dropped += drop(&roofs->level_flops[isa], one->level_flops[isa]);
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) dropped += drop(&roofs->bytes[dtype], one->bytes[dtype]);
  drop(&roofs->flops, one->flops);
  return dropped;
}

const struct roof_probe *roofs_least_steady(const struct roofs *roofs, double *variation) {
  const struct roof_probe *least = NULL;
  *variation = 0.0;
  for (size_t i = 0; i < roofs->count; i++) {
    const struct bench_summary *time = &roofs->probes[i].time;
    const double varied = (time->p90 - time->median) / time->median;
    if (least != NULL && varied <= *variation) continue;
    least = &roofs->probes[i];
    *variation = varied;
  }
  return least;
}

static json_t *probe_json(const struct roofs *roofs, const struct roof_probe *probe) {
  const bool reads = probe->read.bytes > 0;
  json_t *samples = json_array();
  for (size_t i = 0; i < roofs->sample_count; i++) json_array_append_new(samples, json_number(probe->samples[i]));
  const double rate = 1e-9 * probe->rate;
  json_t *object = json_pack("{s:s, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:o}", "probe", reads ? "read" : "fma",
                             "threads", (json_int_t)roofs->threads, "rows", (json_int_t)roofs->rows, "median_s",
                             probe->time.median, "minimum_s", probe->time.minimum, "p90_s", probe->time.p90, "low_s",
                             probe->time.low, "high_s", probe->time.high, "samples_s", samples);
  if (object == NULL) return NULL;
  bool failed = json_object_set_new(object, reads ? "gbytes_per_s" : "gflops", json_number(rate)) != 0;
  if (reads)
    failed |= json_object_set_new(object, "dtype", json_string(rowcast_dtype_name(probe->dtype))) != 0 ||
              json_object_set_new(object, "bytes", json_integer((json_int_t)probe->read.bytes)) != 0 ||
              json_object_set_new(object, "isa", json_string(rowcast_isa_name(probe->read.way.isa))) != 0 ||
              json_object_set_new(object, "streams", json_integer((json_int_t)probe->read.way.streams)) != 0 ||
              json_object_set_new(object, "ahead_bytes", json_integer((json_int_t)probe->read.way.ahead)) != 0;
  else failed |= json_object_set_new(object, "isa", json_string(rowcast_isa_name(probe->fma.isa))) != 0;
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

json_t *roofs_json(const struct roofs *roofs) {
  json_t *array = json_array();
  for (size_t i = 0; i < roofs->count; i++)
    if (json_array_append_new(array, probe_json(roofs, &roofs->probes[i])) != 0) {
      json_decref(array);
      return NULL;
    }
  return array;
}
