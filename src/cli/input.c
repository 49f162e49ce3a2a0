/* SPDX-License-Identifier: BSD-3-Clause */
/* Images, labels and the selected rows. */
#include "input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "find_data.h"
#include "report.h"

/* Rows x_train takes of the 60,000 training images; the others are x_valid. */
enum { TRAIN_ROWS = 50000 };

static int copy_text(char **copy, const char *text) {
  *copy = strdup(text);
  return *copy != NULL ? EXIT_DONE : complain_of_memory("a file name");
}

static int locate(struct input *input, const struct options *options) {
  int status = options->images != NULL ? copy_text(&input->path, options->images)
                                       : find_data(options->set, &input->path, &input->labels_path);
  if (status == EXIT_DONE && options->labels != NULL) {
    free(input->labels_path);
    input->labels_path = NULL;
    status = copy_text(&input->labels_path, options->labels);
  }
  return status;
}

static int select_rows(struct input *input, const struct options *options, size_t default_rows) {
  const size_t rows = input->images.rows;
  if (options->rows.given) {
    input->from = options->rows.from;
    input->to = options->rows.to != SIZE_MAX ? options->rows.to : rows;
    if (input->from > rows || input->to > rows) {
      const size_t wrong = input->from > rows ? input->from : input->to;
      complain("%s: has %zu rows, and --rows reaches for %zu", input->path, rows, wrong);
      return EXIT_FAILED;
    }
    return EXIT_DONE;
  }
  if (default_rows == SIZE_MAX && input->data_set != NULL && strcmp(input->data_set, "mnist-train") == 0)
    default_rows = TRAIN_ROWS;
  input->from = 0;
  input->to = rows < default_rows ? rows : default_rows;
  return EXIT_DONE;
}

int input_load(struct input *input, const struct options *options, size_t default_rows) {
  rowcast_error error;
  int status = locate(input, options);
  if (status != EXIT_DONE) return status;
  if (rowcast_matrix_read(&input->images, input->path, NULL, &error) != ROWCAST_OK) return complain_of(&error);
  input->data_set = recognise_data(&input->images);
  return select_rows(input, options, default_rows);
}

int input_load_labels(struct input *input) {
  rowcast_error error;
  if (input->labels_path == NULL) return EXIT_DONE;
  if (rowcast_matrix_read(&input->labels, input->labels_path, NULL, &error) != ROWCAST_OK) return complain_of(&error);
  if (input->labels.cols != 1) {
    complain("%s: has %zu columns, and labels have one", input->labels_path, input->labels.cols);
    return EXIT_FAILED;
  }
  if (input->labels.rows != input->images.rows) {
    complain("%s: has %zu labels, and %s %zu images", input->labels_path, input->labels.rows, input->path,
             input->images.rows);
    return EXIT_FAILED;
  }
  return EXIT_DONE;
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
  rowcast_matrix_free(&input->labels);
  free(input->path);
  free(input->labels_path);
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

int rows_prepare(struct rows *rows, const struct input *input, enum dtype_choice dtype, float scale) {
  const rowcast_matrix *images = &input->images;
  const size_t element = images->dtype == ROWCAST_U8 ? 1 : sizeof(float);
  memset(rows, 0, sizeof *rows);
  rows->dtype = images->dtype;
  rows->m = input->to - input->from;
  rows->k = images->cols;
  rows->ldx = images->stride;
  rows->x = rows->m > 0 && rows->k > 0
              ? (const unsigned char *)images->data + input->from * images->stride * element
              : images->data;
  rows->scale = scale;
  if (dtype == DTYPE_U8 && images->dtype != ROWCAST_U8) {
    complain("%s: its elements are %s, not unsigned bytes, so --dtype u8 cannot take them", input->path,
             images->element);
    return EXIT_FAILED;
  }
  return dtype == DTYPE_F32 && images->dtype == ROWCAST_U8 ? convert(rows, scale) : EXIT_DONE;
}

void rows_free(struct rows *rows) { rowcast_matrix_free(&rows->storage); }
