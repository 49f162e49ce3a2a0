/* SPDX-License-Identifier: BSD-3-Clause */
#include "sample.h"

#include <stdint.h>
#include <string.h>

enum { STEP = 8, SHARE = 8, MOST_ROWS = 64 };

/* How many of a row's steps are not all zero. Two at a time, with comparisons that every CPU has for its registers. */
static size_t nonzero_steps(const unsigned char *row, size_t steps) {
  typedef uint32_t four __attribute__((vector_size(16)));
  typedef uint64_t two __attribute__((vector_size(16)));
  two zeros = {0, 0};
  size_t s = 0;
#pragma GCC unroll 4
  for (; s + 2 <= steps; s += 2) {
    four bytes;
    memcpy(&bytes, row + STEP * s, sizeof bytes);
    const two halves = (two)(bytes == 0); /* all ones where four bytes are zeros */
    zeros += halves & halves >> 63;
  }
  size_t nonzero = s - (size_t)(zeros[0] + zeros[1]);
  if (s < steps) {
    uint64_t bytes;
    memcpy(&bytes, row + STEP * s, sizeof bytes);
    nonzero += bytes != 0;
  }
  return nonzero;
}

double rc_nonzero_share(const unsigned char *x, size_t ldx, const void *const *all, size_t m, size_t k) {
  const size_t steps = k / STEP;
  if (m == 0 || steps == 0) return 1.0;
  size_t rows = m / SHARE;
  if (rows > MOST_ROWS) rows = MOST_ROWS;
  if (rows < 1) rows = 1;
  size_t nonzero = 0;
  for (size_t r = 0; r < rows; r++) {
    const size_t i = m / rows * r;
    nonzero += nonzero_steps(all != NULL ? all[i] : x + i * ldx, steps);
  }
  return (double)nonzero / ((double)rows * (double)steps);
}
