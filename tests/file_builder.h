/* SPDX-License-Identifier: BSD-3-Clause */
/* Input files built byte by byte: IDX, NPY and gzip, right or wrong on purpose; and what reading them gave. Missing
 * memory or a failing disk ends the test program. */
#ifndef TEST_FILE_BUILDER_H
#define TEST_FILE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/matrix.h>

/* Bytes that grow at their end; begins as {0}. */
struct bytes {
  unsigned char *data;
  size_t size, capacity;
};

void bytes_add(struct bytes *bytes, const void *data, size_t size);
void bytes_add_text(struct bytes *bytes, const char *text);
void bytes_add_fill(struct bytes *bytes, unsigned char value, size_t count);
/* The low `size` bytes of value in that order. */
void bytes_add_number(struct bytes *bytes, uint64_t value, size_t size, bool big_endian);
void bytes_free(struct bytes *bytes);

/* The whole of a file, and a file of these bytes. */
struct bytes bytes_read(const char *path);
void bytes_write(const struct bytes *bytes, const char *path);

/* An IDX header: 00 00 type rank, then the dimensions (their low 32 bits). */
void add_idx_header(struct bytes *bytes, unsigned type, size_t rank, const size_t *dims);

/* An NPY header with exactly this dictionary text, padded to 64 bytes as NumPy does. */
void add_npy_header(struct bytes *bytes, unsigned major, const char *dictionary);

/* Writes folder/name, an NPY of rows x cols numbers (cols 0: of rank 1) in NumPy's type '<f8', '<f4', '<i8' or '|u1'.
 * Returns its path, to be freed. */
char *write_npy(const char *folder, const char *name, const char *type, size_t rows, size_t cols, const double *values);

/* The parts of a gzip member; {0} with a content makes a plain one at zlib's default level. */
struct gzip_member {
  const void *content;
  size_t size;
  unsigned reserved_flags; /* of the header's flag byte, added to those that follow from the fields below */
  unsigned method_difference, crc_difference, header_crc_difference; /* XORed into the right values */
  uint32_t length_difference;
  const char *extra, *name, *comment; /* NULL: the header lacks them */
  bool header_crc;
  bool stored; /* no compression */
};
void add_gzip(struct bytes *bytes, const struct gzip_member *member);

/* The content in one plain member. */
struct bytes gzip_of(const struct bytes *content);

/* Reads the matrix and checks what must hold for every read: on success it is consistent and every element can be read;
 * on failure it is zeroed and the text is one line that begins with the path. Returns the reading's status; stops with
 * a message when that does not hold. matrix may be NULL: then it is freed. */
rowcast_status read_checked(rowcast_matrix *matrix, const char *path, const rowcast_read_options *options,
                            rowcast_error *err);

/* Where the memory of its elements begins: before `data`, if they were read into it together with a header. */
const void *elements_of(const rowcast_matrix *matrix);

/* The error's text, followed by " (ADVICE)" where it has any; valid until the next call. */
const char *told(const rowcast_error *error);

/* Element (row, column) as a number. */
double matrix_at(const rowcast_matrix *matrix, size_t row, size_t column);

#endif
