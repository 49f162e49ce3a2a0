/* SPDX-License-Identifier: BSD-3-Clause */
#include "race.h"

#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/version.h>
#include <rowcast/writer.h>

#include "check.h"
#include "study/document.h"
#include "terminal/progress.h"
#include "terminal/report.h"

enum { CHECKED_ROWS = 64 };

/* One line of a measurement: a kernel of rowcast's, or a peer's product. Once made, its address must not change. */
struct entry {
  struct trial trial;
  const struct peer *peer; /* NULL: rowcast's */
  struct peer_product product;
};

static void multiply_by_peer(void *context) {
  const struct entry *entry = context;
  entry->peer->multiply(entry->peer, &entry->product);
}

/* Rows spread evenly from the first to the last, each within the bound of any order of summation. */
static bool is_right(const struct trial *trial) {
  const struct rows *x = &trial->x;
  const rowcast_matrix *weights = &trial->work->weights, *result = &trial->work->result;
  const size_t count = x->m < CHECKED_ROWS ? x->m : CHECKED_ROWS;
  for (size_t i = 0; i < count; i++) {
    const size_t row = count > 1 ? (size_t)((double)i * (double)(x->m - 1) / (double)(count - 1)) : 0;
    const struct check_product product = {
      ROWCAST_F32,     1,    x->k, weights->cols, (const float *)x->x + row * x->ldx, x->ldx, weights->data,
      weights->stride, 1.0f, NULL};
    if (check_float64(&product, (const float *)result->data + row * result->stride, result->stride).over > 0)
      return false;
  }
  return true;
}

/* Makes the peer's product of all rows once, and checks it. */
static void make_theirs(struct entry *entry, const struct workload *work, const struct peer *peer, unsigned threads) {
  struct trial *trial = &entry->trial;
  const rowcast_matrix *result = &work->result;
  memset(entry, 0, sizeof *entry);
  trial->work = work;
  trial->x = work->rows[ROWCAST_F32];
  trial->rows_timed = trial->all_rows = trial->x.m;
  trial->info.n = work->shape.n;
  trial->driver = "library";
  trial->kernel = peer->function;
  trial->name = peer->name;
  trial->threads = trial->team.threads = threads;
  trial->instead = multiply_by_peer;
  trial->instead_context = entry;
  entry->peer = peer;
  entry->product = (struct peer_product){(int)trial->x.m, (int)work->shape.n, (int)work->shape.k,
                                         trial->x.x,      work->weights.data, result->data};
  if (peer->set_threads != NULL) peer->set_threads((int)threads);
  memset(result->data, 0xff, trial->x.m * result->stride * sizeof(float)); /* NaN: unwritten outputs are noticed */
  multiply_by_peer(entry);
  trial->crc32 = rowcast_crc32_f32(result->data, trial->x.m, result->cols, result->stride);
  trial->right = is_right(trial);
}

/* The fastest peer; NULL: none was measured. */
static const struct entry *best_of(const struct entry *entries, size_t count) {
  const struct entry *best = NULL;
  for (size_t i = 0; i < count; i++)
    if (entries[i].peer != NULL && (best == NULL || entries[i].trial.time.median < best->trial.time.median))
      best = &entries[i];
  return best;
}

static json_t *number_or_null(bool known, double value) { return known ? json_number(value) : json_null(); }

/* A result with what every study reports, and what this one adds. NULL: no memory. */
static json_t *result_of(const struct entry *entry, const struct entry *best, unsigned threads) {
  const struct trial *trial = &entry->trial;
  const struct peer *peer = entry->peer;
  struct bench_summary ratio = {0};
  double *scratch = malloc(trial->sample_count * sizeof *scratch);
  json_t *result = scratch != NULL ? trial_json(trial) : NULL;
  if (best != NULL && scratch != NULL)
    ratio = bench_ratio(best->trial.samples, trial->samples, scratch, trial->sample_count);
  free(scratch);
  const char *version = peer == NULL ? rowcast_version() : peer->version;
  json_t *more = json_pack(
    "{s:o, s:b, s:I, s:o, s:o, s:o}", "version", version[0] != '\0' ? json_text(version) : json_null(), "peer",
    (int)(peer != NULL), "threads_asked", (json_int_t)threads, "ratio_to_best_peer",
    number_or_null(best != NULL, ratio.median), "ratio_to_best_peer_low", number_or_null(best != NULL, ratio.low),
    "ratio_to_best_peer_high", number_or_null(best != NULL, ratio.high));
  bool made = result != NULL && more != NULL && json_object_update(result, more) == 0;
  json_decref(more);
  if (made && peer != NULL) /* these are rowcast's notions */
    made =
      json_object_set_new(result, "isa", json_null()) == 0 && json_object_set_new(result, "order", json_null()) == 0;
  if (made) return result;
  json_decref(result);
  return NULL;
}

