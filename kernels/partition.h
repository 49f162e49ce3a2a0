/* SPDX-License-Identifier: BSD-3-Clause */
/* How rows are divided among threads: a pure function. */
#ifndef RC_PARTITION_H
#define RC_PARTITION_H

#include <stddef.h>

struct rc_range {
  size_t begin, end; /* half-open */
};

/* The rows of part `part` of `parts` (part < parts, parts >= 1): contiguous, in order, disjoint, together
 * all of 0..rows, sizes as equal as whole blocks of `block` rows (>= 1) allow. The larger parts come
 * first; only the last part that is not empty may end within a block.
 *
 *   rows parts block | parts
 *     10     3     1 | 0..4  4..7  7..10
 *     10     3     4 | 0..4  4..8  8..10
 *     10     3     8 | 0..8  8..10 10..10
 *      2     4     1 | 0..1  1..2  2..2  2..2
 *      0     2     4 | 0..0  0..0
 *     64     1     4 | 0..64
 */
struct rc_range rc_partition(size_t rows, size_t parts, size_t part, size_t block);

#endif
