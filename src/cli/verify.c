/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast verify`: every usable kernel x driver x thread count x element type on real rows, against its order's
 * model (bits) and float64 (bound); and bytes against float32 where they promise the same bits. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>

#include "args/advice.h"
#include "args/options.h"
#include "commands.h"
#include "data/input.h"
#include "data/product.h"
#include "data/rows.h"
#include "data/units.h"
#include "data/weights.h"
#include "study/machine.h"
#include "terminal/progress.h"
#include "terminal/report.h"
#include "terminal/terminal.h"
#include "verify_line.h"
#include "verify_print.h"
#include "verify_reference.h"

struct verify_job {
  const struct options *options;
  struct machine machine;
  struct input input;
  rowcast_matrix weights, result;
  struct rows rows[ROWCAST_DTYPE_COUNT];
  bool given[ROWCAST_DTYPE_COUNT]; /* is rows[] to be checked? */
  float scale;
  struct number_list threads; /* each once */
  struct reference references[ROWCAST_ORDER_COUNT][ROWCAST_DTYPE_COUNT];
  struct verify_list list;
};

static int append(struct verify_list *list, const struct verify_line *line) {
  if (list->count == list->capacity) {
    const size_t capacity = list->capacity > 0 ? 2 * list->capacity : 64;
    struct verify_line *grown = reallocarray(list->lines, capacity, sizeof *grown);
    if (grown == NULL) return complain_of_memory("the list of checks");
    list->lines = grown;
    list->capacity = capacity;
  }
  list->lines[list->count++] = *line;
  if (!line->ok) list->failed++;
  return EXIT_DONE;
}

static struct check_product product_of(const struct verify_job *job, rowcast_dtype dtype) {
  const struct rows *rows = &job->rows[dtype];
  const rowcast_matrix *weights = &job->weights;
  return (struct check_product){dtype,     rows->m,       rows->k,         weights->cols, rows->x,
                                rows->ldx, weights->data, weights->stride, rows->scale,   NULL};
}

/* The thread counts to check: the option's, else 1, 2, 3, 7 and the default one, each once. False: no memory. */
static bool choose_threads(struct verify_job *job) {
  const unsigned most = job->machine.threads.threads;
  const size_t usual[] = {1, 2, 3, 7, most < ROWCAST_MAX_THREADS ? most : ROWCAST_MAX_THREADS};
  const struct number_list *asked = &job->options->threads;
  const size_t *from = asked->count > 0 ? asked->values : usual, count = asked->count > 0 ? asked->count : 5;
  bool known[ROWCAST_MAX_THREADS + 1] = {false}, added = true; /* no count is more */
  for (size_t i = 0; i < count && added; i++) {
    if (!known[from[i]]) added = list_add(&job->threads, from[i]);
    known[from[i]] = true;
  }
  return added;
}

static int load(struct verify_job *job) {
  const enum dtype_choice dtype = job->options->dtype;
  int status = input_load(&job->input, job->options, SIZE_MAX);
  if (status != EXIT_DONE) return status;
  job->scale = units_scale(&job->input, job->options);
  const bool bytes = job->input.images.dtype == ROWCAST_U8;
  job->given[ROWCAST_F32] = dtype != DTYPE_U8;
  job->given[ROWCAST_U8] = dtype == DTYPE_U8 || (dtype == DTYPE_AUTO && bytes);
  if (job->given[ROWCAST_F32]) status = rows_prepare(&job->rows[ROWCAST_F32], &job->input, DTYPE_F32, job->scale);
  if (status == EXIT_DONE && job->given[ROWCAST_U8])
    status = rows_prepare(&job->rows[ROWCAST_U8], &job->input, DTYPE_U8, job->scale);
  const size_t m = job->input.to - job->input.from;
  if (status == EXIT_DONE) status = weights_load(&job->weights, m, job->input.columns, job->options);
  if (status == EXIT_DONE && rowcast_matrix_alloc(&job->result, ROWCAST_F32, m, job->weights.cols) != ROWCAST_OK)
    status = complain_of_memory("the results");
  return status;
}

static bool wanted(const struct verify_job *job, size_t i, rowcast_kernel_info *info) {
  const char *only = job->options->kernel;
  const rowcast_order order = job->options->order;
  if (rowcast_kernel_at(i, &job->machine.cpu, info, sizeof *info) != ROWCAST_OK || !info->usable) return false;
  if (order != ROWCAST_ORDER_AUTO && info->order != order) return false;
  return only == NULL || strcmp(only, "auto") == 0 || strcmp(only, info->name) == 0;
}

static int make_references(struct verify_job *job) {
  for (size_t i = 0; i < rowcast_kernel_count(); i++) {
    rowcast_kernel_info info;
    if (!wanted(job, i, &info)) continue;
    for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
      struct reference *reference = &job->references[info.order][dtype];
      if (!job->given[dtype] || reference->made) continue;
      const struct check_product product = product_of(job, (rowcast_dtype)dtype);
      if (!reference_make(reference, &product, info.order)) return complain_of_memory("a model's result");
    }
  }
  return EXIT_DONE;
}

/* One product, into a result that begins as NaN, so that an output left out differs. */
static int check_one(struct verify_job *job, const rowcast_kernel_info *info, rowcast_dtype dtype, const char *driver,
                     unsigned threads) {
  const struct rows *rows = &job->rows[dtype];
  const struct reference *reference = &job->references[info->order][dtype];
  rowcast_matrix *result = &job->result;
  float *c = result->data;
  rowcast_plan *plan;
  const rowcast_plan_options asked = {.kernel = info->name, .driver = driver, .threads = threads};
  int status = make_plan(&plan, rows, &job->weights, &asked);
  if (status != EXIT_DONE) return status;
  for (size_t i = 0; i < result->rows * result->stride; i++) c[i] = NAN;
  const rowcast_status multiplied = rowcast_matmul(plan, rows->m, rows->x, rows->ldx, c, result->stride);
  rowcast_plan_destroy(plan);
  if (multiplied != ROWCAST_OK) {
    complain("%s: the product: %s", info->name, rowcast_status_text(multiplied));
    return EXIT_FAILED;
  }
  const struct check_product product = product_of(job, dtype);
  struct verify_line line = {
    .kernel = info->name, .isa = info->isa, .order = info->order, .dtype = dtype, .driver = driver, .threads = threads};
  line.difference = check_bits(c, result->stride, reference->c.data, reference->c.stride, result->rows, result->cols);
  /* The same bits have the model's errors; others have their own. */
  line.bound = line.difference.count == 0 ? reference->bound : bound_of(&product, c, result->stride);
  line.ok = line.difference.count == 0 && line.bound.over == 0;
  return append(&job->list, &line);
}

static int check_kernel_of(struct verify_job *job, const rowcast_kernel_info *info, rowcast_dtype dtype) {
  int status = EXIT_DONE;
  for (size_t d = 0; d < rowcast_driver_count(); d++) {
    const char *driver = rowcast_driver_name(d);
    if (strcmp(driver, "serial") == 0) {
      status = check_one(job, info, dtype, driver, 1);
      if (status != EXIT_DONE) return status;
      continue;
    }
    for (size_t t = 0; t < job->threads.count && status == EXIT_DONE; t++)
      status = check_one(job, info, dtype, driver, (unsigned)job->threads.values[t]);
  }
  return status;
}

static bool is_power_of_two(float value) {
  int exponent;
  return fabsf(frexpf(value, &exponent)) == 0.5f;
}

/* Bytes and float32 have the same products where neither a pixel nor a weight is rounded when it is scaled: with a
 * power of two that lets none of them underflow or overflow (docs/numerics.md). */
static bool scales_exactly(const rowcast_matrix *weights, float scale) {
  if (!is_power_of_two(scale) || !isfinite(255.0f * scale)) return false;
  const float *w = weights->data;
  for (size_t i = 0; i < weights->rows; i++)
    for (size_t j = 0; j < weights->cols; j++) {
      const float value = w[i * weights->stride + j];
      if (isfinite(value) && (double)(value * scale) != (double)value * (double)scale) return false;
    }
  return true;
}

/* Then an order's bytes and float32 must agree. Their models are compared: every kernel has been compared with
 * them. */
static int check_bytes(struct verify_job *job) {
  if (!job->given[ROWCAST_F32] || !job->given[ROWCAST_U8] || !scales_exactly(&job->weights, job->scale))
    return EXIT_DONE;
  for (int order = 1; order < ROWCAST_ORDER_COUNT; order++) {
    const struct reference *bytes = &job->references[order][ROWCAST_U8];
    const struct reference *floats = &job->references[order][ROWCAST_F32];
    if (!bytes->made || !floats->made) continue;
    struct verify_line line = {.kernel = "u8 = f32",
                               .order = (rowcast_order)order,
                               .dtype = ROWCAST_U8,
                               .driver = "model",
                               .threads = 1,
                               .bound = bytes->bound};
    line.difference =
      check_bits(bytes->c.data, bytes->c.stride, floats->c.data, floats->c.stride, bytes->c.rows, bytes->c.cols);
    line.ok = line.difference.count == 0;
    const int status = append(&job->list, &line);
    if (status != EXIT_DONE) return status;
  }
  return EXIT_DONE;
}

/* The distance of each order that was checked from exact, whose result is made for that if need be. */
static int measure_distances(struct verify_job *job) {
  struct verify_list *list = &job->list;
  for (int order = 1; order < ROWCAST_ORDER_COUNT; order++)
    for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) {
      const struct reference *reference = &job->references[order][dtype];
      struct reference *exact = &job->references[ROWCAST_EXACT][dtype];
      if (order == ROWCAST_EXACT || !reference->made) continue;
      const struct check_product product = product_of(job, (rowcast_dtype)dtype);
      if (!exact->made && !reference_make(exact, &product, ROWCAST_EXACT))
        return complain_of_memory("a model's result");
      const rowcast_matrix *a = &reference->c, *b = &exact->c;
      list->distances[list->distance_count++] =
        (struct verify_distance){(rowcast_order)order, (rowcast_dtype)dtype,
                                 check_distance(a->data, a->stride, b->data, b->stride, a->rows, a->cols)};
    }
  return EXIT_DONE;
}

static int check_all(struct verify_job *job) {
  size_t kernels = 0, done = 0;
  rowcast_kernel_info info;
  int status = make_references(job);
  for (size_t i = 0; i < rowcast_kernel_count(); i++) kernels += wanted(job, i, &info);
  for (size_t i = 0; i < rowcast_kernel_count() && status == EXIT_DONE; i++) {
    if (!wanted(job, i, &info)) continue;
    progress_set(++done, kernels);
    for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT && status == EXIT_DONE; dtype++)
      if (job->given[dtype]) status = check_kernel_of(job, &info, (rowcast_dtype)dtype);
  }
  if (status == EXIT_DONE) status = check_bytes(job);
  if (status == EXIT_DONE) status = measure_distances(job);
  return status;
}

static int load_check_and_print(struct verify_job *job) {
  rowcast_error error;
  if (machine_read(&job->machine, &error) != ROWCAST_OK) return complain_of(&error);
  if (!choose_threads(job)) return complain_of_memory("the thread counts");
  progress_begin("verifying", job->options->quiet);
  int status = load(job);
  const size_t m = job->result.rows, n = job->result.cols;
  if (status == EXIT_DONE && (m == 0 || n == 0)) {
    progress_end();
    complain("%s: nothing was checked: %s", job->input.path,
             m == 0 ? "no rows are selected" : "the weights have no columns");
    return EXIT_FAILED;
  }
  if (status == EXIT_DONE) status = check_all(job);
  progress_end();
  if (status != EXIT_DONE) return status;

  const struct verify_list *list = &job->list;
  if (job->options->json) status = verify_json(list, job->options, m, job->weights.rows, n);
  else if (!job->options->quiet) {
    char rows[ROWS_TEXT];
    if (input_leaves_rows(&job->input))
      out("%s: %s\n\n", printable(job->input.path), input_rows_text(&job->input, rows));
    verify_print(list, terminal_colors(job->options->color));
  }
  if (list->failed > 0) complain("%s: %zu of %zu checks failed", job->input.path, list->failed, list->count);
  return list->failed > 0 || list->count == 0 ? EXIT_FAILED : status;
}

int command_verify(const struct options *options) {
  struct verify_job job;
  memset(&job, 0, sizeof job);
  job.options = options;
  int status = check_kernel(options->kernel, options->order);
  if (status == EXIT_DONE) status = load_check_and_print(&job);
  for (int order = 1; order < ROWCAST_ORDER_COUNT; order++)
    for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) rowcast_matrix_free(&job.references[order][dtype].c);
  for (int dtype = 0; dtype < ROWCAST_DTYPE_COUNT; dtype++) rows_free(&job.rows[dtype]);
  rowcast_matrix_free(&job.result);
  rowcast_matrix_free(&job.weights);
  input_free(&job.input);
  list_free(&job.threads);
  machine_free(&job.machine);
  free(job.list.lines);
  return status;
}
