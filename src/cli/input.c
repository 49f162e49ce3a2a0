/* SPDX-License-Identifier: BSD-3-Clause */
/* Images, labels and the selected rows. */
#include "input.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/cpu.h>

#include "csv_options.h"
#include "find_data.h"
#include "report.h"
#include "signals.h"

/* Rows x_train takes of the 60,000 training images; the others are x_valid. */
enum { TRAIN_ROWS = 50000, PLAIN_BYTES = 4 << 20 };

static int copy_text(char **copy, const char *text) {
  *copy = strdup(text);
  return *copy != NULL ? EXIT_DONE : complain_of_memory("a file name");
}

static int locate(struct input *input, const struct options *options) {
  input->max_bytes = options->max_bytes;
  int status = options->images != NULL ? copy_text(&input->path, options->images)
                                       : find_data(options->set, &input->path, &input->labels_path);
  if (status == EXIT_DONE && options->labels != NULL) {
    free(input->labels_path);
    input->labels_path = NULL;
    status = copy_text(&input->labels_path, options->labels);
  }
  return status;
}

/* Are the selected rows there? */
static int check_rows(const struct input *input) {
  const size_t rows = input->all, wrong = input->from > rows ? input->from : input->to;
  if (input->from <= rows && (input->to <= rows || input->to == SIZE_MAX)) return EXIT_DONE;
  complain("%s: has %zu rows, and --rows reaches for %zu", input->path, rows, wrong);
  return EXIT_FAILED;
}

static int select_columns(struct input *input, const struct options *options) {
  const size_t cols = input->images.cols, to = options->columns.to;
  input->columns = cols;
  /* A CSV's reader has selected already, where there is something to select. */
  const bool selected = strcmp(input->images.format, "csv") == 0 && options->columns.from < to;
  if (!options->columns.given || selected) return EXIT_DONE;
  const size_t wrong = options->columns.from > cols ? options->columns.from : to;
  if (options->columns.from > cols || (to > cols && to != SIZE_MAX)) {
    complain("%s: has %zu columns, and --columns reaches for %zu", input->path, cols, wrong);
    return EXIT_FAILED;
  }
  input->first_column = options->columns.from;
  input->columns = (to == SIZE_MAX ? cols : to) - options->columns.from;
  return EXIT_DONE;
}

static int select_rows(struct input *input, const struct options *options, size_t default_rows) {
  const size_t rows = input->all;
  if (options->rows.given) {
    input->from = options->rows.from;
    input->to = options->rows.to != SIZE_MAX ? options->rows.to : rows;
    return check_rows(input);
  }
  if (default_rows == SIZE_MAX && input->data_set != NULL && strcmp(input->data_set, "mnist-train") == 0)
    default_rows = TRAIN_ROWS;
  input->from = 0;
  input->to = rows < default_rows ? rows : default_rows;
  return EXIT_DONE;
}

static void read_options(rowcast_read_options *read, const struct options *options) {
  *read = (rowcast_read_options){
    .struct_size = sizeof *read,
    .max_bytes = options->max_bytes,
    .array = options->array,
    .member = options->member,
    .skip_lines = options->skip_lines,
    .raw_type = options->rank > 0 ? options->element : NULL,
    .raw_rank = options->rank,
    .raw_offset = options->offset,
    .raw_fortran = options->fortran,
    .cancelled = signals_pending,
  };
  memcpy(read->raw_dims, options->dims, sizeof read->raw_dims);
  read->delimiter = options->csv.delimiter;
  read->decimal = options->csv.decimal;
  read->comment = options->csv.comment;
  read->headings = options->csv.headings;
  csv_options_columns(read, &options->columns);
}

/* The name with its last part, after the last of `before` or the whole, replaced; NULL: no memory. */
static char *with_last(const char *name, char before, const char *part) {
  const char *last = strrchr(name, before);
  char *made;
  const int length = last != NULL ? (int)(last - name) + 1 : 0;
  return asprintf(&made, "%.*s%s", length, name, part) < 0 ? NULL : made;
}

