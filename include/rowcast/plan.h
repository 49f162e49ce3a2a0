/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: fixed weights, prepared once, multiplied with many rows.
 *
 *     C[M x N] = X[M x K] * W[K x N]          all row-major
 *
 * A plan holds W packed for one kernel, the kernel, the driver and the thread count. It is immutable:
 * any number of threads may multiply with one plan at the same time.
 *
 * Bits. An output depends only on its row of X, on W, on the scale and on the plan's order: not on the
 * ISA level, thread count, M, row position, alignment or strides. NaN payloads and signs are excepted. */
#ifndef ROWCAST_PLAN_H
#define ROWCAST_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/cpu.h>
#include <rowcast/export.h>
#include <rowcast/kernels.h>
#include <rowcast/status.h>
#include <rowcast/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rowcast_plan rowcast_plan;

/* Where a plan's memory comes from, for programs with allocators of their own. Both functions or neither. They may be
 * called from any thread that creates or destroys a plan, and must not fail otherwise than by returning NULL; memory
 * that is not aligned as asked for goes back at once, and the plan is refused (ROWCAST_ERR_ARGUMENT). */
typedef struct rowcast_allocator {
  void *(*allocate)(size_t bytes, size_t alignment,
                    void *user);             /* bytes > 0, alignment a power of two; NULL: out of memory */
  void (*release)(void *memory, void *user); /* what allocate() returned, never NULL */
  void *user;
} rowcast_allocator;

/* Start from ROWCAST_PLAN_DEFAULTS; every other member has a meaning when zero. Later versions may add members at the
 * end; struct_size tells the library which ones the caller knows. The strings are needed during the call only. */
typedef struct rowcast_plan_options {
  size_t struct_size;  /* sizeof(rowcast_plan_options) */
  const char *kernel;  /* a kernel's name; NULL or "auto": chosen (see below) */
  const char *driver;  /* "serial", "openmp" (contiguous rows for each thread) or "openmp-dynamic" (each thread takes
                          chunks of rows on demand); NULL or "auto": openmp when it pays for the batch */
  rowcast_dtype dtype; /* element type of the rows to come */
  float scale;         /* value of one unit of X, folded into the packed weights as fl(w * scale);
                          finite; 0 means 1, and -0 is refused: a number too small for float has become one of them */
  unsigned threads;    /* most threads to use; 0: rowcast_default_threads(); never more than OMP_THREAD_LIMIT */
  size_t chunk_rows;   /* rows of a chunk, for openmp-dynamic; 0: 256 */
  const float *bias; /* N floats, copied: C = X * W + bias, each output's sum rounded first, then the bias added and the
                        result rounded again; NULL: none */
  const char *order; /* "naive", "sequential" or "lanes8": the order of summation; NULL or "auto": the named kernel's,
                        else rowcast_auto_order() */
  const char *isa; /* the highest ISA level to use, as rowcast_isa_name() has them; it only lowers, as ROWCAST_ISA does;
                      NULL or "auto": no cap beside ROWCAST_ISA */
  rowcast_allocator allocator; /* for the plan and its packed weights; both NULL: aligned_alloc() and free() */
} rowcast_plan_options;

#define ROWCAST_PLAN_DEFAULTS                                                                                          \
  {                                                                                                                    \
    sizeof(rowcast_plan_options), NULL, NULL, ROWCAST_F32, 0.0f, 0, 0, NULL, NULL, NULL, { NULL, NULL, NULL }          \
  }

/* Largest thread count a plan accepts. */
enum { ROWCAST_MAX_THREADS = 4096 };

