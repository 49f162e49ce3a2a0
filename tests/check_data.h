/* SPDX-License-Identifier: BSD-3-Clause */
/* The guarded matrices of one check_case: their strides, their elements, and what is in their padding. */
#ifndef TEST_CHECK_DATA_H
#define TEST_CHECK_DATA_H

#include "check_kernel.h"

struct check_data {
  struct guarded x, w, c;
  size_t ldx, ldw, ldc;
};

/* Fills X and W, X's padding with NaN (bytes: 255), W's with NaN, C as check_data_fill_c() says. X and W
 * cannot be written any more. */
struct check_data check_data_make(const struct check_case *check, rowcast_dtype dtype);
void check_data_free(struct check_data *data);

/* Every output becomes a signalling NaN that no arithmetic returns, the padding another pattern. */
void check_data_fill_c(const struct guarded *c, size_t m, size_t n, size_t ldc);

/* NULL: every output was written and nothing else was; otherwise what is wrong, with row and column. */
const char *check_data_inspect_c(const struct guarded *c, size_t m, size_t n, size_t ldc, size_t *row, size_t *column);

/* Elements from the first to the last of rows x width, stride apart. */
size_t check_data_extent(size_t rows, size_t width, size_t stride);

#endif