/* Labels beside their images: y_train beside x_train in an .npz, train.y beside train.x (0.1 beside 0.0) in a pickle. */
static int find_labels_beside(struct input *input) {
  const char *name = input->images.name, *dot = strrchr(name, '.');
  const bool npz = strcmp(input->images.format, "npz") == 0, pickle = strcmp(input->images.format, "pickle") == 0;
  if (input->labels_path != NULL || strcmp(input->path, "-") == 0) return EXIT_DONE;
  char **place = npz ? &input->labels_array : &input->labels_member;
  if (npz && name[0] == 'x' && name[1] == '_') {
    if (asprintf(place, "y%s", name + 1) < 0) *place = NULL;
  } else if (pickle && dot != NULL && strchr(name, '.') == dot && (strcmp(dot, ".x") == 0 || strcmp(dot, ".0") == 0))
    *place = with_last(name, '.', strcmp(dot, ".x") == 0 ? "y" : "1");
  else
    return EXIT_DONE;
  return *place != NULL ? copy_text(&input->labels_path, input->path) : complain_of_memory("a file name");
}

/* Rows that are there: recognised, selected. */
static int describe(struct input *input, const struct options *options, size_t default_rows) {
  if (input->reader == NULL) input->data_set = recognise_data(&input->images);
  else if (!input->images.gzipped && strcmp(input->path, "-") != 0)
    input->data_set = recognise_file(input->path, rowcast_reader_shape(input->reader));
  int status = find_labels_beside(input);
  if (status == EXIT_DONE) status = select_columns(input, options);
  return status == EXIT_DONE ? select_rows(input, options, default_rows) : status;
}

int input_load(struct input *input, const struct options *options, size_t default_rows) {
  rowcast_error error;
  rowcast_read_options read;
  const int status = locate(input, options);
  if (status != EXIT_DONE) return status;
  read_options(&read, options);
  if (rowcast_matrix_read(&input->images, input->path, &read, &error) != ROWCAST_OK) return complain_of(&error);
  csv_tell_headings(input->path, &input->images, &read, true);
  input->all = input->images.rows;
  return describe(input, options, default_rows);
}

int input_begin(struct input *input, const struct options *options, size_t default_rows) {
  rowcast_error error;
  rowcast_read_options read;
  const int status = locate(input, options);
  if (status != EXIT_DONE) return status;
  read_options(&read, options);
  /* Memory that is new costs more than reading into it: plain files go through a cache's worth of it, unless all rows are
   * wanted at once or again, or so many threads that none is left to read. */
  if (!options->explain && options->repeat <= 1 && options->threads.count == 0) read.plain_bytes = PLAIN_BYTES;
  if (rowcast_reader_open(&input->reader, input->path, &read, &error) != ROWCAST_OK ||
      rowcast_reader_next(input->reader, &input->images, &error) != ROWCAST_OK)
    return complain_of(&error);
  csv_tell_headings(input->path, rowcast_reader_shape(input->reader), &read, true);
  input->all = rowcast_reader_shape(input->reader)->rows;
  if (rowcast_reader_take(input->reader, &input->images)) {
    rowcast_reader_close(input->reader);
    input->reader = NULL;
  }
  return describe(input, options, default_rows);
}

int input_next(struct input *input) {
  rowcast_error error;
  input->first += input->images.rows;
  if (input->reader == NULL) {
    input->images.rows = 0;
    return EXIT_DONE;
  }
  if (rowcast_reader_next(input->reader, &input->images, &error) != ROWCAST_OK) return complain_of(&error);
  if (input->images.rows > 0) return EXIT_DONE;
  input->images = *rowcast_reader_shape(input->reader); /* what it was stays known */
  input->images.rows = 0;
  if (input->all != SIZE_MAX) return EXIT_DONE;
  input->all = input->first;
  return check_rows(input);
}

void input_selected(const struct input *input, size_t *from, size_t *to) {
  const size_t end = input->first + input->images.rows;
  *from = input->from < input->first ? 0 : input->from < end ? input->from - input->first : input->images.rows;
  *to = input->to >= end ? input->images.rows : input->to > input->first ? input->to - input->first : 0;
  if (*to < *from) *to = *from;
}

int input_load_labels(struct input *input) {
  rowcast_error error;
  if (input->labels_path == NULL) return EXIT_DONE;
  const rowcast_read_options read = {.struct_size = sizeof read, .max_bytes = input->max_bytes, .array = input->labels_array, .member = input->labels_member};
  if (rowcast_matrix_read(&input->labels, input->labels_path, &read, &error) != ROWCAST_OK) return complain_of(&error);
  csv_tell_headings(input->labels_path, &input->labels, &read, false);
  if (input->labels.cols != 1) {
    complain("%s: has %zu columns, and labels have one", input->labels_path, input->labels.cols);
    return EXIT_FAILED;
  }
  return input_check_labels(input);
}

