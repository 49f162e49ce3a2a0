/* SPDX-License-Identifier: BSD-3-Clause */
/* rc_partition(): the table of its header, and its properties over many values. */
#include <criterion/criterion.h>
#include <stdint.h>

#include "partition.h"

static void expect_parts(size_t rows, size_t parts, size_t block, const struct rc_range *expected) {
  for (size_t i = 0; i < parts; i++) {
    const struct rc_range range = rc_partition(rows, parts, i, block);
    cr_assert(range.begin == expected[i].begin && range.end == expected[i].end,
              "rows %zu, part %zu of %zu, block %zu: %zu..%zu, expected %zu..%zu", rows, i, parts, block, range.begin,
              range.end, expected[i].begin, expected[i].end);
  }
}

Test(partition, table_of_the_header) {
  expect_parts(10, 3, 1, (const struct rc_range[]){{0, 4}, {4, 7}, {7, 10}});
  expect_parts(10, 3, 4, (const struct rc_range[]){{0, 4}, {4, 8}, {8, 10}});
  expect_parts(10, 3, 8, (const struct rc_range[]){{0, 8}, {8, 10}, {10, 10}});
  expect_parts(2, 4, 1, (const struct rc_range[]){{0, 1}, {1, 2}, {2, 2}, {2, 2}});
  expect_parts(0, 2, 4, (const struct rc_range[]){{0, 0}, {0, 0}});
  expect_parts(64, 1, 4, (const struct rc_range[]){{0, 64}});
}

/* Blocks of a part, an incomplete one counted as whole. */
static size_t blocks_of(struct rc_range range, size_t block) {
  const size_t length = range.end - range.begin;
  return length / block + (length % block != 0);
}

/* Everything the header promises of one division. */
static void expect_properties(size_t rows, size_t parts, size_t block) {
  size_t at = 0, most = 0, least = SIZE_MAX, before = SIZE_MAX;
  for (size_t i = 0; i < parts; i++) {
    const struct rc_range range = rc_partition(rows, parts, i, block);
    cr_assert(range.begin == at && range.end >= range.begin && range.end <= rows,
              "rows %zu, part %zu of %zu, block %zu: %zu..%zu does not continue at %zu", rows, i, parts, block,
              range.begin, range.end, at);
    const size_t length = range.end - range.begin;
    cr_assert(length % block == 0 || range.end == rows,
              "rows %zu, part %zu of %zu, block %zu: %zu..%zu ends within a block", rows, i, parts, block, range.begin,
              range.end);
    cr_assert(length <= before, "rows %zu, part %zu of %zu, block %zu: larger than the part before it", rows, i, parts,
              block);
    before = length;
    const size_t blocks = blocks_of(range, block);
    if (blocks > most) most = blocks;
    if (blocks < least) least = blocks;
    at = range.end;
  }
  cr_assert(at == rows, "rows %zu, %zu parts, block %zu: covered only up to %zu", rows, parts, block, at);
  cr_assert(most - least <= 1, "rows %zu, %zu parts, block %zu: between %zu and %zu blocks a part", rows, parts, block,
            least, most);
}

Test(partition, properties_of_small_values) {
  for (size_t rows = 0; rows <= 70; rows++)
    for (size_t parts = 1; parts <= 20; parts++)
      for (size_t block = 1; block <= 17; block++) expect_properties(rows, parts, block);
}

Test(partition, properties_of_data_sets) {
  static const size_t rows[] = {999, 10000, 49999, 50000, 50001, 60000};
  static const size_t parts[] = {1, 2, 3, 7, 64, 4096};
  static const size_t blocks[] = {1, 4, 6, 8, 32, 64, 100000};
  for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++)
      for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++) expect_properties(rows[r], parts[p], blocks[b]);
}

/* No intermediate product may wrap around. */
Test(partition, properties_near_the_largest_size) {
  static const size_t blocks[] = {1, 2, 3, 4, 7, 64, 4095, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX - 1, SIZE_MAX};
  static const size_t parts[] = {1, 2, 3, 5, 64, 4096};
  for (size_t less = 0; less < 66; less++)
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++)
      for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++)
        expect_properties(SIZE_MAX - less, parts[p], blocks[b]);
}

/* More parts than could ever be walked: look at single ones. */
Test(partition, largest_number_of_parts) {
  const struct rc_range last = rc_partition(SIZE_MAX, SIZE_MAX, SIZE_MAX - 1, 1);
  cr_assert(last.begin == SIZE_MAX - 1 && last.end == SIZE_MAX);
  const struct rc_range empty = rc_partition(5, SIZE_MAX, SIZE_MAX - 1, 1);
  cr_assert(empty.begin == 5 && empty.end == 5);
  const struct rc_range first = rc_partition(5, SIZE_MAX, 0, 1);
  cr_assert(first.begin == 0 && first.end == 1);
}
