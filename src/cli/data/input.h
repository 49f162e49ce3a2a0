/* SPDX-License-Identifier: BSD-3-Clause */
/* What a command works on: images with the rows selected of them, and their labels. Every call that fails has
 * said why on stderr and returns the exit status. */
#ifndef ROWCAST_CLI_INPUT_H
#define ROWCAST_CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/matrix.h>
#include <rowcast/reader.h>

#include "args/options.h"
#include "data/labels.h"

/* Images and the rows [from, to) selected of them. Begin with a zeroed one. */
struct input {
  const struct options *options;
  char *path;            /* of the images */
  rowcast_matrix images; /* all of them; or, of those that come in blocks, the rows from `first` on */
  bool transposed;       /* their pictures, with height and width exchanged */
  size_t first;
  size_t all;             /* how many there are; SIZE_MAX: unknown before the end */
  rowcast_reader *reader; /* NULL: images are all in memory */
  bool by_number;         /* images are only what they are, without elements: rows are read where they are multiplied */
  bool explained;         /* they would be, but --explain has all rows in memory */
  bool share;             /* of several ranks: images are this one's rows, whole, though there is a reader */
  size_t from, to;
  size_t all_from, all_to;         /* the same before ranks divided them: `from` and `to` are this one's share */
  size_t first_column, columns;    /* of each row */
  struct input_file labels_file;   /* where labels are; path NULL: none known */
  char *labels_path, *labels_part; /* what its strings lie in where the command line did not give them */
  bool labels_guessed;             /* by the name of the images' array: there may be none */
  struct labels labels;            /* empty until input_load_labels() */
  const char *data_set;            /* what input_data_set() found */
  char rows_name[24];              /* of studies, where it found nothing: "images-1a2b3c4d", by the rows' CRC-32 */
  bool looked;                     /* it has */
};

/* Finds and reads the images, and selects rows: the option's, else `default_rows` of them from 0 (SIZE_MAX: 50,000 of
 * the shipped training set where no images are named, else all). options must outlive the input. */
int input_load(struct input *input, const struct options *options, size_t default_rows);

/* What the rows are wanted for: to be passed on in order, a product, or their classes, whose unit and labels may depend
 * on all of them. */
enum input_use { INPUT_COPIED, INPUT_MULTIPLIED, INPUT_CLASSIFIED };

/* The same for images that may be more than memory holds: these come in blocks, of which the first is there then. Where
 * rows can be read where they are multiplied (data/by_number.h), input->by_number is true and none has been read. */
int input_begin(struct input *input, const struct options *options, size_t default_rows, enum input_use use);

/* Goes back to blocks from one that is by_number, of which nothing has been multiplied yet. */
int input_in_order(struct input *input);

/* Rows by number are no longer than that part of --max-bytes. */
enum { INPUT_BY_NUMBER_SHARE = 16 };

/* Goes on to the next block, for `do something with the block; while (input_advance(input, &status))`. False: *status
 * was not EXIT_DONE, or it is that of the end: EXIT_DONE, or a failure to read, or another number of labels than of
 * rows. */
bool input_advance(struct input *input, int *status);

/* Which rows of the block at hand are selected: [*from, *to) of `images`. */
void input_selected(const struct input *input, size_t *from, size_t *to);

/* Height and width of a row as a picture: the file's own, or a square's; false: it is none. */
bool input_picture(const struct input *input, size_t *height, size_t *width);

/* Are labels known? Those the command line names, those beside the images, or MNIST's own where the images are MNIST's.
 */
bool input_has_labels(struct input *input);

/* Reads the labels, if any are known: one for each image. Guessed ones that cannot be read are noted, and left out. */
int input_load_labels(struct input *input);

/* Are there as many labels as images? True too while nobody knows how many those are. */
int input_check_labels(const struct input *input);

/* What is to be said of them: " (one-hot)", or that they are MNIST's own; "" else. Once they are loaded. */
enum { LABELS_TEXT = 64 };
const char *input_labels_text(const struct input *input, char text[LABELS_TEXT]);

/* "mnist-train" or "mnist-test" where the images, all of them, are that set's to the last pixel; else NULL, and for
 * images from a pipe that are not in memory. Found once: the first call may read the file a second time. */
const char *input_data_set(struct input *input);

/* How the rows come: "by number", "in blocks" or "whole". */
const char *input_reading(const struct input *input);

/* "rows 0:50000 of 60000", as far as the number of all is known. */
enum { ROWS_TEXT = 80 };
const char *input_rows_text(const struct input *input, char text[ROWS_TEXT]);

/* Notes on stderr that fewer than all rows are taken although nothing was said of them. */
void input_note_rows(const struct input *input);

/* Are fewer than all rows selected? */
bool input_leaves_rows(const struct input *input);

void input_free(struct input *input);

/* Most threads a product of the input should have; 0: the library's default. While rows come in blocks one CPU is left
 * to the thread that reads them, which a team that waits for its next block would keep from running, unless a number
 * was asked for (--threads, OMP_NUM_THREADS). */
unsigned input_threads(const struct input *input, const struct options *options);

#endif
