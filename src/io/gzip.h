/* SPDX-License-Identifier: BSD-3-Clause */
/* gzip (RFC 1952): every member to its true end, checks and sizes verified, nothing after it ignored. */
#ifndef RC_IO_GZIP_H
#define RC_IO_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/status.h>

#include "ask.h"
#include "buffer.h"

/* Which library inflates. Both give the same bytes for every valid stream and check every CRC and length; libdeflate
 * lets pass a few deflate codes that RFC 1951 reserves and zlib refuses, if the content has the right CRC. */
enum rc_inflater {
  RC_INFLATE_ZLIB,
  RC_INFLATE_LIBDEFLATE, /* faster; falls back to zlib where it was not found */
  RC_INFLATE_BEST = RC_INFLATE_LIBDEFLATE
};

/* Does the file begin like a gzip member? */
bool rc_is_gzip(const unsigned char *data, size_t size);

/* Is the member that begins there a block of BGZF (bgzf.h), as bgzip and we write them? A file of such blocks ends with
 * an empty one: without it, it was cut between two. */
bool rc_gzip_is_block(const unsigned char *data, size_t size);

/* ROWCAST_ERR_FORMAT of a file that was. */
rowcast_status rc_gzip_open_end(const char *path, uint64_t inflated, rowcast_error *err);

/* Inflates at most `want` bytes of the beginning into out; returns how many there are, 0 for damaged input. */
size_t rc_gzip_peek(const unsigned char *data, size_t size, unsigned char *out, size_t want);

/* A file to inflate, and how much may come of it. */
struct rc_gzip {
  const unsigned char *data;
  size_t size;
  const char *path;    /* for messages */
  size_t expected;     /* bytes the content says it has, 0 if unknown; more is refused as soon as it comes, unless
                        * allow_trailing */
  size_t max_bytes;    /* more than these, or than 1032 times the input, is refused always */
  bool allow_trailing; /* bytes after the last member that are not zero, which is padding, are no error */
  enum rc_inflater inflater;
  struct rc_ask *ask; /* whether to give up, between members; NULL: nobody is asked */
};

/* Inflates all members into *out, which is empty. Errors name path and the place. On failure *out is freed. */
rowcast_status rc_gunzip(struct rc_buffer *out, const struct rc_gzip *gzip, rowcast_error *err);

#endif
