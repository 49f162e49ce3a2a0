/* SPDX-License-Identifier: BSD-3-Clause */
/* What a command works on: images with the rows selected of them, labels, weights. Every call that fails has
 * said why on stderr and returns the exit status. */
#ifndef ROWCAST_CLI_INPUT_H
#define ROWCAST_CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/matrix.h>
#include <rowcast/reader.h>

#include "options.h"

/* Images and the rows [from, to) selected of them. Begin with a zeroed one. */
struct input {
  size_t max_bytes; /* of rows and labels; 0: the library's default */
  char *path;              /* of the images */
  char *labels_path;       /* NULL: none known */
  char *labels_array, *labels_member; /* where they lie in that file; NULL: it holds nothing else */
  rowcast_matrix images;   /* all of them; or, of those that come in blocks, the rows from `first` on */
  size_t first;
  size_t all;              /* how many there are; SIZE_MAX: unknown before the end */
  rowcast_reader *reader;  /* NULL: images are all in memory */
  rowcast_matrix labels;   /* empty until input_load_labels() */
  const char *data_set;    /* "mnist-train", "mnist-test"; NULL: no shipped set, by content */
  size_t from, to;
  size_t first_column, columns; /* of each row */
};

/* Finds and reads the images, and selects rows: the option's, else `default_rows` of them from 0 (SIZE_MAX:
 * 50,000 of the shipped training set, all of anything else). */
int input_load(struct input *input, const struct options *options, size_t default_rows);

/* The same for images that may be more than memory holds: these come in blocks, of which the first is there then. */
int input_begin(struct input *input, const struct options *options, size_t default_rows);

/* The next block; images.rows is 0 at the end. */
int input_next(struct input *input);

/* Which rows of the block there are selected: [*from, *to) of `images`. */
void input_selected(const struct input *input, size_t *from, size_t *to);

/* Reads the labels, if any are known: one for each image. */
int input_load_labels(struct input *input);

/* Are there as many labels as images? True too while nobody knows how many those are. */
int input_check_labels(const struct input *input);

/* The label of a row as a class; -1: it has none. */
long input_label(const struct input *input, size_t row);

void input_free(struct input *input);

/* Most threads a product of the input should have; 0: the library's default. While rows come in blocks one CPU is left
 * to the thread that reads them, which a team that waits for its next block would keep from running, unless a number
 * was asked for (--threads, OMP_NUM_THREADS). */
unsigned input_threads(const struct input *input, const struct options *options);

/* The selected rows as a product takes them. */
struct rows {
  rowcast_dtype dtype;
  size_t m, k;
  const void *x;
  size_t ldx;
  float scale;            /* for the plan */
  rowcast_matrix storage; /* owns converted rows; empty when x points into the images */
};

/* What one unit of the images is worth: the option's, else 1/256 for bytes, else 1. */
float input_scale(const struct input *input, const struct options *options);

/* Takes the selected rows of the block there as they are (DTYPE_AUTO), or as the element type asked for: bytes become
 * float32 x = u * scale, with no scale left for the plan. Release with rows_free(). */
int rows_prepare(struct rows *rows, const struct input *input, enum dtype_choice dtype, float scale);
void rows_free(struct rows *rows);

/* K x N weights for m rows: read, or drawn by randn:SEED. Refused before they are drawn where a product with them would
 * not fit into the machine's memory. Release with rowcast_matrix_free(). */
int weights_load(rowcast_matrix *weights, size_t m, size_t k, const struct options *options);

/* Do so many bytes, of a product of that shape, fit into the machine's memory? An allocation alone does not say so: Linux
 * grants more than there is, and ends the program when it is used. */
int fits_memory(double needed, size_t m, size_t k, size_t n);

/* A bias for n columns: n elements of float32. Release with rowcast_matrix_free(). */
int bias_load(rowcast_matrix *bias, const char *path, size_t n);

#endif
