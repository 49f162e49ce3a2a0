/* SPDX-License-Identifier: BSD-3-Clause */
/* The OpenMP driver that hands out chunks of rows on demand. */
#include "driver.h"
#include "openmp.h"

void rc_drive_openmp_dynamic(const struct rc_batch *batch, unsigned threads) {
  if (threads <= 1 || omp_in_parallel()) {
    rc_batch_rows(batch, 0, batch->m);
    return;
  }
  const size_t chunk = batch->chunk > 0 ? batch->chunk : RC_CHUNK_ROWS;
  const size_t chunks = batch->m / chunk + (batch->m % chunk != 0);
#pragma omp parallel for num_threads((int)threads) schedule(dynamic, 1) default(none) shared(batch, chunk, chunks)
  for (size_t i = 0; i < chunks; i++) rc_batch_chunk(batch, chunk, i);
}
