/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "data/product.h"
#include "data/ranks.h"
#include "study/disturbances.h"
#include "study/document.h"
#include "study/together.h"
#include "terminal/progress.h"
#include "terminal/report.h"

enum { DEFAULT_COLUMNS = 10 };

/* A call longer than this is taken on fewer rows by studies of every kernel. */
static const double LONGEST = 0.05;

/* Each once: what is asked for twice is measured once. */
static int add_kernel(struct study *study, const char *name, size_t length) {
  for (size_t i = 0; i < study->kernel_count; i++)
    if (strlen(study->kernels[i]) == length && strncmp(study->kernels[i], name, length) == 0) return EXIT_DONE;
  char *kernel = strndup(name, length);
  char **grown = reallocarray(study->kernels, study->kernel_count + 1, sizeof *grown);
  if (grown != NULL) study->kernels = grown;
  if (kernel == NULL || grown == NULL) {
    free(kernel);
    return complain_of_memory("the kernels");
  }
  const int status = check_kernel(kernel, ROWCAST_ORDER_AUTO);
  if (status == EXIT_DONE) study->kernels[study->kernel_count++] = kernel;
  else free(kernel);
  return status;
}

static int choose_kernels(struct study *study, bool every) {
  const char *names = study->options->kernel;
  const rowcast_order order = study->options->order;
  int status = check_kernel(NULL, study->options->order);
  if (names != NULL)
    for (const char *at = names; status == EXIT_DONE; at++) {
      const size_t length = strcspn(at, ",");
      status = add_kernel(study, at, length);
      at += length;
      if (*at == '\0') return status;
    }
  rowcast_cpu cpu;
  rowcast_kernel_info info;
  if (status != EXIT_DONE || rowcast_cpu_detect(&cpu, sizeof cpu, NULL) != ROWCAST_OK) return EXIT_USAGE;
  for (size_t i = 0; every && i < rowcast_kernel_count() && status == EXIT_DONE; i++)
    if (rowcast_kernel_at(i, &cpu, &info, sizeof info) == ROWCAST_OK && info.usable &&
        (order == ROWCAST_ORDER_AUTO || info.order == order))
      status = add_kernel(study, info.name, strlen(info.name));
  return status == EXIT_DONE ? add_kernel(study, "auto", 4) : status;
}

/* Each once. No list has more of them than ROWCAST_MAX_THREADS, the most that any value is. */
static bool add_count(struct number_list *list, bool *known, size_t value) {
  if (known[value]) return true;
  known[value] = true;
  return list_add(list, value);
}

static int choose_threads(struct study *study, enum study_counts counts) {
  const unsigned share = ranks_several() ? ranks_here()->threads() : 0; /* of a host's CPUs */
  const unsigned usual = counts == COUNTS_ONE ? 1 : share > 0 ? share : rowcast_default_threads();
  const unsigned most = usual < ROWCAST_MAX_THREADS ? usual : ROWCAST_MAX_THREADS;
  const struct number_list *asked = &study->options->threads;
  bool known[ROWCAST_MAX_THREADS + 1] = {false}, added = true;
  for (size_t i = 0; i < asked->count && added; i++) added = add_count(&study->threads, known, asked->values[i]);
  for (unsigned t = 1; asked->count == 0 && t < most && added; t += counts == COUNTS_EACH ? 1 : most)
    added = add_count(&study->threads, known, t);
  if (asked->count == 0 && added) added = add_count(&study->threads, known, most);
  return added ? EXIT_DONE : complain_of_memory("the thread counts");
}

/* A list, or where it is empty so many values. */
struct values {
  const size_t *values;
  size_t count;
};
static struct values values_of(const struct number_list *list, const size_t *otherwise, size_t count) {
  return list->count > 0 ? (struct values){list->values, list->count} : (struct values){otherwise, count};
}

static bool add_shapes(struct study *study, struct values rows, struct values ks, struct values ns) {
  for (size_t r = 0; r < rows.count; r++)
    for (size_t k = 0; k < ks.count; k++)
      for (size_t n = 0; n < ns.count; n++) {
        const size_t m = rows.values[r] > 0 ? rows.values[r] : study->images.all_to;
        if (m > 0 && !shapes_add(&study->shapes, &(struct shape){m, ks.values[k], ns.values[n]})) return false;
      }
  return true;
}

