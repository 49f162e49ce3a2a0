/* SPDX-License-Identifier: BSD-3-Clause */
/* The outcomes of `rowcast verify`. */
#ifndef ROWCAST_CLI_VERIFY_LINE_H
#define ROWCAST_CLI_VERIFY_LINE_H

#include <stdbool.h>
#include <stddef.h>

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

struct verify_list {
  struct verify_line *lines;
  size_t count, capacity, failed;
};

#endif
