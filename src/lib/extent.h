/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows in memory: do they fit in the address space, and do two sets of them share a byte? */
#ifndef RC_EXTENT_H
#define RC_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `rows` rows of `width` elements of `element` bytes, `stride` elements apart. */
struct rc_extent {
  const void *first;
  size_t rows, width, stride, element;
};

/* Bytes from the first element to the end of the last one; SIZE_MAX: they do not fit. */
static inline size_t rc_extent_bytes(struct rc_extent extent) {
  if (extent.rows == 0 || extent.width == 0) return 0;
  size_t bytes;
  return !__builtin_mul_overflow(extent.rows - 1, extent.stride, &bytes) &&
             !__builtin_add_overflow(bytes, extent.width, &bytes) &&
             !__builtin_mul_overflow(bytes, extent.element, &bytes) && bytes <= PTRDIFF_MAX
           ? bytes
           : SIZE_MAX;
}

/* Do `bytes` bytes, from `at` on, lie between the rows of the extent? */
static inline bool rc_extent_has_between(struct rc_extent extent, uintptr_t at, size_t bytes) {
  const size_t stride = extent.stride * extent.element, width = extent.width * extent.element;
  if (extent.rows < 2 || stride < width) return false;
  const uintptr_t first = (uintptr_t)extent.first;
  const size_t rest = at >= first ? (at - first) % stride : (stride - (first - at) % stride) % stride;
  return rest >= width && bytes <= stride - rest;
}

/* Both fit in the address space. Rows between rows of the same stride, in bytes, are told from an overlap; of another
 * stride only where all of them lie between two rows. */
static inline bool rc_extents_overlap(struct rc_extent a, struct rc_extent b) {
  const uintptr_t first_a = (uintptr_t)a.first, first_b = (uintptr_t)b.first;
  const size_t bytes_a = rc_extent_bytes(a), bytes_b = rc_extent_bytes(b);
  if (bytes_a == 0 || bytes_b == 0 || (first_a < first_b ? first_b - first_a >= bytes_a : first_a - first_b >= bytes_b))
    return false;
  if (a.rows > 1 && b.rows > 1 && a.stride * a.element == b.stride * b.element)
    return !rc_extent_has_between(a, first_b, b.width * b.element);
  return !rc_extent_has_between(a, first_b, bytes_b) && !rc_extent_has_between(b, first_a, bytes_a);
}

#endif
