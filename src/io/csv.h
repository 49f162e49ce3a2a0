/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in lines of text: commas, semicolons, tabs or blanks between them, as the first line has it. */
#ifndef RC_IO_CSV_H
#define RC_IO_CSV_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "header.h"

struct rc_csv {
  locale_t locale; /* numbers are C's, whatever the caller's language */
  char separator;  /* ' ': blanks and tabs, several at once */
  size_t cols;     /* 0: no line was read yet */
  size_t line;     /* lines taken so far */
  size_t skip;     /* lines to leave out at the beginning */
};

/* Text that begins with a number? */
bool rc_is_csv(const unsigned char *data, size_t size);
bool rc_is_text(const unsigned char *data, size_t size);

/* False: out of memory. */
bool rc_csv_begin(struct rc_csv *csv, size_t skip_lines);
void rc_csv_end(struct rc_csv *csv);

/* Takes the line [*at, end of line), which ends with '\n' or at `end`, and moves *at behind it. Its numbers are appended to
 * *numbers, float32, as many as in every line before; a blank line has none. *taken tells whether it had numbers. */
rowcast_status rc_csv_line(struct rc_csv *csv, const char **at, const char *end, struct rc_buffer *numbers, bool *taken,
                           const char *path, rowcast_error *err);

/* The whole content: becomes float32 in *numbers, and the header says so. At most max_bytes of them. */
rowcast_status rc_csv_read(struct rc_header *header, struct rc_buffer *numbers, const struct rc_buffer *content, size_t skip_lines,
                           size_t max_bytes, const char *path, rowcast_error *err);

#endif
