/* SPDX-License-Identifier: BSD-3-Clause */
#include "big_sum.h"

#include <math.h>
#include <string.h>

/* value = whole * 2^(place - 149), with its sign. */
static uint32_t whole_of(float value, int *place) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t fraction = bits & 0x7fffff;
  const int exponent = (int)(bits >> 23 & 0xff);
  *place = exponent > 0 ? exponent - 1 : 0;
  return exponent > 0 ? fraction | 0x800000 : fraction;
}

/* += value * 2^shift */
static void add(uint32_t *digits, uint64_t value, int shift) {
  int at = shift / 32;
  const uint64_t low = (value & 0xffffffff) << shift % 32, high = (value >> 32) << shift % 32;
  const uint64_t parts[3] = {low & 0xffffffff, (low >> 32) + (high & 0xffffffff), high >> 32};
  uint64_t carry = 0;
  for (int i = 0; i < 3 || carry > 0; i++, at++) {
    carry += digits[at] + (i < 3 ? parts[i] : 0);
    digits[at] = (uint32_t)carry;
    carry >>= 32;
  }
}

void big_add(struct big_sum *sum, float a, float b) {
  if (!isfinite(a) || !isfinite(b)) {
    sum->special += (double)a * (double)b;
    sum->is_special = true;
    return;
  }
  int place_a, place_b;
  const uint64_t product = (uint64_t)whole_of(a, &place_a) * whole_of(b, &place_b);
  add(signbit(a) == signbit(b) ? sum->positive : sum->negative, product, place_a + place_b);
}

static int compare(const uint32_t *a, const uint32_t *b) {
  for (int i = BIG_DIGITS - 1; i >= 0; i--)
    if (a[i] != b[i]) return a[i] > b[i] ? 1 : -1;
  return 0;
}

/* a -= b, which is not more. */
static void subtract(uint32_t *a, const uint32_t *b) {
  uint64_t borrow = 0;
  for (int i = 0; i < BIG_DIGITS; i++) {
    const uint64_t taken = b[i] + borrow;
    borrow = a[i] < taken;
    a[i] = (uint32_t)(a[i] - taken);
  }
}

static int bit(const uint32_t *digits, int at) { return digits[at / 32] >> at % 32 & 1; }

/* digits * 2^-298, rounded: 24 bits from the highest one, but none below 2^-149. */
static float round_digits(const uint32_t *digits) {
  int top = 32 * BIG_DIGITS - 1;
  while (top >= 0 && !bit(digits, top)) top--;
  if (top < 0) return 0.0f;
  const int least = top - 23 > 149 ? top - 23 : 149;
  uint32_t kept = 0;
  for (int at = top; at >= least; at--) kept = 2 * kept + (uint32_t)bit(digits, at);
  bool more = false;
  for (int at = 0; at < least - 1; at++) more |= bit(digits, at) != 0;
  if (bit(digits, least - 1) && (more || kept % 2 != 0)) kept++;
  return ldexpf((float)kept, least - 298);
}

float big_round(const struct big_sum *sum) {
  if (sum->is_special) return (float)sum->special;
  struct big_sum rest = *sum;
  if (compare(rest.positive, rest.negative) >= 0) {
    subtract(rest.positive, rest.negative);
    return round_digits(rest.positive);
  }
  subtract(rest.negative, rest.positive);
  return 0.0f - round_digits(rest.negative);
}
