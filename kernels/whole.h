/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole numbers in balanced digits of 8 or 16 bits: d = v mod 2^bits as a signed number, v = (v - d) / 2^bits. */
#ifndef RC_WHOLE_H
#define RC_WHOLE_H

#include <math.h>
#include <stdint.h>

#include "weight.h"

/* What a number of digits can hold of any sign: 2^(bits - 1) - 1 in each. */
RC_INLINE double rc_largest_whole(size_t digits, unsigned bits) {
  double largest = 0.0;
  for (size_t d = 0; d < digits; d++) largest = ldexp(largest, (int)bits) + (ldexp(1.0, (int)bits - 1) - 1.0);
  return largest;
}

/* To the nearest; below 2^51. */
RC_INLINE int64_t rc_to_whole(double value) { return (int64_t)((value + 0x1.8p52) - 0x1.8p52); }

/* The lowest digit of a whole number, which becomes what is above it. */
RC_INLINE int rc_take_digit(int64_t *value, unsigned bits) {
  const int digit = bits == 8 ? (int8_t)*value : (int16_t)*value;
  *value = (*value - digit) / (bits == 8 ? 256 : 65536);
  return digit;
}

/* A whole number, times 2^bits for each place. */
struct rc_whole {
  int64_t value;
  size_t place;
};

/* A float32 that is a multiple of the unit, a power of two. */
RC_INLINE struct rc_whole rc_whole_of(float value, double unit, unsigned bits) {
  if (value == 0.0f) return (struct rc_whole){0, 0};
  const struct rc_odd odd = rc_odd_of(value);
  uint64_t unit_bits;
  memcpy(&unit_bits, &unit, sizeof unit_bits);
  const size_t up = (size_t)(odd.exponent - ((int)(unit_bits >> 52) - 1023));
  return (struct rc_whole){odd.value * (INT64_C(1) << up % bits), up / bits};
}

/* Digit number `digit`, the next of a whole number. */
RC_INLINE int rc_next_digit(struct rc_whole *whole, size_t digit, unsigned bits) {
  return digit < whole->place ? 0 : rc_take_digit(&whole->value, bits);
}

#endif
