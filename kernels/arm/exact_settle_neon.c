/* SPDX-License-Identifier: BSD-3-Clause */
/* Outputs of the order exact that are in doubt, two products at a time. */
#include "neon.h"

#include "exact.h"

typedef float64x2_t vec;
enum { LANES = 2 };

RC_INLINE vec spread(double value) { return vdupq_n_f64(value); }
RC_INLINE vec weights_at(const double *from) { return vld1q_f64(from); }
RC_INLINE vec multiply_add(vec x, vec w, vec c) { return vfmaq_f64(c, x, w); }

RC_INLINE vec either(vec a, vec b) {
  return vreinterpretq_f64_u64(vorrq_u64(vreinterpretq_u64_f64(a), vreinterpretq_u64_f64(b)));
}

RC_INLINE vec kept(vec v) {
  __asm__("" : "+w"(v));
  return v;
}

RC_INLINE vec elements_at(const void *row, size_t i, enum rc_dtype dtype) {
  if (dtype == RC_F32) return vcvt_f64_f32(vld1_f32((const float *)row + i));
  const unsigned char *bytes = (const unsigned char *)row + i;
  return (vec){(double)bytes[0], (double)bytes[1]};
}

#include "exact_settle.h"

RC_EXACT_SETTLE(neon)
