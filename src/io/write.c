/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast_write_f32(): NPY and CSV, block by block; and the checksum of a result. */
#include <rowcast/matrix.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "output.h"
#include "report.h"

enum {
  BLOCK = 4 << 20,   /* bytes written between two looks at cancelled() */
  CSV_NUMBER = 20    /* "%.9g" and a separator: sign, 9 digits, point, "e-45" */
};

/* Where the rows come from. */
struct rows {
  const float *c;
  size_t rows, cols, ldc;
};

/* Four bytes, little-endian, whatever the machine. */
static void put_f32(unsigned char *to, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  for (int i = 0; i < 4; i++) to[i] = (unsigned char)(bits >> 8 * i);
}

/* The header numpy.save() writes: the dictionary, blanks so that the growing dimension could reach 21 digits, then
 * blanks up to a multiple of 64, at least one, and a newline. Returns its length. Source: NumPy, lib/format.py. */
static size_t npy_header(char *to, size_t size, size_t rows, size_t cols) {
  char dictionary[160], number[24];
  const int digits = snprintf(number, sizeof number, "%zu", rows);
  int length = snprintf(dictionary, sizeof dictionary, "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }%*s",
                        rows, cols, 21 - digits, "");
  const int prefix = 10, pad = 64 - (prefix + length + 1) % 64;
  const size_t header = (size_t)(length + pad + 1);
  memcpy(to, "\x93NUMPY\x01\x00", 8);
  to[8] = (char)(header & 0xff), to[9] = (char)(header >> 8);
  snprintf(to + prefix, size - (size_t)prefix, "%s%*s", dictionary, pad, "");
  to[(size_t)prefix + header - 1] = '\n';
  return (size_t)prefix + header;
}

/* Writes one row; to has room for cols * CSV_NUMBER + 1 bytes or cols * 4. Returns the bytes written. */
typedef size_t row_writer(char *to, const float *row, size_t cols);

static size_t npy_row(char *to, const float *row, size_t cols) {
  for (size_t j = 0; j < cols; j++) put_f32((unsigned char *)to + 4 * j, row[j]);
  return 4 * cols;
}

/* Makes the locale's decimal point, which may be a comma or of several bytes, a point; returns the new length. */
static size_t plain_point(char *text, int length) {
  size_t kept = 0;
  for (int i = 0; i < length; i++) {
    const unsigned char c = (unsigned char)text[i];
    const bool digit = (c >= '0' && c <= '9') || c == '-' || c == '+' || (c >= 'a' && c <= 'z');
    if (digit)
      text[kept++] = (char)c;
    else if (kept == 0 || text[kept - 1] != '.')
      text[kept++] = '.';
  }
  return kept;
}

static size_t csv_row(char *to, const float *row, size_t cols) {
  char *at = to;
  for (size_t j = 0; j < cols; j++) {
    /* "nan" for every NaN: their signs differ from CPU to CPU. */
    const int length = snprintf(at, CSV_NUMBER, "%.9g", isnan(row[j]) ? (double)NAN : (double)row[j]);
    at += plain_point(at, length);
    if (j + 1 < cols) *at++ = ',';
  }
  *at++ = '\n';
  return (size_t)(at - to);
}

static rowcast_status write_rows(struct rc_output *output, const struct rows *rows, row_writer *writer, size_t row_bytes,
                                 const rowcast_write_options *options, rowcast_error *err) {
  const size_t per_block = row_bytes > 0 && BLOCK / row_bytes > 0 ? BLOCK / row_bytes : 1;
  char *block = malloc(per_block * row_bytes + 1);
  if (block == NULL) return rc_report(err, ROWCAST_ERR_MEMORY, output->path, "out of memory writing");
  rowcast_status status = ROWCAST_OK;
  for (size_t i = 0; i < rows->rows && status == ROWCAST_OK; i += per_block) {
    const size_t end = rows->rows - i < per_block ? rows->rows : i + per_block;
    size_t length = 0;
    for (size_t r = i; r < end; r++)
      length += writer(block + length, rows->cols > 0 ? rows->c + r * rows->ldc : NULL, rows->cols);
    if (options->cancelled != NULL && options->cancelled(options->user))
      status = rc_report(err, ROWCAST_ERR_IO, output->path, "interrupted, nothing written");
    else
      status = rc_output_write(output, block, length, err);
  }
  free(block);
  return status;
}

rowcast_status rowcast_write_f32(const char *path, const float *c, size_t rows, size_t cols, size_t ldc,
                                 const rowcast_write_options *options, rowcast_error *err) {
  const rowcast_write_options defaults = {.format = ROWCAST_FILE_NPY};
  if (options == NULL) options = &defaults;
  if (path == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_write_f32", "the path is NULL");
  if (c == NULL && rows > 0 && cols > 0) return rc_report(err, ROWCAST_ERR_ARGUMENT, path, "no elements to write");
  if (rows > 1 && ldc < cols)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, path, "%zu elements from row to row are too few for %zu columns", ldc, cols);
  if (options->format != ROWCAST_FILE_NPY && options->format != ROWCAST_FILE_CSV)
    return rc_report(err, ROWCAST_ERR_ARGUMENT, path, "unknown format %d", (int)options->format);
  size_t row_bytes;
  if (__builtin_mul_overflow(cols, (size_t)CSV_NUMBER, &row_bytes) || row_bytes > PTRDIFF_MAX / 2)
    return rc_report(err, ROWCAST_ERR_OVERFLOW, path, "a row of %zu numbers is too long", cols);
  row_bytes += 1;

  struct rc_output output;
  rowcast_status status = rc_output_open(&output, path, options->overwrite, err);
  if (status != ROWCAST_OK) return status;
  if (options->format == ROWCAST_FILE_NPY) {
    char header[512];
    status = rc_output_write(&output, header, npy_header(header, sizeof header, rows, cols), err);
  }
  const struct rows from = {c, rows, cols, ldc};
  if (status == ROWCAST_OK)
    status = write_rows(&output, &from, options->format == ROWCAST_FILE_NPY ? npy_row : csv_row, row_bytes, options, err);
  if (status == ROWCAST_OK) return rc_output_commit(&output, err);
  rc_output_abandon(&output);
  return status;
}

rowcast_status rowcast_write_check(const char *path, bool overwrite, rowcast_error *err) {
  if (path == NULL) return rc_report(err, ROWCAST_ERR_ARGUMENT, "rowcast_write_check", "the path is NULL");
  return rc_output_check(path, overwrite, err);
}

unsigned long rowcast_crc32_f32(const float *c, size_t rows, size_t cols, size_t ldc) {
  unsigned long crc = crc32(0, NULL, 0);
  unsigned char bytes[4 * 256];
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < cols; j += 256) {
      const size_t part = cols - j < 256 ? cols - j : 256;
      for (size_t l = 0; l < part; l++) put_f32(bytes + 4 * l, c[i * ldc + j + l]);
      crc = crc32(crc, bytes, (uInt)(4 * part));
    }
  return crc;
}
