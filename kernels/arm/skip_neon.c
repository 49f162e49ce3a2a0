/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplies only the steps of eight elements of X that are not all zero; skip.h says why that changes no bit. One row
 * times two neighbouring panels are ten sums of two registers each: twenty independent chains.
 * Order: lanes8. Weights: panels5, the tile kernel's. */
#include "neon.h"
#include "pack.h"
#include "skip.h"

/* The greatest byte of every eight among 128: of pairs, of pairs of pairs, of eight. */
RC_INLINE uint8x16_t greatest8(const unsigned char *at) {
#define PAIRS(j) vpmaxq_u8(vld1q_u8(at + 32 * (j)), vld1q_u8(at + 32 * (j) + 16))
  return vpmaxq_u8(vpmaxq_u8(PAIRS(0), PAIRS(1)), vpmaxq_u8(PAIRS(2), PAIRS(3)));
#undef PAIRS
}

/* Of 16 steps, a byte each: for one that is not all zero the byte's own bit among the eight of its half, else 0. */
RC_INLINE uint8x16_t nonzero16(const unsigned char *at, enum rc_dtype dtype) {
  const uint8x16_t bits = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201));
  uint8x16_t greatest = greatest8(at);
  /* A step of floats is 32 bytes. */
  if (dtype == RC_F32)
    greatest = vpmaxq_u8(vpmaxq_u8(greatest, greatest8(at + 128)), vpmaxq_u8(greatest8(at + 256), greatest8(at + 384)));
  return vandq_u8(vtstq_u8(greatest, greatest), bits);
}

/* One step. */
RC_INLINE unsigned long long nonzero1(const unsigned char *at, enum rc_dtype dtype) {
  if (dtype == RC_U8) return vget_lane_u64(vreinterpret_u64_u8(vld1_u8(at)), 0) != 0;
  return vmaxvq_u8(vorrq_u8(vld1q_u8(at), vld1q_u8(at + 16))) != 0;
}

/* Which of the `count` (1..64) steps at element i are not all zero, a bit each. */
RC_INLINE unsigned long long nonzero(const void *row, size_t i, size_t count, enum rc_dtype dtype) {
  const size_t step = 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const unsigned char *at = rc_row(row, 1, i, dtype);
  const uint8x16_t none = vdupq_n_u8(0);
  unsigned long long mask = 0;
  size_t s = 0;
  for (; s + 16 <= count; s += 16) mask |= join(nonzero16(at + s * step, dtype), none, none, none) << s;
  for (; s < count; s++) mask |= nonzero1(at + s * step, dtype) << s;
  return mask;
}

/* The same for 64 steps. */
RC_INLINE unsigned long long nonzero64(const void *row, size_t i, enum rc_dtype dtype) {
  const size_t step = 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const unsigned char *at = rc_row(row, 1, i, dtype);
  return join(nonzero16(at, dtype), nonzero16(at + 16 * step, dtype), nonzero16(at + 32 * step, dtype),
              nonzero16(at + 48 * step, dtype));
}

/* Written out, the rows double the object code; whether an AArch64 CPU gains by it has not been timed. */
enum { UNROLLED_ROWS = 1 };

#include "skip_panels.h"

RC_KERNEL_ENTRIES(neon_skip, skip)
