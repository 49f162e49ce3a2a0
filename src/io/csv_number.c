/* SPDX-License-Identifier: BSD-3-Clause */
#include "csv_number.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"

const char *rc_number_end(const char *at, const char *end, char point) {
  if (at < end && (*at == '+' || *at == '-')) at++;
  static const char *const words[] = {"infinity", "inf", "nan"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (rc_ascii_begins(at, (size_t)(end - at), words[i])) return at + strlen(words[i]);
  const char *first = at;
  while (at < end && rc_ascii_digit(*at)) at++;
  size_t digits = (size_t)(at - first);
  if (at < end && *at == point) {
    const char *after = ++at;
    while (at < end && rc_ascii_digit(*at)) at++;
    digits += (size_t)(at - after);
  }
  if (digits == 0) return NULL;
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    if (at == end || !rc_ascii_digit(*at)) return NULL;
    while (at < end && rc_ascii_digit(*at)) at++;
  }
  return at;
}

/* Up to seven digits, perhaps with a point: digits / 10^n, both exact in float32, rounded once by the division
 * (Clinger, "How to Read Floating Point Numbers Accurately", 1990). False: strtof() must do it. */
static bool short_number(const char *at, const char *end, char point, float *value) {
  static const float powers[] = {1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f};
  if (end - at > 9) return false;
  const bool negative = *at == '-';
  if (*at == '-' || *at == '+') at++;
  uint32_t digits = 0;
  size_t count = 0, after = 0;
  bool fraction = false;
  for (; at < end; at++) {
    if (*at == point) {
      fraction = true;
      continue;
    }
    if (!rc_ascii_digit(*at)) return false;
    digits = digits * 10 + (uint32_t)(*at - '0');
    count++;
    after += fraction;
  }
  if (count > 7) return false;
  *value = (float)digits / powers[after];
  if (negative) *value = -*value;
  return true;
}

bool rc_number_value(const char *at, const char *end, char point, locale_t locale, float *value) {
  if (short_number(at, end, point, value)) return true;
  /* strtof() needs a terminated text; the longest that matters has all digits of a midpoint between two float32. */
  char text[256], *copy = text;
  const size_t length = (size_t)(end - at);
  if (length >= sizeof text && (copy = malloc(length + 1)) == NULL) return false;
  memcpy(copy, at, length);
  copy[length] = '\0';
  if (point != '.') {
    char *comma = memchr(copy, point, length);
    if (comma != NULL) *comma = '.';
  }
  *value = strtof_l(copy, NULL, locale);
  if (copy != text) free(copy);
  return true;
}
