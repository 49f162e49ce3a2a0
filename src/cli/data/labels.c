/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/labels.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/advice.h"
#include "data/read_file.h"
#include "data/matrix_at.h"
#include "terminal/report.h"

/* Where the one 1 of a row of zeros is; SIZE_MAX: it is no such row. */
static size_t hot_column(const rowcast_matrix *matrix, size_t row, size_t first, size_t count) {
  size_t hot = SIZE_MAX;
  for (size_t j = first; j < first + count; j++) {
    const float value = matrix_at(matrix, row, j);
    if (value == 1.0f && hot == SIZE_MAX) hot = j - first;
    else if (value != 0.0f) return SIZE_MAX;
  }
  return hot;
}

static int complain_of_columns(const struct input_file *file, const rowcast_matrix *labels, size_t count) {
  char *way = NULL;
  size_t size;
  const char *name = labels->file->name;
  FILE *text = open_memstream(&way, &size);
  if (text == NULL) return complain_of_memory("the labels");
  advice_write_key(text, file, "columns", "0:1");
  if (fclose(text) == 0)
    complain("%s: %s%s%shas %zu columns%s, but labels are one column, or one-hot; %s takes the first", file->path,
             name[0] != '\0' ? "array '" : "", name, name[0] != '\0' ? "' " : "", labels->cols,
             count < labels->cols ? ", of which several are selected" : "", way);
  free(way);
  return EXIT_FAILED;
}

/* Makes one column of the rows' hot ones. A row that is not one-hot among others is told rather than what else they
 * could be. */
static int take_hot(struct labels *labels, const struct input_file *file, size_t first, size_t count) {
  const rowcast_matrix *from = &labels->values;
  size_t hot = 0, cold = SIZE_MAX;
  for (size_t i = 0; i < from->rows; i++) {
    if (hot_column(from, i, first, count) != SIZE_MAX) hot++;
    else if (cold == SIZE_MAX) cold = i;
  }
  if (cold == SIZE_MAX) {
    labels->one_hot = true;
    return EXIT_DONE;
  }
  if (hot < from->rows / 2 + 1) return complain_of_columns(file, from, count);
  complain("%s: row %zu is not one-hot, but %zu of %zu rows are", file->path, cold, hot, from->rows);
  return EXIT_FAILED;
}

/* One column: the only one, the only row, or which one of each row is hot. */
static int narrow_labels(struct labels *labels, const struct input_file *file, size_t first, size_t count) {
  rowcast_matrix *from = &labels->values, column;
  const bool lying = from->rows == 1 && count > 1 && hot_column(from, 0, first, count) == SIZE_MAX;
  int status = EXIT_DONE;
  if (count == 0 && (from->rows > 0 || from->cols > 0)) {
    complain("%s: has %zu columns, none of them selected, but labels need one", file->path, from->cols);
    return EXIT_FAILED;
  }
  if (count > 1 && !lying) status = take_hot(labels, file, first, count);
  if (status != EXIT_DONE) return status;
  if (rowcast_matrix_alloc(&column, ROWCAST_F32, lying ? count : from->rows, 1) != ROWCAST_OK)
    return complain_of_memory("the labels");
  for (size_t i = 0; i < column.rows; i++)
    ((float *)column.data)[i] = lying             ? matrix_at(from, 0, first + i)
                                : labels->one_hot ? (float)hot_column(from, i, first, count)
                                                  : matrix_at(from, i, first);
  rowcast_matrix_free(from);
  *from = column;
  return EXIT_DONE;
}

/* The file's matrix, or why there is none: of a guess that is no more than a note. */
static int read_values(struct labels *labels, const struct input_file *file, size_t max_bytes, bool guessed) {
  if (!guessed) return read_file(file, max_bytes, &labels->values);
  rowcast_error error;
  const rowcast_read_options read = read_file_options(file, max_bytes);
  if (rowcast_matrix_read(&labels->values, file->path, &read, &error) != ROWCAST_OK)
    note("%s; no labels are used", error.text);
  return EXIT_DONE;
}

int labels_read(struct labels *labels, const struct input_file *file, size_t max_bytes, bool guessed) {
  size_t first, count;
  const int status = read_values(labels, file, max_bytes, guessed);
  if (status != EXIT_DONE || labels->values.data == NULL) return status;
  if (!read_file_columns(file, &labels->values, &first, &count)) return EXIT_FAILED;
  return labels->values.cols == 1 && count == 1 ? EXIT_DONE : narrow_labels(labels, file, first, count);
}

long labels_class(const struct labels *labels, size_t row, size_t classes) {
  if (labels->values.data == NULL || row >= labels->values.rows) return LABEL_NONE;
  const double value = (double)matrix_at(&labels->values, row, 0);
  /* Whole numbers from 2^24 on may have been rounded when they became float32. */
  const double most = classes < 1 << 24 ? (double)classes : 0x1p24;
  return value >= 0.0 && value < most && value == floor(value) ? (long)value : LABEL_NO_CLASS;
}

void labels_free(struct labels *labels) { rowcast_matrix_free(&labels->values); }
