/* SPDX-License-Identifier: BSD-3-Clause */
/* Outputs from sums of all digits of a column: nothing is left out, so that one rounding gives the result. */
#ifndef RC_DIGITS_ALL_H
#define RC_DIGITS_ALL_H

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "digits.h"

/* Columns at a time, as registers are wide. GCC 12 makes two conversions of halves where AVX-512 has one of all. */
#ifdef __AVX512F__
enum { RC_ALL_COLUMNS = RC_DIGITS_AT_ONCE };
#define RC_LONGS_OF(ints) ((rc_longs)_mm512_cvtepi32_epi64((__m256i)(ints)))
#define RC_INTS_OF(longs) ((rc_ints)_mm512_cvtepi64_epi32((__m512i)(longs)))
#define RC_DOUBLES_OF(ints) ((rc_doubles)_mm512_cvtepi32_pd((__m256i)(ints)))
#define RC_FLOATS_OF(doubles) ((rc_floats)_mm512_cvtpd_ps((__m512d)(doubles)))
#else
enum { RC_ALL_COLUMNS = RC_DIGITS_AT_ONCE / 2 };
#define RC_LONGS_OF(ints) __builtin_convertvector(ints, rc_longs)
#define RC_INTS_OF(longs) __builtin_convertvector(longs, rc_ints)
#define RC_DOUBLES_OF(ints) __builtin_convertvector(ints, rc_doubles)
#define RC_FLOATS_OF(doubles) __builtin_convertvector(doubles, rc_floats)
#endif

typedef int32_t rc_ints __attribute__((vector_size(4 * RC_ALL_COLUMNS)));
typedef int64_t rc_longs __attribute__((vector_size(8 * RC_ALL_COLUMNS)));
typedef uint64_t rc_words __attribute__((vector_size(8 * RC_ALL_COLUMNS)));
typedef float rc_floats __attribute__((vector_size(4 * RC_ALL_COLUMNS)));
typedef double rc_doubles __attribute__((vector_size(8 * RC_ALL_COLUMNS)));

/* sum += number, both doubles; where that is no double, the one of its neighbours with an odd last bit: it is further
 * from zero if the sum and what was rounded away have the same sign. */
#define RC_ADD_TO_ODD(sum, number)                                              \
  do {                                                                          \
    const rc_doubles more = (number), total = more + (sum), part = total - more; \
    const rc_doubles rest = (more - (total - part)) + ((sum)-part);             \
    const rc_words differ = ((rc_words)rest ^ (rc_words)total) >> 62 & 2;       \
    const rc_longs inexact = rest != 0.0, even = ((rc_longs)total & 1) - 1;     \
    (sum) = (rc_doubles)((rc_longs)total + (inexact & even & (1 - (rc_longs)differ))); \
  } while (0)

/* One row's outputs of a panel; lanes has `digits` sums of each column, all->digits at least, the lowest first, and the
 * last ones leave room for what is carried into them. 32 bits of them at a time become a number from -2^31 to 2^31 - 1.
 * Added up from the lowest on, rounded to odd, these round to the float32 that the exact sum does. */
RC_INLINE void rc_digits_round_all(const struct rc_digits *all, const struct rc_digits_panel *panel,
                                   const int32_t *lanes, size_t digits, float *c, unsigned bits) {
  const size_t width = panel->width, each = 32 / bits;
  const int32_t *biases = all->biases + panel->column * all->digits;
  for (size_t j = 0; j < width; j += RC_ALL_COLUMNS) {
    rc_doubles sum = {0.0}, unit;
    rc_longs carry = {0};
    memcpy(&unit, all->units + panel->column + j, sizeof unit);
    for (size_t digit = 0; digit < digits; digit += each, unit *= 0x1p32) {
      rc_longs number = carry;
      for (size_t i = 0; i < each && digit + i < digits; i++) {
        rc_ints lane, bias = {0};
        memcpy(&lane, lanes + (digit + i) * width + j, sizeof lane);
        if (digit + i < all->digits) memcpy(&bias, biases + (digit + i) * width + j, sizeof bias);
        const rc_longs both = RC_LONGS_OF(lane) + RC_LONGS_OF(bias);
        number += (rc_longs)((rc_words)both << bits * i);
      }
      const rc_ints low = RC_INTS_OF(number);
      const rc_words above = (rc_words)(number - RC_LONGS_OF(low)) >> 32;
      carry = RC_LONGS_OF(RC_INTS_OF(above));
      RC_ADD_TO_ODD(sum, RC_DOUBLES_OF(low) * unit);
    }
    RC_ADD_TO_ODD(sum, RC_DOUBLES_OF(RC_INTS_OF(carry)) * unit);
    const rc_floats rounded = RC_FLOATS_OF(sum) + 0.0f; /* a zero is +0 */
    memcpy(c + j, &rounded, (width - j < RC_ALL_COLUMNS ? width - j : RC_ALL_COLUMNS) * sizeof *c);
  }
}

/* Digits that make room for what is carried out of sums of long rows. */
enum { RC_DIGITS_CARRIED = 6, RC_DIGITS_CARRIED_LANES = (1 + RC_DIGITS_CARRIED) * RC_DIGITS_LANES + RC_DIGITS_AT_ONCE };

/* The same from lanes of 64 bits. */
RC_INLINE void rc_digits_round_all64(const struct rc_digits *all, const struct rc_digits_panel *panel,
                                     const int64_t *lanes, float *c, unsigned bits) {
  int32_t carried[RC_DIGITS_CARRIED_LANES] = {0};
  for (size_t j = 0; j < panel->width; j++) {
    int64_t above = 0;
    for (size_t digit = 0; digit < all->digits + RC_DIGITS_CARRIED; digit++) {
      const int64_t sum = above + (digit < all->digits ? lanes[digit * panel->width + j] : 0);
      const int32_t low = (int32_t)(sum & ((INT64_C(1) << bits) - 1));
      carried[digit * panel->width + j] = low;
      above = (sum - low) / (INT64_C(1) << bits);
    }
    carried[(all->digits + RC_DIGITS_CARRIED - 1) * panel->width + j] += (int32_t)(above * (INT64_C(1) << bits));
  }
  rc_digits_round_all(all, panel, carried, all->digits + RC_DIGITS_CARRIED, c, bits);
}

#endif
