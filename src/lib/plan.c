/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: checks arguments, packs the weights once, and hands batches to a driver. */
#include <rowcast/plan.h>

#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cost.h"
#include "driver.h"
#include "error.h"
#include "pack.h"
#include "sample.h"
#include "select.h"
#include "team.h"

struct rowcast_plan {
  struct rc_weights weights;
  const struct rc_kernel *kernel;
  const struct rc_kernel *skip;  /* takes the same weights; NULL: none, or not to be used */
  const struct rc_kernel *other; /* the cheapest beside kernel; NULL: none, or kernel is of another order than auto's */
  bool automatic;                /* nobody named the kernel */
  int driver;                    /* index into rc_drivers, or DRIVER_AUTO */
  size_t chunk;
  float *bias; /* a copy, owned; NULL: none */
  rowcast_dtype dtype;
  unsigned threads;
  size_t packed_bytes;
};

enum { DRIVER_AUTO = -1 };

static size_t element_size(rowcast_dtype dtype) {
  return dtype == ROWCAST_U8 ? sizeof(unsigned char) : sizeof(float);
}

/* Does an array of `rows` rows of `width` elements, `stride` apart, fit in the address space? */
static bool extent_fits(size_t rows, size_t width, size_t stride, size_t element) {
  if (rows == 0 || width == 0) return true;
  size_t elements, bytes;
  return !__builtin_mul_overflow(rows - 1, stride, &elements) &&
         !__builtin_add_overflow(elements, width, &elements) &&
         !__builtin_mul_overflow(elements, element, &bytes) && bytes <= PTRDIFF_MAX;
}

static rowcast_status select_driver(int *driver, const char *name, rowcast_error *err) {
  *driver = DRIVER_AUTO;
  if (name == NULL || strcmp(name, "auto") == 0) return ROWCAST_OK;
  for (int i = 0; i < RC_DRIVER_COUNT; i++)
    if (strcmp(name, rc_drivers[i].name) == 0) {
      *driver = i;
      return ROWCAST_OK;
    }
  return rc_fail(err, ROWCAST_ERR_UNKNOWN, "no driver is called '%.64s'; there are: auto, serial, openmp, openmp-dynamic", name);
}

static rowcast_status check_arguments(size_t k, size_t n, const float *w, size_t ldw,
                                      const rowcast_plan_options *options, rowcast_error *err) {
  if (w == NULL && k > 0 && n > 0) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "the weights are NULL");
  if (k > 1 && ldw < n)
    return rc_fail(err, ROWCAST_ERR_ARGUMENT, "the weights' row stride %zu is less than their %zu columns", ldw, n);
  if (!extent_fits(k, n, ldw, sizeof(float)))
    return rc_fail(err, ROWCAST_ERR_OVERFLOW, "weights of %zu x %zu do not fit in memory", k, n);
  if ((unsigned)options->dtype >= ROWCAST_DTYPE_COUNT)
    return rc_fail(err, ROWCAST_ERR_ARGUMENT, "%d is no element type", (int)options->dtype);
  if (!isfinite(options->scale)) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "the scale is not finite");
  if (options->threads > ROWCAST_MAX_THREADS)
    return rc_fail(err, ROWCAST_ERR_ARGUMENT, "%u threads are more than %d", options->threads, ROWCAST_MAX_THREADS);
  return ROWCAST_OK;
}

/* Padding is +0, so the packed weights answer for W times the scale. */
static bool all_finite(const float *values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(values[i])) return false;
  return true;
}

