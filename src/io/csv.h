/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in lines of text: separated by commas, semicolons, tabs or blanks, whichever the first line uses. */
#ifndef RC_IO_CSV_H
#define RC_IO_CSV_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>

#include <rowcast/matrix.h>

#include "buffer.h"
#include "csv_fields.h"
#include "header.h"

struct rc_csv {
  locale_t locale; /* numbers are C's, whatever the caller's language */
  struct rc_dialect dialect;
  size_t from, to;           /* the columns taken: [from, to); to is SIZE_MAX for all before the first line */
  size_t cols;               /* taken of each line; 0: no line was read yet */
  size_t fields;             /* in each line */
  size_t line;               /* lines read so far */
  size_t skip;               /* lines to leave out at the beginning */
  size_t blank;              /* the first line of only blanks before the separator is known; 0: none */
  bool indented;             /* a comment follows those blanks */
  bool given;                /* the delimiter was */
  bool keep;                 /* a first line of 0,1,...,K-1 is a row, as the caller says */
  rowcast_headings headings; /* what was done with such a line; final once a row was taken */
  size_t before;             /* of such a line: fields before 0 */
  bool empty;                /* one of these is empty */
  bool few;                  /* so few numbers that it may be a row: the fields of the next line in those places
                              * decide */
  bool waits;                /* such a line was left out, and no row has come since */
};

/* Is it text, judging by its beginning? */
bool rc_is_text(const unsigned char *data, size_t size);

/* rc_csv_check(): what is wrong with the options for CSV; NULL: nothing. rc_csv_asked(): the option that says that the
 * file is CSV; NULL: none. rc_csv_comment_separates: what rc_csv_check() says where no comments would help. */
const char *rc_csv_check(const rowcast_read_options *options);
extern const char rc_csv_comment_separates[];
const char *rc_csv_asked(const rowcast_read_options *options);

/* False: out of memory. */
bool rc_csv_begin(struct rc_csv *csv, const rowcast_read_options *options);
void rc_csv_end(struct rc_csv *csv);

/* Takes the line [*at, end of line), which ends with '\n' or at `end`, and moves *at past it. The rows known by then
 * are appended to *numbers as float32, each as long as the rows before, and counted in *rows: 0 for headings or a line
 * without numbers; 2 if the line shows that the one before was not headings. */
rowcast_status rc_csv_line(struct rc_csv *csv, const char **at, const char *end, struct rc_buffer *numbers,
                           size_t *rows, const char *path, rowcast_error *err);

/* Call after the last line: a first line of 0,1,...,K-1 that nothing follows is a row. */
rowcast_status rc_csv_finish(struct rc_csv *csv, struct rc_buffer *numbers, size_t *rows, const char *path,
                             rowcast_error *err);

/* Reads the whole content as float32 into *numbers, at most options->max_bytes of them, and fills the header
 * accordingly. */
rowcast_status rc_csv_read(struct rc_header *header, struct rc_buffer *numbers, const struct rc_buffer *content,
                           const rowcast_read_options *options, rowcast_headings *headings, const char *path,
                           rowcast_error *err);

#endif
