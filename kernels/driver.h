/* SPDX-License-Identifier: BSD-3-Clause */
/* Drivers feed the rows of a batch to a kernel, on one thread or several. They contain no arithmetic:
 * every kernel runs under every driver. */
#ifndef RC_DRIVER_H
#define RC_DRIVER_H

#include <stdint.h>

#include "kernel.h"

/* A batch: what rc_kernel_fn takes, and the kernel. */
struct rc_batch {
  rc_kernel_fn *run;
  const struct rc_weights *w;
  size_t m;
  const void *x;
  size_t ldx;       /* elements */
  size_t element;   /* bytes of one element of x */
  const void *const *rows; /* where each row is, x and ldx not counting; NULL: X is x */
  float *c;
  size_t ldc;
  const float *bias;  /* N floats added to every row; NULL: none */
  int32_t *classes;   /* where each row's largest column goes instead of the row, c being NULL; NULL: rows are wanted */
  int *no_memory;     /* set where classes were left out for lack of it; not NULL where classes are wanted */
  size_t chunk; /* rows a thread takes at a time where a driver hands them out; 0: RC_CHUNK_ROWS */
};

/* Multiplies rows begin..end of the batch on the calling thread, in the floating-point mode of mode.h. */
void rc_batch_rows(const struct rc_batch *batch, size_t begin, size_t end);

/* The same for one of `parts` contiguous parts of the batch, and for chunk i of `chunk` rows. */
void rc_batch_part(const struct rc_batch *batch, size_t parts, size_t part);
void rc_batch_chunk(const struct rc_batch *batch, size_t chunk, size_t i);

/* Multiplies the whole batch with at most `threads` threads (>= 1) and returns when it is done. */
typedef void rc_driver_fn(const struct rc_batch *batch, unsigned threads);

struct rc_driver {
  const char *name;
  rc_driver_fn *run;
};

enum { RC_DRIVER_SERIAL, RC_DRIVER_OPENMP, RC_DRIVER_OPENMP_DYNAMIC, RC_DRIVER_COUNT };
extern const struct rc_driver rc_drivers[RC_DRIVER_COUNT];

/* omp/openmp.c: contiguous rows per thread, as rc_partition() says; serial inside a parallel region. */
rc_driver_fn rc_drive_openmp;

/* omp/dynamic.c: each thread takes the next chunk of rows when it is done with one, so that a slow or disturbed core
 * does not hold up the rest; serial inside a parallel region. */
rc_driver_fn rc_drive_openmp_dynamic;

/* Rows of a chunk where none are asked for: some microseconds of work, against a tenth of one to take it. */
enum { RC_CHUNK_ROWS = 256 };

/* Floats of the rows whose classes are wanted that are kept on the stack at a time. A row of more takes memory of its
 * own. */
enum { RC_NEAR_FLOATS = 3840 };

/* The first of the largest columns; NaN is never one; -1: all are NaN. */
int32_t rc_largest(const float *row, size_t n);

/* Rows every part but the last is a multiple of: of most kernels' row tiles as well. */
enum { RC_ROW_BLOCK = 16 };

#endif
