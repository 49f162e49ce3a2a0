/* SPDX-License-Identifier: BSD-3-Clause */
/* Images and the rows selected of them, whole or block by block, and where their labels are. */
#include "data/input.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/cpu.h>
#include <rowcast/experimental.h>

#include "args/advice.h"
#include "data/divide.h"
#include "data/find_data.h"
#include "data/ranks.h"
#include "data/read_file.h"
#include "terminal/report.h"
#include "terminal/signals.h"
#include "terminal/standard.h"

/* Rows x_train takes of the 60,000 training images; the others are x_valid. */
enum { TRAIN_ROWS = 50000, PLAIN_BYTES = 4 << 20, LONGEST_ROW = 4 << 20 /* bytes, of rows by number */ };

static int locate(struct input *input, const struct options *options) {
  input->options = options;
  input->labels_file = options->labels;
  if (options->images.path == NULL) {
    const int status = find_data(options->set, &input->path, &input->labels_path);
    if (status == EXIT_DONE && options->labels.path == NULL) input->labels_file.path = input->labels_path;
    return status;
  }
  input->path = strdup(options->images.path);
  return input->path != NULL ? EXIT_DONE : complain_of_memory("a file name");
}

/* Are the selected rows there? */
static int check_rows(const struct input *input) {
  const size_t rows = input->all, wrong = input->from > rows ? input->from : input->to;
  if (input->from <= rows && (input->to <= rows || input->to == SIZE_MAX)) return EXIT_DONE;
  complain("%s: has %zu rows, but --rows asks for %zu", input->path, rows, wrong);
  return EXIT_FAILED;
}

static int select_rows(struct input *input, size_t default_rows) {
  const struct options *options = input->options;
  const size_t rows = input->all;
  if (options->rows.given) {
    input->from = options->rows.from;
    input->to = options->rows.to != SIZE_MAX ? options->rows.to : rows;
    return check_rows(input);
  }
  /* A file that somebody names keeps all its rows. */
  if (default_rows == SIZE_MAX && options->images.path == NULL && options->set == SET_TRAIN) default_rows = TRAIN_ROWS;
  input->from = 0;
  input->to = rows < default_rows ? rows : default_rows;
  return EXIT_DONE;
}

/* The name with its last part, after the last of `before` or the whole, replaced; NULL: no memory. */
static char *with_last(const char *name, char before, const char *part) {
  const char *last = strrchr(name, before);
  char *made;
  const int length = last != NULL ? (int)(last - name) + 1 : 0;
  return asprintf(&made, "%.*s%s", length, name, part) < 0 ? NULL : made;
}

/* Labels beside their images: y_train beside x_train in an .npz, train.y beside train.x (0.1 beside 0.0) in a pickle.
 */
static int find_labels_beside(struct input *input) {
  const char *name = input->images.file->name, *dot = strrchr(name, '.');
  const char *format = input->images.file->format;
  const bool npz = strcmp(format, "npz") == 0, pickle = strcmp(format, "pickle") == 0;
  if (input->labels_file.path != NULL || !standard_reads_again(input->path)) return EXIT_DONE;
  char **place = &input->labels_part;
  if (npz && name[0] == 'x' && name[1] == '_') {
    if (asprintf(place, "y%s", name + 1) < 0) *place = NULL;
  } else if (pickle && dot != NULL && strchr(name, '.') == dot && (strcmp(dot, ".x") == 0 || strcmp(dot, ".0") == 0))
    *place = with_last(name, '.', strcmp(dot, ".x") == 0 ? "y" : "1");
  else return EXIT_DONE;
  if (*place == NULL || (input->labels_path = strdup(input->path)) == NULL) return complain_of_memory("a file name");
  input->labels_file = input_file_none();
  input->labels_file.path = input->labels_path;
  input->labels_guessed = true;
  input->labels_file.read.allow_trailing = input->options->images.read.allow_trailing;
  if (npz) input->labels_file.read.array = *place;
  else input->labels_file.read.member = *place;
  return EXIT_DONE;
}

/* The pictures of the block at hand, each with its height and width exchanged: of the file's own dimensions, or square.
 */