/* Packs W for the plan's kernel. */
static rowcast_status pack_weights(rowcast_plan *plan, const float *w, size_t ldw, float scale,
                                   rowcast_error *err) {
  const size_t k = plan->weights.k, n = plan->weights.n;
  const size_t count = plan->kernel->packing->count(k, n);
  /* Never empty, so that kernels see an aligned pointer for K or N of 0 as well. */
  size_t bytes = RC_ALIGNMENT;
  if (count > (PTRDIFF_MAX - RC_ALIGNMENT) / sizeof(float))
    return rc_fail(err, ROWCAST_ERR_OVERFLOW, "weights of %zu x %zu do not fit in memory", k, n);
  if (count > 0) bytes = rc_round_up(count * sizeof(float), RC_ALIGNMENT);
  float *packed = aligned_alloc(RC_ALIGNMENT, bytes);
  if (packed == NULL) return rc_fail(err, ROWCAST_ERR_MEMORY, "out of memory for %zu bytes of packed weights", bytes);
  /* Nothing to pack may still be a huge number of empty columns. */
  if (count > 0) plan->kernel->packing->pack(packed, w, ldw, k, n, scale);
  plan->weights.packed = packed;
  plan->weights.finite = all_finite(packed, count);
  plan->packed_bytes = count * sizeof(float);
  return ROWCAST_OK;
}

/* NULL: no memory. */
static float *copy_bias(const float *bias, size_t n) {
  float *copy = reallocarray(NULL, n, sizeof *copy);
  if (copy != NULL) memcpy(copy, bias, n * sizeof *copy);
  return copy;
}

rowcast_status rowcast_plan_create(rowcast_plan **result, size_t k, size_t n, const float *w, size_t ldw,
                                   const rowcast_plan_options *options, rowcast_error *err) {
  if (result == NULL) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "rowcast_plan_create: plan is NULL");
  *result = NULL;
  const rowcast_plan_options defaults = ROWCAST_PLAN_DEFAULTS;
  if (options == NULL) options = &defaults;

  rowcast_plan plan = {.weights = {.k = k, .n = n}, .dtype = options->dtype, .chunk = options->chunk_rows};
  plan.threads = options->threads > 0 ? options->threads : rowcast_default_threads();
  /* More than OMP_THREAD_LIMIT would not start, and would be told of as if they had. */
  const int limit = omp_get_thread_limit();
  if (limit > 0 && plan.threads > (unsigned)limit) plan.threads = (unsigned)limit;

  rowcast_cpu cpu;
  rowcast_status status = check_arguments(k, n, w, ldw, options, err);
  if (status == ROWCAST_OK) status = select_driver(&plan.driver, options->driver, err);
  if (status == ROWCAST_OK) status = rowcast_cpu_detect(&cpu, err);
  if (status == ROWCAST_OK) status = rc_select_kernel(&plan.kernel, options->kernel, k, n, &cpu, err);
  if (status == ROWCAST_OK)
    status = pack_weights(&plan, w, ldw, options->scale == 0.0f ? 1.0f : options->scale, err);
  if (status != ROWCAST_OK) return status;
  plan.automatic = options->kernel == NULL || strcmp(options->kernel, "auto") == 0;
  if ((int)plan.kernel->order == (int)rowcast_auto_order(k, n)) plan.other = rc_cheapest(k, n, &cpu, plan.kernel);
  if (plan.automatic && plan.dtype == ROWCAST_U8 && plan.weights.finite) plan.skip = rc_skip_companion(plan.kernel, &cpu);

  rowcast_plan *kept = malloc(sizeof *kept);
  if (options->bias != NULL && n > 0) plan.bias = copy_bias(options->bias, n);
  if (kept == NULL || (options->bias != NULL && n > 0 && plan.bias == NULL)) {
    free(kept);
    free(plan.bias);
    free((void *)(uintptr_t)plan.weights.packed);
    return rc_fail(err, ROWCAST_ERR_MEMORY, "out of memory for a plan");
  }
  *kept = plan;
  *result = kept;
  return ROWCAST_OK;
}

void rowcast_plan_destroy(rowcast_plan *plan) {
  if (plan == NULL) return;
  free((void *)(uintptr_t)plan->weights.packed);
  free(plan->bias);
  free(plan);
}

/* A team costs microseconds to start (about 1 hot, 3 and more after a pause), so a thread must have work for
 * ten. The estimate takes 50 products and 20 bytes a nanosecond, a fast kernel's rates on one core: a slow
 * kernel's batch is at worst left to fewer threads than it could use. */
