/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast_randn(): Matsumoto and Nishimura's MT19937 (ACM TOMACS 8(1), 1998, doi 10.1145/272991.272995) and
 * Box and Muller's transformation, drawn in PyTorch's sequence.
 *
 * Logarithm, cosine and sine are taken in double and rounded to float once: libraries' double results agree
 * to far more than float's digits, so the weights, and every result made from them, have the same bits on
 * every machine. */
#include <rowcast/experimental.h>

#include <math.h>

#include "mode.h"

enum { MT_WORDS = 624, MT_SHIFT = 397, GROUP = 16 };

struct mt19937 {
  uint32_t word[MT_WORDS];
  size_t next;
};

static void mt_seed(struct mt19937 *mt, uint32_t seed) {
  mt->word[0] = seed;
  for (uint32_t i = 1; i < MT_WORDS; i++) mt->word[i] = 1812433253u * (mt->word[i - 1] ^ mt->word[i - 1] >> 30) + i;
  mt->next = MT_WORDS;
}

static void mt_refill(struct mt19937 *mt) {
  for (size_t i = 0; i < MT_WORDS; i++) {
    const uint32_t y = (mt->word[i] & 0x80000000u) | (mt->word[(i + 1) % MT_WORDS] & 0x7fffffffu);
    mt->word[i] = mt->word[(i + MT_SHIFT) % MT_WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
  }
  mt->next = 0;
}

static uint32_t mt_draw(struct mt19937 *mt) {
  if (mt->next == MT_WORDS) mt_refill(mt);
  uint32_t y = mt->word[mt->next++];
  y ^= y >> 11;
  y ^= y << 7 & 0x9d2c5680u;
  y ^= y << 15 & 0xefc60000u;
  return y ^ y >> 18;
}

static const double two_pi = 6.283185307179586476925286766559;

/* A uniform float in [0, 1): 24 bits of one draw. */
static float uniform24(struct mt19937 *mt) { return (float)(mt_draw(mt) & 0xffffffu) * 0x1p-24f; }

/* Sixteen uniforms in place: the first eight give radii, the last eight angles. The intermediate values are
 * rounded to float where PyTorch's are. */
static void transform_group(float *u) {
  for (size_t j = 0; j < GROUP / 2; j++) {
    const float logarithm = (float)log((double)(1.0f - u[j]));
    const float radius = sqrtf(-2.0f * logarithm);
    const float angle = (float)two_pi * u[j + GROUP / 2];
    u[j] = radius * (float)cos((double)angle);
    u[j + GROUP / 2] = radius * (float)sin((double)angle);
  }
}

static void draw_groups(struct mt19937 *mt, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = uniform24(mt);
  for (size_t i = 0; i + GROUP <= count; i += GROUP) transform_group(out + i);
  if (count % GROUP != 0) {
    /* The last sixteen values are drawn again, as one group. */
    float *last = out + count - GROUP;
    for (size_t i = 0; i < GROUP; i++) last[i] = uniform24(mt);
    transform_group(last);
  }
}

/* A uniform double in [0, 1): 53 bits of two draws, the first one the upper half. */
static double uniform53(struct mt19937 *mt) {
  const uint64_t high = mt_draw(mt);
  const uint64_t bits = high << 32 | mt_draw(mt);
  return (double)(bits & ((UINT64_C(1) << 53) - 1)) * 0x1p-53;
}

static void draw_singly(struct mt19937 *mt, float *out, size_t count) {
  for (size_t i = 0; i < count; i += 2) {
    const double angle = two_pi * uniform53(mt);
    const double radius = sqrt(-2.0 * log1p(-uniform53(mt)));
    out[i] = (float)(radius * cos(angle));
    if (i + 1 < count) out[i + 1] = (float)(radius * sin(angle));
  }
}

rowcast_status rowcast_randn(uint64_t seed, float *out, size_t count) {
  if (out == NULL && count > 0) return ROWCAST_ERR_ARGUMENT;
  struct mt19937 mt;
  mt_seed(&mt, (uint32_t)seed);
  const struct rc_mode caller = rc_mode_enter();
  if (count < GROUP) draw_singly(&mt, out, count);
  else draw_groups(&mt, out, count);
  rc_mode_leave(caller);
  return ROWCAST_OK;
}
