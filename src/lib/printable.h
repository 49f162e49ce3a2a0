/* SPDX-License-Identifier: BSD-3-Clause */
/* Error texts are one line that a terminal can be given: what is not printable UTF-8 in a name becomes an escape of
 * C's. Static, because the readers know no other file of the library's. */
#ifndef RC_PRINTABLE_H
#define RC_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The length of the UTF-8 sequence at `text` (RFC 3629) if it is a printable character; 0: it is none, or a control
 * character, or one that ends a line or turns the direction of what follows. */
static inline size_t rc_printable_length(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  const size_t length = at[0] < 0x20 || at[0] == 0x7f ? 0
                        : at[0] < 0x80                ? 1
                        : at[0] < 0xc2                ? 0
                        : at[0] < 0xe0                ? 2
                        : at[0] < 0xf0                ? 3
                        : at[0] < 0xf5                ? 4
                                                      : 0;
  static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  static const unsigned long least[] = {0, 0, 0xa0, 0x800, 0x10000}; /* below 0xa0 are control characters */
  unsigned long code = at[0] & masks[length];
  for (size_t i = 1; i < length; i++) {
    if ((at[i] & 0xc0) != 0x80) return 0; /* the text's end, too */
    code = code << 6 | (at[i] & 0x3fu);
  }
  if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return 0;
  if (code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e)) return 0;
  return (code >= 0x2066 && code <= 0x2069) || code == 0xfeff ? 0 : length;
}

/* The next character of a text, or an escape of it, ended by a zero; returns how many bytes of the text it stands for.
 */
enum { RC_CHARACTER = 8 };
static inline size_t rc_printable_character(const char *text, char to[RC_CHARACTER]) {
  static const char escaped[] = "\a\b\t\n\v\f\r", letters[] = "abtnvfr";
  const size_t length = rc_printable_length(text);
  const unsigned byte = (unsigned char)*text;
  const char *letter = byte != 0 ? strchr(escaped, *text) : NULL;
  memset(to, 0, RC_CHARACTER);
  if (length > 0) {
    memcpy(to, text, length);
    return length;
  }
  to[0] = '\\';
  if (letter != NULL) to[1] = letters[letter - escaped];
  else to[1] = (char)('0' + byte / 64), to[2] = (char)('0' + byte / 8 % 8), to[3] = (char)('0' + byte % 8);
  return 1;
}

/* Appends a text to one of `at` bytes that has room for `size`, its end included; characters that do not fit are left
 * out. Returns the new length. */
static inline size_t rc_append_printable(char *to, size_t size, size_t at, const char *text) {
  while (*text != '\0') {
    char character[RC_CHARACTER];
    text += rc_printable_character(text, character);
    const size_t length = strlen(character);
    if (at + length + 1 > size) break;
    memcpy(to + at, character, length);
    at += length;
  }
  to[at] = '\0';
  return at;
}

#endif
