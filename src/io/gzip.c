/* SPDX-License-Identifier: BSD-3-Clause */
#include "gzip.h"

#include <stdint.h>
#include <string.h>

#include <zlib.h>

#if ROWCAST_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include "report.h"

/* DEFLATE cannot expand more than this (a block of 258-byte matches at two bits each). */
enum { LARGEST_RATIO = 1032 };

bool rc_is_gzip(const unsigned char *data, size_t size) { return size >= 2 && data[0] == 0x1f && data[1] == 0x8b; }

bool rc_gzip_is_block(const unsigned char *data, size_t size) {
  return size >= 18 && memcmp(data, "\x1f\x8b\x08\x04", 4) == 0 && memcmp(data + 10, "\6\0BC\2", 6) == 0;
}

rowcast_status rc_gzip_open_end(const char *path, uint64_t inflated, rowcast_error *err) {
  return rc_report(err, ROWCAST_ERR_FORMAT, path,
                   "gzip: truncated after %llu inflated bytes: the empty block is missing that ends a file in blocks",
                   (unsigned long long)inflated);
}

/* Header flags of a member, RFC 1952, 2.3.1. */
enum { FLAG_CRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAG_RESERVED = 0xe0, HEADER = 10, TRAILER = 8 };

static uint32_t little32(const unsigned char *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The end of a zero-terminated string at `at`; 0 when it does not end. */
static size_t skip_string(const unsigned char *data, size_t size, size_t at) {
  const unsigned char *end = at < size ? memchr(data + at, 0, size - at) : NULL;
  return end == NULL ? 0 : (size_t)(end - data) + 1;
}

/* Where the member's deflate data begin, or why there are none. Both inflaters start here, so they agree. */
static const char *parse_header(const unsigned char *data, size_t size, size_t *body) {
  if (size < HEADER) return "truncated in a member's header";
  if (!rc_is_gzip(data, size)) return "not a gzip member";
  if (data[2] != 8) return "unknown compression method";
  const unsigned flags = data[3];
  if (flags & FLAG_RESERVED) return "reserved header flags are set";
  size_t at = HEADER;
  if (flags & FLAG_EXTRA) {
    if (size - at < 2) return "truncated in a member's header";
    const size_t length = (size_t)data[at] | (size_t)data[at + 1] << 8;
    if (size - at - 2 < length) return "truncated in a member's header";
    at += 2 + length;
  }
  if (flags & FLAG_NAME && (at = skip_string(data, size, at)) == 0) return "truncated in a member's header";
  if (flags & FLAG_COMMENT && (at = skip_string(data, size, at)) == 0) return "truncated in a member's header";
  if (flags & FLAG_CRC) {
    if (size - at < 2) return "truncated in a member's header";
    const unsigned long crc = crc32(crc32(0, NULL, 0), data, (uInt)at) & 0xffff;
    if (crc != ((unsigned long)data[at] | (unsigned long)data[at + 1] << 8)) return "wrong header CRC";
    at += 2;
  }
  *body = at;
  return NULL;
}

/* One step of inflating raw deflate data. */
enum outcome { DONE, NEED_SPACE, TRUNCATED, DAMAGED, NO_MEMORY };

struct input {
  const unsigned char *data;
  size_t size, used; /* used: set when DONE */
};

/* Inflates to out->data[out->size..], as far as there is room. On NEED_SPACE the caller makes room and calls again. */
struct zlib_state {
  z_stream stream;
  bool begun;
};

static enum outcome zlib_step(struct zlib_state *state, struct input *input, struct rc_buffer *out) {
  z_stream *stream = &state->stream;
  if (!state->begun) {
    memset(stream, 0, sizeof *stream);
    if (inflateInit2(stream, -MAX_WBITS) != Z_OK) return NO_MEMORY;
    state->begun = true;
    input->used = 0;
  }
  for (;;) {
    const size_t left = input->size - input->used, room = out->capacity - out->size;
    const uInt in = left > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)left;
    const uInt space = room > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)room;
    stream->next_in = (z_const Bytef *)(uintptr_t)(input->data + input->used);
    stream->avail_in = in;
    stream->next_out = out->data + out->size;
    stream->avail_out = space;
    const int result = inflate(stream, Z_NO_FLUSH);
    input->used += in - stream->avail_in;
    out->size += space - stream->avail_out;
    if (result == Z_STREAM_END) return DONE;
    if (result == Z_MEM_ERROR) return NO_MEMORY;
    if (result != Z_OK && result != Z_BUF_ERROR) return DAMAGED;
    if (stream->avail_out == 0 && out->size == out->capacity) return NEED_SPACE;
    if (input->used == input->size && stream->avail_out > 0) return TRUNCATED;
  }
}

