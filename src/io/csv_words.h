/* SPDX-License-Identifier: BSD-3-Clause */
/* What to say of text that is not numbers: what it is instead, and which option reads it. Used only after reading has
 * failed, and told only where it helps. */
#ifndef RC_IO_CSV_WORDS_H
#define RC_IO_CSV_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "csv_fields.h"

/* What is said, and what rc_advise() is to add; either may be empty. */
struct rc_csv_said {
  char words[128], advice[96];
};

/* What the text [at, end) of another format is, whose first line is that line of its file; NULL: it could be numbers.
 * In said->words, or not; said->advice is set in any case. */
const char *rc_text_described(const char *at, const char *end, size_t line, struct rc_csv_said *said);

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

/* ": what it could be", or nothing. */
void rc_csv_hint(const struct rc_csv_place *place, struct rc_csv_said *said);

#endif
