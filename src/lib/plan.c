/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: checks arguments, packs the weights once, and hands batches to a driver. */
#include <rowcast/plan.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "cost.h"
#include "cpu_decode.h"
#include "driver.h"
#include "error.h"
#include "extent.h"
#include "mode.h"
#include "pack.h"
#include "plan_options.h"
#include "sample.h"
#include "select.h"
#include "team.h"

struct rowcast_plan {
  struct rc_weights weights;
  const struct rc_kernel *kernel;
  const struct rc_kernel *skip; /* takes the same weights; NULL: none, or not to be used */
  const struct rc_kernel
    *other;          /* the cheapest beside kernel; NULL: none, or kernel is of another order than was looked for */
  bool automatic;    /* nobody named the kernel */
  enum rc_core core; /* whose costs hold here */
  int driver;        /* index into rc_drivers, or DRIVER_AUTO */
  size_t chunk;
  float *bias; /* a copy; NULL: none */
  rowcast_dtype dtype;
  unsigned threads;
  double skip_below;  /* skip costs less where a smaller share of the steps is not all zero; 0: never */
  size_t serial_rows; /* most rows of a batch that surely stay on the calling thread, with the serial driver */
  size_t packed_bytes;
  rowcast_allocator allocator; /* the plan came from it, with its packed weights and bias */
};

enum { DRIVER_AUTO = -1 };

/* Rows of bytes that are worth looking at for zeros: a kernel that skips them takes four at a time, and on cores of
 * full width the look at five rows takes longer than what it saves. */
static size_t least_to_skip(enum rc_core core) { return core == RC_FULL_WIDTH_CORE ? 8 : 4; }

static size_t element_size(rowcast_dtype dtype) { return dtype == ROWCAST_U8 ? sizeof(unsigned char) : sizeof(float); }

static rowcast_status select_driver(int *driver, const char *name, rowcast_error *err) {
  *driver = DRIVER_AUTO;
  if (name == NULL || strcmp(name, "auto") == 0) return ROWCAST_OK;
  for (int i = 0; i < RC_DRIVER_COUNT; i++)
    if (strcmp(name, rc_drivers[i].name) == 0) {
      *driver = i;
      return ROWCAST_OK;
    }
  return rc_fail(err, ROWCAST_ERR_UNKNOWN,
                 "no driver is named '%.64s'; there are: auto, serial, openmp, openmp-dynamic", name);
}

static rowcast_status check_weights(size_t k, size_t n, const float *w, size_t ldw, rowcast_error *err) {
  if (w == NULL && k > 0 && n > 0) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "the weights are NULL");
  if (k > 1 && ldw < n)
    return rc_fail(err, ROWCAST_ERR_ARGUMENT, "the weights' row stride %zu is less than their %zu columns", ldw, n);
  if (rc_extent_bytes((struct rc_extent){w, k, n, ldw, sizeof *w}) == SIZE_MAX)
    return rc_fail(err, ROWCAST_ERR_OVERFLOW, "weights of %zu x %zu do not fit in memory", k, n);
  return ROWCAST_OK;
}

/* Padding is +0, so the packed weights answer for W times the scale. */
static bool all_finite(const float *values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(values[i])) return false;
  return true;
}

/* What a plan has beside itself, in one piece of memory: the packed weights, then the bias. */
struct room {
  size_t packed, bias, bytes; /* offsets, and all of it */
  size_t count;               /* packed floats */
};

/* False: it does not fit in the address space. */
static bool find_room(struct room *room, const struct rc_kernel *kernel, size_t k, size_t n, bool biased) {
  const size_t most = PTRDIFF_MAX - 2 * RC_ALIGNMENT - sizeof(rowcast_plan);
  room->count = kernel->packing->count(k, n);
  room->packed = rc_round_up(sizeof(rowcast_plan), RC_ALIGNMENT);
  if (room->count > most / sizeof(float)) return false;
  /* Never empty, so that kernels see an aligned pointer for K or N of 0 as well. */
  const size_t bytes = room->count > 0 ? rc_round_up(room->count * sizeof(float), RC_ALIGNMENT) : RC_ALIGNMENT;
  room->bias = room->packed + bytes;
  if (biased && n > (most - bytes) / sizeof(float)) return false;
  room->bytes = room->bias + (biased ? n * sizeof(float) : 0);
  return true;
}

