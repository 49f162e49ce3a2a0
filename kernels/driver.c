/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver.h"

#include <assert.h>

void rc_batch_rows(const struct rc_batch *batch, size_t begin, size_t end) {
  assert(begin <= end && end <= batch->m);
  if (begin == end) return;
  const char *x = batch->x;
  batch->run(batch->w, end - begin, x + begin * batch->ldx * batch->element, batch->ldx,
             batch->c + begin * batch->ldc, batch->ldc);
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
