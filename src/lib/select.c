/* SPDX-License-Identifier: BSD-3-Clause */
/* Names, listings and the choice of a kernel. The kernel layer's enums and the public ones are the same
 * numbers; this file says so to the compiler. */
#include "select.h"

#include <stdio.h>
#include <string.h>

#include <rowcast/experimental.h>
#include <rowcast/kernels.h>

#include "cost.h"
#include "cpu_decode.h"
#include "driver.h"
#include "error.h"
#include "mode.h"
#include "struct_size.h"

/* The size of rowcast_kernel_info in version 0.2. */
enum { FIRST_INFO = sizeof(rowcast_kernel_info) };

#define RC_LEVEL(symbol, ...) _Static_assert((int)RC_##symbol == (int)ROWCAST_##symbol, "ISA level " #symbol);
#include "levels.def"
#undef RC_LEVEL
_Static_assert((int)RC_ISA_AUTO == (int)ROWCAST_ISA_AUTO && (int)RC_ISA_COUNT == (int)ROWCAST_ISA_COUNT &&
                 (int)RC_ISA_COUNT <= (int)ROWCAST_ISA_MAX,
               "ISA levels");
_Static_assert((int)RC_ORDER_AUTO == (int)ROWCAST_ORDER_AUTO && (int)RC_NAIVE == (int)ROWCAST_NAIVE &&
                 (int)RC_SEQUENTIAL == (int)ROWCAST_SEQUENTIAL && (int)RC_LANES8 == (int)ROWCAST_LANES8 &&
                 (int)RC_EXACT == (int)ROWCAST_EXACT && (int)RC_ORDER_COUNT == (int)ROWCAST_ORDER_COUNT,
               "orders");
_Static_assert((int)RC_F32 == (int)ROWCAST_F32 && (int)RC_U8 == (int)ROWCAST_U8 &&
                 (int)RC_DTYPE_COUNT == (int)ROWCAST_DTYPE_COUNT,
               "element types");

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
static const char *const order_names[ROWCAST_ORDER_COUNT] = {"auto", "naive", "sequential", "lanes8", "exact"};
static const char *const dtype_names[] = {"f32", "u8", "i32", "f64", "f16", "bf16", "i8"};

const char *rowcast_order_name(rowcast_order order) {
  return (unsigned)order < COUNT(order_names) ? order_names[order] : NULL;
}

const char *rowcast_dtype_name(rowcast_dtype dtype) {
  return (unsigned)dtype < COUNT(dtype_names) ? dtype_names[dtype] : NULL;
}

/* The place of a name in a list; `count`: it is not there. */
static size_t place_of(const char *name, const char *const *names, size_t count) {
  size_t i = 0;
  while (i < count && strcmp(names[i], name) != 0) i++;
  return i;
}

rowcast_status rowcast_order_from_name(const char *name, rowcast_order *order) {
  if (name == NULL || order == NULL) return ROWCAST_ERR_ARGUMENT;
  const size_t place = place_of(name, order_names, COUNT(order_names));
  if (place == COUNT(order_names)) return ROWCAST_ERR_UNKNOWN;
  *order = (rowcast_order)place;
  return ROWCAST_OK;
}

rowcast_status rowcast_dtype_from_name(const char *name, rowcast_dtype *dtype) {
  if (name == NULL || dtype == NULL) return ROWCAST_ERR_ARGUMENT;
  const size_t place = place_of(name, dtype_names, COUNT(dtype_names));
  if (place == COUNT(dtype_names)) return ROWCAST_ERR_UNKNOWN;
  *dtype = (rowcast_dtype)place;
  return ROWCAST_OK;
}

size_t rowcast_driver_count(void) { return RC_DRIVER_COUNT; }

const char *rowcast_driver_name(size_t i) { return i < RC_DRIVER_COUNT ? rc_drivers[i].name : NULL; }

size_t rowcast_kernel_count(void) { return rc_kernel_count(); }

enum rc_core rc_core_of(const rowcast_cpu *cpu) {
  if (!cpu->full_width_512) return RC_ANY_CORE;
  for (size_t i = 0; i < cpu->feature_count; i++)
    if (strcmp(cpu->features[i].name, "amx_tile") == 0 && cpu->features[i].present) return RC_AMX_CORE;
  return RC_FULL_WIDTH_CORE;
}

