/* SPDX-License-Identifier: BSD-3-Clause */
#include "buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, HUGE_LEAST = 2 * HUGE_PAGE };

/* Large memory begins on a huge page and asks for huge pages: reading 39 MB of images then has 19 TLB misses instead of
 * 9570. Only for the part that fills whole huge pages, so that the rest takes no more memory than it holds; a system
 * without huge pages gives small ones. */
static unsigned char *allocate(size_t bytes) {
  if (bytes < HUGE_LEAST) return aligned_alloc(RC_BUFFER_ALIGNMENT, bytes);
  void *data = NULL;
  if (posix_memalign(&data, HUGE_PAGE, bytes) != 0) return NULL;
#ifdef MADV_HUGEPAGE
  madvise(data, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
  return data;
}

bool rc_buffer_reserve(struct rc_buffer *buffer, size_t capacity) {
  if (capacity <= buffer->capacity && buffer->data != NULL) return true;
  if (capacity > PTRDIFF_MAX - RC_BUFFER_ALIGNMENT) return false;
  const size_t rounded = (capacity / RC_BUFFER_ALIGNMENT + 1) * RC_BUFFER_ALIGNMENT;
  unsigned char *data = allocate(rounded);
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