static enum outcome inflate_zlib(struct input *input, struct rc_buffer *out, struct zlib_state *state) {
  const enum outcome outcome = zlib_step(state, input, out);
  if (outcome != NEED_SPACE) {
    inflateEnd(&state->stream);
    state->begun = false;
  }
  return outcome;
}

#if ROWCAST_HAVE_LIBDEFLATE
/* Whole-buffer inflating: starts a member again when there was too little room. libdeflate does not tell truncated
 * data from damaged ones; zlib, asked once more, does. */
static enum outcome inflate_libdeflate(struct input *input, struct rc_buffer *out, struct zlib_state *state) {
  struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
  if (decompressor == NULL) return NO_MEMORY;
  size_t written = 0;
  const enum libdeflate_result result = libdeflate_deflate_decompress_ex(
    decompressor, input->data, input->size, out->data + out->size, out->capacity - out->size, &input->used, &written);
  libdeflate_free_decompressor(decompressor);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) return NEED_SPACE;
  if (result != LIBDEFLATE_SUCCESS) {
    const size_t before = out->size;
    const enum outcome outcome = inflate_zlib(input, out, state);
    if (outcome == NEED_SPACE) inflateEnd(&state->stream), state->begun = false, out->size = before;
    return outcome;
  }
  out->size += written;
  return DONE;
}
#endif

static enum outcome inflate_member(struct input *input, struct rc_buffer *out, struct zlib_state *state,
                                   enum rc_inflater inflater) {
#if ROWCAST_HAVE_LIBDEFLATE
  if (inflater == RC_INFLATE_LIBDEFLATE) return inflate_libdeflate(input, out, state);
#endif
  (void)inflater;
  return inflate_zlib(input, out, state);
}

size_t rc_gzip_peek(const unsigned char *data, size_t size, unsigned char *out, size_t want) {
  size_t body;
  if (parse_header(data, size, &body) != NULL) return 0;
  struct zlib_state state = {.begun = false};
  struct input input = {data + body, size - body, 0};
  struct rc_buffer window = {out, 0, want};
  const enum outcome outcome = inflate_zlib(&input, &window, &state);
  if (state.begun) inflateEnd(&state.stream);
  return outcome == DAMAGED || outcome == NO_MEMORY ? 0 : window.size;
}

/* How a member's data contradict its trailer; NULL: they agree. */
static const char *check_trailer(const unsigned char *trailer, const unsigned char *content, size_t size) {
  unsigned long crc = crc32(0, NULL, 0);
#if ROWCAST_HAVE_LIBDEFLATE
  crc = libdeflate_crc32(0, content, size);
#else
  for (size_t at = 0; at < size;) {
    const uInt part = size - at > (1u << 30) ? 1u << 30 : (uInt)(size - at);
    crc = crc32(crc, content + at, part);
    at += part;
  }
#endif
  if (little32(trailer) != (uint32_t)crc) return "wrong CRC";
  if (little32(trailer + 4) != (uint32_t)size) return "wrong length in the trailer";
  return NULL;
}

/* How large the content may be, and what it means if it is larger. */
struct limit {
  size_t bytes;
  rowcast_status status;
  const char *text;
};

static rowcast_status refuse_more(const struct limit *limit, const char *path, rowcast_error *err) {
  return rc_report(err, limit->status, path, "gzip: inflates to more than %s %zu bytes", limit->text, limit->bytes);
}

/* More room for the content, up to the limit. */
static rowcast_status grow(struct rc_buffer *out, const struct limit *limit, const char *path, rowcast_error *err) {
  if (out->capacity > limit->bytes) return refuse_more(limit, path, err);
  const size_t doubled = out->capacity > SIZE_MAX / 2 ? SIZE_MAX : out->capacity * 2;
  if (!rc_buffer_reserve(out, doubled < limit->bytes + 1 ? doubled : limit->bytes + 1))
    return rc_report(err, ROWCAST_ERR_MEMORY, path, "gzip: out of memory inflating");
  return ROWCAST_OK;
}

