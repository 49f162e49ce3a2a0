/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/trial.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/matrix.h>
#include <rowcast/writer.h>

#include "check.h"
#include "data/product.h"
#include "data/ranks.h"
#include "measure.h"
#include "roofline.h"
#include "terminal/report.h"

/* How many rows are checked against the model, which takes some nanoseconds a product: a tenth of a second's worth, 16
 * at least. */
static size_t rows_checked(size_t m, size_t k, size_t n) {
  const double products = (double)k * (double)n, most = products > 0.0 ? 2e7 / products : 1e9;
  const size_t rows = most < 16.0 ? 16 : most > 1000.0 ? 1000 : (size_t)most;
  return rows < m ? rows : m;
}

/* Rows spread evenly from the first to the last: every thread has some. */
static int check(struct trial *trial) {
  const struct rows *x = &trial->x;
  const rowcast_matrix *weights = &trial->work->weights, *result = &trial->work->result;
  const size_t n = weights->cols, count = rows_checked(x->m, x->k, n);
  float *model = reallocarray(NULL, n + 1, sizeof *model);
  if (model == NULL) return complain_of_memory("the check of a kernel");
  trial->right = true;
  for (size_t i = 0; i < count && trial->right; i++) {
    const size_t row = count > 1 ? (size_t)((double)i * (double)(x->m - 1) / (double)(count - 1)) : 0;
    const struct check_product product = {x->dtype,
                                          1,
                                          x->k,
                                          n,
                                          (const char *)x->x + row * x->ldx * dtype_bytes(x->dtype),
                                          x->ldx,
                                          weights->data,
                                          weights->stride,
                                          x->scale,
                                          NULL};
    check_model(&product, trial->info.order, model, n);
    trial->right =
      check_bits((const float *)result->data + row * result->stride, result->stride, model, n, 1, n).count == 0;
  }
  free(model);
  return EXIT_DONE;
}

/* Fewer rows where all would take too long: in hundreds, so that they are easily told. */
static size_t rows_within(size_t rows, double seconds, double longest) {
  if (seconds <= longest) return rows;
  const size_t fewer = (size_t)((double)rows * longest / seconds);
  return fewer >= 200 ? fewer / 100 * 100 : fewer > 0 ? fewer : 1;
}

/* What the result is on all ranks together. */
static int join(struct trial *trial, int status) {
  trial->all_rows = trial->x.m;
  if (!ranks_several()) return status;
  uint64_t sums[2] = {trial->x.m, trial->right};
  status = ranks_here()->sum(status, sums, 2);
  trial->all_rows = (size_t)sums[0];
  trial->right = sums[1] == ranks_here()->size;
  return ranks_here()->crc32(status, &trial->crc32, (uint64_t)trial->x.m * trial->info.n * sizeof(float));
}

static rowcast_status multiply_timed_rows(const struct trial *trial) {
  const rowcast_matrix *result = &trial->work->result;
  return rowcast_matmul(trial->plan, trial->rows_timed, trial->x.x, trial->x.ldx, result->data, result->stride);
}

int trial_make(struct trial *trial, const struct workload *work, size_t rows, const rowcast_plan_options *asked,
               double longest) {
  memset(trial, 0, sizeof *trial);
  trial->work = work;
  trial->x = work->rows[asked->dtype];
  trial->x.m = rows;
  trial->name = asked->kernel != NULL ? asked->kernel : "auto";
  const int status = make_plan(&trial->plan, &trial->x, &work->weights, asked);
  if (status != EXIT_DONE) return status;
  rowcast_plan_describe(trial->plan, &trial->info, sizeof trial->info);
  rowcast_choice chosen;
  rowcast_plan_explain(trial->plan, trial->x.m, trial->x.x, trial->x.ldx, &chosen, sizeof chosen);
  trial->kernel = chosen.kernel;
  trial->driver = chosen.driver;
  trial->effective = chosen.skips_zeros;
  trial->threads = trial->team.threads = chosen.threads;

  const rowcast_matrix *result = &work->result;
  memset(result->data, 0xff, trial->x.m * result->stride * sizeof(float)); /* NaN, so that what is not written is
                                                                            * noticed */
  trial->rows_timed = trial->x.m;
  const double start = bench_now();
  const rowcast_status multiplied = multiply_timed_rows(trial);
  if (multiplied != ROWCAST_OK) {
    complain("%s: %s", trial->name, rowcast_status_text(multiplied));
    return EXIT_FAILED;
  }
  const double seconds = bench_now() - start;
  trial->crc32 = rowcast_crc32_f32(result->data, trial->x.m, result->cols, result->stride);
  trial->rows_timed = rows_within(trial->x.m, seconds, longest);
  return join(trial, check(trial));
}

void trial_free(struct trial *trial) {
  rowcast_plan_destroy(trial->plan);
  free(trial->samples);
  team_free(&trial->team);
}

