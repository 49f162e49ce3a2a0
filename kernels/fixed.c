/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixed.h"

#include <math.h>
#include <string.h>

enum { DIGIT_BITS = 32, FRACTION_BITS = 24, LEAST_EXPONENT = -149, MOST_PENDING = 1 << 30 };
enum { DOUBLE_BIAS = 1023 + 52 }; /* of the exponent of a double's last bit */
static const int64_t BASE = (int64_t)1 << DIGIT_BITS;

/* Every digit but the last within 0..2^32 - 1; the last one has the sign. */
static void carry(struct rc_fixed *sum) {
  for (int d = 0; d + 1 < RC_FIXED_DIGITS; d++) {
    const int64_t low = sum->digit[d] & (BASE - 1);
    sum->digit[d + 1] += (sum->digit[d] - low) / BASE;
    sum->digit[d] = low;
  }
  sum->pending = 0;
}

void rc_fixed_add_number(struct rc_fixed *sum, double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  const int64_t sign = bits >> 63 != 0 ? -1 : 1;
  /* A double is magnitude * 2^(place - 298); what is below 2^-298 of its 53 bits is zero. */
  uint64_t magnitude = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
  int place = (int)(bits >> 52 & 0x7ff) - DOUBLE_BIAS - RC_FIXED_LEAST;
  if (number == 0.0) return;
  if (place < 0) magnitude >>= -place, place = 0;
  const int digit = place / DIGIT_BITS, shift = place % DIGIT_BITS; /* 53 bits, shifted by up to 31: three digits */
  const uint64_t low = (magnitude & 0xffffffff) << shift, high = (magnitude >> DIGIT_BITS) << shift;
  const int64_t part[3] = {(int64_t)(low & 0xffffffff), (int64_t)((low >> DIGIT_BITS) + (high & 0xffffffff)),
                           (int64_t)(high >> DIGIT_BITS)};
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
