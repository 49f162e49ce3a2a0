/* SPDX-License-Identifier: BSD-3-Clause */
/* Names and other texts of users and files, made fit for a line of a terminal: no newline, escape sequence or byte that
 * is not text gets out as it is. */
#ifndef ROWCAST_CLI_PRINTABLE_H
#define ROWCAST_CLI_PRINTABLE_H

#include <stddef.h>

/* The text itself where it is printable UTF-8; else within double quotes, with C's escapes for what is not and for
 * quotes and backslashes: "a\nb\033[31m". (One that begins with a quote is quoted as well, so that none can be taken
 * for another.) It stays valid until printable_free(). */
const char *printable(const char *text);
void printable_free(void);

/* The next character of a text, or an escape where it is not printable, ended by a zero; returns how many bytes of the
 * text it stands for. */
enum { PRINTABLE_CHARACTER = 8 };
size_t printable_character(const char *text, char to[PRINTABLE_CHARACTER]);

/* The length of the UTF-8 sequence that a text begins with; 0: it begins with none. */
size_t utf8_length(const char *text);

/* The code point of that sequence. */
unsigned long utf8_code(const char *text);

/* How many columns a printable text takes, as far as its characters take one each. */
size_t printable_width(const char *text);

#endif
