/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of kernels, generated from kernels.def. Levels that were not built keep their lines, without
 * code, so that a listing can say why they are not there. */
#include "kernel.h"
#include "pack.h"
#include "tiled.h"

/* RC_IS_BUILT(level) is 1 for the levels that the build compiles, for which it defines RC_BUILT_<LEVEL> as 1; else 0.
 * (Linux's IS_ENABLED() does it this way: a macro that is 1 makes a comma, which makes 1 the second argument.) */
#define RC_BUILT_SCALAR 1
#define RC_IS_BUILT(level) RC_IS_BUILT_(RC_BUILT_##level)
#define RC_IS_BUILT_(value) RC_IS_BUILT__(value)
#define RC_IS_BUILT__(value) RC_IS_BUILT___(RC_COMMA_##value)
#define RC_IS_BUILT___(comma) RC_SECOND(comma 1, 0, 0)
#define RC_COMMA_1 0,
#define RC_SECOND(first, second, ...) second

/* A function of a level that was not built becomes NULL without being named to the linker. */
#define RC_JOIN(a, b) RC_JOIN_(a, b)
#define RC_JOIN_(a, b) a##b
#define RC_IF_0(function) NULL
#define RC_IF_1(function) function
#define RC_FUNCTION(isa, function) RC_JOIN(RC_IF_, RC_IS_BUILT(isa))(function)

static const struct rc_kernel kernels[] = {
#define TILE(rows, columns, most_k) {rows, columns, most_k}
#define COST(step, output, row, pad, panel) {step, output, row, pad, panel}
#define RC_KERNEL(name, symbol, isa, order, packing, strategy, tile, ...)                 \
  { name, RC_##isa, RC_##order, RC_##strategy, &rc_pack_##packing, tile, { __VA_ARGS__ }, \
    { [RC_F32] = RC_FUNCTION(isa, rc_##symbol##_f32),              \
      [RC_U8] = RC_FUNCTION(isa, rc_##symbol##_u8) } },
#include "kernels.def"
#undef RC_KERNEL
#undef COST
#undef TILE
};

size_t rc_kernel_count(void) { return sizeof kernels / sizeof kernels[0]; }

const struct rc_kernel *rc_kernel_at(size_t i) { return &kernels[i]; }

int rc_isa_built(enum rc_isa isa) {
  switch (isa) {
#define RC_LEVEL(symbol, ...) \
  case RC_##symbol: return RC_IS_BUILT(symbol);
#include "levels.def"
#undef RC_LEVEL
  case RC_ISA_AUTO:
  case RC_ISA_COUNT: break;
  }
  return 0;
}
