/* SPDX-License-Identifier: BSD-3-Clause */
/* Small pieces the NEON kernels share; everything is static. */
#ifndef RC_ARM_NEON_H
#define RC_ARM_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "kernel.h"

/* Eight lanes in two registers: lanes 0..3 and 4..7. The headers for both levels use this type and the functions
 * below by names that avx2.h has too. */
typedef struct {
  float32x4_t low, high;
} lanes8;

RC_INLINE lanes8 zero_lanes8(void) {
  return (lanes8){vdupq_n_f32(0.0f), vdupq_n_f32(0.0f)};
}

RC_INLINE lanes8 load_lanes8(const float *from) {
  return (lanes8){vld1q_f32(from), vld1q_f32(from + 4)};
}

RC_INLINE void store_lanes8(float *to, lanes8 v) {
  vst1q_f32(to, v.low);
  vst1q_f32(to + 4, v.high);
}

/* Elements i..i+7 of a row as floats. */
RC_INLINE lanes8 load8(const void *row, size_t i, enum rc_dtype dtype) {
  lanes8 v;
  if (dtype == RC_F32) {
    v = load_lanes8((const float *)row + i);
  } else {
    const uint16x8_t wide = vmovl_u8(vld1_u8((const unsigned char *)row + i));
    v.low = vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide)));
    v.high = vcvtq_f32_u32(vmovl_high_u16(wide));
  }
  return v;
}

/* v: here loads are instructions of their own, and none is repeated. */
RC_INLINE lanes8 kept8(lanes8 v) {
  return v;
}

/* Elements i..i+count-1 (count in 1..7), then zeros; reads nothing after them. */
RC_INLINE lanes8 load_tail(const void *row, size_t i, size_t count, enum rc_dtype dtype) {
  float values[8] = {0.0f};
  for (size_t l = 0; l < count; l++) values[l] = rc_element(row, i + l, dtype);
  return load8(values, 0, RC_F32);
}

/* acc + x * w, fused, per lane. */
RC_INLINE lanes8 fma8(lanes8 acc, lanes8 x, lanes8 w) {
  acc.low = vfmaq_f32(acc.low, x.low, w.low);
  acc.high = vfmaq_f32(acc.high, x.high, w.high);
  return acc;
}

/* The end of the order lanes8: (((l0+l4)+(l2+l6)) + ((l1+l5)+(l3+l7))) + 0. */
RC_INLINE float sum_lanes8(lanes8 lanes) {
  const float32x4_t four = vaddq_f32(lanes.low, lanes.high);
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return (vget_lane_f32(two, 0) + vget_lane_f32(two, 1)) + 0.0f;
}

/* The same of four outputs: pairwise adds keep the tree. */
RC_INLINE float32x4_t reduce4(lanes8 a, lanes8 b, lanes8 c, lanes8 d) {
#define HALVES(v) vadd_f32(vget_low_f32(vaddq_f32(v.low, v.high)), vget_high_f32(vaddq_f32(v.low, v.high)))
  const float32x2_t ab = vpadd_f32(HALVES(a), HALVES(b)), cd = vpadd_f32(HALVES(c), HALVES(d));
#undef HALVES
  return vaddq_f32(vcombine_f32(ab, cd), vdupq_n_f32(0.0f));
}

RC_INLINE void store_outputs4(float *to, lanes8 a, lanes8 b, lanes8 c, lanes8 d) {
  vst1q_f32(to, reduce4(a, b, c, d));
}

/* Four outputs a to d, and four e to h. */
RC_INLINE void store_outputs4_twice(float *to, float *to2, lanes8 a, lanes8 b, lanes8 c, lanes8 d, lanes8 e, lanes8 f,
                                    lanes8 g, lanes8 h) {
  store_outputs4(to, a, b, c, d);
  store_outputs4(to2, e, f, g, h);
}

/* One output a, and one b. */
RC_INLINE void store_outputs_twice(float *to, float *to2, lanes8 a, lanes8 b) {
  *to = sum_lanes8(a), *to2 = sum_lanes8(b);
}

/* Bytes of which each is its own bit among the eight of its half, or 0, as 64 bits: eight neighbours are added up. */
RC_INLINE unsigned long long join(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) {
  const uint8x16_t fours = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(fours, fours)), 0);
}

#endif
