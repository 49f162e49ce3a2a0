/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: fixed weights, prepared once and multiplied with many rows.
 *
 *     C[M x N] = X[M x K] * W[K x N]          row-major; W also as N x K
 *
 * A plan holds W packed for one kernel, that kernel, a driver and a thread count. It is immutable:
 * any number of threads may multiply with it at the same time.
 *
 * Bits. An output depends only on its row of X, on W, on the scale and on the plan's order: not on the
 * ISA level, thread count, M, row position, alignment or strides, nor on the floating-point mode (rounding, flushing of
 * subnormal numbers, traps) that a thread has set. The payload and sign of a NaN are excepted. */
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

/* Where a plan's memory comes from, for programs with allocators of their own. Set both functions or neither. They are
 * called on the thread that creates or destroys the plan, with cancellation disabled. allocate() reports failure only
 * by returning NULL; memory that is not aligned as requested is released at once, and the plan is refused
 * (ROWCAST_ERR_ARGUMENT). */
typedef struct rowcast_allocator {
  void *(*allocate)(size_t bytes, size_t alignment,
                    void *user);             /* bytes > 0, alignment a power of two; NULL: out of memory */
  void (*release)(void *memory, void *user); /* what allocate() returned, never NULL */
  void *user;
} rowcast_allocator;

/* A pool of threads of the program's own, which a plan uses instead of OpenMP.
 *
 * run() must call task(context, i) exactly once for each i < tasks, in any order, on any threads, as many at a time as
 * it likes, and return when all these calls have returned. It is called on the thread that multiplies, perhaps on
 * several at once if several use the plan, in the caller's floating-point mode, with cancellation disabled. No
 * exception of C++ and no longjmp() may leave it, and no thread may end within a task. A task takes up to 48 KiB of
 * stack, sets the floating-point mode that it needs and restores the thread's. If a task was left out or run twice, the
 * call returns ROWCAST_ERR_ARGUMENT, and the results are undefined; a task that runs on when run() has returned is
 * undefined behaviour.
 *
 * What is said below of OpenMP's threads does not concern such a plan: run() is called within an OpenMP parallel region
 * and in a child of fork() as elsewhere, and must work there. A child usually has none of the pool's threads: run() can
 * then do the tasks itself. */
typedef struct rowcast_parallel_for {
  void (*run)(void *user, size_t tasks, void (*task)(void *context, size_t index), void *context);
  void *user;
} rowcast_parallel_for;

/* How the weights lie in memory. */
typedef enum rowcast_w_layout {
  ROWCAST_K_BY_N = 0, /* row-major K x N: the N weights of an element of X are adjacent, and ldw >= N */
  ROWCAST_N_BY_K = 1  /* row-major N x K, as of PyTorch's Linear: the K weights of an output are adjacent, ldw >= K */
} rowcast_w_layout;

/* Start from ROWCAST_PLAN_DEFAULTS; every other member has a meaning when zero. Later versions may add members at the
 * end; struct_size tells the library which ones the caller knows. The strings are needed only during the call. */
