/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/labels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "data/read_file.h"
#include "terminal/report.h"

static double value_at(const rowcast_matrix *matrix, size_t row, size_t column) {
  const size_t at = row * matrix->stride + column;
  return matrix->dtype == ROWCAST_U8 ? ((const unsigned char *)matrix->data)[at] : (double)((const float *)matrix->data)[at];
}

/* Where the one 1 of a row of zeros is; SIZE_MAX: it is no such row. */
static size_t hot_column(const rowcast_matrix *matrix, size_t row, size_t first, size_t count) {
  size_t hot = SIZE_MAX;
  for (size_t j = first; j < first + count; j++) {
    const double value = value_at(matrix, row, j);
    if (value == 1.0 && hot == SIZE_MAX) hot = j - first;
    else if (value != 0.0) return SIZE_MAX;
  }
  return hot;
}

/* Makes one column of them: the only one, or which one is hot. */
static int narrow(struct labels *labels, const struct input_file *file, size_t first, size_t count) {
  rowcast_matrix *from = &labels->values, narrow;
  labels->one_hot = count > 1;
  for (size_t i = 0; i < from->rows && labels->one_hot; i++) labels->one_hot = hot_column(from, i, first, count) != SIZE_MAX;
  if (count != 1 && (!labels->one_hot || from->rows == 0)) {
    complain("%s: has %zu columns%s, and labels have one, or are one-hot; %s:columns=0:1 takes the first", file->path, from->cols,
             count < from->cols ? ", of which several are selected" : "", file->path);
    return EXIT_FAILED;
  }
  if (rowcast_matrix_alloc(&narrow, ROWCAST_F32, from->rows, 1) != ROWCAST_OK) return complain_of_memory("the labels");
  for (size_t i = 0; i < from->rows; i++)
    ((float *)narrow.data)[i] = (float)(count == 1 ? value_at(from, i, first) : (double)hot_column(from, i, first, count));
  rowcast_matrix_free(from);
  *from = narrow;
  return EXIT_DONE;
}

int labels_read(struct labels *labels, const struct input_file *file, size_t max_bytes) {
  size_t first, count;
  const int status = read_file(file, max_bytes, &labels->values);
  if (status != EXIT_DONE) return status;
  if (!read_file_columns(file, &labels->values, &first, &count)) return EXIT_FAILED;
  return labels->values.cols == 1 ? EXIT_DONE : narrow(labels, file, first, count);
}

long labels_class(const struct labels *labels, size_t row, size_t classes) {
  if (labels->values.data == NULL || row >= labels->values.rows) return LABEL_NONE;
  const double value = value_at(&labels->values, row, 0);
  /* Whole numbers from 2^24 on may have been rounded when they became float32. */
  const double most = classes < 1 << 24 ? (double)classes : 0x1p24;
  return value >= 0.0 && value < most && value == floor(value) ? (long)value : LABEL_NO_CLASS;
}

void labels_free(struct labels *labels) { rowcast_matrix_free(&labels->values); }
