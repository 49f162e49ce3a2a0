/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast_matrix_read(): file, gzip, header, elements. */
#include <rowcast/matrix.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert.h"
#include "file.h"
#include "gzip.h"
#include "header.h"
#include "report.h"

static size_t element_size(rowcast_dtype dtype) {
  return dtype == ROWCAST_U8 ? sizeof(unsigned char) : sizeof(float);
}

void rowcast_matrix_free(rowcast_matrix *matrix) {
  if (matrix == NULL) return;
  free(matrix->owner);
  memset(matrix, 0, sizeof *matrix);
}

rowcast_status rowcast_matrix_alloc(rowcast_matrix *matrix, rowcast_dtype dtype, size_t rows, size_t cols) {
  if (matrix == NULL || (unsigned)dtype >= ROWCAST_DTYPE_COUNT) return ROWCAST_ERR_ARGUMENT;
  memset(matrix, 0, sizeof *matrix);
  size_t count, bytes;
  if (__builtin_mul_overflow(rows, cols, &count) || __builtin_mul_overflow(count, element_size(dtype), &bytes))
    return ROWCAST_ERR_OVERFLOW;
  struct rc_buffer buffer = {0};
  if (!rc_buffer_reserve(&buffer, bytes)) return ROWCAST_ERR_MEMORY;
  matrix->dtype = dtype;
  matrix->rows = rows;
  matrix->cols = matrix->stride = cols;
  matrix->rank = 2;
  matrix->dims[0] = rows, matrix->dims[1] = cols;
  snprintf(matrix->element, sizeof matrix->element, "%s", dtype == ROWCAST_U8 ? "u1" : "f4");
  matrix->data = matrix->owner = buffer.data;
  return ROWCAST_OK;
}

/* The header of whatever format the content has. */
static rowcast_status parse_header(struct rc_header *header, const unsigned char *data, size_t size, const char *path,
                                   rowcast_error *err) {
  const char *wrong;
  if (rc_is_npy(data, size)) {
    wrong = rc_npy_parse(header, data, size);
    if (wrong != NULL) return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPY: %s", wrong);
  } else if (rc_is_idx(data, size)) {
    wrong = rc_idx_parse(header, data, size);
    if (wrong != NULL) return rc_report(err, ROWCAST_ERR_FORMAT, path, "IDX: %s", wrong);
  } else {
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "%s", rc_describe_unknown(data, size));
  }
  return ROWCAST_OK;
}

/* Replaces gzipped content by what it inflates to; its own header says beforehand how much that is. */
static rowcast_status inflate(struct rc_buffer *content, const rowcast_read_options *options, size_t max_bytes,
                              const char *path, rowcast_error *err) {
  unsigned char *head = malloc(RC_HEADER_MAX);
  if (head == NULL) return rc_report(err, ROWCAST_ERR_MEMORY, path, "out of memory");
  const size_t size = rc_gzip_peek(content->data, content->size, head, RC_HEADER_MAX);
  struct rc_header header = {0};
  rowcast_status status = ROWCAST_OK;
  size_t expected = 0;
  if (size > 0) {
    /* What begins wrong is not worth inflating. A short beginning, though, may be only the first of several members, or
     * all that is left of a cut file: then the whole content is looked at. */
    const bool whole = size == RC_HEADER_MAX;
    status = parse_header(&header, head, size, path, whole ? err : NULL);
    if (status == ROWCAST_OK) expected = header.offset + header.bytes;
    if (!whole) status = ROWCAST_OK;
    if (expected > max_bytes)
      status = rc_report(err, ROWCAST_ERR_MEMORY, path, "%zu bytes are more than the limit of %zu", expected, max_bytes);
  }
  free(head);
  if (status != ROWCAST_OK) return status;
  struct rc_buffer inflated = {0};
  status = rc_gunzip(&inflated, content->data, content->size, expected, max_bytes, options->allow_trailing,
                     RC_INFLATE_BEST, path, err);
  if (status != ROWCAST_OK) return status;
  rc_buffer_free(content);
  *content = inflated;
  return ROWCAST_OK;
}

