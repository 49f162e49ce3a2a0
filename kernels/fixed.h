/* SPDX-License-Identifier: BSD-3-Clause */
/* A sum of products of two float32, or of doubles that are such sums themselves, without any rounding: a fixed-point
 * number that holds the least bit of the smallest product, 2^-298, and the sum of 2^64 of the largest, below 2^320.
 * Sums of parts may be added up in any order. */
#ifndef RC_FIXED_H
#define RC_FIXED_H

#include <stddef.h>
#include <stdint.h>

/* Digit d counts units of 2^(32 d - 298). A number adds less than 2^32 to three of them, of either sign, so that
 * 2^30 can be added before what is above 32 bits must be carried. */
enum { RC_FIXED_DIGITS = 20, RC_FIXED_LEAST = -298 };
struct rc_fixed {
  int64_t digit[RC_FIXED_DIGITS];
  size_t pending; /* numbers since the last carry */
};

/* += a whole multiple of 2^-298 below 2^320, as a product of two float32 is. */
void rc_fixed_add_number(struct rc_fixed *sum, double number);

/* += other. */
void rc_fixed_add(struct rc_fixed *sum, const struct rc_fixed *other);

/* The nearest float32, ties to even; +0 for a zero and for what becomes one. */
float rc_fixed_round(const struct rc_fixed *sum);

#endif