int input_check_labels(const struct input *input) {
  if (input->labels.data == NULL || input->all == SIZE_MAX || input->labels.rows == input->all) return EXIT_DONE;
  complain("%s: has %zu labels, and %s %zu images", input->labels_path, input->labels.rows, input->path, input->all);
  return EXIT_FAILED;
}

long input_label(const struct input *input, size_t row) {
  const rowcast_matrix *labels = &input->labels;
  if (labels->data == NULL || row >= labels->rows) return -1;
  const size_t at = row * labels->stride;
  if (labels->dtype == ROWCAST_U8) return ((const unsigned char *)labels->data)[at];
  const float value = ((const float *)labels->data)[at];
  return value >= 0.0f && value < 0x1p24f && value == floorf(value) ? (long)value : -1;
}

void input_free(struct input *input) {
  rowcast_matrix_free(&input->images);
  rowcast_reader_close(input->reader);
  free(input->labels_array);
  free(input->labels_member);
  rowcast_matrix_free(&input->labels);
  free(input->path);
  free(input->labels_path);
}

unsigned input_threads(const struct input *input, const struct options *options) {
  if (options->threads.count > 0) return (unsigned)options->threads.values[0];
  const unsigned all = rowcast_default_threads();
  return input->reader == NULL ? 0 : all > 1 ? all - 1 : 1;
}

float input_scale(const struct input *input, const struct options *options) {
  if (options->scale != 0.0f) return options->scale;
  return input->images.dtype == ROWCAST_U8 ? 1.0f / 256.0f : 1.0f;
}

/* Bytes as float32 values u * scale. */
static int convert(struct rows *rows, float scale) {
  if (rowcast_matrix_alloc(&rows->storage, ROWCAST_F32, rows->m, rows->k) != ROWCAST_OK)
    return complain_of_memory("the rows as float32");
  float *to = rows->storage.data;
  const unsigned char *from = rows->x;
  for (size_t i = 0; i < rows->m; i++)
    for (size_t k = 0; k < rows->k; k++)
      to[i * rows->storage.stride + k] = (float)from[i * rows->ldx + k] * scale;
  rows->dtype = ROWCAST_F32;
  rows->x = to;
  rows->ldx = rows->storage.stride;
  rows->scale = 1.0f;
  return EXIT_DONE;
}

/* Float32 that are all n/256 as bytes. */
static int hold_as_bytes(struct rows *rows, const struct input *input) {
  rows->storage = input->images;
  rows->storage.owner = NULL; /* the images keep theirs */
  rows->storage.data = (void *)(uintptr_t)rows->x;
  rows->storage.rows = rows->m;
  rows->storage.cols = rows->k;
  if (!rowcast_matrix_to_bytes(&rows->storage)) {
    complain("%s: its elements are %s and not all n/256 with n from 0 to 255, so --dtype u8 cannot take them", input->path,
             input->images.element);
    return EXIT_FAILED;
  }
  rows->dtype = ROWCAST_U8;
  rows->x = rows->storage.data;
  rows->ldx = rows->storage.stride;
  rows->scale *= rows->storage.unit;
  return EXIT_DONE;
}

int rows_prepare(struct rows *rows, const struct input *input, enum dtype_choice dtype, float scale) {
  const rowcast_matrix *images = &input->images;
  const size_t element = images->dtype == ROWCAST_U8 ? 1 : sizeof(float);
  size_t from, to;
  input_selected(input, &from, &to);
  memset(rows, 0, sizeof *rows);
  rows->dtype = images->dtype;
  rows->m = to - from;
  rows->k = input->columns;
  rows->ldx = images->stride;
  rows->x = rows->m > 0 && rows->k > 0
              ? (const unsigned char *)images->data + (from * images->stride + input->first_column) * element
              : images->data;
  rows->scale = scale;
  if (dtype == DTYPE_U8 && images->dtype != ROWCAST_U8) return hold_as_bytes(rows, input);
  return dtype == DTYPE_F32 && images->dtype == ROWCAST_U8 ? convert(rows, scale) : EXIT_DONE;
}

void rows_free(struct rows *rows) { rowcast_matrix_free(&rows->storage); }