static int transpose(struct input *input) {
  rowcast_matrix *images = &input->images;
  size_t height, width;
  input->transposed = false;
  if (!input->options->transpose_images) return EXIT_DONE;
  if (!input_picture(input, &height, &width)) {
    complain("%s: --transpose-images: rows of %zu elements are not pictures: the file states no height x width, "
             "and they are not square",
             input->path, input->columns);
    return EXIT_FAILED;
  }
  const size_t element = images->dtype == ROWCAST_U8 ? 1 : sizeof(float);
  unsigned char *before = malloc(input->columns * element + 1);
  if (before == NULL) return complain_of_memory("a picture");
  for (size_t i = 0; i < images->rows; i++) {
    unsigned char *row = (unsigned char *)images->data + (i * images->stride + input->first_column) * element;
    memcpy(before, row, input->columns * element);
    for (size_t y = 0; y < height; y++)
      for (size_t x = 0; x < width; x++)
        memcpy(row + (x * height + y) * element, before + (y * width + x) * element, element);
  }
  free(before);
  input->transposed = true;
  return EXIT_DONE;
}

/* Rows that are there: selected, and where their labels are. */
static int describe(struct input *input, size_t default_rows) {
  int status = find_labels_beside(input);
  if (status == EXIT_DONE &&
      !read_file_columns(&input->options->images, &input->images, &input->first_column, &input->columns))
    status = EXIT_FAILED;
  if (status == EXIT_DONE) status = transpose(input);
  if (status == EXIT_DONE) status = select_rows(input, default_rows);
  divide_rows(input);
  return status;
}

int input_load(struct input *input, const struct options *options, size_t default_rows) {
  rowcast_error error;
  const int status = locate(input, options);
  if (status != EXIT_DONE) return status;
  const rowcast_read_options read = read_file_options(&options->images, options->max_bytes);
  if (rowcast_matrix_read(&input->images, input->path, &read, &error) != ROWCAST_OK)
    return complain_of_file(&options->images, &error);
  read_file_tell_headings(&options->images, &input->images);
  input->all = input->images.rows;
  return describe(input, default_rows);
}

/* Can rows be read where they are multiplied, as they are and once? */
static bool suits_numbers(const struct input *input) {
  const struct options *options = input->options;
  const rowcast_matrix *shape = rowcast_reader_shape(input->reader);
  const size_t element = shape->dtype == ROWCAST_U8 ? 1 : sizeof(float);
  const size_t most = options->max_bytes > 0 ? options->max_bytes / INPUT_BY_NUMBER_SHARE : LONGEST_ROW;
  const bool as_they_are = options->dtype == DTYPE_AUTO ||
                           (options->dtype == DTYPE_U8 ? shape->dtype == ROWCAST_U8 : shape->dtype == ROWCAST_F32);
  return rowcast_reader_seekable(input->reader) && options->repeat <= 1 && !options->transpose_images && as_they_are &&
         shape->rows > 0 && shape->cols > 0 && shape->cols <= (most < LONGEST_ROW ? most : LONGEST_ROW) / element;
}

int input_in_order(struct input *input) {
  rowcast_error error;
  input->by_number = false;
  if (rowcast_reader_next(input->reader, &input->images, &error) != ROWCAST_OK)
    return complain_of_file(&input->options->images, &error);
  input->all = rowcast_reader_shape(input->reader)->rows;
  if (rowcast_reader_take(input->reader, &input->images)) {
    rowcast_reader_close(input->reader);
    input->reader = NULL;
  }
  return EXIT_DONE;
}

/* Of several ranks: which rows are this one's, and whether all have the same file. */
static int share_rows(struct input *input, size_t default_rows) {
  if (!ranks_several()) return EXIT_DONE;
  int status = divide_check(input);
  if (status != EXIT_DONE) return status;
  input->all = rowcast_reader_shape(input->reader)->rows;
  status = select_rows(input, default_rows);
  divide_rows(input);
  return divide_compare(status, input);
}