/* Rowcast's kernels first, then the peers; *count of them have a right result. */
static int make_entries(struct study *study, const struct workload *work, const struct peers *peers, unsigned threads,
                        struct entry *entries, size_t *count, bool *wrong) {
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
    if (!study_wants(study, work, (rowcast_dtype)dtype)) continue;
    for (size_t i = 0; i < study->kernel_count; i++) {
      struct trial *trial = &entries[*count].trial;
      const rowcast_plan_options asked = {
        .kernel = study->kernels[i], .order = study_order(study, i), .dtype = (rowcast_dtype)dtype, .threads = threads};
      bool right = false;
      int status = trial_make(trial, work, work->shape.m, &asked, INFINITY);
      if (status == EXIT_DONE) status = study_accepts(study, trial, &right);
      if (status == EXIT_DONE && right) {
        ++*count;
        continue;
      }
      trial_free(trial);
      *wrong = true;
      if (status != EXIT_DONE) return status;
    }
  }
  for (size_t i = 0; i < peers->count; i++) {
    if (peers->list[i].missing[0] != '\0') continue;
    make_theirs(&entries[*count], work, &peers->list[i], threads);
    if (entries[*count].trial.right) {
      ++*count;
      continue;
    }
    *wrong = true;
    complain("%s, %zu x %zu times %zu x %zu: its result is wrong, so it is not timed", peers->list[i].name,
             work->shape.m, work->shape.k, work->shape.k, work->shape.n);
    if (!document_add_disturbance(study->document, "%s is not timed on %zu x %zu times %zu x %zu: its result is wrong",
                                  peers->list[i].name, work->shape.m, work->shape.k, work->shape.k, work->shape.n))
      return complain_of_memory("the results");
  }
  return EXIT_DONE;
}

static int race_once(struct study *study, const struct workload *work, const struct peers *peers, unsigned threads,
                     bool *wrong) {
  const size_t most = study->kernel_count * ROWCAST_DTYPE_COUNT + peers->count;
  struct entry *entries = calloc(most, sizeof *entries);
  struct trial *trials = calloc(most, sizeof *trials);
  struct roofs roofs = {0};
  size_t count = 0;
  omp_set_num_threads((int)threads);
  int status = entries != NULL && trials != NULL ? EXIT_DONE : complain_of_memory("the measurement");
  if (status == EXIT_DONE) {
    progress_begin("checking", study->options->quiet);
    status = make_entries(study, work, peers, threads, entries, &count, wrong);
    progress_end();
  }
  if (status == EXIT_DONE && !roofs_make(&roofs, work, work->shape.m, threads, NULL, study->options->rounds))
    status = complain_of_memory("the probes");
  /* The study takes trials in a row; an entry is one and more. */
  for (size_t i = 0; i < count; i++) {
    entries[i].trial.roofs = &roofs;
    trials[i] = entries[i].trial;
  }
  if (status == EXIT_DONE && count > 0) status = study_measure(study, trials, count, &roofs, 1, false);
  for (size_t i = 0; i < count; i++) entries[i].trial = trials[i];
  const struct entry *best = status == EXIT_DONE ? best_of(entries, count) : NULL;
  for (size_t i = 0; i < count && status == EXIT_DONE; i++)
    if (!document_add_result(study->document, result_of(&entries[i], best, threads)))
      status = complain_of_memory("the results");
  for (size_t i = 0; i < count; i++) trial_free(&entries[i].trial);
  roofs_free(&roofs);
  free(trials);
  free(entries);
  return status;
}

int race(struct study *study, const struct peers *peers, bool *wrong) {
  int status = EXIT_DONE;
  *wrong = false;
  study->groups = study->shapes.count * study->threads.count;
  for (size_t s = 0; s < study->shapes.count && status == EXIT_DONE; s++) {
    struct workload work;
    status = workload_make(&work, &study->images, study->options, &study->shapes.values[s]);
    for (size_t t = 0; t < study->threads.count && status == EXIT_DONE; t++)
      status = race_once(study, &work, peers, (unsigned)study->threads.values[t], wrong);
    workload_free(&work);
  }
  if (status == EXIT_DONE && json_array_size(json_object_get(study->document, "results")) == 0) {
    complain("nothing was measured");
    status = EXIT_FAILED;
  }
  return status;
}
