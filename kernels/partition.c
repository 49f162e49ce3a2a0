/* SPDX-License-Identifier: BSD-3-Clause */
#include "partition.h"

#include <assert.h>

struct rc_range rc_partition(size_t rows, size_t parts, size_t part, size_t block) {
  assert(parts >= 1 && part < parts && block >= 1);
  const size_t blocks = rows / block + (rows % block != 0);
  const size_t share = blocks / parts, more = blocks % parts;
  const size_t first = part * share + (part < more ? part : more);
  const size_t last = first + share + (part < more);
  /* last * block would overflow only beyond the final block, which ends at rows. */
  const struct rc_range range = {first < blocks ? first * block : rows, last < blocks ? last * block : rows};
  return range;
}
