/* SPDX-License-Identifier: BSD-3-Clause */
/* gzip (RFC 1952): every member to its true end, checks and sizes verified, nothing after it ignored. */
#ifndef RC_IO_GZIP_H
#define RC_IO_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/status.h>

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

/* Inflates at most `want` bytes of the beginning into out; returns how many there are, 0 for damaged input. */
size_t rc_gzip_peek(const unsigned char *data, size_t size, unsigned char *out, size_t want);

/* Inflates all members of data into *out, which is empty. expected: the size that the content states, 0 if unknown;
 * more bytes are refused as soon as they come, unless allow_trailing. More than max_bytes, or than 1032 times the
 * input, is refused always. Zero bytes after the last member are padding; anything else is an error unless
 * allow_trailing. Errors name the path and the place. On failure *out is freed. */
rowcast_status rc_gunzip(struct rc_buffer *out, const unsigned char *data, size_t size, size_t expected,
                         size_t max_bytes, bool allow_trailing, enum rc_inflater inflater, const char *path,
                         rowcast_error *err);

#endif
