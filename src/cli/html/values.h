/* SPDX-License-Identifier: BSD-3-Clause */
/* What a page takes from results, and how it writes it. */
#ifndef ROWCAST_CLI_HTML_VALUES_H
#define ROWCAST_CLI_HTML_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* A number of a result (NaN: none), a whole one (0: none), and a text ("": none). */
double value_of(const json_t *object, const char *key);
size_t count_of(const json_t *object, const char *key);
const char *text_of(const json_t *object, const char *key);
bool is_set(const json_t *object, const char *key);

/* "2.28 ms": so many digits that count, in the unit that fits; returns text. */
enum { SECONDS_TEXT = 32 };
const char *seconds_text(double seconds, int digits, char text[SECONDS_TEXT]);

/* A number with so many digits that count, without an exponent as long as it is short; returns text. */
const char *digits_text(double value, int digits, char text[SECONDS_TEXT]);

/* "bytes" and "float32", as people call them. */
const char *dtype_text(const char *dtype);

/* "1 thread": what follows a number. */
const char *plural(size_t count);

#endif
