/* SPDX-License-Identifier: BSD-3-Clause */
/* A source that is not read whole, block by block. No threads here. */
#ifndef RC_IO_BLOCKS_H
#define RC_IO_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

#include "csv.h"
#include "source.h"

struct rc_blocks {
  struct rc_source *source;
  size_t rows_per_block; /* 0: not known before the first line of a CSV */
  size_t block_bytes;
  size_t done; /* rows handed out */
  bool begun, ended;
  struct rc_buffer scratch; /* elements before their conversion; lines of a CSV */
  size_t scratch_at;
  struct rc_csv csv;
};

/* Can the source come in blocks? */
bool rc_blocks_possible(const struct rc_source *source);

/* block_bytes: roughly how many bytes a block may take; at least one row. from: the first row; other than 0 only where
 * the source's stream has places. */
rowcast_status rc_blocks_begin(struct rc_blocks *blocks, struct rc_source *source, size_t block_bytes, size_t from,
                               rowcast_error *err);

/* The next rows into *elements, which is emptied first: *rows of them, 0 at the end, bytes or float32. */
rowcast_status rc_blocks_next(struct rc_blocks *blocks, struct rc_buffer *elements, size_t *rows, rowcast_error *err);

void rc_blocks_end(struct rc_blocks *blocks);

#endif
