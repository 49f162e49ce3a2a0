/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast scale`: throughput for each thread count, with the machine's own scaling beside it. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "args/options.h"
#include "commands.h"
#include "data/product.h"
#include "data/ranks.h"
#include "scaling.h"
#include "study/disturbances.h"
#include "study/document.h"
#include "study/rank_scaling.h"
#include "study/study.h"
#include "study_command.h"
#include "terminal/report.h"

static const struct grid_column columns[] = {
  {"threads", "threads", NULL, GRID_COUNT, 0, 0},
  {"rows", "rows", NULL, GRID_COUNT, 0, 0},
  {"median_s", "median", NULL, GRID_TIME, 0, -1},
  {"low_s", "95 % CI", NULL, GRID_INTERVAL, 0, 0},
  {"mrows_per_s", "Mrows/s", NULL, GRID_NUMBER, 3, 1},
  {"gflops", "GFLOP/s", NULL, GRID_NUMBER, 1, 1},
  {"gbytes_per_s", "GB/s", NULL, GRID_NUMBER, 2, 1},
  {"speedup", "speed-up", NULL, GRID_NUMBER, 2, 1},
  {"speedup_best_serial", "x serial", NULL, GRID_NUMBER, 2, 0},
  {"efficiency", "efficiency", NULL, GRID_NUMBER, 2, 0},
  {"karp_flatt", "Karp-Flatt", NULL, GRID_NUMBER, 3, 0},
  {"probe_fma_speedup", "FMA x", NULL, GRID_NUMBER, 2, 0},
  {"probe_read_speedup", "read x", NULL, GRID_NUMBER, 2, 0},
  {"roofline_share", "of roof", NULL, GRID_NUMBER, 2, 0},
  {"cpus_seen", "CPUs", NULL, GRID_LIST, 0, 0},
  /* Of several ranks. */
  {"rank_speedup", "x ranks", NULL, GRID_NUMBER, 2, 1},
  {"probe_fma_rank_speedup", "FMA x ranks", NULL, GRID_NUMBER, 2, 0},
  {"probe_read_rank_speedup", "read x ranks", NULL, GRID_NUMBER, 2, 0},
  {"imbalance", "slowest/mean", NULL, GRID_NUMBER, 2, 0},
};
static const char *const groups[] = {"kernel", "k", "n", "dtype", "weak", "full_rows", "ranks", NULL};

/* Which kernel this is about; the serial time that "x serial" compares with. */
static char *heading(const json_t *first) {
  const json_t *serial = json_object_get(first, "best_serial_s");
  const json_t *ranks = json_object_get(first, "ranks");
  char *text, *best = NULL, several[32] = "";
  if (json_is_integer(ranks))
    snprintf(several, sizeof several, "; %" JSON_INTEGER_FORMAT " rank%s", json_integer_value(ranks),
             json_integer_value(ranks) == 1 ? "" : "s");
  if (json_is_number(serial) && asprintf(&best, "; best serial kernel: %s, %.3g ms for %" JSON_INTEGER_FORMAT " rows",
                                         document_shown(first, "best_serial_kernel"), 1e3 * json_number_value(serial),
                                         json_integer_value(json_object_get(first, "full_rows"))) < 0)
    return NULL;
  const int length =
    asprintf(&text, "%s (%s), %s, %s, K = %" JSON_INTEGER_FORMAT ", N = %" JSON_INTEGER_FORMAT "; %s scaling%s%s",
             document_shown(first, "kernel"), document_shown(first, "runs"), document_shown(first, "dtype"),
             document_shown(first, "data"), json_integer_value(json_object_get(first, "k")),
             json_integer_value(json_object_get(first, "n")),
             json_is_true(json_object_get(first, "weak")) ? "weak" : "strong", several, best != NULL ? best : "");
  free(best);
  return length < 0 ? NULL : text;
}

static const char *const spare[] = {
  "mrows_per_s", "cpus_seen", "speedup_best_serial", "low_s", "gbytes_per_s", "roofline_share",
  "karp_flatt",  "gflops",    "probe_read_speedup",  NULL};

const struct grid *scale_grid(const json_t *document) {
  enum { COLUMNS = sizeof columns / sizeof columns[0], OF_RANKS = 4 };
  static const struct grid of_one = {columns, COLUMNS - OF_RANKS, groups, heading, spare},
                           of_ranks = {columns, COLUMNS, groups, heading, spare};
  const json_t *result;
  size_t i;
  json_array_foreach(json_object_get(document, "results"), i,
                     result) if (json_is_number(json_object_get(result, "imbalance"))) return &of_ranks;
  return &of_one;
}

/* One measurement: every kernel and element type at every thread count of one shape, all in the same rounds. */
struct sweep {
  struct study *study;
  const struct workload *work;
  size_t all_rows;       /* of the shape, whatever its part here is */
  const struct pin *pin; /* NULL: none */
  struct trial *trials;
  size_t scaling; /* the first of the trials are the kernels asked for; the others serial kernels to compare with */
  size_t count, capacity;
  struct roofs *roofs;        /* one for each thread count */
  const struct roofs *single; /* that of one thread */
  double quota;               /* of CPUs, of the control group; 0: none */
  bool wrong;
};

static size_t most_threads(const struct study *study) {
  size_t most = 1;
  for (size_t i = 0; i < study->threads.count; i++)
    if (study->threads.values[i] > most) most = study->threads.values[i];
  return most;
}

/* The rows that t threads get. Weak scaling gives each thread the same, and the most threads all of them. */
static size_t rows_of(const struct sweep *sweep, size_t threads) {
  const size_t m = sweep->work->shape.m;
  return sweep->study->options->weak ? m / most_threads(sweep->study) * threads : m;
}

static int add_trial(struct sweep *sweep, const rowcast_plan_options *asked, size_t rows, const struct roofs *roofs) {
  struct trial *trial = &sweep->trials[sweep->count];
  bool right = false;
  int status = trial_make(trial, sweep->work, rows, asked, 1e9);
  if (status == EXIT_DONE) status = study_accepts(sweep->study, trial, &right);
  if (status == EXIT_DONE && right) {
    trial->roofs = roofs;
    trial->team.pin = sweep->pin;
    sweep->count++;
    return EXIT_DONE;
  }
  sweep->wrong |= status == EXIT_DONE;
  trial_free(trial);
  return status;
}

/* Serial kernels that may be the fastest: those expected to take no more than half as long again as the cheapest. */
static int add_serial(struct sweep *sweep, rowcast_dtype dtype) {
  const struct shape *shape = &sweep->work->shape;
  const struct rows *x = &sweep->work->rows[dtype];
  rowcast_cpu cpu;
  rowcast_choice chosen;
  const rowcast_order order = sweep->study->options->order;
  rowcast_plan *plan;
  int status = make_plan(&plan, x, &sweep->work->weights, &(rowcast_plan_options){.driver = "serial", .order = order});
  if (status != EXIT_DONE) return status;
  const rowcast_status explained = rowcast_plan_explain(plan, shape->m, x->x, x->ldx, &chosen, sizeof chosen);
  rowcast_plan_destroy(plan);
  if (explained != ROWCAST_OK || rowcast_cpu_detect(&cpu, sizeof cpu, NULL) != ROWCAST_OK) return EXIT_FAILED;
  for (size_t i = 0; i < rowcast_kernel_count() && status == EXIT_DONE; i++) {
    rowcast_kernel_info info;
    if (rowcast_kernel_at(i, &cpu, &info, sizeof info) != ROWCAST_OK || !info.usable) continue;
    if (order != ROWCAST_ORDER_AUTO && info.order != order) continue;
    if (rowcast_kernel_cycles(i, &cpu, shape->k, shape->n, chosen.nonzero_share) > 1.5 * chosen.cycles) continue;
    const rowcast_plan_options asked = {.kernel = info.name, .driver = "serial", .dtype = dtype, .threads = 1};
    status = add_trial(sweep, &asked, shape->m, NULL);
  }
  return status;
}

static int add_trials(struct sweep *sweep) {
  const struct study *study = sweep->study;
  const struct options *options = study->options;
  int status = EXIT_DONE;
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
    if (!study_wants(study, sweep->work, (rowcast_dtype)dtype)) continue;
    for (size_t i = 0; i < study->kernel_count; i++)
      for (size_t t = 0; t < study->threads.count && status == EXIT_DONE; t++) {
        const unsigned threads = (unsigned)study->threads.values[t];
        const rowcast_plan_options asked = {
          .kernel = study->kernels[i],
          .order = study_order(study, i),
          .driver = threads > 1 ? options->driver : "serial",
          .dtype = (rowcast_dtype)dtype,
          .threads = threads,
          .chunk_rows = options->chunk,
        };
        status = add_trial(sweep, &asked, rows_of(sweep, threads), &sweep->roofs[t]);
      }
  }
  sweep->scaling = sweep->count;
  /* Of several ranks no serial kernel is measured: it would need one of them alone. */
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT && status == EXIT_DONE && !ranks_several(); dtype++)
    if (study_wants(study, sweep->work, (rowcast_dtype)dtype)) status = add_serial(sweep, (rowcast_dtype)dtype);
  return status;
}

/* The line of one thread that a line is compared with; NULL: none was asked for. */
static const struct trial *single_of(const struct sweep *sweep, const struct trial *trial) {
  for (size_t i = 0; i < sweep->scaling; i++) {
    const struct trial *other = &sweep->trials[i];
    if (other->threads == 1 && other->x.dtype == trial->x.dtype && strcmp(other->name, trial->name) == 0) return other;
  }
  return NULL;
}

static const struct trial *best_serial_of(const struct sweep *sweep, rowcast_dtype dtype) {
  const struct trial *best = NULL;
  for (size_t i = sweep->scaling; i < sweep->count; i++) {
    const struct trial *trial = &sweep->trials[i];
    if (trial->x.dtype == dtype && (best == NULL || trial->time.median < best->time.median)) best = trial;
  }
  return best;
}

static json_t *known(double value) { return value > 0.0 ? json_number(value) : json_null(); }

/* How much faster than one thread, round by round: the median and its interval. Zeros: one thread was not measured.
 * False: no memory. */
static bool speedup_of(const struct trial *single, const struct trial *trial, bool weak,
                       struct bench_summary *speedup) {
  *speedup = (struct bench_summary){0};
  if (single == NULL) return true;
  double *ratios = calloc(trial->sample_count, sizeof *ratios);
  if (ratios == NULL) return false;
  for (size_t i = 0; i < trial->sample_count; i++)
    ratios[i] = weak ? bench_weak_speedup(single->samples[i], trial->samples[i], trial->threads)
                     : bench_speedup(single->samples[i], trial->samples[i]);
  *speedup = bench_summarise(ratios, trial->sample_count);
  free(ratios);
  return true;
}

/* What there is to say of ranks, where there are several; rank 0's share is the largest. */
static bool add_ranks(const struct trial *trial, json_t *object) {
  if (ranks_here()->all == 1) return true;
  const json_int_t bytes = (json_int_t)(trial->x.m * trial->x.k * dtype_bytes(trial->x.dtype));
  json_t *ranks = json_pack("{s:i, s:f, s:I}", "ranks", (int)ranks_here()->size, "imbalance",
                            ranks_several() ? trial->imbalance : 1.0, "rank_bytes", bytes);
  const bool added = ranks != NULL && json_object_update(object, ranks) == 0;
  json_decref(ranks);
  return added;
}

static json_t *result_of(const struct sweep *sweep, const struct trial *trial) {
  const struct trial *single = single_of(sweep, trial), *serial = best_serial_of(sweep, trial->x.dtype);
  const struct roofs *roofs = trial->roofs, *one = sweep->single;
  const bool weak = sweep->study->options->weak;
  const unsigned threads = trial->threads;
  const double ideal = bench_ideal_speedup(threads, pin_cpus_of(sweep->pin, threads), sweep->quota);
  const double median = trial->time.median, rows = (double)trial->all_rows;
  /* Of all ranks, with the most threads. */
  const size_t full_rows = weak ? sweep->work->shape.m * ranks_here()->size : sweep->all_rows;
  double against_serial = 0.0;
  struct bench_summary ratio;
  if (!speedup_of(single, trial, weak, &ratio)) return NULL;
  const double speedup = ratio.median;
  /* The serial kernels took all rows: by rows, so that it is right for weak scaling as well. */
  if (serial != NULL) against_serial = bench_speedup(serial->time.median / (double)serial->x.m, median / rows);
  json_t *object = trial_json(trial);
  json_t *figures = json_pack(
    "{s:b, s:I, s:f, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:s?, s:o, s:i, s:o}", "weak", (int)weak, "full_rows",
    (json_int_t)full_rows, "mrows_per_s", 1e-6 * rows / median, "speedup", known(speedup), "speedup_low",
    known(ratio.low), "speedup_high", known(ratio.high), "ideal_speedup", ideal, "efficiency",
    known(bench_efficiency(speedup, ideal)), "karp_flatt",
    speedup > 0.0 && !weak ? json_number(bench_karp_flatt(speedup, ideal)) : json_null(), "speedup_best_serial",
    known(against_serial), "probe_fma_speedup",
    known(one != NULL && one->flops > 0.0 ? roofs->flops / one->flops : 0.0), "probe_read_speedup",
    known(one != NULL && one->bytes[trial->x.dtype] > 0.0 ? roofs->bytes[trial->x.dtype] / one->bytes[trial->x.dtype]
                                                          : 0.0),
    "best_serial_kernel", serial != NULL ? serial->name : NULL, "best_serial_s",
    known(serial != NULL ? serial->time.median : 0.0), "threads_started", (int)trial->team.started, "cpus_seen",
    team_json(&trial->team));
  if (object == NULL || figures == NULL || json_object_update(object, figures) != 0 || !add_ranks(trial, object)) {
    json_decref(object);
    object = NULL;
  }
  json_decref(figures);
  return object;
}

static int note_scaling(struct sweep *sweep) {
  const struct study *study = sweep->study;
  if (sweep->single == NULL &&
      !document_add_disturbance(study->document, "one thread was not measured, so there is no speed-up against it"))
    return complain_of_memory("the results");
  for (size_t t = 0; t < study->threads.count; t++) {
    const struct roofs *roofs = &sweep->roofs[t];
    /* More threads than can run are said already. */
    if (sweep->single == NULL || roofs->threads > rowcast_available_cpus()) continue;
    if (!disturbances_note_scaling(study->document, roofs, sweep->single)) return complain_of_memory("the results");
  }
  return EXIT_DONE;
}

static int measure(struct sweep *sweep) {
  struct study *study = sweep->study;
  int status = EXIT_DONE;
  for (size_t t = 0; t < study->threads.count && status == EXIT_DONE; t++) {
    const unsigned threads = (unsigned)study->threads.values[t];
    if (!roofs_make(&sweep->roofs[t], sweep->work, rows_of(sweep, threads), threads, sweep->pin,
                    study->options->rounds))
      status = complain_of_memory("the probes");
    if (threads == 1) sweep->single = &sweep->roofs[t];
  }
  if (status == EXIT_DONE) status = add_trials(sweep);
  if (status == EXIT_DONE && sweep->count > 0)
    status = study_measure(study, sweep->trials, sweep->count, sweep->roofs, study->threads.count, true);
  if (ranks_here()->rank > 0) return status;
  for (size_t i = 0; i < sweep->scaling && status == EXIT_DONE; i++)
    if (!document_add_result(study->document, result_of(sweep, &sweep->trials[i])))
      status = complain_of_memory("the results");
  return status == EXIT_DONE ? note_scaling(sweep) : status;
}

/* Thread counts that rise one by one are told as A-B. */
static int note_impossible(struct study *study, const struct number_list *counts, size_t rows) {
  for (size_t i = 0; i < counts->count;) {
    const size_t first = counts->values[i];
    size_t j = i + 1;
    while (j < counts->count && counts->values[j] == first + (j - i)) j++;
#ifdef _OPENMP
    static const char why[] = "rows and OMP_THREAD_LIMIT let fewer start";
#else
    static const char why[] = "rows and a build without OpenMP let fewer start";
#endif
    const bool noted =
      j == i + 1 ? document_add_disturbance(study->document, "%zu threads were not measured: %zu %s", first, rows, why)
                 : document_add_disturbance(study->document, "%zu-%zu threads were not measured: %zu %s", first,
                                            counts->values[j - 1], rows, why);
    if (!noted) return complain_of_memory("the results");
    i = j;
  }
  return EXIT_DONE;
}

/* Threads that will really be started: no more than there are rows, or OMP_THREAD_LIMIT allows. What else was asked for
 * is noted, and left out. */
static int keep_possible(struct study *study, const struct number_list *asked, const struct shape *shape) {
  const int limit = omp_get_thread_limit();
  const size_t rows = study->options->weak ? shape->m : shape->m / ranks_here()->size; /* of a rank, at least */
  struct number_list impossible = {0};
  bool added = true;
  study->threads = (struct number_list){0};
  for (size_t t = 0; t < asked->count && added; t++) {
    const size_t threads = asked->values[t];
    const bool possible = threads <= rows && (limit <= 0 || threads <= (size_t)limit);
    added = list_add(possible ? &study->threads : &impossible, threads);
  }
  int status = added ? note_impossible(study, &impossible, rows) : complain_of_memory("the thread counts");
  list_free(&impossible);
  if (status != EXIT_DONE || study->threads.count > 0) return status;
  complain("--threads: none of these counts can be started for %zu rows", rows);
  return EXIT_FAILED;
}

/* All of one shape. */
static int scale(struct study *study, const struct shape *shape, bool *wrong) {
  struct workload work = {0};
  const struct number_list asked = study->threads;
  if (study->options->weak && most_threads(study) > shape->m) {
    complain("--weak: %zu rows are too few for %zu threads; try rowcast scale --help", shape->m, most_threads(study));
    return EXIT_USAGE;
  }
  if (shape->m < ranks_here()->size) {
    complain("%u ranks need as many rows at least; there %s %zu", ranks_here()->size, shape->m == 1 ? "is" : "are",
             shape->m);
    return EXIT_FAILED;
  }
  int status = keep_possible(study, &asked, shape);
  if (status == EXIT_DONE) status = workload_make(&work, &study->images, study->options, shape);
  rowcast_thread_choice choice;
  rowcast_default_threads_explain(&choice, sizeof choice);
  struct sweep sweep = {
    .study = study, .work = &work, .all_rows = shape->m, .pin = study_pin(study), .quota = choice.quota};
  const size_t lines = ROWCAST_DTYPE_COUNT * (study->kernel_count * study->threads.count + rowcast_kernel_count());
  if (status == EXIT_DONE) {
    sweep.trials = calloc(lines, sizeof *sweep.trials);
    sweep.roofs = calloc(study->threads.count, sizeof *sweep.roofs);
    status = sweep.trials != NULL && sweep.roofs != NULL ? measure(&sweep) : complain_of_memory("the measurement");
  }
  for (size_t i = 0; i < sweep.count; i++) trial_free(&sweep.trials[i]);
  for (size_t t = 0; sweep.roofs != NULL && t < study->threads.count; t++) roofs_free(&sweep.roofs[t]);
  free(sweep.trials);
  free(sweep.roofs);
  workload_free(&work);
  list_free(&study->threads);
  study->threads = asked;
  *wrong |= sweep.wrong;
  return status;
}

/* All shapes, on so many of the ranks. */
static int scale_ranks(struct study *study, unsigned ranks, bool *wrong) {
  int status = ranks_here()->all > 1 ? ranks_here()->among(EXIT_DONE, ranks) : EXIT_DONE;
  if (ranks_here()->rank >= ranks) return status;
  study->known_count = 0; /* of other shares of the rows */
  for (size_t s = 0; s < study->shapes.count && status == EXIT_DONE; s++)
    status = scale(study, &study->shapes.values[s], wrong);
  return status;
}

int measure_scale(const struct options *options, json_t **document, bool *wrong) {
  const struct study_defaults defaults = {.counts = COUNTS_EACH};
  struct study study = {0};
  struct number_list ranks = {0};
  int status = rank_counts(options, &ranks);
  if (status == EXIT_DONE) status = study_begin(&study, "scale", options, &defaults);
  study.groups = study.shapes.count * ranks.count;
  for (size_t i = 0; i < ranks.count && status == EXIT_DONE; i++) {
    status = scale_ranks(&study, (unsigned)ranks.values[i], wrong);
    if (ranks_here()->all > 1) status = ranks_here()->among(status, ranks_here()->all);
  }
  const bool tells = ranks_here()->rank == 0;
  json_t *results = json_object_get(study.document, "results");
  if (status == EXIT_DONE && tells && json_array_size(results) == 0 && !*wrong) {
    complain("nothing was measured");
    status = EXIT_FAILED;
  }
  if (status == EXIT_DONE && tells) status = rank_speedups(results);
  list_free(&ranks);
  *document = json_incref(study.document);
  study_end(&study);
  return status;
}

int command_scale(const struct options *options) {
  if (!ranks_several() || options->pin.kind == PIN_NONE)
    return study_command("scale", measure_scale, scale_grid, options);
  complain("--pin is for one process: launchers bind ranks");
  return EXIT_USAGE;
}