/* Fills what find_room() found room for. */
static void pack(rowcast_plan *plan, const struct room *room, const float *w, size_t ldw,
                 const rowcast_plan_options *options) {
  const size_t k = plan->weights.k, n = plan->weights.n;
  float *packed = (float *)(void *)((char *)plan + room->packed);
  /* Nothing to pack may still be a huge number of empty columns. */
  if (room->count > 0) plan->kernel->packing->pack(packed, w, ldw, k, n, options->scale);
  plan->weights.packed = packed;
  if (plan->kernel->packing->panels != NULL) plan->weights.panels = plan->kernel->packing->panels(k, n);
  plan->weights.finite = all_finite(packed, room->count);
  plan->packed_bytes = room->count * sizeof(float);
  if (options->bias == NULL || n == 0) return;
  plan->bias = (float *)(void *)((char *)plan + room->bias);
  memcpy(plan->bias, options->bias, n * sizeof(float));
}

/* What is decided before there is memory for it. */
struct decision {
  rowcast_plan_options options;
  rowcast_cpu cpu;
  const struct rc_kernel *kernel;
  int driver;
  struct room room;
};

static rowcast_status decide(struct decision *to, size_t k, size_t n, const float *w, size_t ldw,
                             const rowcast_plan_options *given, rowcast_error *err) {
  rowcast_plan_options *options = &to->options;
  rowcast_status status = rc_plan_options_take(options, given, err);
  if (status == ROWCAST_OK) status = check_weights(k, n, w, ldw, err);
  if (status == ROWCAST_OK) status = select_driver(&to->driver, options->driver, err);
  if (status == ROWCAST_OK) status = rowcast_cpu_detect(&to->cpu, err);
  if (status == ROWCAST_OK && !rc_is_auto(options->isa)) status = rc_cpu_cap_option(&to->cpu, options->isa, err);
  if (status == ROWCAST_OK) status = rc_select_kernel(&to->kernel, options, k, n, &to->cpu, err);
  if (status == ROWCAST_OK && !find_room(&to->room, to->kernel, k, n, options->bias != NULL && n > 0))
    return rc_fail(err, ROWCAST_ERR_OVERFLOW, "weights of %zu x %zu do not fit in memory", k, n);
  return status;
}

/* Decides beforehand what depends on no batch. */
static void foresee(rowcast_plan *plan);

static void fill(rowcast_plan *plan, const struct decision *from, size_t k, size_t n, const float *w, size_t ldw) {
  const rowcast_plan_options *options = &from->options;
  *plan = (rowcast_plan){
    .weights = {.k = k, .n = n},
    .kernel = from->kernel,
    .automatic = rc_is_auto(options->kernel),
    .core = rc_core_of(&from->cpu),
    .driver = from->driver,
    .chunk = options->chunk_rows,
    .dtype = options->dtype,
    .threads = options->threads,
    .allocator = options->allocator,
  };
  pack(plan, &from->room, w, ldw, options);
  const rowcast_order order = rc_wanted_order(options->order, k, n);
  if ((int)plan->kernel->order == (int)order) plan->other = rc_cheapest(order, k, n, &from->cpu, plan->kernel);
  if (plan->automatic && plan->dtype == ROWCAST_U8 && plan->weights.finite)
    plan->skip = rc_skip_companion(plan->kernel, &from->cpu);
  foresee(plan);
}

rowcast_status rowcast_plan_create(rowcast_plan **result, size_t k, size_t n, const float *w, size_t ldw,
                                   const rowcast_plan_options *given, rowcast_error *err) {
  if (result == NULL) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "rowcast_plan_create: plan is NULL");
  *result = NULL;
  struct decision decision;
  struct rc_mode caller = rc_mode_enter();
  const rowcast_status status = decide(&decision, k, n, w, ldw, given, err);
  rc_mode_leave(caller);
  if (status != ROWCAST_OK) return status;

  const rowcast_allocator *allocator = &decision.options.allocator;
  const size_t bytes = decision.room.bytes;
  rowcast_plan *plan = allocator->allocate(bytes, RC_ALIGNMENT, allocator->user);
  if (plan == NULL) return rc_fail(err, ROWCAST_ERR_MEMORY, "out of memory for a plan of %zu bytes", bytes);
  if ((uintptr_t)plan % RC_ALIGNMENT != 0) {
    allocator->release(plan, allocator->user);
    return rc_fail(err, ROWCAST_ERR_ARGUMENT, "the allocator's memory is not aligned to %d bytes as requested",
                   (int)RC_ALIGNMENT);
  }
  caller = rc_mode_enter();
  fill(plan, &decision, k, n, w, ldw);
  rc_mode_leave(caller);
  *result = plan;
  return ROWCAST_OK;
}

