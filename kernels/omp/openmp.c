/* SPDX-License-Identifier: BSD-3-Clause */
/* The OpenMP driver. The team's size is always passed on, never left to a default, and the partition uses
 * the size the runtime really gave. */
#include "driver.h"
#include "openmp.h"

void rc_drive_openmp(const struct rc_batch *batch, unsigned threads) {
  if (threads <= 1 || omp_in_parallel()) {
    rc_batch_rows(batch, 0, batch->m);
    return;
  }
#pragma omp parallel num_threads((int)threads) default(none) shared(batch)
  rc_batch_part(batch, (size_t)omp_get_num_threads(), (size_t)omp_get_thread_num());
}
