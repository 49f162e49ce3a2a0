/* SPDX-License-Identifier: BSD-3-Clause */
#include "sample.h"

#include <stdint.h>
#include <string.h>

enum { STEP = 8, SHARE = 8, MOST_ROWS = 64 };

double rc_nonzero_share(const unsigned char *x, size_t ldx, const void *const *all, size_t m, size_t k) {
  const size_t steps = k / STEP;
  if (m == 0 || steps == 0) return 1.0;
  size_t rows = m / SHARE;
  if (rows > MOST_ROWS) rows = MOST_ROWS;
  if (rows < 1) rows = 1;
  size_t nonzero = 0;
  for (size_t r = 0; r < rows; r++) {
    const size_t i = m / rows * r;
    const unsigned char *row = all != NULL ? all[i] : x + i * ldx;
    for (size_t s = 0; s < steps; s++) {
      uint64_t bytes;
      memcpy(&bytes, row + STEP * s, sizeof bytes);
      nonzero += bytes != 0;
    }
  }
  return (double)nonzero / ((double)rows * (double)steps);
}
