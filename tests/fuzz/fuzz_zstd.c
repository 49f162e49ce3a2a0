/* SPDX-License-Identifier: BSD-3-Clause */
/* zstd, whole and block by block, and by libzstd's own call for whole files: the same bytes wherever ours accept. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "io/stream.h"
#include "io/zstd.h"
#include "read_both.h"

#if ROWCAST_HAVE_LIBZSTD
#include <zstd.h>

enum { MOST = 1 << 18, BLOCK = 1000 };

static bool decompress_blocks(struct rc_buffer *out, const uint8_t *data, size_t size) {
  struct rc_stream stream;
  if (rc_stream_open_memory(&stream, data, size, "input", false, NULL) != ROWCAST_OK) return false;
  size_t got = BLOCK;
  const unsigned char *head;
  size_t looked;
  rowcast_status status = rc_stream_peek(&stream, 100, &head, &looked, NULL);
  while (status == ROWCAST_OK && got == BLOCK && out->size <= MOST) {
    if (out->capacity - out->size < BLOCK) MUST(rc_buffer_reserve(out, 2 * out->capacity + BLOCK));
    status = rc_stream_read(&stream, out->data + out->size, BLOCK, &got, NULL);
    out->size += got;
  }
  rc_stream_close(&stream);
  return status == ROWCAST_OK && got < BLOCK;
}

/* Is there a compressed block of no bytes, RFC 8878, 3.1.1.2? It cannot be, but libzstd decompressing as a stream takes
 * it for nothing, where its call for whole files refuses it. */
static bool has_empty_block(const uint8_t *data, size_t size) {
  static const size_t dictionaries[] = {0, 1, 2, 4}, sizes[] = {0, 2, 4, 8};
  for (size_t at = 0; at + 8 < size && rc_is_zstd(data + at, size - at);) {
    if (data[at] != 0x28) { /* a frame to skip */
      at += 8 + (data[at + 4] | (size_t)data[at + 5] << 8 | (size_t)data[at + 6] << 16 | (size_t)data[at + 7] << 24);
      continue;
    }
    const unsigned descriptor = data[at + 4], single = descriptor >> 5 & 1;
    at += 5 + dictionaries[descriptor & 3] + sizes[descriptor >> 6] + (single == 0 || descriptor >> 6 == 0 ? 1U : 0U);
    for (bool last = false; !last && at + 3 <= size;) {
      const size_t header = data[at] | (size_t)data[at + 1] << 8 | (size_t)data[at + 2] << 16;
      if ((header >> 1 & 3) == 2 && header >> 3 == 0) return true;
      at += 3 + ((header >> 1 & 3) == 1 ? 1 : header >> 3);
      last = header & 1;
    }
    at += descriptor & 4; /* a checksum of four bytes */
  }
  return false;
}

static void compare(const uint8_t *data, size_t size) {
  struct rc_stream stream;
  struct rc_buffer whole = {0}, blocks = {0};
  MUST(rc_stream_open_memory(&stream, data, size, "input", false, NULL) == ROWCAST_OK);
  const rowcast_status status = rc_stream_rest(&stream, &whole, 0, MOST, NULL);
  rc_stream_close(&stream);
  const bool in_blocks = decompress_blocks(&blocks, data, size);
  if (status != ROWCAST_ERR_LIMIT) MUST(in_blocks == (status == ROWCAST_OK));
  if (status == ROWCAST_OK) {
    MUST(whole.size == blocks.size && (whole.size == 0 || memcmp(whole.data, blocks.data, whole.size) == 0));
    unsigned char *once = malloc(whole.size + 1);
    MUST(once != NULL);
    const size_t got = ZSTD_decompress(once, whole.size + 1, data, size);
    if (ZSTD_isError(got)) MUST(has_empty_block(data, size));
    else MUST(got == whole.size && (got == 0 || memcmp(once, whole.data, got) == 0));
    free(once);
  }
  rc_buffer_free(&whole);
  rc_buffer_free(&blocks);
}
#else
/* The reader refuses them all. */
static void compare(const uint8_t *data, size_t size) { (void)data, (void)size; }
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!rc_is_zstd(data, size)) return 0;
  /* A window above 1 MiB, the exponent of which is the sixth byte's, takes a sanitizer long; test_zstd.c has them. */
  if (data[0] == 0x28 && size >= 6 && !(data[4] & 0x20) && data[5] >> 3 > 10) return 0;
  compare(data, size);
  read_both(data, size, &(rowcast_read_options){sizeof(rowcast_read_options), .max_bytes = 1 << 18});
  return 0;
}