static int choose_shapes(struct study *study, const struct study_defaults *defaults) {
  const struct options *options = study->options;
  static const size_t default_n = DEFAULT_COLUMNS;
  const size_t default_k = study->images.images.cols;
  bool added = true;
  for (size_t i = 0; i < options->shapes.count && added; i++)
    added = shapes_add(&study->shapes, &options->shapes.values[i]);
  if (options->shapes.count == 0)
    added = add_shapes(study, values_of(&options->row_counts, defaults->row_counts, defaults->two ? 2 : 1),
                       values_of(&options->k_list, &default_k, 1), values_of(&options->col_list, &default_n, 1));
  return added && shapes_make_unique(&study->shapes) ? EXIT_DONE : complain_of_memory("the shapes");
}

/* Several ranks measure the same: their machines may have other CPUs, or more of them. */
static int compare_choices(const struct study *study) {
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a. Source: RFC 9923 */
  for (size_t t = 0; t < study->threads.count; t++) hash = (hash ^ study->threads.values[t]) * 0x100000001b3u;
  for (size_t i = 0; i < study->kernel_count; i++)
    for (const char *at = study->kernels[i]; *at != '\0'; at++) hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
  return together_same(EXIT_DONE, hash, "thread counts or kernels", "give --threads, and --kernel");
}

/* Rows that are no data set's are known by their checksum: another file's give other results. */
static void name_rows(struct input *images) {
  const rowcast_matrix *x = &images->images;
  const size_t element = dtype_bytes(x->dtype);
  uLong crc = crc32(0, NULL, 0);
  if (input_data_set(images) != NULL) return;
  for (size_t i = 0; i < x->rows; i++)
    crc = crc32_z(crc, (const Bytef *)x->data + i * x->stride * element, x->cols * element);
  snprintf(images->rows_name, sizeof images->rows_name, "images-%08lx", crc);
}

int study_begin(struct study *study, const char *command, const struct options *options,
                const struct study_defaults *defaults) {
  memset(study, 0, sizeof *study);
  study->options = options;
  int status = EXIT_DONE;
  if (options->shapes.count > 0 &&
      (options->row_counts.count > 0 || options->k_list.count > 0 || options->col_list.count > 0)) {
    complain("--shape takes the place of --rows, --k and --cols; try rowcast %s --help", command);
    status = EXIT_USAGE;
  }
  if (status == EXIT_DONE && !pin_prepare(&study->pin, &options->pin)) status = EXIT_USAGE;
  if (status == EXIT_DONE) status = choose_kernels(study, defaults->every_kernel);
  if (status == EXIT_DONE) status = choose_threads(study, defaults->counts);
  if (status == EXIT_DONE) status = compare_choices(study);
  if (status != EXIT_DONE) return status;
  progress_begin("loading", options->quiet);
  status = input_load(&study->images, options, SIZE_MAX);
  if (status == EXIT_DONE) name_rows(&study->images); /* each workload tells it */
  progress_end();
  if (status == EXIT_DONE) status = choose_shapes(study, defaults);
  if (status != EXIT_DONE) return status;
  study->document = document_new(command, options);
  return study->document != NULL ? EXIT_DONE : EXIT_FAILED;
}

void study_end(struct study *study) {
  json_decref(study->document);
  input_free(&study->images);
  shapes_free(&study->shapes);
  list_free(&study->threads);
  for (size_t i = 0; i < study->kernel_count; i++) free(study->kernels[i]);
  free(study->kernels);
  free(study->known);
  pin_free(&study->pin);
}

bool study_wants(const struct study *study, const struct workload *work, rowcast_dtype dtype) {
  bool any = false;
  for (int i = 0; i < ROWCAST_DTYPE_COUNT; i++) any |= study->options->dtypes[i];
  return work->given[dtype] && (!any || study->options->dtypes[dtype]);
}

/* The checksum known for such a result; NULL: none yet. */
static const struct known_result *find_known(const struct study *study, const struct known_result *like) {
  for (size_t i = 0; i < study->known_count; i++) {
    const struct known_result *known = &study->known[i];
    if (known->shape.m == like->shape.m && known->shape.k == like->shape.k && known->shape.n == like->shape.n &&
        strcmp(known->data, like->data) == 0 && known->order == like->order && known->dtype == like->dtype)
      return known;
  }
  return NULL;
}

