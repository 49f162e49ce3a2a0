/* SPDX-License-Identifier: BSD-3-Clause */
/* A weight as every layout packs it. */
#ifndef RC_WEIGHT_H
#define RC_WEIGHT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "half.h"
#include "kernel.h"

/* fl(w[i][j] * scale), w rounded to float32 first. */
RC_INLINE float rc_weight(struct rc_source w, size_t i, size_t j) {
  const size_t at = i * w.k_step + j * w.n_step;
  float value = 0.0f;
  switch (w.type) {
  case RC_W_F32: value = ((const float *)w.data)[at]; break;
  case RC_W_F64: value = (float)((const double *)w.data)[at]; break;
  case RC_W_F16: value = rc_half(((const uint16_t *)w.data)[at]); break;
  case RC_W_BF16: value = rc_bfloat16(((const uint16_t *)w.data)[at]); break;
  case RC_WEIGHT_TYPES: break;
  }
  return value * w.scale;
}

/* A finite number that is not 0 is an odd one times a power of two. */
struct rc_odd {
  int32_t value;
  int exponent;
};

RC_INLINE struct rc_odd rc_odd_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t exponent = bits >> 23 & 0xff, fraction = (bits & 0x7fffff) | (exponent > 0 ? 0x800000 : 0);
  const int zeros = __builtin_ctz(fraction);
  const int32_t odd = (int32_t)(fraction >> zeros);
  return (struct rc_odd){bits >> 31 ? -odd : odd, (int)(exponent > 0 ? exponent : 1) - 150 + zeros};
}

/* The value of its lowest bit. */
RC_INLINE double rc_lowest_bit(float value) {
  const uint64_t power = (uint64_t)(1023 + rc_odd_of(value).exponent) << 52;
  double lowest;
  memcpy(&lowest, &power, sizeof lowest);
  return lowest;
}

#endif
