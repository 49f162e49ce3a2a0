/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gzip.h"
#include "halves.h"
#include "inflate.h"
#include "places.h"
#include "report.h"
#include "zstd.h"

/* ASKED_*: most bytes that are read without asking whether to give up. */
enum { WINDOW = 1 << 16, ASKED_PART = 8 << 20, ASKED_HALVES = 32 << 20 };

/* Waits until a pipe has data. False: given up. */
static bool wait_for_input(struct rc_stream *stream) {
  if (!rc_ask_needed(&stream->ask)) return true;
  struct pollfd wanted = {.fd = stream->fd, .events = POLLIN};
  while (!rc_ask_stop(&stream->ask)) {
    if (stream->regular || stream->called) return true;
    const int ready = poll(&wanted, 1, RC_ASK_MS);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true; /* read() reports errors */
  }
  return false;
}

/* What the caller's functions return: a count, FAILED, or TOO_MANY, which no errno of theirs can be taken for. */
enum { FAILED = -1, TOO_MANY = -2 };
static ssize_t checked(ptrdiff_t count, size_t room) {
  return count < 0 ? FAILED : (size_t)count <= room ? (ssize_t)count : TOO_MANY;
}

static ssize_t call(struct rc_stream *stream, void *to, size_t room) {
  const rowcast_stream *from = &stream->from;
  const bool by_place = from->read_at != NULL;
  errno = 0;
  const ssize_t count =
    checked(by_place ? from->read_at(from->user, to, room, stream->place) : from->read(from->user, to, room), room);
  if (count > 0) stream->place += (uint64_t)count;
  return count;
}

static rowcast_status called_in_vain(const struct rc_stream *stream, ssize_t returned, int number, rowcast_error *err) {
  if (returned == TOO_MANY)
    return rc_report(err, ROWCAST_ERR_IO, stream->path, "cannot read: more bytes came than were asked for");
  return number != 0 ? rc_report_errno(err, stream->path, "cannot read", number)
                     : rc_report(err, ROWCAST_ERR_IO, stream->path, "cannot read");
}

/* Repeats read(2) until it gets something or the end (*got == 0). */
static rowcast_status read_some(struct rc_stream *stream, void *to, size_t room, size_t *got, rowcast_error *err) {
  const size_t most = rc_ask_needed(&stream->ask) ? ASKED_PART : 1 << 30;
  for (;;) {
    if (!wait_for_input(stream)) return rc_report(err, ROWCAST_ERR_CANCELLED, stream->path, "interrupted");
    const ssize_t count =
      stream->called ? call(stream, to, room < most ? room : most) : read(stream->fd, to, room < most ? room : most);
    if (count >= 0) {
      *got = (size_t)count;
      stream->ended = count == 0;
      return ROWCAST_OK;
    }
    if (stream->called && (count == TOO_MANY || errno != EINTR)) return called_in_vain(stream, count, errno, err);
    if (errno == EAGAIN) {
      /* A terminal or pipe that somebody else made non-blocking. */
      struct pollfd wanted = {.fd = stream->fd, .events = POLLIN};
      poll(&wanted, 1, RC_ASK_MS);
    } else if (errno != EINTR) return rc_report_errno(err, stream->path, "cannot read", errno);
  }
}

/* Appends to what is in `raw` until it is full or the file ends. */
static rowcast_status fill_raw(struct rc_stream *stream, rowcast_error *err) {
  struct rc_buffer *raw = &stream->raw;
  while (!stream->ended && raw->size < WINDOW) {
    size_t got;
    const rowcast_status status = read_some(stream, raw->data + raw->size, WINDOW - raw->size, &got, err);
    if (status != ROWCAST_OK) return status;
    raw->size += got;
  }
  return ROWCAST_OK;
}

rowcast_status rc_stream_more_raw(struct rc_stream *stream, rowcast_error *err) {
  struct rc_buffer *raw = &stream->raw;
  if (stream->ended) return ROWCAST_OK;
  memmove(raw->data, raw->data + stream->raw_at, raw->size - stream->raw_at);
  raw->size -= stream->raw_at;
  stream->raw_before += stream->raw_at;
  stream->raw_at = 0;
  stream->from_start = false;
  size_t got;
  const rowcast_status status = read_some(stream, raw->data + raw->size, WINDOW - raw->size, &got, err);
  if (status == ROWCAST_OK) raw->size += got;
  return status;
}

static rowcast_status begin(struct rc_stream *stream, rowcast_error *err) {
  stream->from_start = true;
  const bool zstd = rc_is_zstd(stream->raw.data, stream->raw.size);
  stream->gzipped = zstd || rc_is_gzip(stream->raw.data, stream->raw.size);
  if (!stream->gzipped) return ROWCAST_OK;
  if (zstd) return rc_zstd_create(&stream->zstd, stream->path, err);
  stream->inflate = rc_inflate_create();
  return stream->inflate != NULL ? ROWCAST_OK
                                 : rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "gzip: out of memory inflating");
}

