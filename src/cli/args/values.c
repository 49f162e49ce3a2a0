/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading option values. */
#include "args/values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Reads digits at *text and moves it past them; false without a digit or on overflow. */
static bool read_digits(const char **text, uint64_t *number) {
  const char *at = *text;
  uint64_t value = 0;
  if (*at < '0' || *at > '9') return false;
  for (; *at >= '0' && *at <= '9'; at++)
    if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
      return false;
  *text = at;
  *number = value;
  return true;
}

bool value_number(const char *text, uint64_t least, uint64_t most, uint64_t *number) {
  return read_digits(&text, number) && *text == '\0' && *number >= least && *number <= most;
}

static const char randn[] = "randn";
enum { RANDN = sizeof randn - 1 };

bool value_is_randn(const char *text) {
  return strncmp(text, randn, RANDN) == 0 && (text[RANDN] == '\0' || text[RANDN] == ':');
}

bool value_randn(const char *text, uint64_t *seed) {
  return value_is_randn(text) && text[RANDN] == ':' && value_number(text + RANDN + 1, 0, UINT64_MAX, seed);
}

bool value_rows(const char *text, struct row_range *rows) {
  uint64_t from = 0, to = SIZE_MAX;
  if (*text != ':' && !read_digits(&text, &from)) return false;
  if (*text++ != ':') return false;
  if (*text != '\0' && (!read_digits(&text, &to) || *text != '\0')) return false;
  if (from > to || to > SIZE_MAX) return false;
  *rows = (struct row_range){true, (size_t)from, (size_t)to};
  return true;
}

/* A plain decimal number at *text. strtod() alone would take blanks, hexadecimal, "inf" and "nan" too. */
static bool read_decimal(const char **text, double *number) {
  const char *digits = **text == '-' || **text == '+' ? *text + 1 : *text;
  const size_t length = strspn(*text, "+-.0123456789eE");
  if (strspn(digits, ".0123456789") == 0) return false;
  char *end;
  *number = strtod(*text, &end);
  if (end != *text + length) return false;
  *text = end;
  return true;
}

bool value_scale(const char *text, float *scale) {
  double number, divisor = 1.0;
  if (!read_decimal(&text, &number)) return false;
  if (*text == '/') {
    text++;
    if (!read_decimal(&text, &divisor)) return false;
  }
  if (*text != '\0' || divisor == 0.0) return false;
  *scale = (float)(number / divisor);
  return isfinite(*scale) && *scale != 0.0f;
}

bool value_percent(const char *text, double *part) {
  double percent;
  if (!read_decimal(&text, &percent) || *text != '\0' || !(percent >= 0.0 && percent <= 1000.0)) return false;
  *part = percent / 100.0;
  return true;
}

bool value_bytes(const char *text, size_t *bytes) {
  static const char units[] = "KMGT";
  uint64_t number;
  if (!read_digits(&text, &number)) return false;
  const char *unit = *text != '\0' ? strchr(units, *text) : NULL;
  if (unit != NULL) {
    if (__builtin_mul_overflow(number, UINT64_C(1024) << 10 * (unit - units), &number)) return false;
    text++;
  }
  *bytes = (size_t)number;
  return *text == '\0' && number >= 1 << 16 && number <= SIZE_MAX / 2;
}
