/* SPDX-License-Identifier: BSD-3-Clause */
/* The public matrix: made, read, freed. */
#include <rowcast/experimental.h>
#include <rowcast/matrix.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "convert.h"
#include "info.h"
#include "report.h"
#include "source.h"
#include "../lib/struct_size.h"
#include "../lib/uncancelled.h"

static size_t element_size(rowcast_dtype dtype) { return dtype == ROWCAST_U8 ? sizeof(unsigned char) : sizeof(float); }

void rowcast_matrix_free(rowcast_matrix *matrix) {
  if (matrix == NULL) return;
  struct rc_owner *owner = matrix->owner;
  if (owner != NULL) {
    free(owner->elements);
    rc_info_free(&owner->info);
    free(owner);
  }
  memset(matrix, 0, sizeof *matrix);
}

rowcast_status rowcast_matrix_alloc(rowcast_matrix *matrix, rowcast_dtype dtype, size_t rows, size_t cols) {
  if (matrix == NULL || (unsigned)dtype > ROWCAST_I8) return ROWCAST_ERR_ARGUMENT;
  memset(matrix, 0, sizeof *matrix);
  if (dtype != ROWCAST_F32 && dtype != ROWCAST_U8) return ROWCAST_ERR_UNSUPPORTED;
  size_t count, bytes;
  if (__builtin_mul_overflow(rows, cols, &count) || __builtin_mul_overflow(count, element_size(dtype), &bytes))
    return ROWCAST_ERR_OVERFLOW;
  struct rc_buffer buffer = {0};
  struct rc_owner *owner = calloc(1, sizeof *owner);
  if (owner == NULL || !rc_buffer_reserve(&buffer, bytes)) {
    free(owner);
    return ROWCAST_ERR_MEMORY;
  }
  matrix->dtype = dtype;
  matrix->rows = rows;
  matrix->cols = matrix->stride = cols;
  matrix->unit = 1.0f;
  matrix->data = owner->elements = buffer.data;
  matrix->owner = owner;
  return ROWCAST_OK;
}

static rowcast_status check_arguments(rowcast_matrix *matrix, const char *path, rowcast_read_options *own,
                                      const rowcast_read_options *given, rowcast_error *err) {
  if (matrix != NULL) memset(matrix, 0, sizeof *matrix);
  if (path == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_matrix_read", "the path or name is NULL");
  if (matrix == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, path, "the matrix is NULL");
  return rc_source_options(own, given, path, err);
}

static rowcast_status read_and_close(struct rc_source *source, rowcast_matrix *matrix, rowcast_error *err) {
  const rowcast_status status = rc_source_read(source, matrix, err);
  rc_source_close(source);
  return status;
}

rowcast_status rowcast_matrix_read(rowcast_matrix *matrix, const char *path, const rowcast_read_options *options,
                                   rowcast_error *err) {
  RC_UNCANCELLED(before);
  struct rc_source source;
  rowcast_read_options own;
  rowcast_status status = check_arguments(matrix, path, &own, options, err);
  if (status == ROWCAST_OK) status = rc_source_open(&source, path, &own, err);
  return status == ROWCAST_OK ? read_and_close(&source, matrix, err) : status;
}

rowcast_status rowcast_matrix_read_memory(rowcast_matrix *matrix, const void *data, size_t size, const char *name,
                                          const rowcast_read_options *options, rowcast_error *err) {
  RC_UNCANCELLED(before);
  struct rc_source source;
  rowcast_read_options own;
  rowcast_status status = check_arguments(matrix, name, &own, options, err);
  if (status == ROWCAST_OK && data == NULL && size > 0)
    status = rc_report(err, ROWCAST_ERR_ARGUMENT, name, "the data are NULL");
  if (status == ROWCAST_OK) status = rc_source_open_memory(&source, size > 0 ? data : "", size, name, &own, err);
  return status == ROWCAST_OK ? read_and_close(&source, matrix, err) : status;
}

rowcast_status rowcast_matrix_read_fd(rowcast_matrix *matrix, int fd, const char *name,
                                      const rowcast_read_options *options, rowcast_error *err) {
  RC_UNCANCELLED(before);
  struct rc_source source;
  rowcast_read_options own;
  rowcast_status status = check_arguments(matrix, name, &own, options, err);
  if (status == ROWCAST_OK) status = rc_source_open_fd(&source, fd, name, &own, err);
  return status == ROWCAST_OK ? read_and_close(&source, matrix, err) : status;
}

rowcast_status rowcast_matrix_read_stream(rowcast_matrix *matrix, const rowcast_stream *stream, const char *name,
                                          const rowcast_read_options *options, rowcast_error *err) {
  RC_UNCANCELLED(before);
  struct rc_source source;
  rowcast_read_options own;
  rowcast_stream from;
  rowcast_status status = check_arguments(matrix, name, &own, options, err);
  if (status == ROWCAST_OK) status = rc_source_stream(&from, stream, name, err);
  if (status == ROWCAST_OK) status = rc_source_open_calls(&source, &from, name, &own, err);
  return status == ROWCAST_OK ? read_and_close(&source, matrix, err) : status;
}

void rowcast_read_options_init(rowcast_read_options *options, size_t size) { rc_init_struct(options, size); }

bool rowcast_matrix_to_bytes(rowcast_matrix *matrix) {
  if (matrix == NULL || matrix->dtype != ROWCAST_F32) return false;
  if (matrix->data == NULL && matrix->rows > 0 && matrix->cols > 0) return false;
  rowcast_matrix bytes;
  if (rowcast_matrix_alloc(&bytes, ROWCAST_U8, matrix->rows, matrix->cols) != ROWCAST_OK) return false;
  for (size_t i = 0; i < matrix->rows; i++)
    if (!rc_bytes_of_f32((const float *)matrix->data + i * matrix->stride, matrix->cols,
                         (unsigned char *)bytes.data + i * matrix->cols)) {
      rowcast_matrix_free(&bytes);
      return false;
    }
  struct rc_owner *owner = matrix->owner, *made = bytes.owner;
  matrix->data = bytes.data;
  if (owner != NULL) {
    /* What the file said stays with it. */
    free(owner->elements);
    owner->elements = made->elements;
    free(made);
  } else matrix->owner = made;
  matrix->stride = matrix->cols;
  matrix->dtype = ROWCAST_U8;
  matrix->unit = 1.0f / 256.0f;
  return true;
}
