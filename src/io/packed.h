/* SPDX-License-Identifier: BSD-3-Clause */
/* Between a writer and its output: bytes compressed as BGZF (bgzf.h), or as they are. */
#ifndef RC_IO_PACKED_H
#define RC_IO_PACKED_H

#include <stddef.h>

#include <rowcast/status.h>

#include "bgzf_write.h"
#include "output.h"

struct rc_packed {
  struct rc_output *output;
  struct rc_bgzf_writer *writer; /* NULL: bytes go as they are */
  struct rc_ask ask;
};

/* level: 1 to 12, 0: as they are. *ask is copied. The output is open, and must stay where it is. On failure nothing is
 * to be ended. */
rowcast_status rc_packed_begin(struct rc_packed *packed, struct rc_output *output, int level, unsigned threads,
                               const struct rc_ask *ask, rowcast_error *err);

/* The first bytes, which may be replaced by as many others, in the end and if the output is a file (rc_output_rewrite).
 * They are a block of their own, which is not compressed, so that its size does not depend on them. */
rowcast_status rc_packed_head(struct rc_packed *packed, const void *data, size_t size, rowcast_error *err);
rowcast_status rc_packed_replace_head(struct rc_packed *packed, const void *data, size_t size, rowcast_error *err);

rowcast_status rc_packed_write(struct rc_packed *packed, const void *data, size_t size, rowcast_error *err);

/* Writes what is left. Then only the head may be replaced. At any time rc_packed_free(); the output is the caller's. */
rowcast_status rc_packed_end(struct rc_packed *packed, rowcast_error *err);
void rc_packed_free(struct rc_packed *packed);

#endif
