/* SPDX-License-Identifier: BSD-3-Clause */
#include "zstd.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if ROWCAST_HAVE_LIBZSTD
#include <zstd.h>
#include <zstd_errors.h>
#endif

#include "inflate.h"
#include "report.h"
#include "stream.h"

enum { MAGIC = 4 };

/* Magic numbers, RFC 8878, 3.1.1 and 3.1.2: of frames, and sixteen of frames to skip. */
bool rc_is_zstd(const unsigned char *data, size_t size) {
  return size >= MAGIC && (memcmp(data, "\x28\xb5\x2f\xfd", MAGIC) == 0 ||
                           (data[0] >> 4 == 5 && memcmp(data + 1, "\x2a\x4d\x18", MAGIC - 1) == 0));
}

#if ROWCAST_HAVE_LIBZSTD

/* zstd cannot expand more than this: a block of one byte repeated is 4 bytes, and stands for 128 KiB at most (RFC 8878,
 * 3.1.1.2). */
enum { LARGEST_RATIO = (128 << 10) / 4 };

/* A frame may want as much memory as its window; more than 128 MiB, the most that the zstd program makes without being
 * told to, is refused. */
enum { WINDOW_LOG_MAX = 27 };

/* Most bytes that are made without asking whether to give up, and the first memory for content of unknown size. */
enum { ASKED_PART = 8 << 20, FIRST_PART = 1 << 18 };

struct rc_zstd {
  ZSTD_DCtx *context;
  enum { BETWEEN, FRAME, ENDED } phase;
  uint64_t begin, out;         /* where the frame begins in the file; bytes decompressed */
  uint64_t stated, out_before; /* bytes of the frame by its header, UINT64_MAX: not stated; those of all before it */
};

rowcast_status rc_zstd_create(struct rc_zstd **zstd, const char *path, rowcast_error *err) {
  struct rc_zstd *made = calloc(1, sizeof *made);
  if (made != NULL) made->context = ZSTD_createDCtx();
  if (made == NULL || made->context == NULL) {
    free(made);
    return rc_report(err, ROWCAST_ERR_MEMORY, path, "zstd: out of memory decompressing");
  }
  ZSTD_DCtx_setParameter(made->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
  *zstd = made;
  return ROWCAST_OK;
}

void rc_zstd_destroy(struct rc_zstd *zstd) {
  if (zstd == NULL) return;
  ZSTD_freeDCtx(zstd->context);
  free(zstd);
}

/* The longest header of a frame, RFC 8878, 3.1.1: magic number, descriptor, window, dictionary, content size. */
enum { HEADER_MOST = 4 + 1 + 1 + 4 + 8 };

/* The content's size as the frame's header has it. libzstd itself compares it with what came out unless the last block
 * is empty. */
static uint64_t stated_size(const struct rc_stream *stream) {
  const size_t there = stream->raw.size - stream->raw_at;
  const unsigned long long size = ZSTD_getFrameContentSize(stream->raw.data + stream->raw_at, there);
  return size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ? UINT64_MAX : size;
}

/* What follows a frame: another one, nothing, or something that does not belong there. */
static rowcast_status next_frame(struct rc_zstd *zstd, struct rc_stream *stream, rowcast_error *err) {
  rowcast_status status = ROWCAST_OK;
  while (status == ROWCAST_OK && stream->raw.size - stream->raw_at < HEADER_MOST && !stream->ended)
    status = rc_stream_more_raw(stream, err);
  if (status != ROWCAST_OK) return status;
  const size_t there = stream->raw.size - stream->raw_at;
  if (rc_is_zstd(stream->raw.data + stream->raw_at, there)) {
    zstd->phase = FRAME;
    zstd->begin = stream->raw_before + stream->raw_at;
    zstd->stated = stated_size(stream);
    zstd->out_before = zstd->out;
  } else if (there == 0 || stream->allow_trailing) zstd->phase = ENDED;
  else
    return rc_advise(err,
                     rc_report(err, ROWCAST_ERR_FORMAT, stream->path, "zstd: bytes after the last frame, at byte %llu",
                               (unsigned long long)(stream->raw_before + stream->raw_at)),
                     "allow_trailing=1");
  return ROWCAST_OK;
}

static rowcast_status damaged(const struct rc_zstd *zstd, const struct rc_stream *stream, rowcast_error *err) {
  return rc_report(err, ROWCAST_ERR_FORMAT, stream->path, "zstd: damaged data in the frame at byte %llu",
                   (unsigned long long)zstd->begin);
}

static rowcast_status refused(const struct rc_zstd *zstd, const struct rc_stream *stream, size_t result,
                              rowcast_error *err) {
  const unsigned long long begin = (unsigned long long)zstd->begin;
  switch (ZSTD_getErrorCode(result)) {
  case ZSTD_error_memory_allocation:
    return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "zstd: out of memory decompressing");
  case ZSTD_error_frameParameter_windowTooLarge:
    return rc_report(err, ROWCAST_ERR_UNSUPPORTED, stream->path,
                     "zstd: it was compressed with a window above 128 MiB: decompress it first, with long=31");
  case ZSTD_error_dictionary_wrong:
    return rc_report(err, ROWCAST_ERR_FORMAT, stream->path, "zstd: it needs the dictionary it was compressed with");
  case ZSTD_error_checksum_wrong:
    return rc_report(err, ROWCAST_ERR_FORMAT, stream->path, "zstd: wrong checksum of the frame at byte %llu", begin);
  default: return damaged(zstd, stream, err);
  }
}

