/* SPDX-License-Identifier: BSD-3-Clause */
/* The cases that every kernel has to pass. */
#ifndef TEST_CHECK_SUITE_H
#define TEST_CHECK_SUITE_H

#include "check_kernel.h"

enum check_amount {
  CHECK_REDUCED, /* a second or less a kernel, for emulators and sanitizers */
  CHECK_FULL
};

struct check_tally {
  size_t passed, failed;
  char text[CHECK_TEXT]; /* of the first failure */
};

/* Counts a check that was made; keeps the first failure's text. Returns right. */
bool check_count(struct check_tally *tally, bool right, const char *text);

/* Shapes of every size around the blocks of kernels, with strides, alignments, scales and values drawn from the
 * seed. Each returns at the first failure. */
bool check_shapes(const struct check_subject *subject, enum check_amount amount, uint64_t seed,
                  struct check_tally *tally);

/* NaN, infinities, signed zeros, subnormal and huge values. */
bool check_special_values(const struct check_subject *subject, enum check_amount amount, uint64_t seed,
                          struct check_tally *tally);

/* The same bits for a row alone and in any batch. */
bool check_all_batches(const struct check_subject *subject, enum check_amount amount, uint64_t seed,
                       struct check_tally *tally);

/* The same bits for bytes and for float32. */
bool check_all_bytes_as_floats(const struct check_subject *bytes, const struct check_subject *floats,
                               enum check_amount amount, uint64_t seed, struct check_tally *tally);

#endif