/* Makes a plan from W: K x N float32, row-major, ldw >= N elements from one row to the next. W is
 * copied; the caller may free it at once. K or N may be 0 (W may then be NULL).
 *
 * Automatic choice: the order follows from K and N alone (never from the CPU, the thread count or M);
 * among the usable kernels of that order the one that costs least is taken (rowcast_kernel_cycles()). For bytes, a
 * batch with enough zeros for that to cost less (a few rows are looked at in every call) is given to the kernel's
 * companion that skips zeros, when the weights are finite: the bits are the same.
 *
 * options may be NULL (defaults). On success *plan is to be released with rowcast_plan_destroy().
 * On failure *plan is NULL and *err, if given, says why: ROWCAST_ERR_ARGUMENT, _OVERFLOW, _MEMORY,
 * _UNKNOWN (no such kernel, driver, order, level or ROWCAST_ISA), _UNSUPPORTED (this machine cannot run it, or an
 * option of a later version is set). Thread-safe. Cost: one pass over W, one allocation of about K*N floats. */
ROWCAST_API rowcast_status rowcast_plan_create(rowcast_plan **plan, size_t k, size_t n, const float *w, size_t ldw,
                                               const rowcast_plan_options *options, rowcast_error *err);

/* Releases a plan; NULL is allowed. Nobody may be multiplying with it. */
ROWCAST_API void rowcast_plan_destroy(rowcast_plan *plan);

/* C = X * W for m rows. x points to m rows of K elements of the plan's dtype, ldx >= K elements apart;
 * c to m rows of N floats, ldc >= N elements apart. Any alignment natural to the element type. Reads
 * nothing outside the m * K elements, writes nothing outside the m * N floats, which need no initial
 * value. X and C must not overlap. m may be 0. A stride is not looked at where there is one row only.
 * Allocates nothing itself. Runs serially inside another OpenMP parallel region, whatever nesting is allowed. Threads
 * that call this at once have a team each, of as many threads as the plan says, which ends with its caller: programs
 * with threads of their own want plans of one thread.
 * ROWCAST_ERR_ARGUMENT: a NULL pointer where elements are needed, or a stride that is too small;
 * ROWCAST_ERR_OVERFLOW: the extent of X or C in bytes does not fit. Thread-safe.
 * Cost: m rows of rowcast_kernel_cycles() each, shared by the threads, or the time to read X once, whichever is more.
 */
ROWCAST_API rowcast_status rowcast_matmul(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, float *c,
                                          size_t ldc);

/* The same for rows begin..end of a batch, on the calling thread alone and without OpenMP: for callers with
 * threads of their own. x and c point to row 0 of the batch; ROWCAST_ERR_ARGUMENT also when begin > end. */
ROWCAST_API rowcast_status rowcast_matmul_rows(const rowcast_plan *plan, size_t begin, size_t end, const void *x,
                                               size_t ldx, float *c, size_t ldc);

/* The class of each of m rows: the column in which its row of C, as rowcast_matmul() computes it, is largest; of equal
 * columns the first; NaN is never it, and -1 says that all are NaN or that N is 0. Writes m numbers at classes; C is
 * not stored. X as in rowcast_matmul(), and its errors; ROWCAST_ERR_ARGUMENT also when classes is NULL and m is not 0,
 * or when N is above ROWCAST_MAX_CLASSES. Thread-safe, allocates nothing itself. Cost: rowcast_matmul()'s, without
 * writing C. */
enum { ROWCAST_MAX_CLASSES = 4096 };
ROWCAST_API rowcast_status rowcast_predict(const rowcast_plan *plan, size_t m, const void *x, size_t ldx,
                                           int32_t *classes);

/* The same for rows begin..end of a batch, on the calling thread alone and without OpenMP; as rowcast_matmul_rows(). */
ROWCAST_API rowcast_status rowcast_predict_rows(const rowcast_plan *plan, size_t begin, size_t end, const void *x,
                                                size_t ldx, int32_t *classes);