/* Decompresses from the raw bytes that are there. */
static rowcast_status step(struct rc_zstd *zstd, struct rc_stream *stream, unsigned char *to, size_t want, size_t *got,
                           rowcast_error *err) {
  if (rc_ask_stop(&stream->ask)) return rc_report(err, ROWCAST_ERR_CANCELLED, stream->path, "interrupted");
  ZSTD_inBuffer in = {stream->raw.data, stream->raw.size, stream->raw_at};
  ZSTD_outBuffer out = {to, want < ASKED_PART ? want : ASKED_PART, 0};
  const size_t result = ZSTD_decompressStream(zstd->context, &out, &in);
  stream->raw_at = in.pos;
  *got = out.pos;
  zstd->out += out.pos;
  if (ZSTD_isError(result)) return refused(zstd, stream, result, err);
  if (result == 0) {
    zstd->phase = BETWEEN;
    if (zstd->stated != UINT64_MAX && zstd->out - zstd->out_before != zstd->stated) return damaged(zstd, stream, err);
  } else if (out.pos < out.size && in.pos == in.size) {
    if (!stream->ended) return rc_stream_more_raw(stream, err);
    return rc_report(err, ROWCAST_ERR_FORMAT, stream->path, "zstd: truncated after %llu decompressed bytes",
                     (unsigned long long)zstd->out);
  }
  return ROWCAST_OK;
}

rowcast_status rc_zstd_read(struct rc_zstd *zstd, struct rc_stream *stream, unsigned char *to, size_t want, size_t *got,
                            rowcast_error *err) {
  rowcast_status status = ROWCAST_OK;
  *got = 0;
  while (*got < want && zstd->phase != ENDED && status == ROWCAST_OK) {
    if (zstd->phase == FRAME) {
      size_t more = 0;
      status = step(zstd, stream, to + *got, want - *got, &more, err);
      *got += more;
    } else status = next_frame(zstd, stream, err);
  }
  return status;
}

/* The most that may come of the stream; 0: the content cannot be as large as its header says, which is reported. */
static size_t most_of(const struct rc_stream *stream, size_t expected, size_t max_bytes, rowcast_error *err) {
  const size_t size = stream->file_size; /* 0: unknown */
  size_t most = max_bytes, possible;
  if (size > 0 && !__builtin_mul_overflow(size, (size_t)LARGEST_RATIO, &possible) && possible < most) most = possible;
  if (expected <= most) return most < PTRDIFF_MAX - 1 ? most : PTRDIFF_MAX - 1;
  rc_report(err, expected > max_bytes ? ROWCAST_ERR_LIMIT : ROWCAST_ERR_FORMAT, stream->path,
            "its header states %zu bytes; %zu compressed bytes and the limit allow %zu", expected, size, most);
  return 0;
}

rowcast_status rc_zstd_rest(struct rc_stream *stream, struct rc_buffer *content, size_t expected, size_t max_bytes,
                            rowcast_error *err) {
  const size_t most = most_of(stream, expected, max_bytes, err);
  if (most == 0) return expected > max_bytes ? ROWCAST_ERR_LIMIT : ROWCAST_ERR_FORMAT;
  const bool stated = expected > 0 && !stream->allow_trailing;
  const size_t limit = stated ? expected : most;
  /* What the header states is believed at once where the compressed bytes are there to give it. */
  size_t room = expected > 0 && stream->file_size > 0 ? expected : FIRST_PART;
  for (;;) {
    if (!rc_buffer_reserve(content, (room < limit ? room : limit) + 1))
      return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "zstd: out of memory for %zu bytes", room);
    size_t got;
    const rowcast_status status =
      rc_stream_read(stream, content->data + content->size, content->capacity - content->size, &got, err);
    if (status != ROWCAST_OK) return status;
    content->size += got;
    if (content->size > limit)
      return rc_report(err, stated ? ROWCAST_ERR_FORMAT : ROWCAST_ERR_LIMIT, stream->path,
                       "zstd: decompresses to more than %s %zu bytes", stated ? "its header's" : "the limit of", limit);
    if (content->size < content->capacity) return ROWCAST_OK;
    room = content->capacity > SIZE_MAX / 2 ? SIZE_MAX : content->capacity * 2;
  }
}

#else

rowcast_status rc_zstd_create(struct rc_zstd **zstd, const char *path, rowcast_error *err) {
  (void)zstd;
  return rc_advise(err,
                   rc_report(err, ROWCAST_ERR_UNSUPPORTED, path,
                             "is compressed by zstd, and this rowcast was built without libzstd: zstd -dc FILE"),
                   "path=-");
}

void rc_zstd_destroy(struct rc_zstd *zstd) { (void)zstd; }

/* No stream is of this kind. */
rowcast_status rc_zstd_read(struct rc_zstd *zstd, struct rc_stream *stream, unsigned char *to, size_t want, size_t *got,
                            rowcast_error *err) {
  (void)to, (void)want, (void)got;
  return rc_zstd_create(&zstd, stream->path, err);
}

rowcast_status rc_zstd_rest(struct rc_stream *stream, struct rc_buffer *content, size_t expected, size_t max_bytes,
                            rowcast_error *err) {
  (void)content, (void)expected, (void)max_bytes;
  return rc_zstd_create(NULL, stream->path, err);
}

#endif
