/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/divide.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "args/advice.h"
#include "data/ranks.h"
#include "terminal/report.h"
#include "terminal/standard.h"

static int complain_of_stream(const char *name) {
  complain("%s: can only be read once, but each rank reads it: make a file of it first",
           strcmp(name, "-") == 0 ? "standard input" : name);
  return EXIT_FAILED;
}

int divide_check_names(const struct input *input) {
  const char *labels = input->labels_file.path;
  if (!ranks_several()) return EXIT_DONE;
  if (!standard_reads_again(input->path)) return complain_of_stream(input->path);
  return labels == NULL || standard_reads_again(labels) ? EXIT_DONE : complain_of_stream(labels);
}

int divide_check(const struct input *input) {
  if (!ranks_several() || rowcast_reader_seekable(input->reader)) return EXIT_DONE;
  complain("%s: can only be read from its beginning, but each rank reads rows of its own: "
           "make a file of it first, with rowcast convert -i ... -o x.npy",
           input->path);
  return EXIT_FAILED;
}

void divide_rows(struct input *input) {
  size_t begin, end;
  input->all_from = input->from;
  input->all_to = input->to;
  if (!ranks_several()) return;
  ranks_here()->share(input->to - input->from, &begin, &end);
  input->from = input->all_from + begin;
  input->to = input->all_from + end;
}

/* What of an input must be the same on all ranks. */
struct fingerprint {
  size_t rows, cols, dtype;
  uint64_t first, last;
};

/* FNV-1a of a row. Source: RFC 9923. */
static int hash_row(const struct input *input, size_t row, uint64_t *hash) {
  const rowcast_matrix *shape = rowcast_reader_shape(input->reader);
  const size_t bytes = shape->cols * (shape->dtype == ROWCAST_U8 ? 1 : sizeof(float));
  unsigned char *x = malloc(bytes + 1);
  rowcast_error error;
  if (x == NULL) return complain_of_memory("a row");
  const rowcast_status status = rowcast_reader_rows(input->reader, row, row + 1, x, shape->cols, &error);
  *hash = 0xcbf29ce484222325u;
  for (size_t i = 0; status == ROWCAST_OK && i < bytes; i++) *hash = (*hash ^ x[i]) * 0x100000001b3u;
  free(x);
  return status == ROWCAST_OK ? EXIT_DONE : complain_of_file(&input->options->images, &error);
}

int divide_compare(int status, const struct input *input) {
  if (!ranks_several()) return status;
  struct fingerprint own = {0};
  if (status == EXIT_DONE) {
    const rowcast_matrix *shape = rowcast_reader_shape(input->reader);
    own = (struct fingerprint){.rows = shape->rows, .cols = shape->cols, .dtype = (size_t)shape->dtype};
    const bool some = input->all_from < input->all_to;
    if (some) status = hash_row(input, input->all_from, &own.first);
    if (some && status == EXIT_DONE) status = hash_row(input, input->all_to - 1, &own.last);
  }
  struct fingerprint first = own;
  status = ranks_here()->broadcast(status, &first, sizeof first);
  if (status != EXIT_DONE || memcmp(&first, &own, sizeof own) == 0) return status;
  complain("%s: is another file here than on rank 0: %zu x %zu here, %zu x %zu there%s", input->path, own.rows,
           own.cols, first.rows, first.cols,
           own.rows == first.rows && own.cols == first.cols ? ", with other elements" : "");
  return EXIT_FAILED;
}