typedef struct rowcast_plan_options {
  size_t struct_size;  /* sizeof(rowcast_plan_options) */
  const char *kernel;  /* a kernel's name; NULL or "auto": chosen as described below */
  const char *driver;  /* "serial", "openmp" (contiguous rows for each thread) or "openmp-dynamic" (each thread takes
                          chunks of rows on demand); NULL or "auto": openmp if the batch is worth it, else serial */
  rowcast_dtype dtype; /* element type of the rows to come */
  float scale;         /* value of one unit of X, folded into the packed weights as fl(w * scale);
                          finite; 0 means 1. -0 is refused, as it is what a tiny negative number becomes as a float */
  unsigned threads;    /* most threads to use; 0: rowcast_default_threads(); never more than OMP_THREAD_LIMIT, and one
                          in a build without OpenMP, unless parallel_for is set */
  size_t chunk_rows;   /* rows of a chunk, for openmp-dynamic; 0: 256 */
  const float *bias; /* N floats, copied: C = X * W + bias. Each output's sum is rounded, then the bias is added and the
                        result rounded again, but of ROWCAST_EXACT, whose sum has the bias within; NULL: none */
  rowcast_order order;         /* of summation; ROWCAST_ORDER_AUTO: the named kernel's, else rowcast_auto_order() */
  rowcast_isa isa;             /* nothing is used that this level does not need, as with ROWCAST_ISA;
                                  ROWCAST_ISA_AUTO: no cap but ROWCAST_ISA */
  rowcast_allocator allocator; /* for the plan and its packed weights; both NULL: aligned_alloc() and free() */
  rowcast_w_layout w_layout;   /* how W lies in memory */
  rowcast_dtype w_dtype; /* element type of W: F32, F64, F16 or BF16. Each weight becomes F32 first (of F64 the nearest,
                            ties to even; the others are exact); the plan is that of these F32 weights */
  rowcast_parallel_for parallel_for; /* run is NULL: OpenMP. The driver says how rows are divided: "openmp" makes a task
                                        for each of the plan's threads, "openmp-dynamic" one for each chunk, at most
                                        4096 (with larger chunks then), "serial" none */
} rowcast_plan_options;

#define ROWCAST_PLAN_DEFAULTS                                                                                          \
  {                                                                                                                    \
    sizeof(rowcast_plan_options), NULL, NULL, ROWCAST_F32, 0.0f, 0, 0, NULL, ROWCAST_ORDER_AUTO, ROWCAST_ISA_AUTO,     \
      {NULL, NULL, NULL}, ROWCAST_K_BY_N, ROWCAST_F32, {                                                               \
      NULL, NULL                                                                                                       \
    }                                                                                                                  \
  }

/* The same for programs that cannot use the macro, in other languages for instance: fills `size` bytes at *options,
 * where size is that of their struct, which becomes struct_size. ROWCAST_ERR_ARGUMENT: options is NULL, or no version's
 * struct has that size; nothing is written then. */
ROWCAST_API rowcast_status rowcast_plan_options_init(rowcast_plan_options *options, size_t size);

/* Largest thread count a plan accepts. */
enum { ROWCAST_MAX_THREADS = 4096 };

/* Makes a plan from W: K x N float32, row-major, ldw >= N elements from one row to the next, unless w_layout and
 * w_dtype say otherwise; of its type's natural alignment. W is copied; the caller may free it at once. K or N may be 0
 * (W may then be NULL).
 *
 * Automatic choice: the order follows from K and N alone, never from the CPU, the thread count or M. Of the usable
 * kernels of that order, the one that is expected to take least time is taken. If the rows are bytes and the
 * weights finite, each call looks at a few rows; a batch with enough zeros goes to the kernel's companion that skips
 * zeros, if that is expected to cost less. The bits are the same.
 *
 * options may be NULL (defaults). On success, release *plan with rowcast_plan_destroy().
 * On failure, *plan is NULL and *err, if given, says why: ROWCAST_ERR_ARGUMENT, _OVERFLOW, _MEMORY,
 * _UNKNOWN (no such kernel, driver, order, level or ROWCAST_ISA), _UNSUPPORTED (this machine cannot run it, or an
 * option of a later version is set). Thread-safe. Cost: one pass over W, one allocation of about K*N floats; of the
 * order exact some passes, and 2*K*N floats; for rows of bytes 14*K*N (more where K is small), most of them written to
 * only where exponents of weights are far apart. */
ROWCAST_API rowcast_status rowcast_plan_create(rowcast_plan **plan, size_t k, size_t n, const void *w, size_t ldw,
                                               const rowcast_plan_options *options, rowcast_error *err);

