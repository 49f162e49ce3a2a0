/* SPDX-License-Identifier: BSD-3-Clause */
/* A file opened for reading a matrix: what it is, told from its beginning, and what its header says of the elements. */
#ifndef RC_IO_SOURCE_H
#define RC_IO_SOURCE_H

#include <rowcast/matrix.h>

#include "header.h"
#include "info.h"
#include "stream.h"

enum rc_kind { RC_UNKNOWN, RC_IDX, RC_NPY, RC_NPZ, RC_PICKLE, RC_CSV, RC_RAW, RC_SAFETENSORS };

struct rc_source {
  struct rc_stream stream;
  rowcast_read_options options; /* defaults filled in */
  enum rc_kind kind;            /* RC_UNKNOWN: the beginning is too short or too damaged to tell */
  struct rc_header header;      /* filled for RC_IDX, RC_NPY and RC_RAW, whose rows follow from it */
};

/* Fills *own from what the caller gave (NULL: defaults), or says what is wrong with it: ROWCAST_ERR_ARGUMENT, or
 * ROWCAST_ERR_UNSUPPORTED for an option of a later version. */
rowcast_status rc_source_options(rowcast_read_options *own, const rowcast_read_options *given, const char *path,
                                 rowcast_error *err);

/* Fills *own from the functions the caller gave, or says what is wrong with them. */
rowcast_status rc_source_stream(rowcast_stream *own, const rowcast_stream *given, const char *name, rowcast_error *err);

/* With such options: opens path, what the descriptor or the functions give, or the size bytes at data under that name.
 * On failure nothing is left open. */
rowcast_status rc_source_open(struct rc_source *source, const char *path, const rowcast_read_options *options,
                              rowcast_error *err);
rowcast_status rc_source_open_fd(struct rc_source *source, int fd, const char *name,
                                 const rowcast_read_options *options, rowcast_error *err);
rowcast_status rc_source_open_calls(struct rc_source *source, const rowcast_stream *from, const char *name,
                                    const rowcast_read_options *options, rowcast_error *err);
rowcast_status rc_source_open_memory(struct rc_source *source, const void *data, size_t size, const char *name,
                                     const rowcast_read_options *options, rowcast_error *err);

/* Reads everything into the matrix. Once; then only rc_source_close() may follow. */
rowcast_status rc_source_read(struct rc_source *source, rowcast_matrix *matrix, rowcast_error *err);

void rc_source_close(struct rc_source *source);

/* What content is, and its header where it has one before the elements. */
rowcast_status rc_source_detect(enum rc_kind *kind, struct rc_header *header, const unsigned char *data, size_t size,
                                const rowcast_read_options *options, const char *path, rowcast_error *err);

/* The header that options.raw_* describe; NULL, or what is wrong with them. */
const char *rc_raw_header(struct rc_header *header, const rowcast_read_options *options);

/* Are the elements in the file as they are in memory: bytes, or float32 in the machine's byte order? */
bool rc_is_native_u8(const struct rc_header *header);
bool rc_is_native_f32(const struct rc_header *header);

/* Shape and element type of the matrix that comes of such elements, and what the file says, without its elements. */
void rc_source_shape(rowcast_matrix *matrix, struct rc_info *info, const struct rc_header *header);

/* Does another array follow the last element: NPY after NPY? */
bool rc_source_goes_on(const struct rc_header *header, const unsigned char *data, size_t size);

/* "PATH: truncated: ..." for so many bytes of elements. */
rowcast_status rc_source_truncated(const struct rc_header *header, size_t there, const char *path, rowcast_error *err);

#endif
