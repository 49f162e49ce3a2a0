/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplying with a plan: checks the arguments, and hands the batch to a driver. */
#include "mode.h"
#include "plan_inside.h"
#include "pool.h"
#include "sample.h"
#include "team.h"

/* Checks the results of a batch of m > 0 rows. */
static rowcast_status check_results(struct rc_extent results) {
  if (results.rows > 1 && results.stride < results.width) return ROWCAST_ERR_ARGUMENT;
  return rc_check_extent(results);
}

/* Checks a batch of m > 0 rows, which may share elements, and their results, which may not. */
static rowcast_status check_batch(struct rc_extent x, struct rc_extent results) {
  rowcast_status status = rc_check_extent(x);
  if (status == ROWCAST_OK) status = check_results(results);
  return status == ROWCAST_OK && rc_extents_overlap(x, results) ? ROWCAST_ERR_ARGUMENT : status;
}

/* The same where each row is somewhere of its own. */
static rowcast_status check_gathered(const rowcast_plan *plan, size_t m, const void *const *rows,
                                     struct rc_extent results) {
  const rowcast_status status = check_results(results);
  if (status != ROWCAST_OK || plan->weights.k == 0) return status;
  const struct rc_extent list = {rows, m, 1, 1, sizeof *rows};
  if (rows == NULL) return ROWCAST_ERR_ARGUMENT;
  if (rc_extent_bytes(list) == SIZE_MAX) return ROWCAST_ERR_OVERFLOW;
  if (rc_extents_overlap(list, results)) return ROWCAST_ERR_ARGUMENT;
  for (size_t i = 0; i < m; i++)
    if (rows[i] == NULL || rc_extents_overlap(rc_plan_rows(plan, 1, rows[i], 0), results)) return ROWCAST_ERR_ARGUMENT;
  return ROWCAST_OK;
}

/* Rows of bytes that are worth looking at for zeros: a kernel that skips them takes four at a time, and on cores of
 * full width the look at five rows takes longer than what it saves. */
static size_t least_to_skip(enum rc_core core) { return core == RC_ANY_CORE ? 4 : 8; }

/* rc_plan_kernel_for(), inlined, since a call for a few rows is short; `rows` as in rc_nonzero_share(). */
RC_INLINE const struct rc_kernel *kernel_for(const rowcast_plan *plan, size_t m, const void *x, size_t ldx,
                                             const void *const *rows, double *share) {
  *share = 1.0;
  if (plan->skip_below <= 0.0 || m < least_to_skip(plan->core)) return plan->kernel;
  const struct rc_mode caller = rc_mode_enter();
  *share = rc_nonzero_share(x, ldx, rows, m, plan->weights.k);
  const bool pays = *share < plan->skip_below;
  rc_mode_leave(caller);
  return pays ? plan->skip : plan->kernel;
}

const struct rc_kernel *rc_plan_kernel_for(const rowcast_plan *plan, size_t m, const void *x, size_t ldx,
                                           double *share) {
  return kernel_for(plan, m, x, ldx, NULL, share);
}

/* What a batch is multiplied with; its rows and results are for the caller to say. Rows without elements may be NULL,
 * and any distance apart, but kernels go from one to the next: these are all in the same place. */
static struct rc_batch batch_without_rows(const rowcast_plan *plan, size_t m) {
  return (struct rc_batch){
    .run = plan->kernel->run[plan->dtype],
    .w = &plan->weights,
    .m = m,
    .x = plan->weights.packed,
    .element = rc_row_element(plan),
    .bias = plan->bias,
    .chunk = plan->chunk,
  };
}

/* Rows [begin, end) of X as the drivers take them. */
static struct rc_batch batch_of(const rowcast_plan *plan, size_t begin, size_t end, const void *x, size_t ldx) {
  const size_t m = end - begin;
  struct rc_batch batch = batch_without_rows(plan, m);
  if (plan->weights.k == 0) return batch;
  batch.x = (const char *)x + begin * ldx * batch.element;
  /* The stride of a single row is ignored: it may be anything. */
  batch.ldx = m == 1 ? plan->weights.k : ldx;
  double share;
  batch.run = kernel_for(plan, m, batch.x, batch.ldx, NULL, &share)->run[plan->dtype];
  return batch;
}

