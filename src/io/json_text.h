/* SPDX-License-Identifier: BSD-3-Clause */
/* As much of JSON (RFC 8259) as headers need: objects, lists, strings and whole numbers, taken one after another from
 * text in memory. Functions return NULL, or what is wrong, at json->at. */
#ifndef RC_IO_JSON_TEXT_H
#define RC_IO_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct rc_json {
  char *text;
  size_t at, size;
};

/* A string, decoded in place, without a NUL in it or after it. */
struct rc_text {
  const char *at;
  size_t size;
};

bool rc_text_is(struct rc_text text, const char *word);
int rc_text_compare(struct rc_text left, struct rc_text right);

/* Takes the mark, after blanks. */
const char *rc_json_mark(struct rc_json *json, char mark);

/* The same if it comes next. */
bool rc_json_if(struct rc_json *json, char mark);

/* A string, whose escapes are decoded, but for those of numbers (\u0041), which are refused, as NUL is. */
const char *rc_json_string(struct rc_json *json, struct rc_text *text);

/* A string and the colon after it. */
const char *rc_json_key(struct rc_json *json, struct rc_text *key);

/* A whole number from 0 to SIZE_MAX, without a sign, an exponent or leading zeros. */
const char *rc_json_size(struct rc_json *json, size_t *value);

/* Blanks to the end. */
const char *rc_json_end(struct rc_json *json);

#endif
