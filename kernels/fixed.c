/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixed.h"

#include <math.h>
#include <string.h>

enum { DIGIT_BITS = 32, FRACTION_BITS = 24, LEAST_EXPONENT = -149, MOST_PENDING = 1 << 30 };
static const int64_t BASE = (int64_t)1 << DIGIT_BITS;

/* A finite float32 is magnitude * 2^(place - 149), with its sign. */
struct parts {
  uint64_t magnitude;
  int place, negative;
};

static struct parts parts_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t fraction = bits & 0x7fffff, exponent = bits >> 23 & 0xff;
  if (exponent == 0) return (struct parts){fraction, 0, bits >> 31 != 0};
  return (struct parts){fraction | 0x800000, (int)exponent - 1, bits >> 31 != 0};
}

/* Every digit but the last within 0..2^32 - 1; the last one has the sign. */
static void carry(struct rc_fixed *sum) {
  for (int d = 0; d + 1 < RC_FIXED_DIGITS; d++) {
    const int64_t low = sum->digit[d] & (BASE - 1);
    sum->digit[d + 1] += (sum->digit[d] - low) / BASE;
    sum->digit[d] = low;
  }
  sum->pending = 0;
}

void rc_fixed_add_product(struct rc_fixed *sum, float a, float b) {
  const struct parts left = parts_of(a), right = parts_of(b);
  const int place = left.place + right.place, digit = place / DIGIT_BITS, shift = place % DIGIT_BITS;
  const uint64_t product = left.magnitude * right.magnitude; /* 48 bits, shifted by up to 31: three digits */
  const uint64_t low = (product & 0xffffffff) << shift, high = (product >> DIGIT_BITS) << shift;
  const int64_t part[3] = {(int64_t)(low & 0xffffffff), (int64_t)((low >> DIGIT_BITS) + (high & 0xffffffff)),
                           (int64_t)(high >> DIGIT_BITS)};
  const int64_t sign = left.negative != right.negative ? -1 : 1;
  for (int i = 0; i < 3; i++) sum->digit[digit + i] += sign * part[i];
  if (++sum->pending == MOST_PENDING) carry(sum);
}

void rc_fixed_add(struct rc_fixed *sum, const struct rc_fixed *other) {
  struct rc_fixed carried = *other;
  carry(&carried);
  for (int d = 0; d < RC_FIXED_DIGITS; d++) sum->digit[d] += carried.digit[d];
  carry(sum);
}

/* Bits [at, at + 24) of a sum that has been carried. */
static uint32_t bits_at(const struct rc_fixed *sum, int at) {
  const int digit = at / DIGIT_BITS;
  const uint64_t low = (uint64_t)sum->digit[digit];
  const uint64_t high = digit + 1 < RC_FIXED_DIGITS ? (uint64_t)sum->digit[digit + 1] : 0;
  return (uint32_t)((high << DIGIT_BITS | low) >> at % DIGIT_BITS) & ((1u << FRACTION_BITS) - 1);
}

/* Is a bit below `end` set? */
static int any_below(const struct rc_fixed *sum, int end) {
  int any = (sum->digit[end / DIGIT_BITS] & (((int64_t)1 << end % DIGIT_BITS) - 1)) != 0;
  for (int d = 0; d < end / DIGIT_BITS; d++) any |= sum->digit[d] != 0;
  return any;
}

float rc_fixed_round(const struct rc_fixed *sum) {
  struct rc_fixed rest = *sum;
  carry(&rest);
  const int negative = rest.digit[RC_FIXED_DIGITS - 1] < 0;
  if (negative) {
    for (int d = 0; d < RC_FIXED_DIGITS; d++) rest.digit[d] = -rest.digit[d];
    carry(&rest);
  }
  int top = RC_FIXED_DIGITS - 1;
  while (top >= 0 && rest.digit[top] == 0) top--;
  if (top < 0) return 0.0f;
  int length = top * DIGIT_BITS;
  for (int64_t digit = rest.digit[top]; digit != 0; digit >>= 1) length++;

  /* The least bit that the result can have. */
  const int subnormal = LEAST_EXPONENT - RC_FIXED_LEAST;
  const int least = length - FRACTION_BITS > subnormal ? length - FRACTION_BITS : subnormal;
  uint32_t fraction = bits_at(&rest, least);
  const uint32_t half = bits_at(&rest, least - 1) & 1;
  if (half && (fraction % 2 != 0 || any_below(&rest, least - 1))) fraction++;
  const float value = ldexpf((float)fraction, least + RC_FIXED_LEAST);
  return negative && fraction != 0 ? -value : value;
}
