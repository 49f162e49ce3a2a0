/* SPDX-License-Identifier: BSD-3-Clause */
#include "file_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "io/info.h"
#include "process.h"

static _Noreturn void stop(const char *what, const char *text) {
  fprintf(stderr, "%s: %s\n", what, text);
  abort();
}

void bytes_add(struct bytes *bytes, const void *data, size_t size) {
  if (size == 0) return;
  if (bytes->capacity - bytes->size < size) {
    bytes->capacity = 2 * bytes->capacity + size;
    unsigned char *moved = realloc(bytes->data, bytes->capacity);
    if (moved == NULL) stop("bytes_add", "out of memory");
    bytes->data = moved;
  }
  memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
}

void bytes_add_text(struct bytes *bytes, const char *text) { bytes_add(bytes, text, strlen(text)); }

void bytes_add_fill(struct bytes *bytes, unsigned char value, size_t count) {
  unsigned char block[4096];
  memset(block, value, sizeof block);
  for (; count > sizeof block; count -= sizeof block) bytes_add(bytes, block, sizeof block);
  bytes_add(bytes, block, count);
}

void bytes_add_number(struct bytes *bytes, uint64_t value, size_t size, bool big_endian) {
  for (size_t i = 0; i < size; i++) {
    const unsigned char byte = (unsigned char)(value >> 8 * (big_endian ? size - 1 - i : i));
    bytes_add(bytes, &byte, 1);
  }
}

void bytes_free(struct bytes *bytes) {
  free(bytes->data);
  *bytes = (struct bytes){0};
}

struct bytes bytes_read(const char *path) {
  struct bytes bytes = {0};
  unsigned char block[4096];
  FILE *file = fopen(path, "rb");
  if (file == NULL) stop(path, "cannot open");
  for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;) bytes_add(&bytes, block, got);
  if (ferror(file)) stop(path, "cannot read");
  fclose(file);
  return bytes;
}

void bytes_write(const struct bytes *bytes, const char *path) {
  FILE *file = fopen(path, "wb");
  if (file == NULL) stop(path, "cannot create");
  const bool written = bytes->size == 0 || fwrite(bytes->data, 1, bytes->size, file) == bytes->size;
  if (fclose(file) != 0 || !written) stop(path, "cannot write");
}

void add_idx_header(struct bytes *bytes, unsigned type, size_t rank, const size_t *dims) {
  bytes_add_number(bytes, (uint64_t)type << 8 | rank, 4, true);
  for (size_t i = 0; i < rank; i++) bytes_add_number(bytes, dims[i], 4, true);
}

void add_npy_header(struct bytes *bytes, unsigned major, const char *dictionary) {
  const size_t prefix = major == 1 ? 10 : 12, text = strlen(dictionary);
  const size_t whole = (prefix + text + 1 + 63) / 64 * 64;
  bytes_add(bytes, "\x93NUMPY", 6);
  bytes_add_number(bytes, major, 2, false);
  bytes_add_number(bytes, whole - prefix, prefix - 8, false);
  bytes_add_text(bytes, dictionary);
  bytes_add_fill(bytes, ' ', whole - prefix - text - 1);
  bytes_add_text(bytes, "\n");
}

