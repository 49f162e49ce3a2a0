/* SPDX-License-Identifier: BSD-3-Clause */
/* Files compressed by zstd, where there is libzstd. */
#ifndef TEST_ZSTD_BUILDER_H
#define TEST_ZSTD_BUILDER_H

#if ROWCAST_HAVE_LIBZSTD

#include "file_builder.h"

/* A frame; {0} with a content makes one as the library does by default: the size of the content, no checksum. */
struct zstd_frame {
  const void *content;
  size_t size;
  int level, window_log; /* 0: the library's */
  bool checksum, no_size;
};
void add_zstd(struct bytes *bytes, const struct zstd_frame *frame);

/* A frame to skip: the number is one of sixteen. */
void add_zstd_skipped(struct bytes *bytes, unsigned number, size_t size);

/* The content in one frame, with a checksum as the zstd program makes it. */
struct bytes zstd_of(const struct bytes *content);

#endif
#endif
