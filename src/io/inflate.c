/* SPDX-License-Identifier: BSD-3-Clause */
#include "inflate.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "gzip.h"
#include "report.h"
#include "stream.h"

struct rc_inflate {
  z_stream z;
  enum { BETWEEN, MEMBER, PADDING, ENDED } phase;
  uint64_t out;
  gz_header header; /* of the member */
  unsigned char extra[6], name[1], comment[1];
  uint64_t begin;    /* where its content begins */
  bool blocks, open; /* as in gzip.c: all members so far are blocks; the last one is not empty */
};

static void begin_member(struct rc_inflate *state) {
  state->begin = state->out;
  state->header = (gz_header){.extra = state->extra,
                              .extra_max = sizeof state->extra,
                              .name = state->name,
                              .name_max = sizeof state->name,
                              .comment = state->comment,
                              .comm_max = sizeof state->comment};
  inflateGetHeader(&state->z, &state->header);
}

/* zlib takes away the fields that a header does not have. */
static void end_member(struct rc_inflate *state) {
  const gz_header *header = &state->header;
  const bool other = header->text || header->hcrc || header->name != NULL || header->comment != NULL;
  state->blocks = state->blocks && !other && header->extra != NULL && header->extra_len == sizeof state->extra &&
                  memcmp(state->extra, "BC\2", 4) == 0;
  state->open = state->blocks && state->out > state->begin;
}

struct rc_inflate *rc_inflate_create(void) {
  struct rc_inflate *state = calloc(1, sizeof *state);
  if (state == NULL) return NULL;
  if (inflateInit2(&state->z, MAX_WBITS + 16) != Z_OK) { /* + 16: gzip, its checks and no other format */
    free(state);
    return NULL;
  }
  state->blocks = true;
  return state;
}

void rc_inflate_destroy(struct rc_inflate *state) {
  if (state == NULL) return;
  inflateEnd(&state->z);
  free(state);
}

/* What follows a member: another member, padding, nothing, or something that does not belong there. */
static rowcast_status next_member(struct rc_inflate *state, struct rc_stream *stream, rowcast_error *err) {
  rowcast_status status = ROWCAST_OK;
  while (status == ROWCAST_OK && stream->raw.size - stream->raw_at < 2 && !stream->ended)
    status = rc_stream_more_raw(stream, err);
  if (status != ROWCAST_OK) return status;
  const unsigned char *at = stream->raw.data + stream->raw_at;
  const size_t there = stream->raw.size - stream->raw_at;
  if (there == 0) {
    state->phase = ENDED;
    return state->open ? rc_gzip_open_end(stream->path, state->out, err) : ROWCAST_OK;
  }
  if (there >= 2 && at[0] == 0x1f && at[1] == 0x8b && state->phase == BETWEEN) {
    inflateReset(&state->z);
    begin_member(state);
    state->phase = MEMBER;
  } else if (at[0] == 0) {
    state->phase = PADDING;
    while (stream->raw_at < stream->raw.size && stream->raw.data[stream->raw_at] == 0) stream->raw_at++;
  } else if (stream->allow_trailing) state->phase = ENDED;
  else
    return rc_advise(err,
                     rc_report(err, ROWCAST_ERR_FORMAT, stream->path, "gzip: bytes after the last member, at byte %llu",
                               (unsigned long long)(stream->raw_before + stream->raw_at)),
                     "allow_trailing=1");
  return ROWCAST_OK;
}

static rowcast_status damaged(const struct rc_inflate *state, const struct rc_stream *stream, rowcast_error *err) {
  const char *message = state->z.msg != NULL ? state->z.msg : "damaged data";
  static const struct {
    const char *zlib, *ours;
  } words[] = {{"incorrect data check", "wrong CRC"},
               {"incorrect length check", "wrong length in the trailer"},
               {"header crc mismatch", "wrong header CRC"},
               {"unknown header flags set", "reserved header flags are set"}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (strcmp(message, words[i].zlib) == 0) message = words[i].ours;
  return rc_report(err, ROWCAST_ERR_FORMAT, stream->path, "gzip: %s after %llu inflated bytes", message,
                   (unsigned long long)state->out);
}

/* Inflates from the raw bytes that are there. */
static rowcast_status step(struct rc_inflate *state, struct rc_stream *stream, unsigned char *to, size_t want,
                           size_t *got, rowcast_error *err) {
  const size_t in = stream->raw.size - stream->raw_at;
  const uInt most = UINT32_MAX / 2, space = want < most ? (uInt)want : most;
  z_stream *z = &state->z;
  z->next_in = (z_const Bytef *)(stream->raw.data + stream->raw_at);
  z->avail_in = in < most ? (uInt)in : most;
  const uInt given = z->avail_in;
  z->next_out = to;
  z->avail_out = space;
  const int result = inflate(z, Z_NO_FLUSH);
  stream->raw_at += given - z->avail_in;
  *got = space - z->avail_out;
  state->out += *got;
  if (result == Z_STREAM_END) {
    state->phase = BETWEEN;
    end_member(state);
    return ROWCAST_OK;
  }
  if (result == Z_MEM_ERROR) return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "gzip: out of memory inflating");
  if (result != Z_OK && result != Z_BUF_ERROR) return damaged(state, stream, err);
  if (z->avail_out > 0 && stream->raw_at == stream->raw.size) {
    if (stream->ended)
      return rc_report(err, ROWCAST_ERR_FORMAT, stream->path, "gzip: truncated after %llu inflated bytes",
                       (unsigned long long)state->out);
    return rc_stream_more_raw(stream, err);
  }
  return ROWCAST_OK;
}

rowcast_status rc_inflate_read(struct rc_inflate *state, struct rc_stream *stream, unsigned char *to, size_t want,
                               size_t *got, rowcast_error *err) {
  rowcast_status status = ROWCAST_OK;
  *got = 0;
  while (*got < want && state->phase != ENDED && status == ROWCAST_OK) {
    if (state->phase == MEMBER) {
      size_t more = 0;
      status = step(state, stream, to + *got, want - *got, &more, err);
      *got += more;
    } else status = next_member(state, stream, err);
  }
  return status;
}