/* Raw deflate data of the content. */
static void add_deflated(struct bytes *bytes, const struct gzip_member *member) {
  z_stream stream = {0};
  const int level = member->stored ? Z_NO_COMPRESSION : Z_DEFAULT_COMPRESSION;
  if (deflateInit2(&stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    stop("deflateInit2", "failed");
  const size_t most = deflateBound(&stream, (uLong)member->size);
  unsigned char *out = malloc(most);
  if (out == NULL) stop("add_gzip", "out of memory");
  stream.next_in = (z_const Bytef *)(uintptr_t)member->content;
  stream.avail_in = (uInt)member->size;
  stream.next_out = out;
  stream.avail_out = (uInt)most;
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) stop("deflate", "failed");
  bytes_add(bytes, out, most - stream.avail_out);
  deflateEnd(&stream);
  free(out);
}

void add_gzip(struct bytes *bytes, const struct gzip_member *member) {
  const size_t begin = bytes->size;
  const unsigned flags = (member->header_crc ? 2u : 0) | (member->extra != NULL ? 4u : 0) |
                         (member->name != NULL ? 8u : 0) | (member->comment != NULL ? 16u : 0);
  bytes_add_number(bytes, 0x1f8b, 2, true);
  bytes_add_number(bytes, 8 ^ member->method_difference, 1, false);
  bytes_add_number(bytes, flags | member->reserved_flags, 1, false);
  bytes_add_number(bytes, 0, 5, false); /* time and extra flags: unknown */
  bytes_add_number(bytes, 255, 1, false);
  if (member->extra != NULL) {
    bytes_add_number(bytes, strlen(member->extra), 2, false);
    bytes_add_text(bytes, member->extra);
  }
  if (member->name != NULL) bytes_add(bytes, member->name, strlen(member->name) + 1);
  if (member->comment != NULL) bytes_add(bytes, member->comment, strlen(member->comment) + 1);
  if (member->header_crc)
    bytes_add_number(bytes, crc32(0, bytes->data + begin, (uInt)(bytes->size - begin)) ^ member->header_crc_difference,
                     2, false);
  add_deflated(bytes, member);
  const uLong crc = member->size > 0 ? crc32(0, member->content, (uInt)member->size) : 0;
  bytes_add_number(bytes, crc ^ member->crc_difference, 4, false);
  bytes_add_number(bytes, member->size ^ member->length_difference, 4, false);
}

struct bytes gzip_of(const struct bytes *content) {
  struct bytes bytes = {0};
  add_gzip(&bytes, &(struct gzip_member){.content = content->data, .size = content->size});
  return bytes;
}

const char *told(const rowcast_error *error) {
  static char text[sizeof error->text + sizeof error->advice + 4];
  const bool advised = error->advice[0] != '\0';
  snprintf(text, sizeof text, "%s%s%s%s", error->text, advised ? " (" : "", error->advice, advised ? ")" : "");
  return text;
}

double matrix_at(const rowcast_matrix *matrix, size_t row, size_t column) {
  const size_t index = row * matrix->stride + column;
  if (matrix->dtype == ROWCAST_U8) return ((const unsigned char *)matrix->data)[index];
  return (double)((const float *)matrix->data)[index];
}

const void *elements_of(const rowcast_matrix *matrix) {
  const struct rc_owner *owner = matrix->owner;
  return owner->elements;
}

/* What is inconsistent in the matrix; NULL: nothing. */
static const char *inconsistency(const rowcast_matrix *matrix) {
  const rowcast_file_info *file = matrix->file;
  if (file == NULL || file->struct_size != sizeof *file) return "nothing is said of its file";
  size_t rows = file->rank > 0 ? file->dims[0] : 1, cols = 1;
  if (file->rank > ROWCAST_MAX_RANK) return "rank above the limit";
  for (size_t i = 1; i < file->rank; i++)
    if (__builtin_mul_overflow(cols, file->dims[i], &cols)) return "product of the dimensions overflows";
  if (matrix->rows != rows || matrix->cols != cols) return "rows and cols are not what the dimensions say";
  if (matrix->stride < matrix->cols) return "stride below cols";
  if (matrix->data == NULL || matrix->owner == NULL) return "no elements";
  if (matrix->dtype == ROWCAST_F32 && (uintptr_t)matrix->data % sizeof(float) != 0) return "elements are not aligned";
  if ((matrix->dtype == ROWCAST_U8) != (strcmp(file->element, "u1") == 0)) return "bytes and only they stay bytes";
  if (strcmp(file->format, "idx") != 0 && strcmp(file->format, "npy") != 0) return "unknown format";
  volatile double sum = 0; /* keeps the reads */
  /* Rows without columns have nothing to read, and there may be 2^60 of them. */
  for (size_t i = 0; cols > 0 && i < rows; i++)
    for (size_t j = 0; j < cols; j++) sum = sum + matrix_at(matrix, i, j);
  return NULL;
}

rowcast_status read_checked(rowcast_matrix *matrix, const char *path, const rowcast_read_options *options,
                            rowcast_error *err) {
  rowcast_matrix own;
  rowcast_error text = {.status = ROWCAST_OK, .text = "untouched"};
  rowcast_matrix *to = matrix != NULL ? matrix : &own;
  memset(to, 0xa5, sizeof *to);
  const rowcast_status status = rowcast_matrix_read(to, path, options, &text);
  if (status == ROWCAST_OK) {
    const char *wrong = inconsistency(to);
    if (wrong != NULL) stop(path, wrong);
    if (text.status != ROWCAST_OK || strcmp(text.text, "untouched") != 0) stop(path, "success filled the error text");
  } else {
    const size_t length = strlen(path);
    if (text.status != status) stop(path, "status and error differ");
    if (strncmp(text.text, path, length) != 0 || strncmp(text.text + length, ": ", 2) != 0 ||
        text.text[length + 2] == '\0')
      stop(path, text.text);
    if (strchr(text.text, '\n') != NULL) stop(path, "more than one line");
    if (to->data != NULL || to->owner != NULL || to->rows != 0 || to->cols != 0 || to->file != NULL)
      stop(path, "a failed read left something in the matrix");
  }
  if (err != NULL) *err = text;
  if (matrix == NULL) rowcast_matrix_free(&own);
  return status;
}

char *write_npy(const char *folder, const char *name, const char *type, size_t rows, size_t cols,
                const double *values) {
  struct bytes bytes = {0};
  char header[128];
  snprintf(header, sizeof header,
           cols > 0 ? "{'descr': '%s', 'fortran_order': False, 'shape': (%zu, %zu), }"
                    : "{'descr': '%s', 'fortran_order': False, 'shape': (%zu,), }",
           type, rows, cols);
  add_npy_header(&bytes, 1, header);
  for (size_t i = 0; i < rows * (cols > 0 ? cols : 1); i++) {
    const float f4 = (float)values[i];
    const double f8 = values[i];
    uint64_t raw = (uint64_t)(int64_t)values[i];
    if (strcmp(type, "<f8") == 0) memcpy(&raw, &f8, sizeof f8);
    else if (strcmp(type, "<f4") == 0) raw = 0, memcpy(&raw, &f4, sizeof f4);
    bytes_add_number(&bytes, raw, (size_t)(type[2] - '0'), false);
  }
  char *path = path_in(folder, name);
  bytes_write(&bytes, path);
  bytes_free(&bytes);
  return path;
}
