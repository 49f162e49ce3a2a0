/* SPDX-License-Identifier: BSD-3-Clause */
/* The OpenMP driver. The team's size is always passed on, never left to a default, and the partition uses
 * the size the runtime really gave. */
#include <omp.h>

#include "driver.h"
#include "partition.h"

void rc_drive_openmp(const struct rc_batch *batch, unsigned threads) {
  if (threads <= 1 || omp_in_parallel()) {
    rc_batch_rows(batch, 0, batch->m);
    return;
  }
#pragma omp parallel num_threads((int)threads) default(none) shared(batch)
  {
    const size_t parts = (size_t)omp_get_num_threads();
    /* A batch of few rows is still shared out: whole blocks only where there are blocks enough. */
    const size_t block = batch->m >= parts * RC_ROW_BLOCK ? RC_ROW_BLOCK : 1;
    const struct rc_range rows = rc_partition(batch->m, parts, (size_t)omp_get_thread_num(), block);
    rc_batch_rows(batch, rows.begin, rows.end);
  }
}
