/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads files with read(2): a file that shrinks meanwhile is a short file, not a signal. */
#ifndef RC_IO_FILE_H
#define RC_IO_FILE_H

#include <stddef.h>

#include <rowcast/status.h>

#include "buffer.h"

/* Reads the whole of the file at path (a regular file, a FIFO, a device) into *buffer, which is empty. A file of more
 * than max_bytes is ROWCAST_ERR_MEMORY. On failure the buffer is freed. */
rowcast_status rc_read_file(struct rc_buffer *buffer, const char *path, size_t max_bytes, rowcast_error *err);

/* Half of the memory that is available: the limit when the caller names none. */
size_t rc_default_max_bytes(void);

#endif
