/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernels of the order exact with NEON's dot products share: sums of a row, and how they become outputs. udot
 * wants both factors unsigned, so that udigits8 has every digit with 128 added; 128 times the sum of the row's bytes is
 * taken away from each sum. */
#ifndef RC_ARM_DIGITS_NEONDOT_H
#define RC_ARM_DIGITS_NEONDOT_H

#ifndef __ARM_FEATURE_DOTPROD
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif

#include "digits.h"
#include "neon.h"

enum { BITS = 8 };
#define SETTLE rc_exact_settle_neon
#define EVERY_WIDTH(X, R) X(0, 1, R) X(1, 0, R) X(1, 1, R) X(2, 0, R) X(2, 1, R) X(3, 0, R) X(3, 1, R) X(4, 0, R)

/* Up to 16 vectors of a row's sums. */
struct sums {
  uint32x4_t v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15;
};

RC_INLINE struct sums zero_sums(void) {
  const uint32x4_t z = vdupq_n_u32(0);
  return (struct sums){z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z};
}

/* The row's lanes, less 128 times the sum of its bytes; vectors is a constant. */
RC_INLINE void store_sums(int32_t *to, const struct sums *s, uint32_t bytes, int vectors) {
  const uint32x4_t more = vdupq_n_u32(128 * bytes);
#define STORE(j) \
  if (vectors > j) vst1q_s32(to + 4 * j, vreinterpretq_s32_u32(vsubq_u32(s->v##j, more)));
  STORE(0) STORE(1) STORE(2) STORE(3) STORE(4) STORE(5) STORE(6) STORE(7)
  STORE(8) STORE(9) STORE(10) STORE(11) STORE(12) STORE(13) STORE(14) STORE(15)
#undef STORE
}

/* Four elements. */
RC_INLINE uint8x16_t broadcast(const unsigned char *at) {
  uint32_t four;
  memcpy(&four, at, sizeof four);
  return vreinterpretq_u8_u32(vdupq_n_u32(four));
}

/* The last 1 to 3, and zeros. A memcpy() of so many would be a call, for which sums are spilled. */
RC_INLINE uint8x16_t broadcast_tail(const unsigned char *at, size_t count) {
  const uint8x8_t none = vdup_n_u8(0);
  uint8x8_t some = vld1_lane_u8(at, none, 0);
  if (count > 1) some = vld1_lane_u8(at + 1, some, 1);
  if (count > 2) some = vld1_lane_u8(at + 2, some, 2);
  return vreinterpretq_u8_u32(vdupq_lane_u32(vreinterpret_u32_u8(some), 0));
}

/* Two doubles of two columns each. */
struct four {
  float64x2_t low, high;
};

/* Digits of four columns. Lanes after the last are read and not used. */
RC_INLINE struct four digits4(const int32_t *lanes) {
  const int32x4_t v = vld1q_s32(lanes);
  return (struct four){vcvtq_f64_s64(vmovl_s32(vget_low_s32(v))), vcvtq_f64_s64(vmovl_high_s32(v))};
}

RC_INLINE float32x4_t round4(struct four sum, const double *more) {
  const float32x2_t low = vcvt_f32_f64(vaddq_f64(sum.low, vld1q_f64(more)));
  return vcvt_high_f32_f64(low, vaddq_f64(sum.high, vld1q_f64(more + 2)));
}

/* One row's outputs of a panel from its lanes, four columns at a time: rc_digits_round_sums(). What is read after a
 * column's numbers belongs to the weights. */
static uint64_t round_lanes(const struct rc_digits *d, const struct rc_digits_panel *panel, const int32_t *lanes,
                            double *sums, float *c) {
  const size_t width = panel->width, column = panel->column;
  const double *units = d->units + column, *lows = d->lows + column, *highs = d->highs + column;
  const uint32x4_t bits = {1, 2, 4, 8};
  const float64x2_t base = vdupq_n_f64(0x1p8);
  uint64_t doubts = 0;
  for (size_t j = 0; j < width; j += 4) {
    const size_t some = width - j < 4 ? width - j : 4;
    const int32_t *digit = lanes + (d->digits - 1) * width + j;
    struct four sum = digits4(digit);
    while (digit >= lanes + width) {
      digit -= width;
      const struct four next = digits4(digit);
      sum.low = vfmaq_f64(next.low, sum.low, base), sum.high = vfmaq_f64(next.high, sum.high, base);
    }
    sum.low = vmulq_f64(sum.low, vld1q_f64(units + j)), sum.high = vmulq_f64(sum.high, vld1q_f64(units + j + 2));
    vst1q_f64(sums + j, sum.low);
    vst1q_f64(sums + j + 2, sum.high);
    if (d->w->bias != NULL) {
      float bias[4] = {0.0f};
      memcpy(bias, d->w->bias + column + j, some * sizeof *bias);
      const float32x4_t v = vld1q_f32(bias);
      sum.low = vaddq_f64(sum.low, vcvt_f64_f32(vget_low_f32(v)));
      sum.high = vaddq_f64(sum.high, vcvt_high_f64_f32(v));
    }
    const float32x4_t low = round4(sum, lows + j), high = round4(sum, highs + j);
    const float32x4_t outputs = vaddq_f32(low, vdupq_n_f32(0.0f));
    uint64_t differ = vaddvq_u32(vbicq_u32(bits, vceqq_f32(low, high))); /* a NaN does */
    if (some == 4) {
      vst1q_f32(c + j, outputs);
    } else {
      float rest[4];
      vst1q_f32(rest, outputs);
      for (size_t i = 0; i < some; i++) c[j + i] = rest[i];
      differ &= (1u << some) - 1;
    }
    doubts |= differ << j;
  }
  return doubts;
}

#endif