void rowcast_plan_destroy(rowcast_plan *plan) {
  if (plan == NULL) return;
  const rowcast_allocator allocator = plan->allocator;
  allocator.release(plan, allocator.user);
}

/* A team costs microseconds to start (about 1 hot, 3 and more after a pause), so a thread must have work for
 * ten. The estimate takes 50 products and 20 bytes a nanosecond, a fast kernel's rates on one core: a slow
 * kernel's batch is at worst left to fewer threads than it could use. */
static unsigned threads_worth(const rowcast_plan *plan, size_t m) {
  enum { NANOSECONDS = 10000, PRODUCTS = 50 * NANOSECONDS, BYTES = 20 * NANOSECONDS };
  size_t products, bytes;
  if (__builtin_mul_overflow(m, plan->weights.k, &bytes) || __builtin_mul_overflow(bytes, plan->weights.n, &products) ||
      __builtin_mul_overflow(bytes, element_size(plan->dtype), &bytes))
    return plan->threads;
  const size_t worth = products / PRODUCTS > bytes / BYTES ? products / PRODUCTS : bytes / BYTES;
  return worth < 2 ? 1 : worth < plan->threads ? (unsigned)worth : plan->threads;
}

/* Rows for which threads_worth() is 1, or which a driver that was named takes alone anyway. */
static size_t rows_not_worth(const rowcast_plan *plan) {
  if (plan->driver == RC_DRIVER_SERIAL) return SIZE_MAX;
  if (plan->driver != DRIVER_AUTO) return 0;
  if (plan->threads == 1) return SIZE_MAX;
  size_t rows = 1;
  while (rows <= SIZE_MAX / 2 && threads_worth(plan, 2 * rows) == 1) rows *= 2;
  return rows;
}

/* Threads the plan has for m rows, could they all be started. */
static unsigned threads_wanted(const rowcast_plan *plan, size_t m) {
  unsigned threads = plan->threads;
  if (plan->driver == RC_DRIVER_SERIAL) return 1;
  if (plan->driver == DRIVER_AUTO) threads = threads_worth(plan, m);
  if (m < threads) threads = m > 0 ? (unsigned)m : 1;
  return threads;
}

unsigned rowcast_plan_threads_for(const rowcast_plan *plan, size_t m) {
  return plan == NULL ? 0 : rc_team_size(threads_wanted(plan, m));
}

/* The driver for a batch that has so many threads: the plan's own, or openmp where there are several. */
static const struct rc_driver *driver_for(const rowcast_plan *plan, unsigned threads) {
  if (plan->driver != DRIVER_AUTO) return &rc_drivers[plan->driver];
  return &rc_drivers[threads > 1 ? RC_DRIVER_OPENMP : RC_DRIVER_SERIAL];
}

/* What a row is expected to cost with one of the plan's kernels. The companion reads what is packed for the other. */
static double cost(const rowcast_plan *plan, const struct rc_kernel *kernel, double share) {
  const struct rc_packing *packing = kernel == plan->skip ? plan->kernel->packing : kernel->packing;
  return rc_cost_of_row(kernel, packing, plan->core, plan->weights.k, plan->weights.n, share);
}

/* The share of steps that are not all zero below which the companion costs less. Its cost is a straight line. */
static double share_to_skip(const rowcast_plan *plan) {
  if (plan->skip == NULL) return 0.0;
  const double least = cost(plan, plan->skip, 0.0), most = cost(plan, plan->skip, 1.0);
  const double room = cost(plan, plan->kernel, 1.0) - least;
  return room <= 0.0 ? 0.0 : most > least ? room / (most - least) : HUGE_VAL;
}

