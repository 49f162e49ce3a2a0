/* SPDX-License-Identifier: BSD-3-Clause */
/* Outputs of the order exact that are in doubt, one product at a time. */
#include <stdint.h>
#include <string.h>

#include "exact.h"

typedef double vec;
enum { LANES = 1 };

RC_INLINE vec spread(double value) { return value; }
RC_INLINE vec weights_at(const double *from) { return *from; }
RC_INLINE vec elements_at(const void *row, size_t i, enum rc_dtype dtype) { return (double)rc_element(row, i, dtype); }
RC_INLINE vec kept(vec v) { return v; }
RC_INLINE vec multiply_add(vec x, vec w, vec c) { return x * w + c; }

RC_INLINE vec either(vec a, vec b) {
  uint64_t left, right;
  memcpy(&left, &a, sizeof left);
  memcpy(&right, &b, sizeof right);
  left |= right;
  memcpy(&a, &left, sizeof a);
  return a;
}

#include "exact_settle.h"

RC_EXACT_SETTLE(scalar)