/* Is the content as long as the header says? */
static rowcast_status check_size(const struct rc_header *header, size_t size, bool allow_trailing, const char *path,
                                 rowcast_error *err) {
  const size_t there = size - header->offset;
  if (there < header->bytes) {
    const size_t row = header->rows > 0 ? header->bytes / header->rows : 0;
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "truncated: %zu of %zu bytes of elements, %zu of %zu whole rows", there,
                     header->bytes, row > 0 && !header->fortran ? there / row : 0, header->rows);
  }
  if (there > header->bytes && !allow_trailing)
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "%zu bytes after the last element, at byte %zu", there - header->bytes,
                     header->offset + header->bytes);
  return ROWCAST_OK;
}

/* Are the elements float32 as this machine has them, where they are aligned? Then they stay where they were read. */
static bool is_native_f32(const struct rc_header *header) {
  const uint16_t one = 1;
  const bool big_endian = *(const unsigned char *)&one == 0;
  return header->kind == 'f' && header->element == 4 && header->big_endian == big_endian && !header->fortran &&
         header->offset % sizeof(float) == 0;
}

/* Gives the content to the matrix, converted where it must be. */
static rowcast_status take_elements(rowcast_matrix *matrix, struct rc_buffer *content, const struct rc_header *header,
                                    size_t max_bytes, const char *path, rowcast_error *err) {
  const bool bytes = header->kind == 'u' && header->element == 1;
  if ((bytes && !header->fortran) || is_native_f32(header)) {
    matrix->dtype = bytes ? ROWCAST_U8 : ROWCAST_F32;
    matrix->data = content->data + header->offset;
    matrix->owner = content->data;
    *content = (struct rc_buffer){0};
  } else {
    /* Converted elements stand beside the content for a while, and may be larger. */
    const size_t converted = header->bytes / header->element;
    if (!bytes && converted > max_bytes / sizeof(float))
      return rc_report(err, ROWCAST_ERR_MEMORY, path, "%zu elements as float32 are more than the limit of %zu bytes", converted,
                       max_bytes);
    const rowcast_status status = rowcast_matrix_alloc(matrix, bytes ? ROWCAST_U8 : ROWCAST_F32, header->rows, header->cols);
    if (status != ROWCAST_OK)
      return rc_report(err, status, path, "%zu x %zu elements: %s", header->rows, header->cols, rowcast_status_text(status));
    if (bytes)
      rc_transpose_u8(header, content->data + header->offset, matrix->data);
    else
      rc_convert_f32(header, content->data + header->offset, matrix->data);
  }
  matrix->rows = header->rows;
  matrix->cols = matrix->stride = header->cols;
  matrix->rank = header->rank;
  memcpy(matrix->dims, header->dims, sizeof matrix->dims);
  snprintf(matrix->element, sizeof matrix->element, "%c%zu", header->kind, header->element);
  snprintf(matrix->format, sizeof matrix->format, "%s", header->format);
  return ROWCAST_OK;
}

rowcast_status rowcast_matrix_read(rowcast_matrix *matrix, const char *path, const rowcast_read_options *options,
                                   rowcast_error *err) {
  if (matrix != NULL) memset(matrix, 0, sizeof *matrix);
  if (path == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_matrix_read", "the path is NULL");
  if (matrix == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, path, "the matrix is NULL");
  const rowcast_read_options defaults = ROWCAST_READ_DEFAULTS;
  if (options == NULL) options = &defaults;
  const size_t max_bytes = options->max_bytes > 0 ? options->max_bytes : rc_default_max_bytes();

  struct rc_buffer content = {0};
  rowcast_status status = rc_read_file(&content, path, max_bytes, err);
  if (status != ROWCAST_OK) return status;
  const bool gzipped = rc_is_gzip(content.data, content.size);
  if (gzipped) status = inflate(&content, options, max_bytes, path, err);
  struct rc_header header = {0};
  if (status == ROWCAST_OK) status = parse_header(&header, content.data, content.size, path, err);
  if (status == ROWCAST_OK) status = check_size(&header, content.size, options->allow_trailing, path, err);
  if (status == ROWCAST_OK) status = take_elements(matrix, &content, &header, max_bytes, path, err);
  if (status == ROWCAST_OK) matrix->gzipped = gzipped;
  rc_buffer_free(&content);
  return status;
}
