/* SPDX-License-Identifier: BSD-3-Clause */
/* An element of a matrix as a number, whichever type it has. */
#ifndef ROWCAST_CLI_MATRIX_AT_H
#define ROWCAST_CLI_MATRIX_AT_H

#include <rowcast/matrix.h>

static inline float matrix_at(const rowcast_matrix *matrix, size_t row, size_t column) {
  const size_t at = row * matrix->stride + column;
  return matrix->dtype == ROWCAST_U8 ? (float)((const unsigned char *)matrix->data)[at]
                                     : ((const float *)matrix->data)[at];
}

#endif
