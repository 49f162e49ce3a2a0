/* SPDX-License-Identifier: BSD-3-Clause */
#include "gather.h"

#include <stdint.h>
#include <string.h>

#include "pack.h"

/* COPY: four rows of 784 floats, as many as most tiles have. RUN: fewer neighbours than this are not worth a call of
 * their own where others are copied. */
enum { COPY_BYTES = 4 * 784 * 4, RUN = 8 };

/* Rows that are equally spaced, from row i on. */
struct run {
  size_t rows, ldx;
};

/* Of rows i..end, i < end, at most `most`. */
static struct run run_at(const struct rc_batch *batch, size_t i, size_t end, size_t most) {
  const void *const *rows = batch->rows;
  struct run run = {1, batch->w->k};
  if (end - i < 2 || most < 2 || (uintptr_t)rows[i + 1] < (uintptr_t)rows[i]) return run;
  const size_t apart = (uintptr_t)rows[i + 1] - (uintptr_t)rows[i];
  if (apart % batch->element != 0) return run;
  run.ldx = apart / batch->element;
  while (run.rows < most && i + run.rows < end &&
         (uintptr_t)rows[i + run.rows] - (uintptr_t)rows[i + run.rows - 1] == apart)
    run.rows++;
  return run;
}

/* Copies rows from i on until `most` are there or a run begins that need not be copied. How many. */
static size_t copy(const struct rc_batch *batch, char *to, size_t apart, size_t i, size_t end, size_t most) {
  const size_t bytes = batch->w->k * batch->element;
  size_t count = 0;
  do {
    memcpy(to + count * apart, batch->rows[i + count], bytes);
    count++;
  } while (count < most && i + count < end && run_at(batch, i + count, end, RUN).rows < RUN);
  return count;
}

void rc_gather(const struct rc_batch *batch, size_t begin, size_t end, float *c, size_t ldc) {
  _Alignas(RC_ALIGNMENT) char copies[COPY_BYTES];
  const size_t bytes = batch->w->k * batch->element;
  const size_t apart = bytes <= COPY_BYTES ? rc_round_up(bytes, RC_ALIGNMENT) : bytes;
  const size_t most = apart > 0 ? COPY_BYTES / apart : 0;
  for (size_t i = begin, rows; i < end; i += rows) {
    struct run run = run_at(batch, i, end, end - i);
    const void *x = batch->rows[i];
    /* Long rows are multiplied where they are, if need be one at a time. */
    if (run.rows < RUN && run.rows < end - i && most > 1) {
      run.rows = copy(batch, copies, apart, i, end, most);
      run.ldx = apart / batch->element;
      x = copies;
    }
    rows = run.rows;
    batch->run(batch->w, rows, x, run.ldx, c + (i - begin) * ldc, ldc);
  }
}
