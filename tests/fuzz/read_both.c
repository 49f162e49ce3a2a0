/* SPDX-License-Identifier: BSD-3-Clause */
#include "read_both.h"

#include <stdlib.h>
#include <string.h>

#include <rowcast/reader.h>

#include "io/blocks.h"

enum { BLOCK_BYTES = 64 };

/* Reads every byte of the elements, so that a sanitizer sees which are not there. */
static unsigned check(const rowcast_matrix *matrix) {
  const size_t element = matrix->dtype == ROWCAST_U8 ? 1 : 4;
  unsigned sum = 0;
  size_t bytes;
  MUST(matrix->stride >= matrix->cols);
  MUST(!__builtin_mul_overflow(matrix->rows, matrix->cols * element, &bytes));
  for (size_t i = 0; i < bytes; i++) sum += ((const unsigned char *)matrix->data)[i];
  return sum;
}

/* The same in blocks, where the source can give them. */
static void compare_blocks(const uint8_t *data, size_t size, const rowcast_read_options *options,
                           const rowcast_matrix *whole, rowcast_status wanted) {
  struct rc_source source;
  struct rc_blocks blocks;
  if (rc_source_open_memory(&source, data, size, "input", options, NULL) != ROWCAST_OK) {
    MUST(wanted != ROWCAST_OK);
    return;
  }
  if (rc_blocks_possible(&source) && source.header.bytes <= options->max_bytes) {
    struct rc_buffer elements = {0};
    size_t rows = 1, at = 0;
    const size_t row = wanted == ROWCAST_OK ? whole->cols * (whole->dtype == ROWCAST_U8 ? 1 : 4) : 0;
    rowcast_status status = rc_blocks_begin(&blocks, &source, BLOCK_BYTES, 0, NULL);
    while (status == ROWCAST_OK && rows > 0) {
      status = rc_blocks_next(&blocks, &elements, &rows, NULL);
      if (wanted == ROWCAST_OK && status == ROWCAST_OK)
        MUST(at + rows <= whole->rows && elements.size == rows * row &&
             (elements.size == 0 || memcmp(elements.data, (const char *)whole->data + at * row, elements.size) == 0));
      at += rows;
    }
    /* Sizes differ in what they allow: a line longer than a block, more than a limit. Never the other way round. */
    if (wanted == ROWCAST_OK) MUST(status == ROWCAST_ERR_LIMIT || (status == ROWCAST_OK && at == whole->rows));
    if (status == ROWCAST_OK && source.kind == RC_CSV)
      MUST(blocks.csv.headings == (rowcast_headings)whole->file->headings);
    if (wanted == ROWCAST_ERR_FORMAT && !options->allow_trailing) MUST(status != ROWCAST_OK);
    rc_blocks_end(&blocks);
    rc_buffer_free(&elements);
  }
  rc_source_close(&source);
}

/* Bytes by their place, a few at a time. */
struct content {
  const uint8_t *data;
  size_t size;
};

static ptrdiff_t read_at(void *user, void *buffer, size_t bytes, uint64_t offset) {
  const struct content *content = user;
  const size_t left = offset < content->size ? content->size - (size_t)offset : 0, part = bytes % 7 + 1;
  const size_t count = left < bytes ? left : bytes, some = count > part ? part : count;
  if (some > 0) memcpy(buffer, content->data + offset, some);
  return (ptrdiff_t)some;
}

static int64_t size_of(void *user) { return (int64_t)((const struct content *)user)->size; }

/* Rows by their numbers are the rows of the whole, alone and some at a time, with a gap between them. */
static void compare_numbers(const uint8_t *data, size_t size, const rowcast_read_options *options,
                            const rowcast_matrix *whole, rowcast_status wanted) {
  enum { MOST = 1 << 16 };
  struct content content = {data, size};
  rowcast_stream stream = ROWCAST_STREAM_DEFAULTS;
  rowcast_reader *reader;
  stream.user = &content;
  stream.read_at = read_at;
  stream.size = size_of;
  if (rowcast_reader_open_stream(&reader, &stream, "input", options, NULL) != ROWCAST_OK) {
    MUST(wanted != ROWCAST_OK);
    return;
  }
  const rowcast_matrix *shape = rowcast_reader_shape(reader);
  if (rowcast_reader_seekable(reader) && wanted == ROWCAST_OK) {
    const size_t element = whole->dtype == ROWCAST_U8 ? 1 : 4, row = whole->cols * element;
    MUST(shape->rows == whole->rows && shape->cols == whole->cols && shape->dtype == whole->dtype);
    for (size_t begin = 0, some = 1; begin < whole->rows && row < MOST && begin < 50; begin += some, some++) {
      const size_t end = begin + some < whole->rows ? begin + some : whole->rows, gap = begin % 2;
      unsigned char *x = malloc((end - begin) * (row + gap * element) + 1);
      MUST(x != NULL);
      rowcast_error error;
      const bool read = rowcast_reader_rows(reader, begin, end, x, whole->cols + gap, &error) == ROWCAST_OK;
      /* A table of BGZF may take two members for one block, which gzip does not mind. */
      MUST(read || strstr(error.text, "its data end before its size says") != NULL);
      for (size_t i = begin; i < end && row > 0 && read; i++)
        MUST(memcmp(x + (i - begin) * (row + gap * element), (const char *)whole->data + i * row, row) == 0);
      free(x);
    }
  }
  rowcast_reader_close(reader);
}

void read_both(const uint8_t *data, size_t size, const rowcast_read_options *options) {
  rowcast_matrix matrix;
  rowcast_error error = {.status = ROWCAST_OK};
  const rowcast_status status = rowcast_matrix_read_memory(&matrix, data, size, "input", options, &error);
  if (status == ROWCAST_OK) {
    static volatile unsigned sink;
    sink = check(&matrix);
    (void)sink;
  } else {
    MUST(error.status == status && error.text[0] != '\0' && memchr(error.text, '\n', sizeof error.text) == NULL);
    MUST(matrix.data == NULL && matrix.owner == NULL);
  }
  compare_blocks(data, size, options, &matrix, status);
  compare_numbers(data, size, options, &matrix, status);
  rowcast_matrix_free(&matrix);
}