/* The size of such a plan: exactly what rowcast_plan_create() asks its allocator for, in one piece aligned to 64 bytes.
 * It depends on the kernel, and with it on the machine, unless a kernel is named. On failure *bytes is 0; the errors
 * are those of rowcast_plan_create() that K, N and options alone give. Thread-safe. */
ROWCAST_API rowcast_status rowcast_plan_bytes(size_t k, size_t n, const rowcast_plan_options *options, size_t *bytes,
                                              rowcast_error *err);

/* Releases a plan; NULL is allowed. Nobody may be multiplying with it. */
ROWCAST_API void rowcast_plan_destroy(rowcast_plan *plan);

/* C = X * W for m rows. x points to m rows of K elements of the plan's dtype, ldx elements apart; c to m rows of N
 * floats, ldc >= N elements apart. Rows of X may share elements: ldx may be less than K (windows that slide over a
 * signal), and 0 (the same row each time). x and c need only the natural alignment of their element type. Reads nothing
 * outside the m * K elements and writes nothing outside the m * N floats, which need no initial value. X and C must not
 * overlap (rows of one between rows of the other do not; they need the same stride in bytes then, unless two rows have
 * all of the other's between them). m may be 0. With a single row, the strides are ignored. Allocates nothing itself.
 * Runs serially inside another OpenMP parallel region, whatever nesting is allowed. Each thread that calls this has a
 * team of its own, with as many threads as the plan says, which ends when that thread ends: programs with threads of
 * their own should make plans with one thread. ROWCAST_ERR_ARGUMENT: a pointer is NULL although elements are needed,
 * ldc is less than N, or X and C overlap; ROWCAST_ERR_OVERFLOW: the extent of X or C in bytes does not fit.
 * Thread-safe. Cost: m rows of rowcast_kernel_cycles() each, shared by the threads, or the time to read X once,
 * whichever is more.
 */
ROWCAST_API rowcast_status rowcast_matmul(const rowcast_plan *plan, size_t m, const void *x, size_t ldx, float *c,
                                          size_t ldc);

/* The same for rows [begin, end) of a batch, on the calling thread alone and without OpenMP: for callers with
 * threads of their own. x and c point to row 0 of the batch. ROWCAST_ERR_ARGUMENT also when begin > end, or when rows
 * [0, end) of X and C overlap. */
ROWCAST_API rowcast_status rowcast_matmul_rows(const rowcast_plan *plan, size_t begin, size_t end, const void *x,
                                               size_t ldx, float *c, size_t ldc);

/* The same for rows that lie anywhere: rows[i] points to the K elements of row i, naturally aligned. Rows may be
 * repeated and may share elements. The bits are those of rowcast_matmul(). Rows that are equally spaced, as those of a
 * matrix that are taken in order, are multiplied in place; of the others a few at a time are copied (12.25 KiB on the
 * stack). ROWCAST_ERR_ARGUMENT, before anything is written, also when a row is NULL, or when one of them, or rows[]
 * itself, overlaps C; ROWCAST_ERR_OVERFLOW also for the extent of rows[]. Where K is 0, rows[] is not looked at. Runs
 * on the plan's threads like rowcast_matmul(): for threads of your own, take a plan of one thread. Thread-safe. */
ROWCAST_API rowcast_status rowcast_matmul_gather(const rowcast_plan *plan, size_t m, const void *const *rows, float *c,
                                                 size_t ldc);

/* The class of each of m rows: the number of the largest column in its row of C as rowcast_matmul() computes it. Of
 * equal columns the first is taken; NaNs are passed over, and the class is -1 if all columns are NaN or N is 0. Writes
 * m numbers to classes; C is not stored. x, ldx and the errors are as for rowcast_matmul(), and classes must not
 * overlap X; ROWCAST_ERR_ARGUMENT also when classes is NULL and m is not 0, or when N is above ROWCAST_MAX_CLASSES.
 * Thread-safe. Allocates nothing itself up to N of 3840; for more, each thread takes memory for one row of C
 * (ROWCAST_ERR_MEMORY: some classes are missing). Cost: that of rowcast_matmul(), less writing C. */
