/* SPDX-License-Identifier: BSD-3-Clause */
/* What pickle writes as text: decimal numbers, quoted strings, text with escapes. */
#include <string.h>

#include "pickle_values.h"

static int hex_digit(unsigned char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/* The value of `count` hexadecimal digits; -1: they are something else. */
static long hex_number(const unsigned char *text, size_t count) {
  long number = 0;
  for (size_t i = 0; i < count; i++) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    number = number * 16 + digit;
  }
  return number;
}

rc_wrong rc_pickle_decimal(const unsigned char *text, size_t length, int64_t *number) {
  const bool negative = length > 0 && text[0] == '-';
  size_t i = negative ? 1 : 0;
  *number = 0;
  if (i == length) return "a malformed number";
  /* Some readers read these as octal. */
  if (length - i > 1 && text[i] == '0') return "a number with zeros before it";
  for (; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return "a malformed number";
    const int digit = text[i] - '0';
    if (__builtin_mul_overflow(*number, 10, number) ||
        __builtin_add_overflow(*number, negative ? -digit : digit, number))
      return "a number of more than 64 bits";
  }
  return NULL;
}

rc_wrong rc_pickle_unquote(unsigned char *text, size_t length, size_t *size) {
  if (length < 2 || (text[0] != '\'' && text[0] != '"') || text[length - 1] != text[0])
    return "a string without quotes";
  static const char escapes[] = "\\'\"nrtabfv", meant[] = "\\'\"\n\r\t\a\b\f\v";
  size_t to = 0;
  for (size_t i = 1; i < length - 1; i++) {
    if (text[i] != '\\') {
      text[to++] = text[i];
      continue;
    }
    if (++i >= length - 1) return "a string that ends in an escape";
    const char *escape = text[i] != 0 ? strchr(escapes, text[i]) : NULL;
    if (escape != NULL) text[to++] = (unsigned char)meant[escape - escapes];
    else {
      const long number = text[i] == 'x' && i + 2 < length - 1 ? hex_number(text + i + 1, 2) : -1;
      if (number < 0) return "a string with an unknown escape";
      text[to++] = (unsigned char)number;
      i += 2;
    }
  }
  *size = to;
  return NULL;
}

rc_wrong rc_pickle_unescape(unsigned char *text, size_t length, size_t *size, bool *wide) {
  size_t to = 0;
  *wide = false;
  for (size_t i = 0; i < length; i++) {
    const size_t digits = text[i] == '\\' && i + 1 < length ? (text[i + 1] == 'u' ? 4 : text[i + 1] == 'U' ? 8 : 0) : 0;
    if (digits == 0) {
      text[to++] = text[i];
      continue;
    }
    const long number = i + 1 + digits < length ? hex_number(text + i + 2, digits) : -1;
    if (number < 0 || number > 0x10ffff) return "text with an unknown escape";
    *wide |= number > 0xff;
    text[to++] = (unsigned char)number;
    i += 1 + digits;
  }
  *size = to;
  return NULL;
}