static void foresee(rowcast_plan *plan) {
  plan->skip_below = share_to_skip(plan);
  plan->serial_rows = rows_not_worth(plan);
}

/* The kernel for this batch, and what share of its steps is not all zero: 1 where nothing depends on it. */
static const struct rc_kernel *kernel_for(const rowcast_plan *plan, size_t m, const void *x, size_t ldx,
                                          double *share) {
  *share = 1.0;
  if (plan->skip_below <= 0.0 || m < least_to_skip(plan->core)) return plan->kernel;
  const struct rc_mode caller = rc_mode_enter();
  *share = rc_nonzero_share(x, ldx, m, plan->weights.k);
  const bool pays = *share < plan->skip_below;
  rc_mode_leave(caller);
  return pays ? plan->skip : plan->kernel;
}

/* The rows of a batch. */
static struct rc_extent rows_of(const rowcast_plan *plan, size_t m, const void *x, size_t ldx) {
  return (struct rc_extent){x, m, plan->weights.k, ldx, element_size(plan->dtype)};
}

/* Checks the rows, or the results, of a batch of m > 0. */
static rowcast_status check_extent(struct rc_extent extent) {
  if ((extent.first == NULL && extent.width > 0) || (extent.rows > 1 && extent.stride < extent.width))
    return ROWCAST_ERR_ARGUMENT;
  return rc_extent_bytes(extent) == SIZE_MAX ? ROWCAST_ERR_OVERFLOW : ROWCAST_OK;
}

/* Fills *choice but for the threads and their driver. */
static void explain(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, rowcast_choice *choice) {
  const size_t k = plan->weights.k;
  const struct rc_kernel *kernel = plan->kernel, *other = plan->other;
  double share = 1.0;
  if (plan->dtype == ROWCAST_U8 && m > 0) {
    kernel = kernel_for(plan, m, x, ldx, &share);
    if (kernel != plan->kernel) other = plan->kernel;
    else if (plan->skip != NULL && (other == NULL || cost(plan, plan->skip, share) < cost(plan, other, share)))
      other = plan->skip;
    /* A kernel that skips may have been named: its time depends on the zeros as well. */
    if (plan->skip == NULL && kernel->strategy == RC_SKIP && plan->weights.finite)
      share = rc_nonzero_share(x, ldx, m, k);
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
    .cycles = cost(plan, kernel, share),
    .runner_up_cycles = other == NULL ? 0.0 : cost(plan, other, share),
  };
}

rowcast_status rowcast_plan_explain(const rowcast_plan *plan, size_t m, const void *x, size_t ldx,
                                    rowcast_choice *choice) {
  if (plan == NULL || choice == NULL) return ROWCAST_ERR_ARGUMENT;
  const rowcast_status status =
    plan->dtype == ROWCAST_U8 && m > 0 ? check_extent(rows_of(plan, m, x, ldx)) : ROWCAST_OK;
  if (status != ROWCAST_OK) return status;
  const struct rc_mode caller = rc_mode_enter();
  explain(plan, m, x, ldx, choice);
  rc_mode_leave(caller);
  choice->threads = rowcast_plan_threads_for(plan, m);
  choice->driver = driver_for(plan, choice->threads)->name;
  return ROWCAST_OK;
}

/* Checks a batch of m > 0 rows and their results. */
static rowcast_status check_batch(struct rc_extent x, struct rc_extent results) {
  rowcast_status status = check_extent(x);
  if (status == ROWCAST_OK) status = check_extent(results);
  return status == ROWCAST_OK && rc_extents_overlap(x, results) ? ROWCAST_ERR_ARGUMENT : status;
}

/* Rows [begin, end) of X as the drivers take them; where their results go is for the caller to say. */
static struct rc_batch batch_of(const rowcast_plan *plan, size_t begin, size_t end, const void *x, size_t ldx) {
  const size_t m = end - begin, element = element_size(plan->dtype);
  const void *first = plan->weights.k > 0 ? (const char *)x + begin * ldx * element : x;
  double share;
  /* The stride of a single row is ignored: it may be anything. */
  if (m == 1) ldx = plan->weights.k;
  return (struct rc_batch){
    .run = kernel_for(plan, m, first, ldx, &share)->run[plan->dtype],
    .w = &plan->weights,
    .m = m,
    .x = first,
    .ldx = ldx,
    .element = element,
    .bias = plan->bias,
    .chunk = plan->chunk,
  };
}