static struct rc_batch batch_of_gathered(const rowcast_plan *plan, size_t m, const void *const *rows) {
  struct rc_batch batch = batch_without_rows(plan, m);
  if (plan->weights.k == 0) return batch;
  batch.rows = rows;
  double share;
  batch.run = kernel_for(plan, m, NULL, 0, rows, &share)->run[plan->dtype];
  return batch;
}

/* On as many threads as the plan has for the batch. */
static rowcast_status drive(const rowcast_plan *plan, const struct rc_batch *batch) {
  if (batch->m <= plan->serial_rows) {
    rc_batch_rows(batch, 0, batch->m);
    return ROWCAST_OK;
  }
  const unsigned wanted = rc_plan_threads_wanted(plan, batch->m);
  if (wanted > 1 && plan->parallel_for.run != NULL)
    return rc_pool_run(&plan->parallel_for, batch, wanted, plan->driver == RC_DRIVER_OPENMP_DYNAMIC);
  const unsigned threads = rc_team_start(wanted);
  rc_plan_driver_for(plan, threads)->run(batch, threads);
  return ROWCAST_OK;
}

static struct rc_extent results_of(const rowcast_plan *plan, size_t m, const float *c, size_t ldc) {
  return (struct rc_extent){c, m, plan->weights.n, ldc, sizeof *c};
}

/* Are the kernel's results the batch's, and the rows somewhere? Then a call on this thread needs no struct rc_batch,
 * which is half of what a few rows cost beside their kernel (docs/kernels.md). */
static bool is_plain(const rowcast_plan *plan) { return plan->bias == NULL && plan->weights.k > 0; }

/* m > 0 rows on this thread, with such a plan. */
static void multiply_here(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  /* The stride of a single row is ignored: it may be anything. */
  const size_t x_stride = m == 1 ? plan->weights.k : ldx, c_stride = m == 1 ? plan->weights.n : ldc;
  double share;
  rc_kernel_fn *const run = kernel_for(plan, m, x, x_stride, NULL, &share)->run[plan->dtype];
  const struct rc_mode caller = rc_mode_enter();
  run(&plan->weights, m, x, x_stride, c, c_stride);
  rc_mode_leave(caller);
}

rowcast_status rowcast_matmul(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  if (plan == NULL) return ROWCAST_ERR_ARGUMENT;
  if (m == 0 || plan->weights.n == 0) return ROWCAST_OK;
  const rowcast_status status = check_batch(rc_plan_rows(plan, m, x, ldx), results_of(plan, m, c, ldc));
  if (status != ROWCAST_OK) return status;
  if (m <= plan->serial_rows && is_plain(plan)) {
    multiply_here(plan, m, x, ldx, c, ldc);
    return ROWCAST_OK;
  }
  struct rc_batch batch = batch_of(plan, 0, m, x, ldx);
  batch.c = c, batch.ldc = m == 1 ? plan->weights.n : ldc;
  return drive(plan, &batch);
}

rowcast_status rowcast_matmul_rows(const rowcast_plan *plan, size_t begin, size_t end, const void *x, size_t ldx,
                                   float *c, size_t ldc) {
  if (plan == NULL || begin > end) return ROWCAST_ERR_ARGUMENT;
  if (begin == end || plan->weights.n == 0) return ROWCAST_OK;
  const rowcast_status status = check_batch(rc_plan_rows(plan, end, x, ldx), results_of(plan, end, c, ldc));
  if (status != ROWCAST_OK) return status;
  if (is_plain(plan)) {
    multiply_here(plan, end - begin, (const char *)x + begin * ldx * rc_row_element(plan), ldx, c + begin * ldc, ldc);
    return ROWCAST_OK;
  }
  struct rc_batch batch = batch_of(plan, begin, end, x, ldx);
  batch.c = c + begin * ldc, batch.ldc = batch.m == 1 ? plan->weights.n : ldc;
  rc_batch_rows(&batch, 0, batch.m);
  return ROWCAST_OK;
}

