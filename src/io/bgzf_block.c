/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgzf_block.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#if ROWCAST_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include "bgzf.h"

enum { HEADER = 18, STORED = 5 /* bytes before content that is not compressed */ };

/* FLG: an extra field; no time, so that equal content gives equal files; OS: unknown; XLEN 6; BC, 2 bytes: BSIZE. */
static const unsigned char header[HEADER] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 'B', 'C', 2, 0, 0, 0};

const unsigned char rc_bgzf_end[RC_BGZF_END] = {0x1f, 0x8b, 8,  4, 0, 0, 0, 0, 0, 0xff, 6, 0, 'B', 'C',
                                                2,    0,    27, 0, 3, 0, 0, 0, 0, 0,    0, 0, 0,   0};

struct rc_deflater {
#if ROWCAST_HAVE_LIBDEFLATE
  struct libdeflate_compressor *libdeflate; /* NULL: zlib deflates */
#endif
  z_stream zlib;
  bool zlib_begun;
};

struct rc_deflater *rc_deflater_create(int level, enum rc_deflater_kind kind) {
  assert(level >= 1 && level <= RC_BGZF_LEVEL_MAX);
  struct rc_deflater *deflater = calloc(1, sizeof *deflater);
  if (deflater == NULL) return NULL;
  bool made = false;
#if ROWCAST_HAVE_LIBDEFLATE
  if (kind == RC_DEFLATE_LIBDEFLATE) {
    deflater->libdeflate = libdeflate_alloc_compressor(level);
    made = deflater->libdeflate != NULL;
    if (made) return deflater;
    free(deflater);
    return NULL;
  }
#endif
  (void)kind;
  made = deflateInit2(&deflater->zlib, level < 9 ? level : 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK;
  deflater->zlib_begun = made;
  if (made) return deflater;
  free(deflater);
  return NULL;
}

void rc_deflater_destroy(struct rc_deflater *deflater) {
  if (deflater == NULL) return;
#if ROWCAST_HAVE_LIBDEFLATE
  libdeflate_free_compressor(deflater->libdeflate);
#endif
  if (deflater->zlib_begun) deflateEnd(&deflater->zlib);
  free(deflater);
}

/* Returns the size; 0: it does not fit. */
static size_t compress_data(struct rc_deflater *deflater, const unsigned char *content, size_t size, unsigned char *to,
                            size_t room) {
#if ROWCAST_HAVE_LIBDEFLATE
  if (deflater->libdeflate != NULL) return libdeflate_deflate_compress(deflater->libdeflate, content, size, to, room);
#endif
  z_stream *zlib = &deflater->zlib;
  if (deflateReset(zlib) != Z_OK) return 0;
  zlib->next_in = (z_const Bytef *)(uintptr_t)content;
  zlib->avail_in = (uInt)size;
  zlib->next_out = to;
  zlib->avail_out = (uInt)room;
  return deflate(zlib, Z_FINISH) == Z_STREAM_END ? room - zlib->avail_out : 0;
}

/* One block of deflate that is not compressed. */
static size_t store(const unsigned char *content, size_t size, unsigned char *to) {
  const unsigned char begin[STORED] = {1, (unsigned char)size, (unsigned char)(size >> 8), (unsigned char)~size,
                                       (unsigned char)(~size >> 8)};
  memcpy(to, begin, STORED);
  memcpy(to + STORED, content, size);
  return STORED + size;
}

static void put32(unsigned char *to, uint32_t value) {
  for (int i = 0; i < 4; i++) to[i] = (unsigned char)(value >> 8 * i);
}

/* Header and trailer around `length` bytes of data, which are in their place. */
static size_t finish(const unsigned char *content, size_t size, unsigned char *block, size_t length) {
  const size_t total = HEADER + length + RC_BGZF_TRAILER;
  memcpy(block, header, HEADER);
  block[HEADER - 2] = (unsigned char)(total - 1);
  block[HEADER - 1] = (unsigned char)((total - 1) >> 8);
#if ROWCAST_HAVE_LIBDEFLATE
  const uint32_t crc = libdeflate_crc32(0, content, size);
#else
  const uint32_t crc = (uint32_t)crc32(crc32(0, NULL, 0), content, (uInt)size);
#endif
  put32(block + HEADER + length, crc);
  put32(block + HEADER + length + 4, (uint32_t)size);
  return total;
}

size_t rc_deflater_block(struct rc_deflater *deflater, const unsigned char *content, size_t size,
                         unsigned char *block) {
  assert(size > 0 && size <= RC_BGZF_DIVIDED);
  const size_t length = compress_data(deflater, content, size, block + HEADER, STORED + size);
  return length > 0 ? finish(content, size, block, length) : rc_bgzf_store(content, size, block);
}

size_t rc_bgzf_store(const unsigned char *content, size_t size, unsigned char *block) {
  assert(size > 0 && size <= RC_BGZF_DIVIDED);
  return finish(content, size, block, store(content, size, block + HEADER));
}
