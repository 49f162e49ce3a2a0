/* SPDX-License-Identifier: BSD-3-Clause */
#include "terminal/printable.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The length of the UTF-8 sequence at `text` (RFC 3629), and its code point; 0: there is none. */
static size_t decode(const unsigned char *text, unsigned long *code) {
  const unsigned char first = text[0];
  const size_t length = first < 0x80   ? 1
                        : first < 0xc2 ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
  *code = first & masks[length];
  for (size_t i = 1; i < length; i++) {
    if ((text[i] & 0xc0) != 0x80) return 0; /* a text's end, too */
    *code = *code << 6 | (text[i] & 0x3fu);
  }
  const bool surrogate = *code >= 0xd800 && *code < 0xe000;
  return length > 0 && *code >= least[length] && *code <= 0x10ffff && !surrogate ? length : 0;
}

size_t utf8_length(const char *text) {
  unsigned long code;
  return decode((const unsigned char *)text, &code);
}

unsigned long utf8_code(const char *text) {
  unsigned long code;
  decode((const unsigned char *)text, &code);
  return code;
}

/* Not so are control characters, and those that end a line or turn the direction of what follows. */
static bool is_printable(unsigned long code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
  return !(code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff);
}

size_t printable_character(const char *text, char to[PRINTABLE_CHARACTER]) {
  static const char escaped[] = "\a\b\t\n\v\f\r", letters[] = "abtnvfr";
  unsigned long code;
  const size_t length = decode((const unsigned char *)text, &code);
  if (length > 0 && is_printable(code)) {
    memcpy(to, text, length);
    to[length] = '\0';
    return length;
  }
  const char *letter = strchr(escaped, *text);
  if (letter != NULL && *text != '\0') snprintf(to, PRINTABLE_CHARACTER, "\\%c", letters[letter - escaped]);
  else snprintf(to, PRINTABLE_CHARACTER, "\\%03o", (unsigned)(unsigned char)*text);
  return 1; /* of a longer one that is not printable, the other bytes follow as escapes */
}

/* Texts that were made, to be freed. */
static struct made {
  struct made *next;
  char text[];
} * all;

static bool is_plain(const char *text) {
  char character[PRINTABLE_CHARACTER];
  if (*text == '"') return false;
  while (*text != '\0') {
    const size_t length = printable_character(text, character);
    if (strncmp(text, character, length) != 0) return false;
    text += length;
  }
  return true;
}

const char *printable(const char *text) {
  if (is_plain(text)) return text;
  /* Four bytes for one at most. */
  struct made *made = malloc(sizeof *made + 4 * strlen(text) + 3);
  if (made == NULL) return "(a name, and no memory to show it)";
  made->next = all;
  all = made;
  char *to = made->text;
  *to++ = '"';
  while (*text != '\0') {
    if (*text == '"' || *text == '\\') *to++ = '\\';
    char character[PRINTABLE_CHARACTER];
    text += printable_character(text, character);
    to = stpcpy(to, character);
  }
  *to++ = '"';
  *to = '\0';
  return made->text;
}

void printable_free(void) {
  while (all != NULL) {
    struct made *next = all->next;
    free(all);
    all = next;
  }
}

size_t printable_width(const char *text) {
  size_t width = 0;
  for (; *text != '\0'; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
  return width;
}
