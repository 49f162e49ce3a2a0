/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels and drivers this library knows, for listings, studies and tests.
 *
 * Every kernel in the source is listed on every machine; those of another architecture have
 * built == false. Indices are stable within one build only: identify a kernel by its name. */
#ifndef ROWCAST_KERNELS_H
#define ROWCAST_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/cpu.h>
#include <rowcast/export.h>
#include <rowcast/status.h>
#include <rowcast/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ROWCAST_REASON_TEXT = 128 };

typedef struct rowcast_kernel_info {
  const char *name; /* "avx2-broadcast"; static storage */
  rowcast_isa isa;  /* what it needs */
  rowcast_order order;
  bool skips_zeros;                 /* leaves out zeros in X when the weights are finite */
  bool built;                       /* compiled into this library */
  bool usable;                      /* built, and usable on the cpu asked about */
  size_t tile_rows, tile_columns;   /* most outputs it keeps in registers at once */
  char reason[ROWCAST_REASON_TEXT]; /* why it is usable or not, e.g. "this CPU has no avx2" */
} rowcast_kernel_info;

/* The number of kernels, and a description of kernel i as seen on *cpu. Each kernel takes float32 and bytes, and any K
 * and N. ROWCAST_ERR_ARGUMENT when i is not below the count or a pointer is NULL. Thread-safe. */
ROWCAST_API size_t rowcast_kernel_count(void);
ROWCAST_API rowcast_status rowcast_kernel_at(size_t i, const rowcast_cpu *cpu, rowcast_kernel_info *info);

/* The expected cost of kernel i on *cpu for one row times K x N weights, in cycles of a core that does at most 32
 * operations (16 multiply-adds) a cycle; a core that does 64 has two of these cycles in one of its own. nonzero_share,
 * in 0..1, matters only to kernels that skip zeros: of X's steps of eight elements, the share that are not all zero.
 * Arithmetic only; reading memory may take longer. `auto` takes the usable kernel that costs least. Negative when i is
 * not below the count, cpu is NULL or the share is not in 0..1. Thread-safe. */
ROWCAST_API double rowcast_kernel_cycles(size_t i, const rowcast_cpu *cpu, size_t k, size_t n, double nonzero_share);

/* The number of drivers, and the name of driver i: "serial", "openmp", "openmp-dynamic"; NULL when i is not below the
 * count. Static storage. Thread-safe. */
ROWCAST_API size_t rowcast_driver_count(void);
ROWCAST_API const char *rowcast_driver_name(size_t i);

/* "naive", "sequential", "lanes8"; "f32", "u8"; NULL for anything else. Static storage. Thread-safe. */
ROWCAST_API const char *rowcast_order_name(rowcast_order order);
ROWCAST_API const char *rowcast_dtype_name(rowcast_dtype dtype);

#ifdef __cplusplus
}
#endif
#endif
