/* SPDX-License-Identifier: BSD-3-Clause */
/* The order exact by big integers. */
#ifndef ROWCAST_CHECK_BIG_SUM_H
#define ROWCAST_CHECK_BIG_SUM_H

#include <stdbool.h>
#include <stdint.h>

/* What an exact sum has so far: positive and negative products apart, as whole numbers of 2^-298, and what is no
 * number. Begins as zeros. */
enum { BIG_DIGITS = 21 };
struct big_sum {
  uint32_t positive[BIG_DIGITS], negative[BIG_DIGITS];
  double special; /* sum of the products that are NaN or infinite */
  bool is_special;
};

void big_add(struct big_sum *sum, float a, float b);

/* The nearest float32, ties to even; +0 for a zero. */
float big_round(const struct big_sum *sum);

#endif
