/* SPDX-License-Identifier: BSD-3-Clause */
/* How rows become the bytes of a file. */
#ifndef RC_IO_FORMAT_H
#define RC_IO_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/writer.h>

/* Longest header: an NPY of 32 dimensions. An IDX has its dimensions in 32 bits each. */
enum { RC_HEADER_WRITTEN_MAX = 1024 };
#define RC_IDX_DIMENSION_MAX ((size_t)UINT32_MAX)

struct rc_format {
  bool binary;
  /* It begins with the number of rows, so that its beginning may be replaced in the end; NULL: it does not. What such a
   * file is called, article and all. */
  const char *headed;
  bool bytes_only;   /* of ROWCAST_U8 alone */
  size_t number_max; /* most bytes of one element with its separator */
  size_t row_max;    /* and of the rest of a row */
  /* Each returns the bytes written to `to`, which has room for them: before the first row, one row, after the last. */
  size_t (*begin)(char *to, const rowcast_layout *layout);
  size_t (*row)(char *to, const void *row, size_t cols, const rowcast_layout *layout, size_t index);
  size_t (*end)(char *to, const rowcast_layout *layout);
};

extern const struct rc_format rc_format_npy, rc_format_idx, rc_format_raw, rc_format_csv, rc_format_json;

/* Bytes of an element. */
size_t rc_element_size(rowcast_dtype dtype);

#endif
