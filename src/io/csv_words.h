/* SPDX-License-Identifier: BSD-3-Clause */
/* What to say of text that is not numbers: what it is instead, or which option reads it. Used only after reading has
 * failed, and told only where it helps. */
#ifndef RC_IO_CSV_WORDS_H
#define RC_IO_CSV_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "csv_fields.h"

enum { RC_CSV_WORDS = 240 };

/* What the text [at, end) of another format is, whose first line is that line of its file; NULL: it could be numbers.
 * In words, or not. */
const char *rc_text_described(const char *at, const char *end, size_t line, char words[RC_CSV_WORDS]);

/* A line in which a field is not a number, and what follows it in memory. */
struct rc_csv_place {
  const struct rc_dialect *dialect;
  size_t line, skipped;
  size_t from, to;         /* the columns taken: [from, to) */
  bool given;              /* the delimiter was, and not found */
  bool first;              /* no earlier line had numbers */
  const char *begin, *end; /* the line without comment and blanks */
  const char *next, *rest; /* [next, rest) follows it */
};

/* " (what to do)", or nothing, in words. */
const char *rc_csv_hint(const struct rc_csv_place *place, char words[RC_CSV_WORDS]);

#endif
