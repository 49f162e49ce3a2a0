/* SPDX-License-Identifier: BSD-3-Clause */
/* BGZF, the blocked gzip of bgzip and htslib (SAM specification, 4.1): a gzip file of members of at most 64 KiB of
 * content, each with its own size in a subfield BC of its header, and an empty one at the end. So its blocks are found
 * without inflating, and can be inflated from any place on and by several threads at a time.
 *
 * Every BGZF file is an ordinary gzip file too. What can be read as one is never refused for being no BGZF; what
 * contradicts itself is:
 *
 *   no BGZF: read it as ordinary gzip,      an error, which names the block and its byte
 *   which checks it all the same
 *
 *   a first member that is no block         a block's size that is too small for its header, data and trailer
 *   a later member that is no block         a file that ends within a block
 *   a block that states more than 64 KiB    a block that nothing follows, nor zeros up to the file's end, but other
 *     of content                            bytes: its size is wrong, or those bytes do not belong there
 *   bytes after the last block that are     a header with two subfields BC, or with one and something that is none
 *     allowed (allow_trailing)              no empty block at the end: the file is truncated between two blocks
 *                                           data that end before or after the block's size says, or that are damaged;
 *                                           a wrong CRC or length (rc_bgzf_read)
 *
 * A member is a block if its header has an extra field and no other option (FLG is 4), and in it a subfield BC of two
 * bytes; others may stand before and after it. */
#ifndef RC_IO_BGZF_H
#define RC_IO_BGZF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/status.h>

#include "ask.h"
#include "gzip.h"
#include "stream.h"

enum { RC_BGZF_CONTENT_MAX = 65536, RC_BGZF_BLOCK_MAX = 65536, RC_BGZF_TRAILER = 8 };

/* The file's bytes: in memory, or read by their place alone, so that threads can share it. */
struct rc_bgzf_file {
  const unsigned char *data;      /* NULL: from the stream */
  const struct rc_stream *stream; /* rc_stream_raw_at() */
  uint64_t size;
  const char *path; /* for messages */
};

/* Where a block begins, in the file and in the content. */
struct rc_bgzf_block {
  uint64_t at, content;
};

/* The blocks of a file. Not changed after rc_bgzf_open(): threads may share it. */
struct rc_bgzf {
  struct rc_bgzf_file file;
  struct rc_bgzf_block *blocks; /* `count` of them, and one more where the last one ends */
  size_t count;
  uint64_t size; /* bytes of content */
};

struct rc_bgzf_options {
  size_t max_bytes; /* more memory for the table is ROWCAST_ERR_LIMIT */
  bool allow_trailing;
  struct rc_ask *ask; /* whether to give up; NULL: nobody is asked */
};

/* Finds the blocks by their headers and trailers alone, and inflates nothing. *is: whether the file is BGZF; if not, or
 * on failure, nothing is to be closed. The file must stay. */
rowcast_status rc_bgzf_open(struct rc_bgzf *bgzf, bool *is, const struct rc_bgzf_file *file,
                            const struct rc_bgzf_options *options, rowcast_error *err);

/* Releases the table; the file is the caller's. */
void rc_bgzf_close(struct rc_bgzf *bgzf);

struct rc_bgzf_worker;

/* What one thread inflates with: 320 KiB for a file that is read, 64 KiB for one in memory, and the inflater's own. It
 * keeps the last block of which a part was wanted: ranges that follow one another inflate no block twice. NULL: out of
 * memory. */
struct rc_bgzf_worker *rc_bgzf_worker_create(const struct rc_bgzf *bgzf, enum rc_inflater inflater);
void rc_bgzf_worker_destroy(struct rc_bgzf_worker *worker);

/* The number of the block that it keeps; SIZE_MAX: none. */
size_t rc_bgzf_worker_keeps(const struct rc_bgzf_worker *worker);

/* The number of the first block that a range from there touches. */
size_t rc_bgzf_find(const struct rc_bgzf *bgzf, uint64_t from);

/* Inflates the content's bytes from `from` up to `to`, to <= bgzf->size, into `out`. Blocks that lie wholly between
 * them are inflated in their place, others beside it. Every block touched is checked, and of empty blocks those at
 * `from` and behind it: who reads all content, in any parts, has checked all blocks. *ask as above. On failure the
 * bytes at `out` have no meaning. Several threads at a time, each with its own worker and ask. */
rowcast_status rc_bgzf_read(const struct rc_bgzf *bgzf, struct rc_bgzf_worker *worker, uint64_t from, uint64_t to,
                            unsigned char *out, struct rc_ask *ask, rowcast_error *err);

/* What begins at some byte of a gzip file. */
enum rc_bgzf_kind {
  RC_BGZF_IS_BLOCK,
  RC_BGZF_NO_BLOCK,
  RC_BGZF_WRONG, /* a block whose header contradicts itself */
  RC_BGZF_CUT    /* more bytes are needed to tell */
};

/* *body: where the block's deflate data begin, without which only its trailer would be left; *size: all of it, as its
 * header says. */
enum rc_bgzf_kind rc_bgzf_parse(const unsigned char *data, size_t there, size_t *body, size_t *size);

static inline uint32_t rc_bgzf_little32(const unsigned char *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#endif
