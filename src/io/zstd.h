/* SPDX-License-Identifier: BSD-3-Clause */
/* zstd (RFC 8878): every frame to its true end, checksums and sizes verified, nothing after it ignored. Needs libzstd;
 * without it such files are recognised and refused. */
#ifndef RC_IO_ZSTD_H
#define RC_IO_ZSTD_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/status.h>

#include "buffer.h"

struct rc_stream;
struct rc_zstd; /* the state between two blocks */

/* Does the file begin like a frame, be it one to skip? */
bool rc_is_zstd(const unsigned char *data, size_t size);

/* ROWCAST_ERR_UNSUPPORTED: built without libzstd. path is for messages. */
rowcast_status rc_zstd_create(struct rc_zstd **zstd, const char *path, rowcast_error *err);
void rc_zstd_destroy(struct rc_zstd *zstd);

/* Decompresses the next `want` bytes from the stream's raw ones; *got < want only at the content's end. */
rowcast_status rc_zstd_read(struct rc_zstd *zstd, struct rc_stream *stream, unsigned char *to, size_t want, size_t *got,
                            rowcast_error *err);

/* All that is left of a stream of this kind into *content, which is empty; as rc_stream_rest(), but on failure the
 * buffer is the caller's to free. */
rowcast_status rc_zstd_rest(struct rc_stream *stream, struct rc_buffer *content, size_t expected, size_t max_bytes,
                            rowcast_error *err);

#endif
