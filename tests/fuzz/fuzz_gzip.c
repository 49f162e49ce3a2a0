/* SPDX-License-Identifier: BSD-3-Clause */
/* Both inflaters on the whole, and the one that works block by block: the same bytes wherever all accept. */
#include <string.h>

#include "fuzz.h"
#include "io/gzip.h"
#include "io/stream.h"

enum { MOST = 1 << 20, BLOCK = 1000 };

/* Everything block by block; false: refused. */
static bool inflate_blocks(struct rc_buffer *out, const uint8_t *data, size_t size) {
  struct rc_stream stream;
  if (rc_stream_open_memory(&stream, data, size, "input", false, NULL) != ROWCAST_OK) return false;
  rowcast_status status = ROWCAST_OK;
  size_t got = BLOCK;
  const unsigned char *head;
  size_t looked;
  status = rc_stream_peek(&stream, 100, &head, &looked, NULL);
  while (status == ROWCAST_OK && got == BLOCK && out->size <= MOST) {
    MUST(rc_buffer_reserve(out, out->size + BLOCK));
    status = rc_stream_read(&stream, out->data + out->size, BLOCK, &got, NULL);
    out->size += got;
  }
  rc_stream_close(&stream);
  return status == ROWCAST_OK && got < BLOCK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct rc_buffer by_zlib = {0}, by_libdeflate = {0}, by_blocks = {0};
  if (!rc_is_gzip(data, size)) return 0;
  struct rc_gzip gzip = {.data = data, .size = size, .path = "input", .max_bytes = MOST, .inflater = RC_INFLATE_ZLIB};
  const bool zlib = rc_gunzip(&by_zlib, &gzip, NULL) == ROWCAST_OK;
  gzip.inflater = RC_INFLATE_LIBDEFLATE;
  const bool libdeflate = rc_gunzip(&by_libdeflate, &gzip, NULL) == ROWCAST_OK;
  const bool blocks = inflate_blocks(&by_blocks, data, size);
  if (zlib)
    MUST(libdeflate && by_zlib.size == by_libdeflate.size &&
         memcmp(by_zlib.data, by_libdeflate.data, by_zlib.size) == 0);
  if (zlib) MUST(blocks && by_zlib.size == by_blocks.size && memcmp(by_zlib.data, by_blocks.data, by_zlib.size) == 0);
  rc_buffer_free(&by_zlib);
  rc_buffer_free(&by_libdeflate);
  rc_buffer_free(&by_blocks);
  return 0;
}
