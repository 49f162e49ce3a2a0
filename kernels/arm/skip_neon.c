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

/* A bit for each of four times 16 steps: eight neighbouring bytes are added up, which joins their bits. */
RC_INLINE unsigned long long join(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) {
  const uint8x16_t fours = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(fours, fours)), 0);
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

/* The same of 64 steps. */
RC_INLINE unsigned long long nonzero64(const void *row, size_t i, enum rc_dtype dtype) {
  const size_t step = 8 * (dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float));
  const unsigned char *at = rc_row(row, 1, i, dtype);
  return join(nonzero16(at, dtype), nonzero16(at + 16 * step, dtype), nonzero16(at + 32 * step, dtype),
              nonzero16(at + 48 * step, dtype));
}

RC_SKIP_GATHER_PART

/* Partial sums of one row: ten columns, of one panel or of two. */
struct sums {
  struct lanes8 c0, c1, c2, c3, c4, c5, c6, c7, c8, c9;
};
enum { MOST = 2 * RC_PANELS5_COLUMNS };

/* The columns of the left panel, when there are `columns` together: the wider panel comes first. */
#define LEFT (columns > RC_PANELS5_COLUMNS ? (columns + 1) / 2 : columns)

/* One step. */
#define ADD(j) \
  if (columns > j)   \
    s->c##j = fma8(s->c##j, x, load_lanes8(j < LEFT ? left + 8 * j : right + 8 * (j - LEFT)));
RC_INLINE void add(struct sums *s, struct lanes8 x, const float *left, const float *right, int columns) {
  ADD(0) ADD(1) ADD(2) ADD(3) ADD(4) ADD(5) ADD(6) ADD(7) ADD(8) ADD(9)
}
#undef ADD

/* Up to four outputs. */
RC_INLINE void store4(float *c, struct lanes8 a, struct lanes8 b, struct lanes8 d, struct lanes8 e, int columns) {
  const float32x4_t four = reduce4(a, b, d, e);
  if (columns >= 4) {
    vst1q_f32(c, four);
    return;
  }
  float values[4];
  vst1q_f32(values, four);
  for (int j = 0; j < columns; j++) c[j] = values[j];
}

RC_INLINE void store_sums(float *c, const struct sums *s, int columns) {
  store4(c, s->c0, s->c1, s->c2, s->c3, columns);
  if (columns > 4) store4(c + 4, s->c4, s->c5, s->c6, s->c7, columns - 4);
  if (columns > 8) c[8] = sum_lanes8(s->c8);
  if (columns > 9) c[9] = sum_lanes8(s->c9);
}

/* The listed steps of one row, added to its sums, and what is left behind its whole steps; columns and dtype are
 * constants where it is inlined. */
RC_INLINE void one_row(const void *row, const struct rc_skip_list *list, size_t begin, size_t tail_at, size_t tail,
                       const float *left, const float *right, const char *ahead, struct sums *sums,
                       int columns, enum rc_dtype dtype) {
  const struct lanes8 zero = {vdupq_n_f32(0.0f), vdupq_n_f32(0.0f)};
  struct sums s = {zero, zero, zero, zero, zero, zero, zero, zero, zero, zero};
  if (begin > 0) s = *sums;
#define STEP(x) add(&s, x, left + at * 8 * (size_t)LEFT, right + at * 8 * (size_t)(columns - LEFT), columns)
  RC_SKIP_FOR_EACH(at, list, begin, {
    ahead = rc_skip_prefetch(ahead);
    STEP(load8(row, 8 * at, dtype));
  })
  if (tail > 0) {
    const size_t at = tail_at;
    STEP(load_tail(row, 8 * at, tail, dtype));
  }
#undef STEP
  *sums = s;
}

/* A group of rows times one panel or two. Rows of several parts are gathered here. */
RC_INLINE void panels(struct rc_skip_group *g, const float *left, float *c, size_t ldc, int columns,
                      enum rc_dtype dtype) {
  const float *right = left + rc_round_up(g->k, 8) * (size_t)LEFT;
  const size_t steps = g->k / 8;
  struct sums s[RC_SKIP_ROWS];
  size_t part = 0;
  do {
    const size_t end = steps - part < RC_SKIP_PART ? steps : part + RC_SKIP_PART;
    if (steps > RC_SKIP_PART) gather_part(g, part, end, dtype);
    for (size_t r = 0; r < RC_SKIP_ROWS; r++)
      one_row(g->row[r], &g->list[r], part, steps, end == steps ? g->k % 8 : 0, left, right, g->ahead[r], &s[r],
              columns, dtype);
    part = end;
  } while (part < steps);
  for (size_t r = 0; r < g->rows; r++) store_sums(c + r * ldc, &s[r], columns);
}

#include "skip_panels.h"

RC_KERNEL_ENTRIES(neon_skip, skip)
