/* SPDX-License-Identifier: BSD-3-Clause */
/* The roofs of several threads beside those of one. */
#include <criterion/criterion.h>

#include "study/roofs.h"

enum { LEVEL = ROWCAST_SCALAR };

static struct roofs roofs_of(unsigned threads, double flops, double f32, double u8) {
  return (struct roofs){.threads = threads,
                        .rows = 100,
                        .k = 784,
                        .flops = flops,
                        .level_flops = {[LEVEL] = flops},
                        .bytes = {[ROWCAST_F32] = f32, [ROWCAST_U8] = u8}};
}

/* What is less than half of one thread's makes no roof; half of it does. */
Test(roofs, collapsed_ones_are_dropped) {
  const struct roofs one = roofs_of(1, 100.0, 40.0, 50.0);
  struct roofs two = roofs_of(2, 200.0, 20.0, 24.9);
  cr_expect_eq(roofs_drop_collapsed(&two, &one), 1);
  cr_expect(two.flops == 200.0 && two.level_flops[LEVEL] == 200.0 && two.bytes[ROWCAST_F32] == 20.0);
  cr_expect(two.bytes[ROWCAST_U8] == 0.0);
  two = roofs_of(2, 5.0, 1.0, 50.0);
  cr_expect_eq(roofs_drop_collapsed(&two, &one), 2, "multiply-adds and one type of rows");
  cr_expect(two.flops == 0.0 && two.level_flops[LEVEL] == 0.0 && two.bytes[ROWCAST_F32] == 0.0);
  cr_expect(two.bytes[ROWCAST_U8] == 50.0);
}

/* Only the same rows are compared: fewer of them may lie in a cache. */
Test(roofs, other_rows_say_nothing) {
  struct roofs one = roofs_of(1, 100.0, 40.0, 50.0), two = roofs_of(2, 1.0, 1.0, 1.0);
  one.rows = 99;
  cr_expect_eq(roofs_drop_collapsed(&two, &one), 0);
  one.rows = 100, one.k = 8;
  cr_expect_eq(roofs_drop_collapsed(&two, &one), 0);
  cr_expect_eq(roofs_drop_collapsed(&two, &(struct roofs){0}), 0, "one thread was not measured");
  cr_expect_eq(two.bytes[ROWCAST_U8], 1.0);
  two.threads = 1;
  cr_expect_eq(roofs_drop_collapsed(&two, &two), 0);
}