static unsigned threads_worth(const rowcast_plan *plan, size_t m) {
  const double rows = (double)m, k = (double)plan->weights.k, n = (double)plan->weights.n;
  const double multiply = rows * k * n / 50.0, read = rows * k * (double)element_size(plan->dtype) / 20.0;
  const double nanoseconds = multiply > read ? multiply : read;
  const double worth = nanoseconds / 10000.0;
  return worth < 2.0 ? 1 : worth < (double)plan->threads ? (unsigned)worth : plan->threads;
}

/* Threads the plan has for m rows, could they all be started. */
static unsigned threads_wanted(const rowcast_plan *plan, size_t m) {
  unsigned threads = plan->threads;
  if (plan->driver == RC_DRIVER_SERIAL) return 1;
  if (plan->driver == DRIVER_AUTO) threads = threads_worth(plan, m);
  if (m < threads) threads = m > 0 ? (unsigned)m : 1;
  return threads;
}

unsigned rowcast_plan_threads_for(const rowcast_plan *plan, size_t m) { return rc_team_size(threads_wanted(plan, m)); }

/* Is the companion expected to cost less, when this share of the steps is not all zero? */
static bool skipping_pays(const rowcast_plan *plan, double share) {
  const size_t k = plan->weights.k, n = plan->weights.n;
  return rc_cost_of_row(plan->skip, k, n, share) < rc_cost_of_row(plan->kernel, k, n, 1.0);
}

/* The kernel for this batch. */
static const struct rc_kernel *kernel_for(const rowcast_plan *plan, size_t m, const void *x, size_t ldx) {
  if (plan->skip == NULL) return plan->kernel;
  const double share = rc_nonzero_share(x, ldx, m, plan->weights.k);
  return skipping_pays(plan, share) ? plan->skip : plan->kernel;
}

/* Checks the rows of a batch of m > 0. */
static rowcast_status check_rows(const rowcast_plan *plan, size_t m, const void *x, size_t ldx) {
  const size_t k = plan->weights.k;
  if ((x == NULL && k > 0) || (m > 1 && ldx < k)) return ROWCAST_ERR_ARGUMENT;
  return extent_fits(m, k, ldx, element_size(plan->dtype)) ? ROWCAST_OK : ROWCAST_ERR_OVERFLOW;
}

rowcast_status rowcast_plan_explain(const rowcast_plan *plan, size_t m, const void *x, size_t ldx,
                                    rowcast_choice *choice) {
  if (plan == NULL || choice == NULL) return ROWCAST_ERR_ARGUMENT;
  const size_t k = plan->weights.k, n = plan->weights.n;
  const struct rc_kernel *kernel = plan->kernel, *other = plan->other;
  double share = 1.0;
  if (plan->dtype == ROWCAST_U8 && m > 0) {
    const rowcast_status status = check_rows(plan, m, x, ldx);
    if (status != ROWCAST_OK) return status;
    /* A kernel that skips may have been named: its time depends on the zeros as well. */
    if (plan->skip != NULL || (kernel->strategy == RC_SKIP && plan->weights.finite))
      share = rc_nonzero_share(x, ldx, m, k);
  }
  if (plan->skip != NULL && m > 0) {
    if (skipping_pays(plan, share)) kernel = plan->skip, other = plan->kernel;
    else if (other == NULL || rc_cost_of_row(plan->skip, k, n, share) < rc_cost_of_row(other, k, n, share))
      other = plan->skip;
  }
  *choice = (rowcast_choice){
    .kernel = kernel->name,
    .runner_up = other == NULL ? NULL : other->name,
    .asked_for = !plan->automatic,
    .skips_zeros = kernel->strategy == RC_SKIP && plan->weights.finite,
    .tile_rows = kernel->tile.rows,
    .tile_columns = kernel->tile.columns,
    .k_block = rc_k_block(k, kernel->tile.most_k),
    .nonzero_share = share,
    .cycles = rc_cost_of_row(kernel, k, n, share),
    .runner_up_cycles = other == NULL ? 0.0 : rc_cost_of_row(other, k, n, share),
    .threads = rowcast_plan_threads_for(plan, m),
  };
  return ROWCAST_OK;
}

const char *rowcast_plan_kernel_for(const rowcast_plan *plan, size_t m, const void *x, size_t ldx) {
  return (x == NULL || m == 0 ? plan->kernel : kernel_for(plan, m, x, ldx))->name;
}

