/* SPDX-License-Identifier: BSD-3-Clause */
/* What `rowcast verify` compares with: an order's model and its error against float64, made once each. */
#ifndef ROWCAST_CLI_VERIFY_REFERENCE_H
#define ROWCAST_CLI_VERIFY_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/matrix.h>

#include "check.h"

struct reference {
  bool made;
  rowcast_matrix c;
  struct check_bound bound; /* of c */
};

/* Makes the model's result and bounds it; false: out of memory. Release c with rowcast_matrix_free(). */
bool reference_make(struct reference *reference, const struct check_product *product, rowcast_order order);

/* check_float64() of m x n floats (ldc apart) by all threads. */
struct check_bound bound_of(const struct check_product *product, const float *c, size_t ldc);

#endif
