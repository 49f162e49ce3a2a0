/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of 16 bits as float32, which holds all of them exactly. Integer arithmetic, so that no mode of the
 * floating-point unit changes them. */
#ifndef RC_HALF_H
#define RC_HALF_H

#include <stdint.h>
#include <string.h>

static inline float rc_float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* IEEE-754 binary16. Every NaN is a quiet one of the same sign. */
static inline float rc_half(uint16_t half) {
  const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 31u;
  uint32_t fraction = half & 1023u;
  if (exponent == 31) return rc_float_of_bits(sign | 0x7f800000u | (fraction != 0 ? 0x400000u : 0));
  if (exponent > 0) return rc_float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
  if (fraction == 0) return rc_float_of_bits(sign);
  /* Subnormal: its first bit becomes the one that is not stored. */
  const unsigned shift = (unsigned)__builtin_clz(fraction) - 21;
  fraction = fraction << shift & 1023u;
  return rc_float_of_bits(sign | (113 - shift) << 23 | fraction << 13);
}

/* bfloat16: the upper half of a float32. */
static inline float rc_bfloat16(uint16_t bits) { return rc_float_of_bits((uint32_t)bits << 16); }

#endif