/* To open a FIFO waits for its writer; where somebody is to be asked meanwhile, the first read waits instead. */
static int open_path(const struct rc_stream *stream) {
  struct stat info;
  const bool fifo = rc_ask_needed(&stream->ask) && stat(stream->path, &info) == 0 && S_ISFIFO(info.st_mode);
  int fd;
  do fd = open(stream->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (fifo ? O_NONBLOCK : 0));
  while (fd < 0 && errno == EINTR);
  if (fd >= 0 && fifo) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fd;
}

/* The descriptor is there: what is it, and how does its content begin? from_start: nobody else has read of it. */
static rowcast_status open_descriptor(struct rc_stream *stream, bool from_start, rowcast_error *err) {
  struct stat info;
  if (fstat(stream->fd, &info) != 0) return rc_report_errno(err, stream->path, "cannot read", errno);
  if (S_ISDIR(info.st_mode)) return rc_report_directory(err, stream->path);
  stream->regular = S_ISREG(info.st_mode);
  /* Others' descriptors may have been read in part. */
  if (stream->regular && from_start && (uintmax_t)info.st_size <= SIZE_MAX) stream->file_size = (size_t)info.st_size;
  /* What claims to be empty is none of the disk's files: those of /proc do. */
  if (stream->regular && info.st_size > 0) stream->base = from_start ? 0 : (int64_t)lseek(stream->fd, 0, SEEK_CUR);
  if (stream->base >= 0 && info.st_size > stream->base) stream->span = (uint64_t)(info.st_size - stream->base);
  if (!rc_buffer_reserve(&stream->raw, WINDOW))
    return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "out of memory");
  return fill_raw(stream, err);
}

/* Goes on once the first bytes are there; on failure nothing is left open. */
static rowcast_status begun(struct rc_stream *stream, rowcast_status status, rowcast_error *err) {
  if (status == ROWCAST_OK) status = begin(stream, err);
  if (status != ROWCAST_OK) rc_stream_close(stream);
  return status;
}

rowcast_status rc_stream_open(struct rc_stream *stream, const char *path, bool allow_trailing, const struct rc_ask *ask,
                              rowcast_error *err) {
  *stream = (struct rc_stream){.path = path, .fd = -1, .allow_trailing = allow_trailing, .base = -1, .ask = *ask};
  stream->owned = strcmp(path, "-") != 0;
  stream->fd = stream->owned ? open_path(stream) : STDIN_FILENO;
  if (stream->fd < 0) return rc_report_errno(err, path, "cannot open", errno);
  if (!stream->owned) stream->path = "standard input";
  return begun(stream, open_descriptor(stream, stream->owned, err), err);
}

rowcast_status rc_stream_open_fd(struct rc_stream *stream, int fd, const char *name, bool allow_trailing,
                                 const struct rc_ask *ask, rowcast_error *err) {
  *stream = (struct rc_stream){
    .path = name, .fd = -1, .owned = true, .allow_trailing = allow_trailing, .base = -1, .ask = *ask};
  stream->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (stream->fd < 0) return rc_report_errno(err, name, "cannot read", errno);
  return begun(stream, open_descriptor(stream, false, err), err);
}

rowcast_status rc_stream_open_calls(struct rc_stream *stream, const rowcast_stream *from, const char *name,
                                    bool allow_trailing, const struct rc_ask *ask, rowcast_error *err) {
  *stream = (struct rc_stream){
    .path = name, .fd = -1, .called = true, .from = *from, .base = -1, .allow_trailing = allow_trailing, .ask = *ask};
  if (from->read_at != NULL) {
    errno = 0;
    const int64_t size = from->size(from->user);
    if (size < 0) return called_in_vain(stream, FAILED, errno, err);
    stream->base = 0;
    stream->span = (uint64_t)size;
  }
  if (!rc_buffer_reserve(&stream->raw, WINDOW)) return rc_report(err, ROWCAST_ERR_MEMORY, name, "out of memory");
  return begun(stream, fill_raw(stream, err), err);
}

rowcast_status rc_stream_open_memory(struct rc_stream *stream, const void *data, size_t size, const char *name,
                                     bool allow_trailing, rowcast_error *err) {
  *stream = (struct rc_stream){
    .path = name, .fd = -1, .allow_trailing = allow_trailing, .ended = true, .file_size = size, .base = -1};
  stream->raw = (struct rc_buffer){.data = (unsigned char *)(uintptr_t)data, .size = size}; /* capacity 0: not ours */
  return begun(stream, ROWCAST_OK, err);
}