/* A cpu that rowcast_cpu_detect() has filled. */
static bool is_filled(const rowcast_cpu *cpu) {
  return cpu != NULL && cpu->struct_size >= RC_FIRST_CPU && cpu->struct_size <= RC_LARGEST_STRUCT;
}

double rowcast_kernel_cycles(size_t i, const rowcast_cpu *cpu, size_t k, size_t n, double nonzero_share) {
  if (i >= rc_kernel_count() || !is_filled(cpu) || !(nonzero_share >= 0.0 && nonzero_share <= 1.0)) return -1.0;
  const struct rc_mode caller = rc_mode_enter();
  const double cycles = rc_cost_of_row(rc_kernel_at(i), rc_kernel_at(i)->packing, rc_core_of(cpu), k, n, nonzero_share);
  rc_mode_leave(caller);
  return cycles;
}

static bool is_usable(const struct rc_kernel *kernel, const rowcast_cpu *cpu) {
  return rc_isa_built(kernel->isa) && cpu->usable[kernel->isa];
}

/* Why a kernel can or cannot be used on *cpu. */
static void explain(const struct rc_kernel *kernel, const rowcast_cpu *cpu, char *text, size_t size) {
  const rowcast_isa isa = (rowcast_isa)kernel->isa;
  if (cpu->runs[isa] && !rc_isa_built(kernel->isa))
    snprintf(text, size, "not compiled in: the compiler has no %s", rowcast_isa_name(isa));
  else rc_isa_reason(cpu, isa, text, size);
}

rowcast_status rowcast_kernel_at(size_t i, const rowcast_cpu *cpu, rowcast_kernel_info *to, size_t size) {
  if (i >= rc_kernel_count() || !is_filled(cpu)) return ROWCAST_ERR_ARGUMENT;
  const struct rc_kernel *kernel = rc_kernel_at(i);
  rowcast_kernel_info info = {
    .name = kernel->name,
    .isa = (rowcast_isa)kernel->isa,
    .order = (rowcast_order)kernel->order,
    .skips_zeros = kernel->strategy == RC_SKIP,
    .built = rc_isa_built(kernel->isa),
    .usable = is_usable(kernel, cpu),
    .tile_rows = kernel->tile.rows,
    .tile_columns = kernel->tile.columns,
  };
  explain(kernel, cpu, info.reason, sizeof info.reason);
  return rc_give_struct(to, size, FIRST_INFO, &info, sizeof info) ? ROWCAST_OK : ROWCAST_ERR_ARGUMENT;
}

/* Eight lanes need eight products, and their final tree costs about as much as two products of every output; one sum
 * wastes lanes where N is no multiple of 16. In registers of 16 lanes: K * N / 16 + 2 * N against K * ceil(N / 16), and
 * beyond 64 products the tree is small whatever N is. */
rowcast_order rowcast_auto_order(size_t k, size_t n) {
  if (k < 8) return ROWCAST_SEQUENTIAL;
  const size_t padding = (16 - n % 16) % 16;
  return k <= 64 && n > 0 && k * padding < 32 * (n < 64 ? n : 64) ? ROWCAST_SEQUENTIAL : ROWCAST_LANES8;
}

/* The names that can be used, for error texts, those of a level as a shell's braces have them: avx2-{dot,tile}. */
static void list_usable(const rowcast_cpu *cpu, char *text, size_t size) {
  size_t length = (size_t)snprintf(text, size, "auto");
  for (int isa = 1; isa < RC_ISA_COUNT; isa++) {
    const char *const level = rowcast_isa_name((rowcast_isa)isa);
    size_t names = 0;
    for (size_t i = 0; i < rc_kernel_count(); i++) {
      const struct rc_kernel *kernel = rc_kernel_at(i);
      if ((int)kernel->isa != isa || !is_usable(kernel, cpu) || length >= size) continue;
      const char *method = kernel->name + strlen(level) + 1;
      length += names++ == 0 ? (size_t)snprintf(text + length, size - length, ", %s-{%s", level, method)
                             : (size_t)snprintf(text + length, size - length, ",%s", method);
    }
    if (names > 0 && length < size) length += (size_t)snprintf(text + length, size - length, "}");
  }
}

