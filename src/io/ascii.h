/* SPDX-License-Identifier: BSD-3-Clause */
/* ASCII letters, whatever the caller's language: in a Turkish locale, strncasecmp() and toupper() take 'i' and 'I' for
 * different letters. */
#ifndef RC_IO_ASCII_H
#define RC_IO_ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline char rc_ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

static inline bool rc_ascii_digit(char c) { return c >= '0' && c <= '9'; }

/* Do the size bytes at text begin with the word? It is given in lower case; the text may be in either. */
static inline bool rc_ascii_begins(const char *text, size_t size, const char *word) {
  for (; *word != '\0'; text++, word++, size--)
    if (size == 0 || rc_ascii_lower(*text) != *word) return false;
  return true;
}

#endif
