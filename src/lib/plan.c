/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: checks arguments, packs the weights once, and says what a batch is multiplied with. */
#include "plan_inside.h"

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
#include "struct_size.h"
#include "team.h"
#include "uncancelled.h"

/* The sizes of what is filled, in version 0.2. */
enum { FIRST_INFO = sizeof(rowcast_plan_info), FIRST_CHOICE = sizeof(rowcast_choice) };

static rowcast_status select_driver(int *driver, const char *name, rowcast_error *err) {
  *driver = RC_DRIVER_AUTO;
  if (name == NULL || strcmp(name, "auto") == 0) return ROWCAST_OK;
  for (int i = 0; i < RC_DRIVER_COUNT; i++)
    if (strcmp(name, rc_drivers[i].name) == 0) {
      *driver = i;
      return ROWCAST_OK;
    }
  return rc_fail(err, ROWCAST_ERR_UNKNOWN,
                 "no driver is named '%.64s'; there are: auto, serial, openmp, openmp-dynamic", name);
}

static rowcast_status check_weights(size_t k, size_t n, const void *w, size_t ldw, const rowcast_plan_options *options,
                                    rowcast_error *err) {
  const bool n_by_k = options->w_layout == ROWCAST_N_BY_K;
  const struct rc_extent extent = {w, n_by_k ? n : k, n_by_k ? k : n, ldw, rc_weight_size(options->w_dtype)};
  if (w == NULL && k > 0 && n > 0) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "the weights are NULL");
  if (extent.rows > 1 && ldw < extent.width)
    return rc_fail(err, ROWCAST_ERR_ARGUMENT, "the weights' row stride %zu is less than their %zu columns", ldw,
                   extent.width);
  if (rc_extent_bytes(extent) == SIZE_MAX)
    return rc_fail(err, ROWCAST_ERR_OVERFLOW, "weights of %zu x %zu do not fit in memory", extent.rows, extent.width);
  return ROWCAST_OK;
}

static struct rc_source source_of(const void *w, size_t ldw, const rowcast_plan_options *options) {
  static const enum rc_weight_type types[] = {
    [ROWCAST_F32] = RC_W_F32, [ROWCAST_F64] = RC_W_F64, [ROWCAST_F16] = RC_W_F16, [ROWCAST_BF16] = RC_W_BF16};
  const bool n_by_k = options->w_layout == ROWCAST_N_BY_K;
  return (struct rc_source){w, n_by_k ? 1 : ldw, n_by_k ? ldw : 1, types[options->w_dtype], options->scale, NULL};
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
static void pack(rowcast_plan *plan, const struct room *room, const void *w, size_t ldw,
                 const rowcast_plan_options *options) {
  struct rc_source source = source_of(w, ldw, options);
  if (plan->kernel->order == RC_EXACT) source.bias = options->bias;
  const size_t k = plan->weights.k, n = plan->weights.n;
  float *packed = (float *)(void *)((char *)plan + room->packed);
  /* Nothing to pack may still be a huge number of empty columns. */
  plan->weights.finite = room->count == 0 || plan->kernel->packing->pack(packed, &source, k, n);
  plan->weights.packed = packed;
  if (plan->kernel->packing->panels != NULL) plan->weights.panels = plan->kernel->packing->panels(k, n);
  plan->packed_bytes = room->count * sizeof(float);
  if (options->bias == NULL || n == 0) return;
  float *bias = (float *)(void *)((char *)plan + room->bias);
  memcpy(bias, options->bias, n * sizeof(float));
  /* Either the kernel adds it within its sums, or the driver to what they were rounded to. */
  if (plan->kernel->order == RC_EXACT) plan->weights.bias = bias;
  else plan->bias = bias;
}

/* What is decided before there is memory for it. */
struct decision {
  rowcast_plan_options options;
  rowcast_cpu cpu;
  const struct rc_kernel *kernel;
  int driver;
  struct room room;
};

/* The options are there; the weights are checked. */
static rowcast_status decide(struct decision *to, size_t k, size_t n, rowcast_error *err) {
  const rowcast_plan_options *options = &to->options;
  rowcast_status status = select_driver(&to->driver, options->driver, err);
  if (status == ROWCAST_OK) status = rowcast_cpu_detect(&to->cpu, sizeof to->cpu, err);
  if (status == ROWCAST_OK) status = rc_cpu_cap_option(&to->cpu, options->isa, err);
  if (status == ROWCAST_OK) status = rc_select_kernel(&to->kernel, options, k, n, &to->cpu, err);
  if (status == ROWCAST_OK && !find_room(&to->room, to->kernel, k, n, options->bias != NULL && n > 0))
    return rc_fail(err, ROWCAST_ERR_OVERFLOW, "weights of %zu x %zu do not fit in memory", k, n);
  return status;
}

/* The share of steps that are not all zero below which the companion costs less. Its cost is a straight line. */
static double share_to_skip(const rowcast_plan *plan) {
  if (plan->skip == NULL) return 0.0;
  const double least = rc_plan_cost(plan, plan->skip, 0.0), most = rc_plan_cost(plan, plan->skip, 1.0);
  const double room = rc_plan_cost(plan, plan->kernel, 1.0) - least;
  return room <= 0.0 ? 0.0 : most > least ? room / (most - least) : HUGE_VAL;
}

/* Rows for which rc_threads_worth() is 1, or which a driver that was named takes alone anyway. */
static size_t rows_not_worth(const rowcast_plan *plan) {
  if (plan->driver == RC_DRIVER_SERIAL) return SIZE_MAX;
  if (plan->driver != RC_DRIVER_AUTO) return 0;
  if (plan->threads == 1) return SIZE_MAX;
  size_t rows = 1;
  while (rows <= SIZE_MAX / 2 && rc_threads_worth(plan, 2 * rows) == 1) rows *= 2;
  return rows;
}

static void fill(rowcast_plan *plan, const struct decision *from, size_t k, size_t n, const void *w, size_t ldw) {
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
    .parallel_for = options->parallel_for,
    .allocator = options->allocator,
  };
  pack(plan, &from->room, w, ldw, options);
  const rowcast_order order = rc_wanted_order(options->order, k, n);
  if ((int)plan->kernel->order == (int)order)
    plan->other = rc_cheapest(order, plan->dtype, k, n, &from->cpu, plan->kernel);
  if (plan->automatic && plan->dtype == ROWCAST_U8 && plan->weights.finite)
    plan->skip = rc_skip_companion(plan->kernel, &from->cpu);
  /* Decided beforehand, as it depends on no batch. */
  plan->skip_below = share_to_skip(plan);
  plan->serial_rows = rows_not_worth(plan);
}