static rowcast_status decompress(struct rc_stream *stream, unsigned char *to, size_t want, size_t *got,
                                 rowcast_error *err) {
  return stream->zstd != NULL ? rc_zstd_read(stream->zstd, stream, to, want, got, err)
                              : rc_inflate_read(stream->inflate, stream, to, want, got, err);
}

rowcast_status rc_stream_peek(struct rc_stream *stream, size_t want, const unsigned char **data, size_t *size,
                              rowcast_error *err) {
  if (!stream->gzipped) {
    *data = stream->raw.data + stream->raw_at;
    *size = stream->raw.size - stream->raw_at < want ? stream->raw.size - stream->raw_at : want;
    return ROWCAST_OK;
  }
  if (!rc_buffer_reserve(&stream->ahead, want))
    return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "out of memory");
  rowcast_status status = ROWCAST_OK;
  if (stream->ahead.size < want) {
    size_t got = 0;
    status = decompress(stream, stream->ahead.data + stream->ahead.size, want - stream->ahead.size, &got, err);
    stream->ahead.size += got;
  }
  *data = stream->ahead.data;
  *size = stream->ahead.size;
  return status;
}

/* Takes what has been read already. */
static size_t take(struct rc_buffer *from, size_t *at, unsigned char *to, size_t want) {
  const size_t there = from->size - *at, count = there < want ? there : want;
  if (count > 0) memcpy(to, from->data + *at, count);
  *at += count;
  return count;
}

rowcast_status rc_stream_read(struct rc_stream *stream, void *to, size_t want, size_t *got, rowcast_error *err) {
  unsigned char *bytes = to;
  if (stream->places != NULL) {
    const rowcast_status status = rc_stream_read_at(stream, &stream->ask, to, want, stream->places_at, got, err);
    stream->places_at += *got;
    return status;
  }
  if (stream->gzipped) {
    *got = take(&stream->ahead, &stream->ahead_at, bytes, want);
    if (*got == want) return ROWCAST_OK;
    size_t more = 0;
    const rowcast_status status = decompress(stream, bytes + *got, want - *got, &more, err);
    *got += more;
    return status;
  }
  *got = take(&stream->raw, &stream->raw_at, bytes, want);
  while (*got < want && !stream->ended) {
    size_t more;
    const rowcast_status status = read_some(stream, bytes + *got, want - *got, &more, err);
    if (status != ROWCAST_OK) return status;
    *got += more;
    stream->raw_before += more;
    stream->from_start = false;
  }
  return ROWCAST_OK;
}

/* As much of a large file as is worth two threads; what is left is read as any file is. False: an errno. */
static bool read_in_halves(struct rc_stream *stream, struct rc_buffer *content) {
  const size_t most = rc_ask_needed(&stream->ask) ? ASKED_HALVES : SIZE_MAX, before = content->size;
  while (stream->file_size >= content->size + RC_HALVES_LEAST && !rc_ask_stop(&stream->ask)) {
    const size_t left = stream->file_size - content->size, part = left < most ? left : most;
    const size_t got = rc_read_halves(stream->fd, content->data + content->size, content->size, part);
    content->size += got;
    if (got < part) break;
  }
  return content->size == before || lseek(stream->fd, (off_t)content->size, SEEK_SET) >= 0;
}

/* All of the file, from its first byte, as it is. */
static rowcast_status whole_file(struct rc_stream *stream, struct rc_buffer *content, size_t expected, size_t max_bytes,
                                 rowcast_error *err) {
  const size_t known = stream->file_size > expected ? stream->file_size : expected;
  if (stream->file_size > max_bytes)
    return rc_report(err, ROWCAST_ERR_LIMIT, stream->path, "%zu bytes exceed the limit of %zu", stream->file_size,
                     max_bytes);
  if (!rc_buffer_reserve(content, (known > stream->raw.size ? known : stream->raw.size) + 1))
    return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "out of memory for %zu bytes", known);
  if (stream->raw.size > 0) memcpy(content->data, stream->raw.data, stream->raw.size);
  content->size = stream->raw.size;
  if (stream->regular && !stream->ended && !read_in_halves(stream, content))
    return rc_report_errno(err, stream->path, "cannot read", errno);
  while (!stream->ended) {
    if (content->size == content->capacity && !rc_buffer_reserve(content, content->capacity * 2))
      return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "out of memory after %zu bytes", content->size);
    size_t got;
    const rowcast_status status =
      read_some(stream, content->data + content->size, content->capacity - content->size, &got, err);
    if (status != ROWCAST_OK) return status;
    content->size += got;
    if (content->size > max_bytes)
      return rc_report(err, ROWCAST_ERR_LIMIT, stream->path, "larger than the limit of %zu bytes", max_bytes);
  }
  return content->size <= max_bytes
           ? ROWCAST_OK
           : rc_report(err, ROWCAST_ERR_LIMIT, stream->path, "larger than the limit of %zu bytes", max_bytes);
}

