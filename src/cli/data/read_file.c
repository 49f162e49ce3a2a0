/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/read_file.h"

#include <string.h>

#include "args/advice.h"
#include "args/csv_options.h"
#include "terminal/report.h"
#include "terminal/signals.h"

rowcast_read_options read_file_options(const struct input_file *file, size_t max_bytes) {
  rowcast_read_options read = file->read;
  read.max_bytes = max_bytes;
  read.cancelled = signals_pending;
  csv_options_columns(&read, &file->columns);
  return read;
}

bool read_file_columns(const struct input_file *file, const rowcast_matrix *matrix, size_t *first, size_t *count) {
  const size_t from = file->columns.from, to = file->columns.to, cols = matrix->cols;
  *first = 0;
  *count = cols;
  if (!file->columns.given || (strcmp(matrix->file->format, "csv") == 0 && from < to)) return true;
  const size_t wrong = from > cols ? from : to;
  if (from > cols || (to > cols && to != SIZE_MAX)) {
    complain("%s: has %zu columns, but %s for %zu", file->path, cols, file->dashed ? "--columns asks" : "columns= asks",
             wrong);
    return false;
  }
  *first = from;
  *count = (to == SIZE_MAX ? cols : to) - from;
  return true;
}

void read_file_tell_headings(const struct input_file *file, const rowcast_matrix *matrix) {
  const rowcast_read_options *read = &file->read;
  const char *before = file->dashed ? "--" : ":", *between = file->dashed ? " " : "=";
  if (matrix->file->headings == ROWCAST_HEADINGS_LEFT_OUT)
    note("%s: its first line, 0,1,2 and so on, is taken for headings; if it is a row: %sheadings%snone", file->path,
         before, between);
  else if (matrix->file->headings == ROWCAST_HEADINGS_KEPT && read->headings != ROWCAST_HEADINGS_KEPT)
    note(
      "%s: its first line%s, 0,1, is taken for a row; if it is headings: %sskip-lines%sN, with this line counted in N",
      file->path, read->skip_lines > 0 ? " after those skipped" : "", before, between);
}

int read_file(const struct input_file *file, size_t max_bytes, rowcast_matrix *matrix) {
  rowcast_error error;
  const rowcast_read_options read = read_file_options(file, max_bytes);
  if (rowcast_matrix_read(matrix, file->path, &read, &error) != ROWCAST_OK) return complain_of_file(file, &error);
  read_file_tell_headings(file, matrix);
  return EXIT_DONE;
}