rowcast_status rowcast_plan_create(rowcast_plan **result, size_t k, size_t n, const void *w, size_t ldw,
                                   const rowcast_plan_options *given, rowcast_error *err) {
  if (result == NULL) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "rowcast_plan_create: plan is NULL");
  *result = NULL;
  struct decision decision;
  RC_UNCANCELLED(before);
  struct rc_mode caller = rc_mode_enter();
  rowcast_status status = rc_plan_options_take(&decision.options, given, err);
  if (status == ROWCAST_OK) status = check_weights(k, n, w, ldw, &decision.options, err);
  if (status == ROWCAST_OK) status = decide(&decision, k, n, err);
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

rowcast_status rowcast_plan_bytes(size_t k, size_t n, const rowcast_plan_options *given, size_t *bytes,
                                  rowcast_error *err) {
  if (bytes == NULL) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "rowcast_plan_bytes: bytes is NULL");
  struct decision decision = {.room = {0}};
  const struct rc_mode caller = rc_mode_enter();
  rowcast_status status = rc_plan_options_take(&decision.options, given, err);
  if (status == ROWCAST_OK) {
    /* Of the weights nothing is known but their number: any place will do, and no padding. */
    const size_t ldw = decision.options.w_layout == ROWCAST_N_BY_K ? k : n;
    status = check_weights(k, n, &decision, ldw, &decision.options, err);
  }
  if (status == ROWCAST_OK) status = decide(&decision, k, n, err);
  rc_mode_leave(caller);
  *bytes = status == ROWCAST_OK ? decision.room.bytes : 0;
  return status;
}

void rowcast_plan_destroy(rowcast_plan *plan) {
  if (plan == NULL) return;
  const rowcast_allocator allocator = plan->allocator;
  RC_UNCANCELLED(before);
  allocator.release(plan, allocator.user);
}

unsigned rowcast_plan_threads_for(const rowcast_plan *plan, size_t m) {
  if (plan == NULL) return 0;
  const unsigned wanted = rc_plan_threads_wanted(plan, m);
  return plan->parallel_for.run != NULL ? wanted : rc_team_size(wanted);
}

