/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver.h"

#include <assert.h>
#include <stdlib.h>

#include "gather.h"
#include "mode.h"
#include "partition.h"

int32_t rc_largest(const float *row, size_t n) {
  int32_t best = -1;
  for (size_t j = 0; j < n; j++)
    if (best < 0 ? row[j] == row[j] : row[j] > row[best]) best = (int32_t)j;
  return best;
}

/* Some rows' products, with the bias. */
RC_INLINE void multiply(const struct rc_batch *batch, size_t begin, size_t end, float *c, size_t ldc) {
  const char *x = batch->x;
  const size_t n = batch->w->n;
  if (__builtin_expect(batch->rows != NULL, 0)) rc_gather(batch, begin, end, c, ldc);
  else batch->run(batch->w, end - begin, x + begin * batch->ldx * batch->element, batch->ldx, c, ldc);
  for (size_t i = begin; batch->bias != NULL && i < end; i++, c += ldc)
    for (size_t j = 0; j < n; j++) c[j] += batch->bias[j];
}

/* Rows at a time where something follows the product: their results are still in the nearest cache. */
static size_t block_of(const struct rc_batch *batch) {
  const size_t n = batch->w->n, rows = n > 0 ? RC_NEAR_FLOATS / n : RC_NEAR_FLOATS;
  return rows > 0 ? rows : 1;
}

static void classify_in(float *block, const struct rc_batch *batch, size_t begin, size_t end) {
  const size_t n = batch->w->n, most = block_of(batch);
  for (size_t i = begin, next; i < end; i = next) {
    next = end - i < most ? end : i + most;
    multiply(batch, i, next, block, n);
    for (size_t row = i; row < next; row++) batch->classes[row] = rc_largest(block + (row - i) * n, n);
  }
}

static void classify(const struct rc_batch *batch, size_t begin, size_t end) {
  float near[RC_NEAR_FLOATS], *far = NULL;
  const size_t n = batch->w->n;
  if (n > RC_NEAR_FLOATS && (far = malloc(n * sizeof *far)) == NULL) {
    __atomic_store_n(batch->no_memory, 1, __ATOMIC_RELAXED);
    return;
  }
  classify_in(far != NULL ? far : near, batch, begin, end);
  free(far);
}

static void store(const struct rc_batch *batch, size_t begin, size_t end) {
  const size_t most = batch->bias != NULL ? block_of(batch) : end - begin;
  for (size_t i = begin, next; i < end; i = next) {
    next = end - i < most ? end : i + most;
    multiply(batch, i, next, batch->c + i * batch->ldc, batch->ldc);
  }
}

void rc_batch_rows(const struct rc_batch *batch, size_t begin, size_t end) {
  assert(begin <= end && end <= batch->m);
  if (begin == end) return;
  const struct rc_mode caller = rc_mode_enter();
  if (batch->classes != NULL) classify(batch, begin, end);
  else store(batch, begin, end);
  rc_mode_leave(caller);
}

void rc_batch_part(const struct rc_batch *batch, size_t parts, size_t part) {
  /* A batch of few rows is still shared out: whole blocks only where there are blocks enough. */
  const size_t block = batch->m >= parts * RC_ROW_BLOCK ? RC_ROW_BLOCK : 1;
  const struct rc_range rows = rc_partition(batch->m, parts, part, block);
  rc_batch_rows(batch, rows.begin, rows.end);
}

void rc_batch_chunk(const struct rc_batch *batch, size_t chunk, size_t i) {
  rc_batch_rows(batch, i * chunk, batch->m - i * chunk < chunk ? batch->m : (i + 1) * chunk);
}

static void drive_serial(const struct rc_batch *batch, unsigned threads) {
  (void)threads;
  rc_batch_rows(batch, 0, batch->m);
}

const struct rc_driver rc_drivers[RC_DRIVER_COUNT] = {
  [RC_DRIVER_SERIAL] = {"serial", drive_serial},
  [RC_DRIVER_OPENMP] = {"openmp", rc_drive_openmp},
  [RC_DRIVER_OPENMP_DYNAMIC] = {"openmp-dynamic", rc_drive_openmp_dynamic},
};
