/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory for file contents: aligned for vectors, allocated once at a known size or grown while reading. */
#ifndef RC_IO_BUFFER_H
#define RC_IO_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

enum { RC_BUFFER_ALIGNMENT = 64 };

struct rc_buffer {
  unsigned char *data;
  size_t size, capacity;
};

/* Makes room for at least capacity bytes; what is there stays. False: out of memory, nothing changed. */
bool rc_buffer_reserve(struct rc_buffer *buffer, size_t capacity);

void rc_buffer_free(struct rc_buffer *buffer);

#endif