int study_accepts(struct study *study, const struct trial *trial, bool *right) {
  const struct known_result result = {
    {trial->x.m, trial->x.k, trial->info.n}, trial->work->data, trial->info.order, trial->x.dtype, trial->crc32};
  const struct known_result *known = find_known(study, &result);
  if (trial->right && known == NULL) {
    if (study->known_count == study->known_room) {
      const size_t room = 2 * study->known_room + 16;
      struct known_result *grown = reallocarray(study->known, room, sizeof *grown);
      if (grown == NULL) return complain_of_memory("the checksums");
      study->known = grown;
      study->known_room = room;
    }
    study->known[study->known_count++] = result;
  }
  *right = trial->right && (known == NULL || known->crc32 == trial->crc32);
  if (!*right)
    complain("%s, %s rows: its result is wrong, so it is not timed", trial->name, rowcast_dtype_name(trial->x.dtype));
  return EXIT_DONE;
}

static void show_progress(void *context, size_t done, size_t total) {
  const struct study *study = context;
  progress_set(study->group * 1000 + done * 1000 / total, study->groups * 1000);
}

static void release_teams(const struct trial *trials, size_t trial_count) {
  for (size_t i = 0; i < trial_count; i++) team_release(trials[i].team.pin, trials[i].threads);
}

static int finish(struct study *study, struct trial *trials, size_t trial_count, struct roofs *roofs,
                  size_t roofs_count) {
  bool finished = true;
  for (size_t i = 0; i < roofs_count; i++)
    finished = finished && roofs_finish(&roofs[i]) && document_add_probes(study->document, roofs_json(&roofs[i]));
  finished = finished && disturbances_drop_collapsed(study->document, roofs, roofs_count, &study->one);
  for (size_t i = 0; i < trial_count; i++) finished = finished && trial_finish(&trials[i]);
  finished = finished && disturbances_note(study->document, trials, trial_count, roofs, roofs_count, study->throttled);
  return finished ? EXIT_DONE : complain_of_memory("the results");
}

int study_measure(struct study *study, struct trial *trials, size_t trial_count, struct roofs *roofs,
                  size_t roofs_count, bool watch) {
  const size_t rounds = study->options->rounds;
  struct bench_candidate *candidates = calloc(trial_count + roofs_count * ROOFS_PROBES + 1, sizeof *candidates);
  if (candidates == NULL) return complain_of_memory("the measurement");
  size_t count = 0;
  for (size_t i = 0; i < trial_count; i++) {
    struct trial *trial = &trials[i];
    trial->samples = calloc(rounds, sizeof *trial->samples);
    trial->sample_count = rounds;
    if (trial->samples == NULL) {
      free(candidates);
      return complain_of_memory("the measurement");
    }
    candidates[count++] = (struct bench_candidate){.run = trial_run,
                                                   .context = trial,
                                                   .samples = trial->samples,
                                                   .before = trial->team.pin != NULL ? trial_place : NULL,
                                                   .after = watch ? trial_see : NULL};
  }
  for (size_t i = 0; i < roofs_count; i++) {
    roofs_candidates(&roofs[i], candidates + count);
    count += roofs[i].count;
  }
  rowcast_thread_choice before;
  rowcast_default_threads_explain(&before, sizeof before);
  study->throttled = before.throttled;
  progress_begin("measuring", study->options->quiet);
  const struct bench_settings settings = {rounds, study->options->seed, show_progress, study};
  double *imbalance = calloc(count + 1, sizeof *imbalance);
  int status = imbalance != NULL ? EXIT_DONE : complain_of_memory("the measurement");
  if (status == EXIT_DONE) status = together_measure(candidates, count, &settings, imbalance);
  progress_end();
  study->group++;
  release_teams(trials, trial_count);
  for (size_t i = 0; i < trial_count; i++) {
    trials[i].repeats = candidates[i].repeats;
    if (imbalance != NULL) trials[i].imbalance = imbalance[i];
  }
  free(imbalance);
  free(candidates);
  if (ranks_here()->rank > 0) return status; /* rank 0 has the samples */
  return status == EXIT_DONE ? finish(study, trials, trial_count, roofs, roofs_count) : status;
}

