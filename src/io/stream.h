/* SPDX-License-Identifier: BSD-3-Clause */
/* A file's bytes in order, decompressed where it is gzipped or compressed by zstd. The beginning can be looked at
 * before anything is taken; then the rest is taken in one piece (rc_stream_rest) or in blocks (rc_stream_read), which
 * needs memory only for them. Reads with read(2): a file that shrinks meanwhile is a short file, not a signal. */
#ifndef RC_IO_STREAM_H
#define RC_IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowcast/matrix.h>

#include "ask.h"
#include "buffer.h"

struct rc_inflate; /* zlib's state between two blocks */
struct rc_zstd;
struct rc_places; /* the blocks of BGZF (places.h) */

struct rc_stream {
  const char *path; /* the caller's, must stay; for messages */
  int fd;           /* -1: everything is in `raw` */
  bool owned;       /* we close it */
  bool regular;
  bool gzipped;        /* or compressed by zstd */
  bool allow_trailing; /* bytes after the last gzip member or zstd frame are ignored */
  size_t file_size;    /* of a regular file that is read from its beginning */
  bool called;         /* there is no file: the bytes come from these functions */
  rowcast_stream from;
  int64_t base;         /* where the content begins in a file whose bytes can be read by their place; -1: they cannot */
  uint64_t span;        /* its bytes from there on when it was opened */
  uint64_t place;       /* of the next byte, where the functions read by place */
  struct rc_buffer raw; /* bytes read from the file and not yet taken, from raw_at on */
  size_t raw_at;
  bool from_start;        /* `raw` begins where the file does */
  bool ended;             /* nothing follows what is in `raw` */
  uint64_t raw_before;    /* bytes of the file before `raw` */
  struct rc_buffer ahead; /* inflated bytes that were looked at, not yet taken, from ahead_at on */
  size_t ahead_at;
  struct rc_inflate *inflate;
  struct rc_zstd *zstd;     /* NULL: it is gzip */
  struct rc_places *places; /* of gzipped content whose bytes can be read by their place; NULL: they cannot */
  uint64_t places_at;       /* the next byte in order, where there are these */
  struct rc_ask ask;        /* whether to give up: a read that waits for a pipe then fails within a tenth of a second */
};

/* Opens the file at path, "-" for standard input, and reads its beginning. *ask is copied. On failure nothing is left
 * open. */
rowcast_status rc_stream_open(struct rc_stream *stream, const char *path, bool allow_trailing, const struct rc_ask *ask,
                              rowcast_error *err);

/* The same for size bytes in memory, which stay the caller's and must stay; name is for messages. */
rowcast_status rc_stream_open_memory(struct rc_stream *stream, const void *data, size_t size, const char *name,
                                     bool allow_trailing, rowcast_error *err);

/* The same for what can be read from the descriptor, of which a copy is kept, from its position on, and for what the
 * functions give, which are copied. */
rowcast_status rc_stream_open_fd(struct rc_stream *stream, int fd, const char *name, bool allow_trailing,
                                 const struct rc_ask *ask, rowcast_error *err);
rowcast_status rc_stream_open_calls(struct rc_stream *stream, const rowcast_stream *from, const char *name,
                                    bool allow_trailing, const struct rc_ask *ask, rowcast_error *err);

/* Looks ahead: *data are *size bytes, at most `want`, fewer only at the end of the content. Before any of the others.
 */
rowcast_status rc_stream_peek(struct rc_stream *stream, size_t want, const unsigned char **data, size_t *size,
                              rowcast_error *err);

/* Takes the next `want` bytes of the content; *got < want only at its end. */
rowcast_status rc_stream_read(struct rc_stream *stream, void *to, size_t want, size_t *got, rowcast_error *err);

/* Takes all of the content, before any of it was taken by rc_stream_read(), into *content, which is empty. expected:
 * the size that the content states, 0 if unknown. More than max_bytes is ROWCAST_ERR_LIMIT. On failure the buffer is
 * freed. */
rowcast_status rc_stream_rest(struct rc_stream *stream, struct rc_buffer *content, size_t expected, size_t max_bytes,
                              rowcast_error *err);

/* Looks for blocks in what is gzipped and whose file can be read by place: of BGZF the content's bytes have places
 * then, at the cost of a table of at most max_bytes. Where the table contradicts itself or would be too large, they
 * have none, and the file is read as any gzip. Before any content is taken; the stream must stay where it is. */
rowcast_status rc_stream_find_places(struct rc_stream *stream, size_t max_bytes, rowcast_error *err);

/* Reads gzipped content in order again. */
void rc_stream_drop_places(struct rc_stream *stream);

/* Can the content's bytes be read by their place? */
bool rc_stream_has_places(const struct rc_stream *stream);

/* How many bytes such content has; of a plain file, when it was opened. */
uint64_t rc_stream_size(const struct rc_stream *stream);

/* Reads `want` bytes of such content from the byte `at` on; *got < want only at its end. The stream stays where it is,
 * and nothing of it changes: any number of threads may do this at once, each with its own *ask. */
rowcast_status rc_stream_read_at(const struct rc_stream *stream, struct rc_ask *ask, void *to, size_t want, uint64_t at,
                                 size_t *got, rowcast_error *err);

/* The same of the file's own bytes, gzipped or not. */
rowcast_status rc_stream_raw_at(const struct rc_stream *stream, struct rc_ask *ask, void *to, size_t want, uint64_t at,
                                size_t *got, rowcast_error *err);

/* The system may read these bytes of the file ahead. */
void rc_stream_will_read(const struct rc_stream *stream, uint64_t at, uint64_t bytes);

/* Continues at that byte of such content. */
rowcast_status rc_stream_seek(struct rc_stream *stream, uint64_t at, rowcast_error *err);

void rc_stream_close(struct rc_stream *stream);

/* Closes the file alone, and releases no memory. */
void rc_stream_leave(struct rc_stream *stream);

#endif
