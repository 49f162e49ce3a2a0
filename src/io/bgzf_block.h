/* SPDX-License-Identifier: BSD-3-Clause */
/* Content into one block of BGZF (bgzf.h). */
#ifndef RC_IO_BGZF_BLOCK_H
#define RC_IO_BGZF_BLOCK_H

#include <stddef.h>

/* Content of a block, as bgzip divides it: even if it must be stored, the block is no larger than 64 KiB. RC_BGZF_END:
 * the size of the last block, which is empty. */
enum { RC_BGZF_DIVIDED = 0xff00, RC_BGZF_END = 28, RC_BGZF_LEVEL_MAX = 12 };

extern const unsigned char rc_bgzf_end[RC_BGZF_END];

/* Which library deflates. libdeflate gives smaller files, and gives them faster; the bytes of the two differ, and may
 * differ between their versions. */
enum rc_deflater_kind {
  RC_DEFLATE_ZLIB,
  RC_DEFLATE_LIBDEFLATE, /* zlib where it was not found */
  RC_DEFLATE_BEST = RC_DEFLATE_LIBDEFLATE
};

struct rc_deflater;

/* Levels 1 to 12 as libdeflate has them; zlib's end at 9. NULL: out of memory. */
struct rc_deflater *rc_deflater_create(int level, enum rc_deflater_kind kind);
void rc_deflater_destroy(struct rc_deflater *deflater);

/* At most RC_BGZF_DIVIDED bytes of content into a block, which takes at most RC_BGZF_BLOCK_MAX; returns its size. The
 * same content always gives the same bytes. */
size_t rc_deflater_block(struct rc_deflater *deflater, const unsigned char *content, size_t size, unsigned char *block);

/* The same, not compressed: its size depends on that of the content alone. */
size_t rc_bgzf_store(const unsigned char *content, size_t size, unsigned char *block);

#endif
