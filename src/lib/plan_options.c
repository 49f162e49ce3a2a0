/* SPDX-License-Identifier: BSD-3-Clause */
#include "plan_options.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "openmp.h"
#include "struct_size.h"
#include "team.h"
#include "threads.h"

/* The size of the struct in version 0.2, whose last member was parallel_for. */
static const size_t FIRST_SIZE = offsetof(rowcast_plan_options, parallel_for) + sizeof(rowcast_parallel_for);

static void *default_allocate(size_t bytes, size_t alignment, void *user) {
  (void)user;
  /* aligned_alloc() wants a multiple. */
  const size_t rest = bytes % alignment;
  return bytes > PTRDIFF_MAX - alignment ? NULL
                                         : aligned_alloc(alignment, rest == 0 ? bytes : bytes + alignment - rest);
}

static void default_release(void *memory, void *user) {
  (void)user;
  free(memory);
}

/* The zero that means 1, and the other one, by their bits: in a mode that takes subnormal numbers for zero, so do
 * comparisons. */
enum { ZERO = 0 };
static const uint32_t MINUS_ZERO = UINT32_C(1) << 31;

static uint32_t bits_of(float number) {
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

size_t rc_weight_size(rowcast_dtype dtype) {
  switch (dtype) {
  case ROWCAST_F32: return sizeof(float);
  case ROWCAST_F64: return sizeof(double);
  case ROWCAST_F16:
  case ROWCAST_BF16: return sizeof(uint16_t);
  case ROWCAST_U8:
  case ROWCAST_I8:
  case ROWCAST_I32: break;
  }
  return 0;
}

/* A type that there is, but not here, or a number that is none. */
static rowcast_status wrong_type(rowcast_dtype dtype, const char *of, rowcast_error *err) {
  const char *name = rowcast_dtype_name(dtype);
  if (name == NULL) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "%d is not an element type", (int)dtype);
  return rc_fail(err, ROWCAST_ERR_UNSUPPORTED, "%s cannot be %s", of, name);
}

rowcast_status rowcast_plan_options_init(rowcast_plan_options *options, size_t size) {
  const rowcast_plan_options defaults = ROWCAST_PLAN_DEFAULTS;
  if (options == NULL || size < FIRST_SIZE || size > RC_LARGEST_STRUCT) return ROWCAST_ERR_ARGUMENT;
  /* What this version does not know is zero, and means nothing. */
  memset(options, 0, size);
  memcpy(options, &defaults, size < sizeof defaults ? size : sizeof defaults);
  options->struct_size = size;
  return ROWCAST_OK;
}

rowcast_status rc_plan_options_take(rowcast_plan_options *own, const rowcast_plan_options *given, rowcast_error *err) {
  const rowcast_plan_options defaults = ROWCAST_PLAN_DEFAULTS;
  rowcast_status status;
  const char *wrong = rc_take_struct(own, sizeof *own, FIRST_SIZE, given != NULL ? given : &defaults, &status);
  if (wrong != NULL) return rc_fail(err, status, "plan options: %s", wrong);
  if ((unsigned)own->dtype >= ROWCAST_DTYPE_COUNT) return wrong_type(own->dtype, "rows", err);
  if (rc_weight_size(own->w_dtype) == 0) return wrong_type(own->w_dtype, "weights", err);
  if ((unsigned)own->w_layout >= ROWCAST_W_LAYOUT_COUNT)
    return rc_fail(err, ROWCAST_ERR_ARGUMENT, "%d is not a layout of weights", (int)own->w_layout);
  if (!isfinite(own->scale)) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "the scale is not finite");
  /* What is left of a small negative number: nobody wants it to mean 1. */
  if (bits_of(own->scale) == MINUS_ZERO) return rc_fail(err, ROWCAST_ERR_ARGUMENT, "the scale is -0");
  if (own->threads > ROWCAST_MAX_THREADS)
    return rc_fail(err, ROWCAST_ERR_ARGUMENT, "%u threads are more than %d", own->threads, ROWCAST_MAX_THREADS);
  if ((own->allocator.allocate == NULL) != (own->allocator.release == NULL))
    return rc_fail(err, ROWCAST_ERR_ARGUMENT, "an allocator needs both allocate and release");
  if (bits_of(own->scale) == ZERO) own->scale = 1.0f;
  const bool pool = own->parallel_for.run != NULL;
  if (own->threads == 0) own->threads = pool ? rc_system_threads() : rowcast_default_threads();
  /* More than OMP_THREAD_LIMIT would not start, and would be told of as if they had; without OpenMP, more than one. */
  rc_meet_openmp();
  const int limit = omp_get_thread_limit();
  if (!pool && limit > 0 && own->threads > (unsigned)limit) own->threads = (unsigned)limit;
  if (own->allocator.allocate == NULL) own->allocator = (rowcast_allocator){default_allocate, default_release, NULL};
  return ROWCAST_OK;
}
