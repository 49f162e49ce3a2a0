/* SPDX-License-Identifier: BSD-3-Clause */
#include "header.h"

#include <stdint.h>

bool rc_header_finish(struct rc_header *header) {
  size_t cols = 1;
  /* A dimension of 0 makes the product 0, but must not make illegal others legal: they are multiplied without it. */
  size_t others = header->element;
  for (size_t i = 0; i < header->rank; i++) {
    if (i > 0 && __builtin_mul_overflow(cols, header->dims[i], &cols)) return false;
    if (header->dims[i] > 0 && __builtin_mul_overflow(others, header->dims[i], &others)) return false;
  }
  header->rows = header->rank > 0 ? header->dims[0] : 1;
  header->cols = cols;
  header->bytes = header->rows == 0 || cols == 0 ? 0 : others;
  return others <= PTRDIFF_MAX && header->offset <= PTRDIFF_MAX - others;
}