/* Block by block if the beginning is gone: a gzip header so long that looking ahead used it up. */
static rowcast_status inflate_rest(struct rc_stream *stream, struct rc_buffer *content, size_t max_bytes,
                                   rowcast_error *err) {
  if (!rc_buffer_reserve(content, WINDOW))
    return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "gzip: out of memory inflating");
  for (;;) {
    size_t got;
    const rowcast_status status =
      rc_stream_read(stream, content->data + content->size, content->capacity - content->size, &got, err);
    content->size += got;
    if (status != ROWCAST_OK) return status;
    if (content->size > max_bytes)
      return rc_report(err, ROWCAST_ERR_LIMIT, stream->path, "gzip: inflates to more than the limit of %zu bytes",
                       max_bytes);
    if (content->size < content->capacity) return ROWCAST_OK;
    if (!rc_buffer_reserve(content, content->capacity * 2))
      return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "gzip: out of memory inflating");
  }
}

rowcast_status rc_stream_rest(struct rc_stream *stream, struct rc_buffer *content, size_t expected, size_t max_bytes,
                              rowcast_error *err) {
  rowcast_status status;
  if (!stream->gzipped) status = whole_file(stream, content, expected, max_bytes, err);
  else if (stream->zstd != NULL) status = rc_zstd_rest(stream, content, expected, max_bytes, err);
  else if (!stream->from_start) status = inflate_rest(stream, content, max_bytes, err);
  else {
    struct rc_buffer packed = {0};
    status = whole_file(stream, &packed, 0, max_bytes, err);
    const struct rc_gzip gzip = {packed.data,     packed.size, stream->path,
                                 expected,        max_bytes,   stream->allow_trailing,
                                 RC_INFLATE_BEST, &stream->ask};
    if (status == ROWCAST_OK) status = rc_gunzip(content, &gzip, err);
    rc_buffer_free(&packed);
  }
  if (status != ROWCAST_OK) rc_buffer_free(content);
  return status;
}

rowcast_status rc_stream_raw_at(const struct rc_stream *stream, struct rc_ask *ask, void *to, size_t want, uint64_t at,
                                size_t *got, rowcast_error *err) {
  const size_t most = rc_ask_needed(ask) ? ASKED_PART : 1 << 30;
  unsigned char *bytes = to;
  for (*got = 0; *got < want;) {
    if (rc_ask_stop(ask)) return rc_report(err, ROWCAST_ERR_CANCELLED, stream->path, "interrupted");
    const size_t room = want - *got < most ? want - *got : most;
    const uint64_t place = (uint64_t)stream->base + at + *got;
    errno = 0;
    const ssize_t count = stream->called
                            ? checked(stream->from.read_at(stream->from.user, bytes + *got, room, place), room)
                            : pread(stream->fd, bytes + *got, room, (off_t)place);
    if (count == 0) break;
    if (count > 0) *got += (size_t)count;
    else if (count == FAILED && errno == EINTR) continue;
    else
      return stream->called ? called_in_vain(stream, count, errno, err)
                            : rc_report_errno(err, stream->path, "cannot read", errno);
  }
  return ROWCAST_OK;
}

void rc_stream_will_read(const struct rc_stream *stream, uint64_t at, uint64_t bytes) {
  if (stream->fd >= 0)
    posix_fadvise(stream->fd, (off_t)((uint64_t)stream->base + at), (off_t)bytes, POSIX_FADV_WILLNEED);
}

rowcast_status rc_stream_seek(struct rc_stream *stream, uint64_t at, rowcast_error *err) {
  if (stream->places != NULL) {
    stream->places_at = at;
    return ROWCAST_OK;
  }
  if (stream->called) stream->place = at;
  else if (lseek(stream->fd, (off_t)((uint64_t)stream->base + at), SEEK_SET) < 0)
    return rc_report_errno(err, stream->path, "cannot read", errno);
  stream->raw.size = stream->raw_at = 0;
  stream->raw_before = at;
  stream->from_start = stream->ended = false;
  return ROWCAST_OK;
}

void rc_stream_leave(struct rc_stream *stream) {
  if (stream->owned && stream->fd >= 0) close(stream->fd);
  stream->fd = -1;
}

void rc_stream_close(struct rc_stream *stream) {
  rc_stream_leave(stream);
  if (stream->raw.capacity > 0) rc_buffer_free(&stream->raw);
  rc_buffer_free(&stream->ahead);
  rc_inflate_destroy(stream->inflate);
  rc_zstd_destroy(stream->zstd);
  rc_places_destroy(stream->places);
  *stream = (struct rc_stream){.fd = -1};
}