/* Inflates the member at *at and moves *at past it. */
static rowcast_status one_member(struct rc_buffer *out, const struct rc_gzip *gzip, size_t *at,
                                 const struct limit *limit, rowcast_error *err) {
  const unsigned char *data = gzip->data;
  const char *path = gzip->path;
  size_t body;
  const char *wrong = parse_header(data + *at, gzip->size - *at, &body);
  if (wrong != NULL) return rc_report(err, ROWCAST_ERR_FORMAT, path, "gzip: %s at byte %zu", wrong, *at);
  struct input input = {data + *at + body, gzip->size - *at - body, 0};
  const size_t begin = out->size;
  struct zlib_state state = {.begun = false};
  enum outcome outcome;
  while ((outcome = inflate_member(&input, out, &state, gzip->inflater)) == NEED_SPACE) {
    const rowcast_status status = grow(out, limit, path, err);
    if (status == ROWCAST_OK) continue;
    if (state.begun) inflateEnd(&state.stream);
    return status;
  }
  if (outcome == NO_MEMORY) return rc_report(err, ROWCAST_ERR_MEMORY, path, "gzip: out of memory inflating");
  if (outcome == DAMAGED)
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "gzip: damaged data after %zu inflated bytes", out->size);
  if (outcome == TRUNCATED || input.size - input.used < TRAILER)
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "gzip: truncated after %zu inflated bytes", out->size);
  wrong = check_trailer(input.data + input.used, out->data + begin, out->size - begin);
  const size_t trailer = (size_t)(input.data - data) + input.used;
  if (wrong != NULL) return rc_report(err, ROWCAST_ERR_FORMAT, path, "gzip: %s at byte %zu", wrong, trailer);
  *at = trailer + TRAILER;
  return ROWCAST_OK;
}

/* One more, and whether the file could be BGZF that is truncated if it ended there: all its members are blocks, and the
 * last one is not empty. *blocks: they were so far. */
static rowcast_status next_member(struct rc_buffer *out, const struct rc_gzip *gzip, size_t *at,
                                  const struct limit *limit, bool *blocks, bool *open, rowcast_error *err) {
  const size_t before = out->size;
  *blocks = *blocks && rc_gzip_is_block(gzip->data + *at, gzip->size - *at);
  const rowcast_status status = one_member(out, gzip, at, limit, err);
  *open = *blocks && out->size > before;
  return status;
}

/* Is everything from `at` on zero padding, as tape blocks leave it? */
static bool only_zeros(const unsigned char *data, size_t size, size_t at) {
  while (at < size && data[at] == 0) at++;
  return at == size;
}

rowcast_status rc_gunzip(struct rc_buffer *out, const struct rc_gzip *gzip, rowcast_error *err) {
  const unsigned char *data = gzip->data;
  const size_t size = gzip->size, expected = gzip->expected;
  const char *path = gzip->path;
  struct limit limit = {0, ROWCAST_ERR_LIMIT, "the limit of"};
  if (__builtin_mul_overflow(size, (size_t)LARGEST_RATIO, &limit.bytes) || limit.bytes > gzip->max_bytes)
    limit.bytes = gzip->max_bytes;
  if (limit.bytes > PTRDIFF_MAX - 1) limit.bytes = PTRDIFF_MAX - 1;
  if (expected > limit.bytes)
    return rc_report(err, expected > gzip->max_bytes ? ROWCAST_ERR_LIMIT : ROWCAST_ERR_FORMAT, path,
                     "its header states %zu bytes; %zu compressed bytes and the limit allow %zu", expected, size,
                     limit.bytes);
  if (expected > 0 && !gzip->allow_trailing) limit = (struct limit){expected, ROWCAST_ERR_FORMAT, "its header's"};
  const size_t guess = size < limit.bytes / 4 ? size * 4 : limit.bytes;
  if (!rc_buffer_reserve(out, (expected > 0 ? expected : guess) + 1))
    return rc_report(err, ROWCAST_ERR_MEMORY, path, "gzip: out of memory for %zu bytes",
                     expected > 0 ? expected : guess);
  size_t at = 0;
  bool blocks = true, open;
  rowcast_status status = next_member(out, gzip, &at, &limit, &blocks, &open, err);
  while (status == ROWCAST_OK && at < size && !only_zeros(data, size, at)) {
    if (!rc_is_gzip(data + at, size - at)) {
      if (!gzip->allow_trailing)
        status = rc_advise(
          err,
          rc_report(err, ROWCAST_ERR_FORMAT, path, "gzip: %zu bytes after the last member, at byte %zu", size - at, at),
          "allow_trailing=1");
      break;
    }
    if (gzip->ask != NULL && rc_ask_stop(gzip->ask))
      status = rc_report(err, ROWCAST_ERR_CANCELLED, path, "interrupted");
    else status = next_member(out, gzip, &at, &limit, &blocks, &open, err);
  }
  if (status == ROWCAST_OK && open && only_zeros(data, size, at)) status = rc_gzip_open_end(path, out->size, err);
  if (status == ROWCAST_OK && out->size > limit.bytes) status = refuse_more(&limit, path, err);
  if (status != ROWCAST_OK) rc_buffer_free(out);
  return status;
}
