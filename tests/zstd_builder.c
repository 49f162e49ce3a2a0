/* SPDX-License-Identifier: BSD-3-Clause */
#include "zstd_builder.h"

#if ROWCAST_HAVE_LIBZSTD

#include <stdlib.h>
#include <zstd.h>

#include "must.h"

void add_zstd(struct bytes *bytes, const struct zstd_frame *frame) {
  const size_t room = ZSTD_compressBound(frame->size);
  unsigned char *to = malloc(room);
  ZSTD_CCtx *context = ZSTD_createCCtx();
  MUST(to != NULL && context != NULL);
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, frame->level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, frame->window_log);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, frame->checksum);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, !frame->no_size);
  const size_t size = ZSTD_compress2(context, to, room, frame->content, frame->size);
  MUST(!ZSTD_isError(size));
  bytes_add(bytes, to, size);
  ZSTD_freeCCtx(context);
  free(to);
}

void add_zstd_skipped(struct bytes *bytes, unsigned number, size_t size) {
  bytes_add_number(bytes, 0x184d2a50 + number, 4, false);
  bytes_add_number(bytes, size, 4, false);
  bytes_add_fill(bytes, 's', size);
}

struct bytes zstd_of(const struct bytes *content) {
  struct bytes bytes = {0};
  add_zstd(&bytes, &(struct zstd_frame){.content = content->data, .size = content->size, .checksum = true});
  return bytes;
}

#endif
