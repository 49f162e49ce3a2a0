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

/* The number of kernels, and a description of kernel i as seen on *cpu, which rowcast_cpu_detect() filled; size is
 * sizeof(rowcast_kernel_info). Each kernel takes float32 and bytes, and any K
 * and N. ROWCAST_ERR_ARGUMENT when i is not below the count, a pointer is NULL or a size wrong.
 * Thread-safe. */
ROWCAST_API size_t rowcast_kernel_count(void);
ROWCAST_API rowcast_status rowcast_kernel_at(size_t i, const rowcast_cpu *cpu, rowcast_kernel_info *info, size_t size);

/* The number of drivers, and the name of driver i: "serial", "openmp", "openmp-dynamic"; NULL when i is not below the
 * count. Static storage. Thread-safe. */
ROWCAST_API size_t rowcast_driver_count(void);
ROWCAST_API const char *rowcast_driver_name(size_t i);

/* "auto", "naive", "sequential", "lanes8", "exact"; "f32", "u8", "i32", "f64", "f16", "bf16", "i8"; NULL for
 * anything else. Static storage. Thread-safe. */
ROWCAST_API const char *rowcast_order_name(rowcast_order order);
ROWCAST_API const char *rowcast_dtype_name(rowcast_dtype dtype);

/* The order, or the element type, of that name; ROWCAST_ERR_UNKNOWN: none has it. Thread-safe. */
ROWCAST_API rowcast_status rowcast_order_from_name(const char *name, rowcast_order *order);
ROWCAST_API rowcast_status rowcast_dtype_from_name(const char *name, rowcast_dtype *dtype);

#ifdef __cplusplus
}
#endif
#endif