void trial_run(void *context) {
  const struct trial *trial = context;
  if (trial->instead != NULL) trial->instead(trial->instead_context);
  else multiply_timed_rows(trial);
}

void trial_place(void *context) {
  const struct trial *trial = context;
  team_place(&trial->team);
}

void trial_see(void *context) {
  struct trial *trial = context;
  team_see(&trial->team);
}

bool trial_finish(struct trial *trial) {
  const double scale = (double)trial->x.m / (double)trial->rows_timed;
  double *sorted = malloc(trial->sample_count * sizeof *sorted);
  if (sorted == NULL) return false;
  for (size_t i = 0; i < trial->sample_count; i++) sorted[i] = trial->samples[i] *= scale;
  trial->time = bench_summarise(sorted, trial->sample_count);
  trial->outliers = bench_outliers(sorted, trial->sample_count);
  size_t below;
  if (bench_bimodal(sorted, trial->sample_count, &below)) {
    trial->quick = below;
    trial->quick_s = sorted[below / 2];
    trial->slow_s = sorted[(below + trial->sample_count) / 2];
  }
  free(sorted);
  return true;
}

double trial_flops(const struct trial *trial) {
  return 2.0 * (double)trial->all_rows * (double)trial->x.k * (double)trial->info.n;
}

double trial_bytes(const struct trial *trial) {
  return (double)trial->all_rows * (double)trial->x.k * (double)dtype_bytes(trial->x.dtype);
}

static double intensity(const struct trial *trial) {
  return bench_intensity((double)trial->x.k, (double)trial->info.n, (double)dtype_bytes(trial->x.dtype));
}

double trial_roof(const struct trial *trial) {
  if (trial->roofs == NULL) return 0.0;
  return bench_roof(trial->roofs->flops, trial->roofs->bytes[trial->x.dtype], intensity(trial));
}

double trial_level_roof(const struct trial *trial) {
  const double flops = trial->roofs != NULL ? trial->roofs->level_flops[trial->info.isa] : 0.0;
  return flops > 0.0 ? bench_roof(flops, trial->roofs->bytes[trial->x.dtype], intensity(trial)) : 0.0;
}

/* A rate of 0 is not known. */
static json_t *known(double value) { return value > 0.0 ? json_number(value) : json_null(); }

static json_t *samples_json(const struct trial *trial) {
  json_t *array = json_array();
  for (size_t i = 0; i < trial->sample_count; i++) json_array_append_new(array, json_number(trial->samples[i]));
  return array;
}

json_t *trial_json(const struct trial *trial) {
  const struct bench_summary *time = &trial->time;
  const double roof = trial_roof(trial), flops = trial_flops(trial) / time->median;
  const double level_roof = trial_level_roof(trial);
  const struct roofs *roofs = trial->roofs;
  char crc32[16];
  snprintf(crc32, sizeof crc32, "%08lx", trial->crc32);
  json_t *object = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "kernel",
                             json_text(trial->name), "runs", trial->kernel, "isa", rowcast_isa_name(trial->info.isa),
                             "order", rowcast_order_name(trial->info.order), "driver", trial->driver, "dtype",
                             rowcast_dtype_name(trial->x.dtype), "threads", (json_int_t)trial->threads, "rows",
                             (json_int_t)trial->all_rows, "k", (json_int_t)trial->x.k, "n", (json_int_t)trial->info.n,
                             "ldx", (json_int_t)trial->x.ldx, "rows_timed",
                             (json_int_t)(trial->rows_timed == trial->x.m ? trial->all_rows : trial->rows_timed),
                             "repeats", (json_int_t)trial->repeats);
  json_t *figures = json_pack(
    "{s:f, s:f, s:f, s:f, s:f, s:I, s:b, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o}", "median_s",
    time->median, "minimum_s", time->minimum, "p90_s", time->p90, "low_s", time->low, "high_s", time->high, "outliers",
    (json_int_t)trial->outliers, "bimodal", (int)(trial->quick > 0), "gflops", json_number(1e-9 * flops), "effective",
    (int)trial->effective, "gbytes_per_s", json_number(1e-9 * trial_bytes(trial) / time->median), "rows_per_s",
    json_number((double)trial->all_rows / time->median), "intensity", json_number(intensity(trial)), "roofline_share",
    known(roof > 0.0 ? flops / roof : 0.0), "level_share", known(level_roof > 0.0 ? flops / level_roof : 0.0),
    "fma_gflops", known(roofs != NULL ? 1e-9 * roofs->flops : 0.0), "read_gbytes_per_s",
    known(roofs != NULL ? 1e-9 * roofs->bytes[trial->x.dtype] : 0.0), "crc32", crc32, "data", trial->work->data,
    "samples_s", samples_json(trial));
  if (object == NULL || figures == NULL || json_object_update(object, figures) != 0) {
    json_decref(object);
    object = NULL;
  }
  json_decref(figures);
  return object;
}
