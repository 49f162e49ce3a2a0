/* SPDX-License-Identifier: BSD-3-Clause */
/* gzip block by block, for content that is not kept whole. Checks every member, CRC and length, like gzip.h. */
#ifndef RC_IO_INFLATE_H
#define RC_IO_INFLATE_H

#include <stddef.h>

#include <rowcast/status.h>

struct rc_stream;
struct rc_inflate;

/* NULL: out of memory. */
struct rc_inflate *rc_inflate_create(void);
void rc_inflate_destroy(struct rc_inflate *inflate);

/* Inflates the next `want` bytes from the stream's raw ones; *got < want only at the content's end. */
rowcast_status rc_inflate_read(struct rc_inflate *inflate, struct rc_stream *stream, unsigned char *to, size_t want,
                               size_t *got, rowcast_error *err);

/* The stream's part in it: drops the raw bytes that were taken and appends more to the others, if the file has more. */
rowcast_status rc_stream_more_raw(struct rc_stream *stream, rowcast_error *err);

#endif
