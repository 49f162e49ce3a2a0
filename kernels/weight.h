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

/* The value of the lowest bit of a finite number that is not 0. */
RC_INLINE double rc_lowest_bit(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t exponent = bits >> 23 & 0xff, fraction = (bits & 0x7fffff) | (exponent > 0 ? 0x800000 : 0);
  const int place = __builtin_ctz(fraction) + (int)(exponent > 0 ? exponent : 1) - 150;
  const uint64_t power = (uint64_t)(1023 + place) << 52;
  double lowest;
  memcpy(&lowest, &power, sizeof lowest);
  return lowest;
}

#endif