rowcast_status rowcast_matmul_gather(const rowcast_plan *plan, size_t m, const void *const *rows, float *c,
                                     size_t ldc) {
  if (plan == NULL) return ROWCAST_ERR_ARGUMENT;
  if (m == 0 || plan->weights.n == 0) return ROWCAST_OK;
  const rowcast_status status = check_gathered(plan, m, rows, results_of(plan, m, c, ldc));
  if (status != ROWCAST_OK) return status;
  struct rc_batch batch = batch_of_gathered(plan, m, rows);
  batch.c = c, batch.ldc = m == 1 ? plan->weights.n : ldc;
  return drive(plan, &batch);
}

/* May classes be asked for? */
static bool can_classify(const rowcast_plan *plan, size_t m, const int32_t *classes) {
  return plan != NULL && (classes != NULL || m == 0) && plan->weights.n <= ROWCAST_MAX_CLASSES;
}

static struct rc_extent classes_of(const int32_t *classes, size_t m) {
  return (struct rc_extent){classes, m, 1, 1, sizeof *classes};
}

/* Classifies a batch: on the calling thread `alone`, or on as many as the plan has for it. */
static rowcast_status classify(const rowcast_plan *plan, struct rc_batch *batch, int32_t *classes, bool alone) {
  int no_memory = 0;
  rowcast_status status = ROWCAST_OK;
  batch->classes = classes, batch->no_memory = &no_memory;
  if (alone) rc_batch_rows(batch, 0, batch->m);
  else status = drive(plan, batch);
  return no_memory ? ROWCAST_ERR_MEMORY : status;
}

/* Without columns there are no classes. */
static rowcast_status classify_none(int32_t *classes, size_t m) {
  for (size_t i = 0; i < m; i++) classes[i] = -1;
  return ROWCAST_OK;
}

/* Classifies rows [begin, end) of X. */
static rowcast_status predict(const rowcast_plan *plan, size_t begin, size_t end, const void *x, size_t ldx,
                              int32_t *classes, bool alone) {
  if (begin > end || !can_classify(plan, end - begin, classes)) return ROWCAST_ERR_ARGUMENT;
  if (begin == end) return ROWCAST_OK;
  const rowcast_status status = check_batch(rc_plan_rows(plan, end, x, ldx), classes_of(classes, end));
  if (status != ROWCAST_OK) return status;
  if (plan->weights.n == 0) return classify_none(classes + begin, end - begin);
  struct rc_batch batch = batch_of(plan, begin, end, x, ldx);
  return classify(plan, &batch, classes + begin, alone);
}

rowcast_status rowcast_predict(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, int32_t *classes) {
  return predict(plan, 0, m, x, ldx, classes, false);
}

rowcast_status rowcast_predict_rows(const rowcast_plan *plan, size_t begin, size_t end, const void *x, size_t ldx,
                                    int32_t *classes) {
  return predict(plan, begin, end, x, ldx, classes, true);
}

rowcast_status rowcast_predict_gather(const rowcast_plan *plan, size_t m, const void *const *rows, int32_t *classes) {
  if (!can_classify(plan, m, classes)) return ROWCAST_ERR_ARGUMENT;
  if (m == 0) return ROWCAST_OK;
  const rowcast_status status = check_gathered(plan, m, rows, classes_of(classes, m));
  if (status != ROWCAST_OK) return status;
  if (plan->weights.n == 0) return classify_none(classes, m);
  struct rc_batch batch = batch_of_gathered(plan, m, rows);
  return classify(plan, &batch, classes, false);
}
