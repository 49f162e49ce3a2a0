/* SPDX-License-Identifier: BSD-3-Clause */
/* What rowcast's own tool and tests need besides, and programs rarely: why a choice was made, what it is expected to
 * cost, and the article's random numbers. It may change or go with any version, and rowcast.h does not include it. */
#ifndef ROWCAST_EXPERIMENTAL_H
#define ROWCAST_EXPERIMENTAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/cpu.h>
#include <rowcast/export.h>
#include <rowcast/plan.h>
#include <rowcast/status.h>
#include <rowcast/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes of tables indexed by these enums, for programs that are built together with the library: element types of rows,
 * and one more than the last level, order, layout and file format. */
enum {
  ROWCAST_DTYPE_COUNT = 2,
  ROWCAST_ISA_COUNT = 9,
  ROWCAST_ORDER_COUNT = 5,
  ROWCAST_W_LAYOUT_COUNT = 2,
  ROWCAST_FILE_FORMAT_COUNT = 6
};

/* The expected cost of kernel i on *cpu for one row times K x N weights, in cycles of a core that does at most 32
 * operations (16 multiply-adds) a cycle; a core that does 64 has two of these cycles in one of its own. nonzero_share,
 * in 0..1, matters only to kernels that skip zeros: of X's steps of eight elements, the share that are not all zero.
 * Arithmetic only; reading memory may take longer. `auto` takes the usable kernel that costs least. Negative when i is
 * not below the count, cpu is NULL or not filled or the share is not in 0..1. Thread-safe. */
ROWCAST_API double rowcast_kernel_cycles(size_t i, const rowcast_cpu *cpu, size_t k, size_t n, double nonzero_share);

/* How many of `wanted` threads a parallel region of the calling thread can have, the calling thread included; they are
 * running when this returns. For programs with OpenMP regions of their own: libgomp ends the process if a thread cannot
 * be started. Returns 1 within a parallel region, and in a forked child that would wait for its parent's threads
 * (see rowcast_prepare_fork()). A count that this thread never had before is tried once, at some 0.03 ms a thread.
 * At least 1, at most 4096. Thread-safe. */
ROWCAST_API unsigned rowcast_startable_threads(unsigned wanted);

/* What decided the count: OpenMP if it was asked for no more threads than there are CPUs; else the smallest count, and
 * of equal ones the first in this order. */
typedef enum rowcast_threads_by {
  ROWCAST_BY_AFFINITY,
  ROWCAST_BY_CORES,
  ROWCAST_BY_QUOTA,
  ROWCAST_BY_OPENMP,
  ROWCAST_BY_LIMIT,
  ROWCAST_BY_BUILD /* the library was built without OpenMP: one */
} rowcast_threads_by;

enum { ROWCAST_THREADS_TEXT = 128, ROWCAST_CPUS_TEXT = 256 };

typedef struct rowcast_thread_choice {
  unsigned threads; /* what rowcast_default_threads() returns */
  rowcast_threads_by decided_by;
  unsigned affinity;                 /* rowcast_available_cpus() */
  char cpus[ROWCAST_CPUS_TEXT];      /* which, e.g. "0-3,8"; empty: not told; ends in "..." if cut short */
  unsigned cores;                    /* physical cores among them; 0: not told */
  double quota;                      /* CPUs' worth of time a control group allows, e.g. 1.5; 0: no quota */
  unsigned openmp;                   /* what OpenMP was asked for; 0: nothing */
  unsigned limit;                    /* OpenMP's thread limit; 0: none */
  long long throttled;               /* periods so far in which a control group had used up its quota; -1: not told */
  char reason[ROWCAST_THREADS_TEXT]; /* decided_by in words */
} rowcast_thread_choice;

/* The default thread count and where it comes from. size is sizeof(rowcast_thread_choice). Reads a few small files each
 * time. ROWCAST_ERR_ARGUMENT: choice is NULL, or the size wrong. Thread-safe. */
ROWCAST_API rowcast_status rowcast_default_threads_explain(rowcast_thread_choice *choice, size_t size);

/* How a batch is multiplied, and what the alternative was. */
typedef struct rowcast_choice {
  const char *kernel;    /* that runs: the plan's kernel or its companion; static storage, like all names here */
  const char *runner_up; /* the next cheapest usable kernel of the same order; NULL: none */
  bool asked_for;        /* the kernel was named in the options */
  bool skips_zeros;      /* kernel leaves out zeros, and the weights are finite */
  size_t tile_rows, tile_columns; /* most outputs the kernel keeps in registers */
  size_t k_block;                 /* elements of K it takes at a time; K rounded up to 8 if it takes them all */
  double nonzero_share;    /* share of the sampled steps of eight bytes that are not all zero; 1: none was sampled */
  double cycles;           /* expected for one row: rowcast_kernel_cycles() of kernel, */
  double runner_up_cycles; /* and of runner_up */
  unsigned threads;        /* rowcast_plan_threads_for() */
  const char *driver;      /* that runs: "serial", "openmp" or "openmp-dynamic", never "auto" */
  const char *exact;       /* of bytes: what the order exact would run, if that is expected to be faster; else NULL */
  double exact_cycles;     /* and of exact; 0 without it */
} rowcast_choice;

/* Fills *choice for this batch; size is sizeof(rowcast_choice), the others as in rowcast_matmul(). For bytes, if the
 * kernel may skip zeros, it looks at a few rows and has rowcast_matmul()'s errors about X. For a batch without rows or
 * a plan for float32, *choice follows from the plan alone, and x may be NULL. ROWCAST_ERR_ARGUMENT also when plan or
 * choice is NULL, or size is not such a one. Thread-safe. */
ROWCAST_API rowcast_status rowcast_plan_explain(const rowcast_plan *plan, size_t m, const void *x, size_t ldx,
                                                rowcast_choice *choice, size_t size);

/* Fills out[0..count) with the values of `torch.manual_seed(seed); torch.randn(count)` on a CPU, to within
 * 2e-6 each (PyTorch's vectorised logarithm and cosine differ from the C library's in the last digits).
 * The sequence: MT19937 seeded with the low 32 bits of seed, then Box-Muller, in groups of 16 values for
 * count >= 16, or one by one in double precision for smaller counts (PyTorch, aten/src/ATen/native/cpu/
 * DistributionTemplates.h, normal_fill, and aten/src/ATen/core/DistributionsHelper.h).
 * The bits are the same on every machine. No allocation. Thread-safe. ROWCAST_ERR_ARGUMENT: out is NULL and
 * count is not 0. */
ROWCAST_API rowcast_status rowcast_randn(uint64_t seed, float *out, size_t count);

#ifdef __cplusplus
}
#endif
#endif