static const struct rc_kernel *find_kernel(const char *name) {
  for (size_t i = 0; i < rc_kernel_count(); i++)
    if (strcmp(rc_kernel_at(i)->name, name) == 0) return rc_kernel_at(i);
  return NULL;
}

bool rc_is_auto(const char *name) { return name == NULL || strcmp(name, "auto") == 0; }

rowcast_order rc_wanted_order(rowcast_order order, size_t k, size_t n) {
  return order == ROWCAST_ORDER_AUTO ? rowcast_auto_order(k, n) : order;
}

rowcast_status rc_select_kernel(const struct rc_kernel **kernel, const rowcast_plan_options *options, size_t k,
                                size_t n, const rowcast_cpu *cpu, rowcast_error *err) {
  char usable[400], reason[ROWCAST_REASON_TEXT];
  const char *name = options->kernel;
  const rowcast_order order = rc_wanted_order(options->order, k, n);
  if (rowcast_order_name(order) == NULL)
    return rc_fail(err, ROWCAST_ERR_UNKNOWN, "order: %d is not an order of this version", (int)order);
  if (!rc_is_auto(name)) {
    const struct rc_kernel *found = find_kernel(name);
    if (found != NULL && is_usable(found, cpu)) {
      if (options->order != ROWCAST_ORDER_AUTO && (int)found->order != (int)order)
        return rc_fail(err, ROWCAST_ERR_ARGUMENT, "kernel %s sums in the order %s, not in %s", found->name,
                       rowcast_order_name((rowcast_order)found->order), rowcast_order_name(order));
      *kernel = found;
      return ROWCAST_OK;
    }
    list_usable(cpu, usable, sizeof usable);
    if (found == NULL)
      return rc_fail(err, ROWCAST_ERR_UNKNOWN, "no kernel is named '%.64s'; usable here: %s", name, usable);
    explain(found, cpu, reason, sizeof reason);
    return rc_fail(err, ROWCAST_ERR_UNSUPPORTED, "kernel %s cannot run: %s; usable here: %s", name, reason, usable);
  }
  /* The scalar level has a kernel of every order, so one is always found. */
  *kernel = rc_cheapest(order, options->dtype, k, n, cpu, NULL);
  return ROWCAST_OK;
}

const struct rc_kernel *rc_cheapest(rowcast_order order, rowcast_dtype dtype, size_t k, size_t n,
                                    const rowcast_cpu *cpu, const struct rc_kernel *except) {
  const struct rc_kernel *best = NULL;
  double least = 0.0;
  for (size_t i = 0; i < rc_kernel_count(); i++) {
    const struct rc_kernel *candidate = rc_kernel_at(i);
    if ((int)candidate->order != (int)order || candidate->strategy != RC_DENSE || candidate == except ||
        (candidate->packing->for_bytes && dtype != ROWCAST_U8) || !is_usable(candidate, cpu))
      continue;
    const double cost = rc_cost_of_row(candidate, candidate->packing, rc_core_of(cpu), k, n, 1.0);
    if (best == NULL || cost < least || (cost == least && candidate->isa > best->isa)) best = candidate, least = cost;
  }
  return best;
}

const struct rc_kernel *rc_skip_companion(const struct rc_kernel *kernel, const rowcast_cpu *cpu) {
  const struct rc_kernel *found = NULL;
  for (size_t i = 0; i < rc_kernel_count(); i++) {
    const struct rc_kernel *candidate = rc_kernel_at(i);
    if (candidate->strategy != RC_SKIP || candidate->order != kernel->order ||
        strcmp(candidate->packing->family, kernel->packing->family) != 0 || !is_usable(candidate, cpu))
      continue;
    if (candidate->isa == kernel->isa) return candidate;
    /* AMX has none of its own. */
    if (rc_isa_includes((rowcast_isa)kernel->isa, (rowcast_isa)candidate->isa)) found = candidate;
  }
  return found;
}