rowcast_order study_order(const struct study *study, size_t i) {
  return strcmp(study->kernels[i], "auto") == 0 ? study->options->order : ROWCAST_ORDER_AUTO;
}

const struct pin *study_pin(const struct study *study) { return study->pin.kind != PIN_NONE ? &study->pin : NULL; }

/* Every kernel on one workload with so many threads. */
static int measure_group(struct study *study, const struct workload *work, unsigned threads, bool *wrong) {
  struct trial *trials = calloc(study->kernel_count * ROWCAST_DTYPE_COUNT, sizeof *trials);
  struct roofs roofs = {0};
  size_t count = 0;
  const struct pin *pin = study_pin(study);
  int status = trials != NULL ? EXIT_DONE : complain_of_memory("the measurement");
  progress_begin("checking", study->options->quiet);
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
    if (!study_wants(study, work, (rowcast_dtype)dtype)) continue;
    for (size_t i = 0; i < study->kernel_count && status == EXIT_DONE; i++) {
      const rowcast_plan_options asked = {
        .kernel = study->kernels[i], .order = study_order(study, i), .dtype = (rowcast_dtype)dtype, .threads = threads};
      status = trial_make(&trials[count], work, work->shape.m, &asked, LONGEST);
      bool right = false;
      if (status == EXIT_DONE) status = study_accepts(study, &trials[count], &right);
      if (status == EXIT_DONE && right) {
        trials[count].roofs = &roofs;
        trials[count++].team.pin = pin;
      } else trial_free(&trials[count]), *wrong |= status == EXIT_DONE;
    }
  }
  progress_end();
  if (status == EXIT_DONE && !roofs_make(&roofs, work, work->shape.m, threads, pin, study->options->rounds))
    status = complain_of_memory("the probes");
  if (status == EXIT_DONE && count > 0) status = study_measure(study, trials, count, &roofs, 1, false);
  for (size_t i = 0; i < count && status == EXIT_DONE; i++)
    if (!document_add_result(study->document, trial_json(&trials[i]))) status = complain_of_memory("the results");
  for (size_t i = 0; i < count; i++) trial_free(&trials[i]);
  roofs_free(&roofs);
  free(trials);
  return status;
}

/* Would so many threads really be started for the batch? The library leaves small ones to fewer. */
static bool worth(const struct workload *work, unsigned threads) {
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
    rowcast_plan *plan;
    const rowcast_plan_options asked = {.threads = threads};
    if (!work->given[dtype] || make_plan(&plan, &work->rows[dtype], &work->weights, &asked) != EXIT_DONE) continue;
    const unsigned used = rowcast_plan_threads_for(plan, work->shape.m);
    rowcast_plan_destroy(plan);
    if (used == threads) return true;
  }
  return false;
}

int study_every_kernel(struct study *study, bool *wrong) {
  int status = EXIT_DONE;
  bool fewer = false;
  *wrong = false;
  study->groups = study->shapes.count * study->threads.count;
  for (size_t s = 0; s < study->shapes.count && status == EXIT_DONE; s++) {
    struct workload work;
    status = workload_make(&work, &study->images, study->options, &study->shapes.values[s]);
    for (size_t t = 0; t < study->threads.count && status == EXIT_DONE; t++) {
      const unsigned threads = (unsigned)study->threads.values[t];
      if (threads == 1 || worth(&work, threads)) {
        status = measure_group(study, &work, threads, wrong);
        continue;
      }
      study->groups--;
      fewer = true;
      if (study->options->threads.count > 0 &&
          !document_add_disturbance(study->document,
                                    "%zu x %zu times %zu x %zu was not measured with %u threads: fewer are "
                                    "started for it",
                                    work.shape.m, work.shape.k, work.shape.k, work.shape.n, threads))
        status = complain_of_memory("the results");
    }
    workload_free(&work);
  }
  if (status == EXIT_DONE && json_array_size(json_object_get(study->document, "results")) == 0) {
    complain("nothing was measured%s",
             fewer && !*wrong ? ": so few rows start fewer threads than --threads asks for" : "");
    status = EXIT_FAILED;
  }
  return status;
}