/* Would the order exact be faster with such rows? Then what a plan of it would run, without options. */
static void find_faster_exact(const rowcast_plan *plan, rowcast_choice *choice) {
  rowcast_cpu cpu;
  if (plan->dtype != ROWCAST_U8 || !plan->automatic || plan->kernel->order == RC_EXACT ||
      rowcast_cpu_detect(&cpu, sizeof cpu, NULL) != ROWCAST_OK)
    return;
  const size_t k = plan->weights.k, n = plan->weights.n;
  const enum rc_core core = rc_core_of(&cpu);
  const struct rc_kernel *exact = rc_cheapest(ROWCAST_EXACT, ROWCAST_U8, k, n, &cpu, NULL);
  const struct rc_kernel *skip = rc_skip_companion(exact, &cpu);
  double cycles = rc_cost_of_row(exact, exact->packing, core, k, n, 1.0);
  if (skip != NULL && plan->weights.finite) {
    const double skipping = rc_cost_of_row(skip, skip->packing, core, k, n, choice->nonzero_share);
    if (skipping < cycles) exact = skip, cycles = skipping;
  }
  if (cycles < choice->cycles) choice->exact = exact->name, choice->exact_cycles = cycles;
}

/* Fills *choice but for the threads and their driver. */
static void explain(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, rowcast_choice *choice) {
  const size_t k = plan->weights.k;
  const struct rc_kernel *kernel = plan->kernel, *other = plan->other;
  double share = 1.0;
  if (plan->dtype == ROWCAST_U8 && m > 0) {
    kernel = rc_plan_kernel_for(plan, m, x, ldx, &share);
    if (kernel != plan->kernel) other = plan->kernel;
    else if (plan->skip != NULL &&
             (other == NULL || rc_plan_cost(plan, plan->skip, share) < rc_plan_cost(plan, other, share)))
      other = plan->skip;
    /* A kernel that skips may have been named: its time depends on the zeros as well. */
    if (plan->skip == NULL && kernel->strategy == RC_SKIP && plan->weights.finite)
      share = rc_nonzero_share(x, ldx, NULL, m, k);
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
    .cycles = rc_plan_cost(plan, kernel, share),
    .runner_up_cycles = other == NULL ? 0.0 : rc_plan_cost(plan, other, share),
  };
  find_faster_exact(plan, choice);
}

rowcast_status rowcast_plan_explain(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, rowcast_choice *to,
                                    size_t size) {
  if (plan == NULL || to == NULL) return ROWCAST_ERR_ARGUMENT;
  const rowcast_status status =
    plan->dtype == ROWCAST_U8 && m > 0 ? rc_check_extent(rc_plan_rows(plan, m, x, ldx)) : ROWCAST_OK;
  if (status != ROWCAST_OK) return status;
  const struct rc_mode caller = rc_mode_enter();
  rowcast_choice choice;
  explain(plan, m, x, ldx, &choice);
  rc_mode_leave(caller);
  choice.threads = rowcast_plan_threads_for(plan, m);
  choice.driver = rc_plan_driver_for(plan, choice.threads)->name;
  return rc_give_struct(to, size, FIRST_CHOICE, &choice, sizeof choice) ? ROWCAST_OK : ROWCAST_ERR_ARGUMENT;
}

rowcast_status rowcast_plan_describe(const rowcast_plan *plan, rowcast_plan_info *to, size_t size) {
  if (plan == NULL) return ROWCAST_ERR_ARGUMENT;
  const rowcast_plan_info info = {
    .kernel = plan->kernel->name,
    .skip_kernel = plan->skip == NULL ? NULL : plan->skip->name,
    .driver = plan->driver == RC_DRIVER_AUTO ? "auto" : rc_drivers[plan->driver].name,
    .isa = (rowcast_isa)plan->kernel->isa,
    .order = (rowcast_order)plan->kernel->order,
    .dtype = plan->dtype,
    .k = plan->weights.k,
    .n = plan->weights.n,
    .threads = plan->driver == RC_DRIVER_SERIAL ? 1
               : plan->parallel_for.run != NULL ? plan->threads
                                                : rc_team_known(plan->threads),
    .packed_bytes = plan->packed_bytes,
  };
  return rc_give_struct(to, size, FIRST_INFO, &info, sizeof info) ? ROWCAST_OK : ROWCAST_ERR_ARGUMENT;
}
