/* SPDX-License-Identifier: BSD-3-Clause */
/* The check of one kernel over one case: what the suites of Criterion, the plain runner and the test of
 * the harness itself share. Nothing here asserts or prints: a failure is a text.
 *
 * The kernel is called through a subject, so that deliberately broken ones can take the place of the library's. Stray
 * accesses to memory end in SIGSEGV: every buffer lies at a guard page, X and W cannot be written, and W is gone once
 * the subject has been created. */
#ifndef TEST_CHECK_KERNEL_H
#define TEST_CHECK_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/types.h>

#include "fixture.h"

struct check_subject {
  const char *name;
  rowcast_order order;
  bool auto_order; /* the order is rowcast_auto_order(k, n) instead */
  rowcast_dtype dtype;
  const void *context; /* the functions' own */
  /* Prepares W; NULL: it could not. scale as in rowcast_plan_options. */
  void *(*create)(const struct check_subject *subject, size_t k, size_t n, const float *w, size_t ldw, float scale);
  /* C = X * W; false: it refused. */
  bool (*run)(void *instance, size_t m, const void *x, size_t ldx, float *c, size_t ldc);
  void (*destroy)(void *instance);
};

/* What the elements are. */
enum check_values {
  CHECK_PIXELS,     /* X: bytes, or multiples of 1/256; rows of zeros, sparse, dense, with runs */
  CHECK_MIXED,      /* X: float32 of either sign and many exponents (bytes: as above) */
  CHECK_SPECIAL_X,  /* a few NaN, Inf, -0, subnormal and huge values in the rows */
  CHECK_SPECIAL_W,  /* in the columns of the weights */
  CHECK_SPECIAL,    /* in both */
  CHECK_ZEROS,      /* nothing but zeros of both signs in X */
  CHECK_TINY,       /* products are subnormal or vanish */
  CHECK_VANISHING,  /* float32: every product does, of either sign by column */
  CHECK_HUGE,       /* sums overflow here and there */
  CHECK_CANCELLING, /* products come in pairs, of which many cancel to the last bit or all */
  CHECK_FAR_APART,  /* the same, of weights whose exponents are up to 70 apart */
  CHECK_TIES,       /* whole numbers, of which many sums are as near to one float32 as to another */
  CHECK_WIDE,       /* exponents over most of their range */
  CHECK_VALUES_COUNT
};

struct check_case {
  size_t m, k, n;
  size_t x_padding, w_padding, c_padding; /* elements between a row's end and the next row */
  size_t overlap;                         /* elements that a row of X shares with the next one, instead of x_padding */
  enum guard_side side;                   /* of all buffers */
  size_t gap;                             /* elements between X and the guard page, and between C and its own */
  float scale;                            /* 0: the subject's default, 1 */
  enum check_values values;
  uint64_t seed;
};

enum { CHECK_TEXT = 768 };

/* Is the subject's product right in every respect? If not, text says what is wrong, where, and of which case.
 * Checked: the bits of the order's model; float64's bound; every output written; C's padding and
 * surroundings untouched. */
bool check_kernel(const struct check_subject *subject, const struct check_case *check, char text[CHECK_TEXT]);

/* Do the rows have the same bits alone, as two batches, and at another alignment, as in one batch? */
bool check_batches(const struct check_subject *subject, const struct check_case *check, char text[CHECK_TEXT]);

/* Does a subject for bytes with the case's scale, a power of two, give the bits of one for float32 on the
 * values of those bytes? */
bool check_bytes_as_floats(const struct check_subject *bytes, const struct check_subject *floats,
                           const struct check_case *check, char text[CHECK_TEXT]);

/* From now on a stray access in a check is reported on stderr, with its case, before it ends the process. */
void check_report_faults(void);

#endif
