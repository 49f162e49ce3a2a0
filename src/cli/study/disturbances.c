/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/disturbances.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <rowcast/experimental.h>

#include "scaling.h"
#include "study/conditions.h"
#include "study/document.h"

/* How far a probe or the clock may vary before what was measured beside it is in doubt. */
static const double STEADY = 0.05;

/* "50000 x 784, 2 threads"; returns text. */
enum { WHERE_TEXT = 80 };
static const char *where(size_t rows, size_t k, unsigned threads, char text[WHERE_TEXT]) {
  snprintf(text, WHERE_TEXT, "%zu x %zu, %u thread%s", rows, k, threads, threads == 1 ? "" : "s");
  return text;
}

/* The same of a trial: "auto, u8, 50000 x 784 times 784 x 10, 2 threads". */
enum { WHICH_TEXT = 256 };
static const char *which(const struct trial *trial, char text[WHICH_TEXT]) {
  snprintf(text, WHICH_TEXT, "%.100s, %s, %zu x %zu times %zu x %zu, %u thread%s", trial->name,
           rowcast_dtype_name(trial->x.dtype), trial->x.m, trial->x.k, trial->x.k, trial->info.n, trial->threads,
           trial->threads == 1 ? "" : "s");
  return text;
}

/* Which probe: "reading u8" or "avx2 multiply-adds". */
enum { PROBE_TEXT = 48 };
static const char *probe_text(const struct roof_probe *probe, char text[PROBE_TEXT]) {
  if (probe->read.bytes > 0) snprintf(text, PROBE_TEXT, "reading %s", rowcast_dtype_name(probe->dtype));
  else snprintf(text, PROBE_TEXT, "%s multiply-adds", rowcast_isa_name(probe->fma.isa));
  return text;
}

/* The rate that a probe's roof has; 0: it was taken away. */
static double roof_of(const struct roofs *roofs, const struct roof_probe *probe) {
  return probe->read.bytes > 0 ? roofs->bytes[probe->dtype] : roofs->level_flops[probe->fma.isa];
}

static bool note_collapsed(json_t *document, const struct roofs *roofs) {
  bool noted = true;
  char at[WHERE_TEXT], name[PROBE_TEXT];
  for (size_t i = 0; i < roofs->count && noted; i++)
    if (roofs->probes[i].rate > 0.0 && roof_of(roofs, &roofs->probes[i]) <= 0.0)
      noted = document_add_disturbance(
        document, "%s: the probe of %s did less than half of what one thread did, and made no roof",
        where(roofs->rows, roofs->k, roofs->threads, at), probe_text(&roofs->probes[i], name));
  return noted;
}

bool disturbances_drop_collapsed(json_t *document, struct roofs *roofs, size_t count, struct roofs *one) {
  bool noted = true;
  for (size_t i = 0; i < count; i++)
    if (roofs[i].threads == 1) *one = roofs[i];
  for (size_t i = 0; i < count && noted; i++)
    if (roofs_drop_collapsed(&roofs[i], one) > 0) noted = note_collapsed(document, &roofs[i]);
  return noted;
}

/* No product that leaves nothing out is faster than its roof: then the probe was held up. */
static bool note_slow_probe(json_t *document, const struct trial *trial) {
  const double roof = trial_roof(trial), share = roof > 0.0 ? trial_flops(trial) / trial->time.median / roof : 0.0;
  char text[WHICH_TEXT];
  if (trial->effective || share <= 1.02) return true;
  return document_add_disturbance(document, "%s: %.2f of the roof, so that the probe was slower than the kernel",
                                  which(trial, text), share);
}

/* The median of such samples is of one kind or the other by chance. */
static bool note_two_kinds(json_t *document, const struct trial *trial) {
  char text[WHICH_TEXT];
  if (trial->quick == 0) return true;
  return document_add_disturbance(document, "%s: its samples are of two kinds, %zu about %.3g ms and %zu about %.3g ms",
                                  which(trial, text), trial->quick, 1e3 * trial->quick_s,
                                  trial->sample_count - trial->quick, 1e3 * trial->slow_s);
}

