/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading a file as the command line describes it. Calls that fail have said why on stderr. */
#ifndef ROWCAST_CLI_READ_FILE_H
#define ROWCAST_CLI_READ_FILE_H

#include "args/input_file.h"

/* The library's options for reading it, with at most max_bytes (0: the library's default) and a signal's right to
 * interrupt. */
rowcast_read_options read_file_options(const struct input_file *file, size_t max_bytes);

/* The columns selected of what was read; false: it reaches for more, and that has been said. A CSV's reader has
 * selected already. */
bool read_file_columns(const struct input_file *file, const rowcast_matrix *matrix, size_t *first, size_t *count);

/* Says what was made of a CSV's first line of 0,1,2,... */
void read_file_tell_headings(const struct input_file *file, const rowcast_matrix *matrix);

/* Reads all of it, says why it cannot, and tells its headings. Returns an exit status. */
int read_file(const struct input_file *file, size_t max_bytes, rowcast_matrix *matrix);

#endif
