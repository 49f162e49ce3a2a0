/* SPDX-License-Identifier: BSD-3-Clause */
/* The outcomes of `rowcast verify`. */
#ifndef ROWCAST_CLI_VERIFY_LINE_H
#define ROWCAST_CLI_VERIFY_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/experimental.h>
#include <rowcast/rowcast.h>

#include "check.h"

/* One check. */
struct verify_line {
  const char *kernel, *driver; /* static storage */
  rowcast_isa isa;
  rowcast_order order;
  rowcast_dtype dtype;
  unsigned threads;
  struct check_difference difference;
  struct check_bound bound;
  bool ok;
};

/* How far an order's results are from the correctly rounded ones, of the order exact. */
struct verify_distance {
  rowcast_order order;
  rowcast_dtype dtype;
  struct check_distance distance;
};

enum { VERIFY_DISTANCES = ROWCAST_ORDER_COUNT * ROWCAST_DTYPE_COUNT };
struct verify_list {
  struct verify_line *lines;
  size_t count, capacity, failed;
  struct verify_distance distances[VERIFY_DISTANCES];
  size_t distance_count;
};

#endif