/* On as many threads as the plan has for the batch. */
static void drive(const rowcast_plan *plan, const struct rc_batch *batch) {
  if (batch->m <= plan->serial_rows) {
    rc_batch_rows(batch, 0, batch->m);
    return;
  }
  const unsigned threads = rc_team_start(threads_wanted(plan, batch->m));
  driver_for(plan, threads)->run(batch, threads);
}

static struct rc_extent results_of(const rowcast_plan *plan, size_t m, const float *c, size_t ldc) {
  return (struct rc_extent){c, m, plan->weights.n, ldc, sizeof *c};
}

rowcast_status rowcast_matmul(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, float *c, size_t ldc) {
  if (plan == NULL) return ROWCAST_ERR_ARGUMENT;
  if (m == 0 || plan->weights.n == 0) return ROWCAST_OK;
  const rowcast_status status = check_batch(rows_of(plan, m, x, ldx), results_of(plan, m, c, ldc));
  if (status != ROWCAST_OK) return status;
  struct rc_batch batch = batch_of(plan, 0, m, x, ldx);
  batch.c = c, batch.ldc = m == 1 ? plan->weights.n : ldc;
  drive(plan, &batch);
  return ROWCAST_OK;
}

rowcast_status rowcast_matmul_rows(const rowcast_plan *plan, size_t begin, size_t end, const void *x, size_t ldx,
                                   float *c, size_t ldc) {
  if (plan == NULL || begin > end) return ROWCAST_ERR_ARGUMENT;
  if (begin == end || plan->weights.n == 0) return ROWCAST_OK;
  const rowcast_status status = check_batch(rows_of(plan, end, x, ldx), results_of(plan, end, c, ldc));
  if (status != ROWCAST_OK) return status;
  struct rc_batch batch = batch_of(plan, begin, end, x, ldx);
  batch.c = c + begin * ldc, batch.ldc = batch.m == 1 ? plan->weights.n : ldc;
  rc_batch_rows(&batch, 0, batch.m);
  return ROWCAST_OK;
}

/* Classifies rows [begin, end) of X: on the calling thread `alone`, or on as many as the plan has for them. */
static rowcast_status predict(const rowcast_plan *plan, size_t begin, size_t end, const void *x, size_t ldx,
                              int32_t *classes, bool alone) {
  if (plan == NULL || begin > end || (classes == NULL && end > begin) || plan->weights.n > ROWCAST_MAX_CLASSES)
    return ROWCAST_ERR_ARGUMENT;
  if (begin == end) return ROWCAST_OK;
  const rowcast_status status =
    check_batch(rows_of(plan, end, x, ldx), (struct rc_extent){classes, end, 1, 1, sizeof *classes});
  if (status != ROWCAST_OK) return status;
  if (plan->weights.n == 0) {
    for (size_t i = begin; i < end; i++) classes[i] = -1;
    return ROWCAST_OK;
  }
  struct rc_batch batch = batch_of(plan, begin, end, x, ldx);
  int no_memory = 0;
  batch.classes = classes + begin, batch.no_memory = &no_memory;
  if (alone) rc_batch_rows(&batch, 0, batch.m);
  else drive(plan, &batch);
  return no_memory ? ROWCAST_ERR_MEMORY : ROWCAST_OK;
}

rowcast_status rowcast_predict(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, int32_t *classes) {
  return predict(plan, 0, m, x, ldx, classes, false);
}

rowcast_status rowcast_predict_rows(const rowcast_plan *plan, size_t begin, size_t end, const void *x, size_t ldx,
                                    int32_t *classes) {
  return predict(plan, begin, end, x, ldx, classes, true);
}

void rowcast_plan_describe(const rowcast_plan *plan, rowcast_plan_info *info) {
  if (info == NULL) return;
  *info = (rowcast_plan_info){0};
  if (plan == NULL) return;
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