/* Checks a batch of m > 0 rows. */
static rowcast_status check_batch(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, const float *c,
                                  size_t ldc) {
  const size_t n = plan->weights.n;
  if (c == NULL || (m > 1 && ldc < n)) return ROWCAST_ERR_ARGUMENT;
  const rowcast_status status = check_rows(plan, m, x, ldx);
  if (status != ROWCAST_OK) return status;
  return extent_fits(m, n, ldc, sizeof(float)) ? ROWCAST_OK : ROWCAST_ERR_OVERFLOW;
}

static void run(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, float *c, size_t ldc, int32_t *classes,
                int driver, unsigned threads) {
  const struct rc_batch batch = {
    kernel_for(plan, m, x, ldx)->run[plan->dtype], &plan->weights, m, x, ldx, element_size(plan->dtype), c, ldc, plan->bias, classes, plan->chunk,
  };
  rc_drivers[driver].run(&batch, threads);
}

/* On as many threads as the plan has for the batch. */
static void drive(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, float *c, size_t ldc, int32_t *classes) {
  const unsigned threads = rc_team_start(threads_wanted(plan, m));
  const int driver = plan->driver != DRIVER_AUTO ? plan->driver
                     : threads > 1               ? RC_DRIVER_OPENMP
                                                 : RC_DRIVER_SERIAL;
  run(plan, m, x, ldx, c, ldc, classes, driver, threads);
}

rowcast_status rowcast_matmul(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, float *c,
                              size_t ldc) {
  if (plan == NULL) return ROWCAST_ERR_ARGUMENT;
  if (m == 0 || plan->weights.n == 0) return ROWCAST_OK;
  const rowcast_status status = check_batch(plan, m, x, ldx, c, ldc);
  if (status != ROWCAST_OK) return status;
  drive(plan, m, x, ldx, c, ldc, NULL);
  return ROWCAST_OK;
}

rowcast_status rowcast_predict(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, int32_t *classes) {
  if (plan == NULL || (classes == NULL && m > 0) || plan->weights.n > ROWCAST_MAX_CLASSES) return ROWCAST_ERR_ARGUMENT;
  if (m == 0) return ROWCAST_OK;
  const rowcast_status status = check_rows(plan, m, x, ldx);
  if (status != ROWCAST_OK) return status;
  if (plan->weights.n == 0)
    for (size_t i = 0; i < m; i++) classes[i] = -1;
  else drive(plan, m, x, ldx, NULL, 0, classes);
  return ROWCAST_OK;
}

rowcast_status rowcast_matmul_rows(const rowcast_plan *plan, size_t begin, size_t end, const void *x, size_t ldx,
                                   float *c, size_t ldc) {
  if (plan == NULL || begin > end) return ROWCAST_ERR_ARGUMENT;
  if (begin == end || plan->weights.n == 0) return ROWCAST_OK;
  const rowcast_status status = check_batch(plan, end, x, ldx, c, ldc);
  if (status != ROWCAST_OK) return status;
  const char *first = x;
  if (plan->weights.k > 0) first += begin * ldx * element_size(plan->dtype);
  run(plan, end - begin, first, ldx, c + begin * ldc, ldc, NULL, RC_DRIVER_SERIAL, 1);
  return ROWCAST_OK;
}

void rowcast_plan_describe(const rowcast_plan *plan, rowcast_plan_info *info) {
  info->kernel = plan->kernel->name;
  info->skip_kernel = plan->skip == NULL ? NULL : plan->skip->name;
  info->driver = plan->driver == DRIVER_AUTO ? "auto" : rc_drivers[plan->driver].name;
  info->isa = (rowcast_isa)plan->kernel->isa;
  info->order = (rowcast_order)plan->kernel->order;
  info->dtype = plan->dtype;
  info->k = plan->weights.k;
  info->n = plan->weights.n;
  info->threads = plan->driver == RC_DRIVER_SERIAL ? 1 : rc_team_known(plan->threads);
  info->packed_bytes = plan->packed_bytes;
}
