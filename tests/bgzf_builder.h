/* SPDX-License-Identifier: BSD-3-Clause */
/* BGZF files, right or wrong on purpose, and reading them in every way there is. */
#ifndef TEST_BGZF_BUILDER_H
#define TEST_BGZF_BUILDER_H

#include <io/bgzf.h>

#include "file_builder.h"

/* A block; {0} with a content makes a right one, as bgzip's are. */
struct bgzf_spec {
  const void *content;
  size_t size;
  struct bytes before, after;                 /* subfields around BC; the caller's */
  int size_difference;                        /* added to the block's size in BC */
  uint32_t length_difference, crc_difference; /* XORed into the right values */
  size_t extra_data;                          /* zero bytes between the data's end and the trailer */
  bool stored;
};
void add_block(struct bytes *bytes, const struct bgzf_spec *spec);

/* The empty block that ends a file. */
void add_end(struct bytes *bytes);

/* Content in blocks of `part` bytes, and the end. */
struct bytes bgzf_of(const struct bytes *content, size_t part);

/* What came of reading it all. */
struct bgzf_verdict {
  enum { VERDICT_BGZF, VERDICT_NOT, VERDICT_ERROR } kind;
  rowcast_error error;
  struct bytes content; /* of VERDICT_BGZF; to be freed */
  size_t blocks;
};

/* From memory that ends at an unreadable page and from a file, by both inflaters, whole and in parts: each must come to
 * the same. */
struct bgzf_verdict bgzf_read_all(const struct bytes *bytes, bool allow_trailing);

/* The same as an ordinary gzip file. False: refused. */
bool gzip_read_all(const struct bytes *bytes, bool allow_trailing, struct bytes *content);

/* size bytes: runs and noise. */
struct bytes mixed_bytes(size_t size);

#endif