static bool note_unsteady(json_t *document, const struct roofs *roofs) {
  double variation;
  const struct roof_probe *probe = roofs_least_steady(roofs, &variation);
  char at[WHERE_TEXT], name[PROBE_TEXT];
  if (probe == NULL || variation <= STEADY) return true;
  return document_add_disturbance(
    document, "%s: the probe of %s varied: its 90th percentile took %.0f %% longer than its median",
    where(roofs->rows, roofs->k, roofs->threads, at), probe_text(probe, name), 100.0 * variation);
}

/* A clock that was another in the end was another for some of the rounds. */
static bool note_clock(json_t *document) {
  json_t *conditions = json_object_get(document, "conditions");
  if (!conditions_end(conditions)) return false;
  const double ratio = conditions_clock_ratio(conditions);
  if (ratio > 1.0 - STEADY && ratio < 1.0 + STEADY) return true;
  return document_add_disturbance(document, "the clock was %.0f %% %s after the measurement than before",
                                  100.0 * fabs(ratio - 1.0), ratio > 1.0 ? "faster" : "slower");
}

/* Threads beyond what may run at a time. */
static bool note_shared(json_t *document, unsigned threads, double quota) {
  const unsigned cpus = rowcast_available_cpus();
  bool noted = true;
  if (threads > cpus)
    noted = document_add_disturbance(document, "%u threads share the %u CPUs this process may run on", threads, cpus);
  if (quota > 0.0 && threads > quota)
    noted = noted &&
            document_add_disturbance(document, "%u threads share a control group's quota of %.2f CPUs", threads, quota);
  return noted;
}

bool disturbances_note(json_t *document, const struct trial *trials, size_t trial_count, const struct roofs *roofs,
                       size_t roofs_count, long long throttled) {
  bool noted = true;
  char text[WHICH_TEXT];
  rowcast_thread_choice now;
  rowcast_default_threads_explain(&now, sizeof now);
  for (size_t i = 0; i < trial_count && noted; i++)
    noted = note_slow_probe(document, &trials[i]) && note_two_kinds(document, &trials[i]);
  if (now.throttled > throttled)
    noted = noted && document_add_disturbance(document, "the control group's CPU quota was used up in %lld periods",
                                              now.throttled - throttled);
  for (size_t i = 0; i < roofs_count && noted; i++)
    noted = note_unsteady(document, &roofs[i]) && note_shared(document, roofs[i].threads, now.quota);
  for (size_t i = 0; i < trial_count && noted; i++)
    if (trials[i].team.started > 0 && trials[i].team.started < trials[i].threads)
      noted = document_add_disturbance(document, "%s: OpenMP started %u of them", which(&trials[i], text),
                                       trials[i].team.started);
  return noted && note_clock(document);
}

bool disturbances_note_scaling(json_t *document, const struct roofs *roofs, const struct roofs *one) {
  const unsigned threads = roofs->threads;
  const double multiplied = one->flops > 0.0 ? roofs->flops / one->flops : 1.0;
  const enum bench_doubt doubt = one->flops > 0.0 ? bench_doubt_speedup(multiplied, threads) : BENCH_NO_DOUBT;
  bool noted = true;
  char at[WHERE_TEXT];
  where(roofs->rows, roofs->k, threads, at);
  if (doubt == BENCH_TOO_LITTLE)
    noted = document_add_disturbance(
      document, "%s: only %.2f times the multiply-adds of one: they did not have %u cores to themselves", at,
      multiplied, threads);
  if (doubt == BENCH_TOO_MUCH)
    noted = document_add_disturbance(
      document, "%s: %.2f times the multiply-adds of one, which was held up: the speed-ups are too high", at,
      multiplied);
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT && noted; dtype++) {
    const double read = one->bytes[dtype] > 0.0 ? roofs->bytes[dtype] / one->bytes[dtype] : 0.0;
    if (bench_doubt_speedup(read, threads) == BENCH_TOO_MUCH)
      noted = document_add_disturbance(document,
                                       "%s: %s is read %.2f times as fast as by one: either that was held up, or each "
                                       "thread's part came to fit its cache",
                                       at, rowcast_dtype_name((rowcast_dtype)dtype), read);
  }
  return noted;
}