enum { ROWCAST_MAX_CLASSES = 4096 };
ROWCAST_API rowcast_status rowcast_predict(const rowcast_plan *plan, size_t m, const void *x, size_t ldx,
                                           int32_t *classes);

/* The same for rows [begin, end) of a batch, on the calling thread alone and without OpenMP, like
 * rowcast_matmul_rows().
 */
ROWCAST_API rowcast_status rowcast_predict_rows(const rowcast_plan *plan, size_t begin, size_t end, const void *x,
                                                size_t ldx, int32_t *classes);

/* The same for rows that lie anywhere, like rowcast_matmul_gather(). */
ROWCAST_API rowcast_status rowcast_predict_gather(const rowcast_plan *plan, size_t m, const void *const *rows,
                                                  int32_t *classes);

/* What a plan decided. */
typedef struct rowcast_plan_info {
  const char *kernel;      /* static storage */
  const char *skip_kernel; /* the companion used for bytes that are mostly zeros; NULL: none */
  const char *driver;      /* "auto", or a driver's name */
  rowcast_isa isa;
  rowcast_order order;
  rowcast_dtype dtype;
  size_t k, n;
  unsigned threads;    /* most threads a product on the calling thread uses, as far as is known */
  size_t packed_bytes; /* size of the packed weights */
} rowcast_plan_info;

/* Fills *info; size is sizeof(rowcast_plan_info). ROWCAST_ERR_ARGUMENT: a pointer is NULL, or size is not such a one.
 * Thread-safe, costs nothing. */
ROWCAST_API rowcast_status rowcast_plan_describe(const rowcast_plan *plan, rowcast_plan_info *info, size_t size);

/* Threads that rowcast_matmul(), called by this thread, would use for a batch of m rows: 1 within an OpenMP parallel
 * region, and in a forked child whose parent had threads (see below). Never more than the system lets start
 * (RLIMIT_NPROC, pids.max, RLIMIT_AS with stacks of OMP_STACKSIZE): a count that is new to this thread is tried once,
 * with threads that end again (some 0.03 ms each); if fewer can be started, no more are tried later. A pool of the
 * program's own is not asked: then it is the plan's threads, fewer for a small batch, also in a region or a child. 0
 * when plan is NULL. Thread-safe. */
ROWCAST_API unsigned rowcast_plan_threads_for(const rowcast_plan *plan, size_t m);

/* Forking. A child of fork() can multiply with its parent's plans, and gets the same bits. If the parent had more than
 * one thread at the fork, OpenMP's or others, the child does everything on the calling thread, because it has none of
 * the threads that its copy of the OpenMP runtime would wait for. A child of clone() or vfork() always does so.
 *
 * If a thread calls this and then fork(), the child can start teams of its own. The call ends the OpenMP threads that
 * wait for the calling thread; their threadprivate variables are lost. The next parallel region starts new ones and, if
 * it is rowcast's, undoes the preparation. The caller must start no parallel region of its own before the fork.
 * ROWCAST_ERR_ARGUMENT: called within a parallel region; ROWCAST_ERR_UNSUPPORTED: the OpenMP runtime cannot end its
 * threads. In a child that has no teams there is nothing to do: ROWCAST_OK. Thread-safe; each thread prepares only its
 * own forks.
 *
 * The library knows only what happened since it was loaded: a child that loads it after its parent used OpenMP must ask
 * for one thread. */
ROWCAST_API rowcast_status rowcast_prepare_fork(void);

/* The order that "auto" takes for weights of this shape: a function of K and N alone. Thread-safe. */
ROWCAST_API rowcast_order rowcast_auto_order(size_t k, size_t n);

#ifdef __cplusplus
}
#endif
#endif