/* This rank's rows, all of them and no others, in memory. The reader stays, for what is asked of the whole file. */
static int take_share(struct input *input) {
  const rowcast_matrix *shape = rowcast_reader_shape(input->reader);
  const struct options *options = input->options;
  const size_t rows = input->to - input->from, row = shape->cols * (shape->dtype == ROWCAST_U8 ? 1 : sizeof(float));
  rowcast_matrix *images = &input->images;
  rowcast_error error;
  if (options->max_bytes > 0 && row > 0 && rows > options->max_bytes / row) {
    complain("%s: %s needs a rank's rows in memory, and %zu of them take more than --max-bytes allows", input->path,
             options->explain ? "--explain" : "--repeat", rows);
    return EXIT_FAILED;
  }
  if (rowcast_matrix_alloc(images, shape->dtype, rows, shape->cols) != ROWCAST_OK)
    return complain_of_memory("the rows");
  images->unit = shape->unit;
  images->file = shape->file;
  input->share = true;
  if (rows == 0 ||
      rowcast_reader_rows(input->reader, input->from, input->to, images->data, images->stride, &error) == ROWCAST_OK)
    return EXIT_DONE;
  return complain_of_file(&options->images, &error);
}

/* Takes the first block of this process; rows before it are not read. */
static int go_to_own(struct input *input) {
  rowcast_error error;
  size_t skipped;
  if (!ranks_several()) return input_in_order(input);
  input->first = input->from;
  if (input->options->explain || input->options->repeat > 1) return take_share(input);
  if (input->from == input->to) {
    input->images = *rowcast_reader_shape(input->reader);
    input->images.rows = 0;
    return EXIT_DONE;
  }
  if (rowcast_reader_skip(input->reader, input->from, &skipped, &error) != ROWCAST_OK)
    return complain_of_file(&input->options->images, &error);
  const int status = input_in_order(input);
  if (input->reader == NULL) input->first = 0; /* it was read whole */
  return status;
}

/* Are the rows wanted once? Who asks for the name of a data set, for its labels say, has all of a pipe in memory. */
static bool wanted_once(const struct input *input, enum input_use use) {
  const struct options *options = input->options;
  if (options->explain || options->repeat > 1) return false;
  const bool recognised = use == INPUT_CLASSIFIED || options->predict || options->json;
  return !recognised || standard_reads_again(input->path);
}

int input_begin(struct input *input, const struct options *options, size_t default_rows, enum input_use use) {
  rowcast_error error;
  int status = locate(input, options);
  if (status == EXIT_DONE) status = divide_check_names(input);
  if (status != EXIT_DONE) return status;
  rowcast_read_options read = read_file_options(&options->images, options->max_bytes);
  /* Memory that is new costs more than reading into it: plain data go through a cache's worth of it, unless all rows
   * are wanted at once or again, or so many threads that none is left to read. */
  if (wanted_once(input, use) && options->threads.count == 0) read.plain_bytes = PLAIN_BYTES;
  if (rowcast_reader_open(&input->reader, input->path, &read, &error) != ROWCAST_OK)
    return complain_of_file(&options->images, &error);
  status = share_rows(input, default_rows);
  if (status != EXIT_DONE) return status;
  const bool suits = use != INPUT_COPIED && suits_numbers(input);
  input->by_number = suits && !options->explain;
  input->explained = suits && options->explain;
  if (input->by_number) {
    input->images = *rowcast_reader_shape(input->reader);
    input->all = input->images.rows;
  } else status = go_to_own(input);
  if (status != EXIT_DONE) return status;
  read_file_tell_headings(&options->images, &input->images);
  return describe(input, default_rows);
}

/* The next block; images.rows is 0 at the end. */
static int next_block(struct input *input) {
  rowcast_error error;
  input->first += input->images.rows;
  if (ranks_several() && input->first >= input->to) {
    input->images.rows = 0;
    return EXIT_DONE;
  }
  if (rowcast_reader_next(input->reader, &input->images, &error) != ROWCAST_OK)
    return complain_of_file(&input->options->images, &error);
  if (input->images.rows > 0) return transpose(input);
  input->images = *rowcast_reader_shape(input->reader); /* what it was stays known */
  input->images.rows = 0;
  if (input->all != SIZE_MAX) return EXIT_DONE;
  input->all = input->first;
  return check_rows(input);
}

bool input_advance(struct input *input, int *status) {
  if (*status == EXIT_DONE && input->reader != NULL) {
    *status = next_block(input);
    if (*status == EXIT_DONE && input->images.rows > 0) return true;
  }
  if (*status == EXIT_DONE) *status = input_check_labels(input);
  return false;
}

void input_selected(const struct input *input, size_t *from, size_t *to) {
  const size_t end = input->first + input->images.rows;
  *from = input->from < input->first ? 0 : input->from < end ? input->from - input->first : input->images.rows;
  *to = input->to >= end ? input->images.rows : input->to > input->first ? input->to - input->first : 0;
  if (*to < *from) *to = *from;
}

