/* SPDX-License-Identifier: BSD-3-Clause */
#include "buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool rc_buffer_reserve(struct rc_buffer *buffer, size_t capacity) {
  if (capacity <= buffer->capacity && buffer->data != NULL) return true;
  if (capacity > PTRDIFF_MAX - RC_BUFFER_ALIGNMENT) return false;
  const size_t rounded = (capacity / RC_BUFFER_ALIGNMENT + 1) * RC_BUFFER_ALIGNMENT;
  unsigned char *data = aligned_alloc(RC_BUFFER_ALIGNMENT, rounded);
  if (data == NULL) return false;
  if (buffer->size > 0) memcpy(data, buffer->data, buffer->size);
  free(buffer->data);
  buffer->data = data;
  buffer->capacity = rounded;
  return true;
}

void rc_buffer_free(struct rc_buffer *buffer) {
  free(buffer->data);
  *buffer = (struct rc_buffer){0};
}