/* What a plan decided. */
typedef struct rowcast_plan_info {
  const char *kernel;      /* static storage */
  const char *skip_kernel; /* the companion used for bytes that are mostly zeros; NULL: none */
  const char *driver;      /* "auto", or a driver's name */
  rowcast_isa isa;
  rowcast_order order;
  rowcast_dtype dtype;
  size_t k, n;
  unsigned threads;    /* most threads a multiply by the calling thread uses, as far as is known */
  size_t packed_bytes; /* size of the packed weights */
} rowcast_plan_info;

/* Fills *info. Thread-safe, costs nothing. */
ROWCAST_API void rowcast_plan_describe(const rowcast_plan *plan, rowcast_plan_info *info);

/* Threads rowcast_matmul() would use for a batch of m rows with this plan, called by this thread: 1 within a parallel
 * region of OpenMP's, and in a forked child whose parent had threads (below). No more than the system lets start
 * (RLIMIT_NPROC, pids.max, RLIMIT_AS with stacks of OMP_STACKSIZE): a number that this thread had or asked for never
 * before is tried once, with threads that end again (some 0.03 ms each). Fewer are taken then, for good. Thread-safe.
 */
ROWCAST_API unsigned rowcast_plan_threads_for(const rowcast_plan *plan, size_t m);

/* Forking. A child of fork() can multiply with its parent's plans, and gets the same bits. Where the parent had more
 * than one thread at the fork, of OpenMP's or others, the child does everything on the calling thread, as a child of
 * clone() or vfork() always does: it has none of the threads that its copy of the OpenMP runtime waits for.
 *
 * A thread that calls this and then fork() has children that start teams of their own. It ends the OpenMP threads that
 * wait for the calling thread (their threadprivate variables are lost); the next parallel region starts new ones, and
 * undoes the preparation if it is rowcast's. The caller must start none of its own in between. ROWCAST_ERR_ARGUMENT:
 * called within a parallel region; ROWCAST_ERR_UNSUPPORTED: the OpenMP runtime cannot end its threads. Nothing to do,
 * and ROWCAST_OK, in a child that has no teams. Thread-safe, each thread for itself.
 *
 * Only what happened since the library was loaded is known: a child that loads it after its parent used OpenMP is to
 * ask for one thread. */
ROWCAST_API rowcast_status rowcast_prepare_fork(void);

/* How a batch is multiplied, and what that was chosen from. */
typedef struct rowcast_choice {
  const char *kernel;             /* that runs: the plan's, or its companion; static storage, as all names here */
  const char *runner_up;          /* the usable kernel of the same order that costs least beside it; NULL: none */
  bool asked_for;                 /* the kernel was named in the options */
  bool skips_zeros;               /* kernel leaves out zeros, and the weights are finite */
  size_t tile_rows, tile_columns; /* most outputs the kernel keeps in registers */
  size_t k_block;                 /* elements of K it takes at a time: K rounded up to 8 where it does not cut K */
  double nonzero_share;    /* of the sampled steps of eight bytes, those not all zero; 1 where none was looked at */
  double cycles;           /* of one row, expected: rowcast_kernel_cycles() of kernel, */
  double runner_up_cycles; /* and of runner_up */
  unsigned threads;        /* rowcast_plan_threads_for() */
  const char *driver;      /* that runs: "serial", "openmp" or "openmp-dynamic", never "auto" */
} rowcast_choice;

/* Fills *choice for this batch; arguments as in rowcast_matmul(). For bytes it looks at a few rows where the kernel,
 * named or not, may skip zeros, and has rowcast_matmul()'s errors about X. A batch of no rows or a plan for float32
 * gets what the plan says alone, and x may then be NULL; ROWCAST_ERR_ARGUMENT when plan or choice is NULL. Thread-safe.
 */
ROWCAST_API rowcast_status rowcast_plan_explain(const rowcast_plan *plan, size_t m, const void *x, size_t ldx,
                                                rowcast_choice *choice);

/* The order "auto" takes for weights of this shape: a function of K and N alone. */
ROWCAST_API rowcast_order rowcast_auto_order(size_t k, size_t n);

#ifdef __cplusplus
}
#endif
#endif
