/* SPDX-License-Identifier: BSD-3-Clause */
/* Register tile of 3 rows x up to 5 columns, two doubles an output; X becomes double in the tile, weights when they are
 * packed. Order: exact. Weights: doubles5. */
#include "exact_tiled.h"
#include "neon.h"

/* One row: a sum for each of five columns, and the magnitudes of its elements as integers, which order them, a NaN
 * above all. */
struct sums {
  float64x2_t c0, c1, c2, c3, c4;
  uint32x4_t largest;
};

RC_INLINE struct sums zero_sums(void) {
  const float64x2_t zero = vdupq_n_f64(0.0);
  return (struct sums){zero, zero, zero, zero, zero, vdupq_n_u32(0)};
}

RC_INLINE void see(struct sums *s, lanes8 v, int first, enum rc_dtype dtype) {
  if (!first || dtype == RC_U8) return;
  const uint32x4_t mask = vdupq_n_u32(0x7fffffff);
  s->largest = vmaxq_u32(s->largest, vandq_u32(vreinterpretq_u32_f32(v.low), mask));
  s->largest = vmaxq_u32(s->largest, vandq_u32(vreinterpretq_u32_f32(v.high), mask));
}

/* Two elements of every row times five columns. */
#define COLUMN(j)                                          \
  if (columns > j) {                                       \
    const float64x2_t v = vld1q_f64(w + 8 * j + pair);     \
    a.c##j = vfmaq_f64(a.c##j, pa, v);                     \
    if (rows > 1) {                                        \
      b.c##j = vfmaq_f64(b.c##j, pb, v);                   \
      c.c##j = vfmaq_f64(c.c##j, pc, v);                   \
    }                                                      \
  }
#define PAIR(number, part, widen)                                                  \
  do {                                                                             \
    enum { pair = number };                                                        \
    const float64x2_t pa = widen(xa.part), pb = widen(xb.part), pc = widen(xc.part); \
    COLUMN(0) COLUMN(1) COLUMN(2) COLUMN(3) COLUMN(4)                              \
  } while (0)
#define LOW(v) vcvt_f64_f32(vget_low_f32(v))
#define STEP                                                                              \
  do {                                                                                    \
    see(&a, xa, first, dtype);                                                            \
    if (rows > 1) see(&b, xb, first, dtype), see(&c, xc, first, dtype);                   \
    PAIR(0, low, LOW);                                                                    \
    PAIR(2, low, vcvt_high_f64_f32);                                                      \
    PAIR(4, high, LOW);                                                                   \
    PAIR(6, high, vcvt_high_f64_f32);                                                     \
  } while (0)

RC_INLINE float largest_of(uint32x4_t four) {
  const uint32_t bits = vmaxvq_u32(four);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

RC_INLINE void tile(struct rc_exact_rows *in, const double *w, size_t k, double *sums, int columns, int rows, int first,
                    enum rc_dtype dtype) {
  const size_t whole = k / 8 * 8, element = dtype == RC_U8 ? sizeof(unsigned char) : sizeof(float);
  const size_t apart = in->apart, advance = in->advance;
  const char *x = in->x, *ahead = in->ahead;
  struct sums a = zero_sums(), b = a, c = a;
  for (size_t i = 0; i < whole; i += 8, x += 8 * element, ahead += advance, w += 8 * columns) {
    __builtin_prefetch(ahead, 0, 2);
    if (rows > 1) __builtin_prefetch(ahead + apart, 0, 2), __builtin_prefetch(ahead + 2 * apart, 0, 2);
    const lanes8 xa = load8(x, 0, dtype), xb = rows > 1 ? load8(x + apart, 0, dtype) : xa;
    const lanes8 xc = rows > 1 ? load8(x + 2 * apart, 0, dtype) : xa;
    STEP;
  }
  if (k % 8 != 0) {
    const lanes8 xa = load_tail(x, 0, k % 8, dtype), xb = rows > 1 ? load_tail(x + apart, 0, k % 8, dtype) : xa;
    const lanes8 xc = rows > 1 ? load_tail(x + 2 * apart, 0, k % 8, dtype) : xa;
    STEP;
  }
#define STORE(j)                                              \
  if (columns > j) {                                          \
    sums[j] = vaddvq_f64(a.c##j);                             \
    if (rows > 1) {                                           \
      sums[RC_EXACT_COLUMNS + j] = vaddvq_f64(b.c##j);        \
      sums[2 * RC_EXACT_COLUMNS + j] = vaddvq_f64(c.c##j);    \
    }                                                         \
  }
  STORE(0) STORE(1) STORE(2) STORE(3) STORE(4)
  if (!first || dtype == RC_U8) return;
  in->largest[0] = largest_of(a.largest);
  if (rows > 1) in->largest[1] = largest_of(b.largest), in->largest[2] = largest_of(c.largest);
}

RC_EXACT_ROUND_SUMS(rc_exact_settle_neon)
RC_EXACT_KERNEL(neon_exact, 3, 2, neon)
