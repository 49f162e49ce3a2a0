/* SPDX-License-Identifier: BSD-3-Clause */
/* What a matrix file's header says, whatever its format: enough to know the file's exact size before the elements are
 * allocated or inflated. */
#ifndef RC_IO_HEADER_H
#define RC_IO_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/matrix.h>

/* Longest header that is read: NumPy's limit, and far more than an IDX header's 132 bytes. */
enum { RC_HEADER_MAX = 10000 + 12 };

/* bfloat16's kind, for which NumPy has no letter. */
#define RC_BFLOAT 'B'

struct rc_header {
  const char *format; /* "idx", "npy", "pickle", "safetensors", "csv" or "raw" */
  char kind;          /* 'u', 'i', 'f', 'b' (bool) or RC_BFLOAT, of two bytes */
  size_t element;     /* bytes of one element: 1, 2, 4 or 8 */
  bool big_endian;
  bool fortran; /* column-major */
  size_t rank;
  size_t dims[ROWCAST_MAX_RANK];
  size_t offset; /* of the first element */
  /* From the dims, checked for overflow by rc_header_finish(): */
  size_t rows, cols; /* dims[0], product of the others (rank 0: 1 x 1, rank 1: n x 1) */
  size_t bytes;      /* of all elements */
};

/* Fills rows, cols and bytes. False: a product does not fit in size_t. */
bool rc_header_finish(struct rc_header *header);

/* Decode the header in the first size bytes of a file (all of it, or RC_HEADER_MAX). Return NULL, or what is wrong. */
const char *rc_idx_parse(struct rc_header *header, const unsigned char *data, size_t size);
const char *rc_npy_parse(struct rc_header *header, const unsigned char *data, size_t size);

/* Fills kind, element and big_endian from NumPy's name of an element type: an optional "<", ">", "|" or "=", kind and
 * size. Returns NULL, or what is wrong. */
const char *rc_npy_element(struct rc_header *header, const char *string, size_t length);

/* Do the bytes begin like a file of that format? */
bool rc_is_idx(const unsigned char *data, size_t size);
bool rc_is_npy(const unsigned char *data, size_t size);

#endif