bool input_picture(const struct input *input, size_t *height, size_t *width) {
  const rowcast_matrix *images = &input->images;
  /* Pictures of one channel, as PyTorch has them, are of rank 4. */
  const rowcast_file_info *file = images->file;
  const size_t first = file->rank == 4 && file->dims[1] == 1 ? 2 : file->rank == 3 ? 1 : 0;
  if (first > 0) {
    *height = file->dims[first + (input->transposed ? 1 : 0)];
    *width = file->dims[first + (input->transposed ? 0 : 1)];
    return input->columns == images->cols;
  }
  const size_t side = (size_t)sqrt((double)input->columns);
  *height = *width = side;
  return side > 0 && side * side == input->columns;
}

const char *input_data_set(struct input *input) {
  if (input->looked) return input->data_set;
  input->looked = true;
  if (input->options->transpose_images) return NULL;
  if (input->reader == NULL) input->data_set = recognise_data(&input->images);
  else if (input->by_number || input->share) input->data_set = recognise_rows(input->reader);
  else if (standard_reads_again(input->path)) {
    const rowcast_read_options read = read_file_options(&input->options->images, input->options->max_bytes);
    input->data_set = recognise_file(input->path, &read);
  }
  return input->data_set;
}

bool input_has_labels(struct input *input) {
  if (input->labels_file.path != NULL) return true;
  const char *set = input_data_set(input);
  if (set == NULL) return false;
  free(input->labels_path);
  input->labels_path = find_labels(set);
  input->labels_file = input_file_none();
  input->labels_file.path = input->labels_path;
  return input->labels_path != NULL;
}

int input_load_labels(struct input *input) {
  if (!input_has_labels(input)) return EXIT_DONE;
  const int status = labels_read(&input->labels, &input->labels_file, input->options->max_bytes, input->labels_guessed);
  return status == EXIT_DONE ? input_check_labels(input) : status;
}

int input_check_labels(const struct input *input) {
  const rowcast_matrix *labels = &input->labels.values;
  if (labels->data == NULL || input->all == SIZE_MAX || labels->rows == input->all) return EXIT_DONE;
  complain("%s: has %zu labels, but %s has %zu images", input->labels_file.path, labels->rows, input->path, input->all);
  return EXIT_FAILED;
}

const char *input_labels_text(const struct input *input, char text[LABELS_TEXT]) {
  if (input->labels.one_hot) return " (one-hot)";
  if (input->options->images.path == NULL || input->data_set == NULL || input->labels_file.path != input->labels_path)
    return "";
  snprintf(text, LABELS_TEXT, " (MNIST's own: the images are %s)", input->data_set);
  return text;
}

bool input_leaves_rows(const struct input *input) {
  const size_t to = input->all_to == SIZE_MAX ? input->all : input->all_to;
  return input->all_from > 0 || to < input->all;
}

const char *input_reading(const struct input *input) {
  return input->by_number ? "by number" : input->reader != NULL && !input->share ? "in blocks" : "whole";
}

void input_note_rows(const struct input *input) {
  char rows[ROWS_TEXT];
  if (!input->options->rows.given && input_leaves_rows(input))
    note("%s: %s", input->path, input_rows_text(input, rows));
}

const char *input_rows_text(const struct input *input, char text[ROWS_TEXT]) {
  const size_t to = input->all_to == SIZE_MAX ? input->all : input->all_to;
  snprintf(text, ROWS_TEXT, "rows %zu:%zu of %zu", input->all_from, to, input->all);
  return text;
}

void input_free(struct input *input) {
  rowcast_matrix_free(&input->images);
  rowcast_reader_close(input->reader);
  labels_free(&input->labels);
  free(input->path);
  free(input->labels_path);
  free(input->labels_part);
}

unsigned input_threads(const struct input *input, const struct options *options) {
  if (options->threads.count > 0) return (unsigned)options->threads.values[0];
  if (ranks_several()) return ranks_here()->threads();
  if (input->reader == NULL || input->by_number) return 0;
  rowcast_thread_choice choice;
  rowcast_default_threads_explain(&choice, sizeof choice);
  /* Whoever asked for a number gets it. */
  return choice.threads > 1 && choice.decided_by != ROWCAST_BY_OPENMP ? choice.threads - 1 : choice.threads;
}
