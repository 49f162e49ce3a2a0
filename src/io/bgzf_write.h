/* SPDX-License-Identifier: BSD-3-Clause */
/* A stream of bytes compressed as BGZF (bgzf.h) by several threads. The bytes do not depend on how many. */
#ifndef RC_IO_BGZF_WRITE_H
#define RC_IO_BGZF_WRITE_H

#include <stddef.h>

#include <rowcast/status.h>

#include "ask.h"
#include "bgzf_block.h"

struct rc_bgzf_writer;

struct rc_bgzf_write {
  int level;        /* 1 to 12; 6 is usual, 12 smallest */
  unsigned threads; /* that compress, the caller's among them; each takes 400 KiB and its compressor's memory */
  enum rc_deflater_kind kind;
  /* Takes the compressed bytes in order, called by the caller's thread alone. Once it fails, nothing more is given. */
  rowcast_status (*sink)(void *to, const void *data, size_t size, rowcast_error *err);
  void *to;
  const char *path;   /* for messages; must stay */
  struct rc_ask *ask; /* whether to give up, between two blocks; NULL: nobody is asked */
};

/* Threads that cannot be started are done without. ROWCAST_ERR_MEMORY. */
rowcast_status rc_bgzf_writer_create(struct rc_bgzf_writer **writer, const struct rc_bgzf_write *options,
                                     rowcast_error *err);

/* Appends to the content. After a failure only rc_bgzf_writer_destroy() may follow. In a child of fork(), which has
 * not the threads, ROWCAST_ERR_ARGUMENT. */
rowcast_status rc_bgzf_writer_add(struct rc_bgzf_writer *writer, const void *data, size_t size, rowcast_error *err);

/* Compresses what is left, and ends the file with the empty block. Then only rc_bgzf_writer_destroy() may follow. */
rowcast_status rc_bgzf_writer_end(struct rc_bgzf_writer *writer, rowcast_error *err);

/* Ends the threads and releases everything, whatever was written. NULL is allowed. In a child of fork() it releases
 * the child's copy. */
void rc_bgzf_writer_destroy(struct rc_bgzf_writer *writer);

#endif
