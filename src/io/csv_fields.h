/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the fields of a line of CSV begin and end, its comment and its headings; their numbers are csv.h's. */
#ifndef RC_IO_CSV_FIELDS_H
#define RC_IO_CSV_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

struct rc_dialect {
  char separator; /* ' ': blanks and tabs, several at once; '\0': not known before the first line */
  char point;     /* '.' or ',' */
  char comment;   /* begins a comment; '\0': nothing does */
};

/* The text of a field, without the blanks or the quotes around it. */
struct rc_field {
  const char *begin, *end;
  bool last; /* of its line */
};

static inline bool rc_is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* The comma, semicolon or tab that the line has, in this order, outside of quotes; else a blank. */
char rc_separator_of(const struct rc_dialect *dialect, const char *line, const char *end);

/* Where the line's comment begins, outside of quotes; `end` without one. */
const char *rc_comment_begin(const struct rc_dialect *dialect, const char *line, const char *end);

/* Takes the field at *at, which moves on to the next. The separator must be known; if blanks separate, the line must
 * have none around it. A field that begins with a quote may contain separators, and doubled quotes. False: such a field
 * does not end on this line. */
bool rc_field_next(const struct rc_dialect *dialect, const char **at, const char *end, struct rc_field *field);

/* A line of 0,1,...,K-1, with `before` fields that are not numbers (text, or nothing) before it and others after it:
 * what pandas writes above unnamed columns. count: K; 0: the line is another. */
struct rc_counting {
  size_t before, count, fields;
};
struct rc_counting rc_count_fields(const struct rc_dialect *dialect, const char *line, const char *end);

#endif
