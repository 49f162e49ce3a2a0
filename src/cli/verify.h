/* SPDX-License-Identifier: BSD-3-Clause */
/* The outcomes of `rowcast verify`, and how they are printed. */
#ifndef ROWCAST_CLI_VERIFY_H
#define ROWCAST_CLI_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include <rowcast/rowcast.h>

#include "check.h"
#include "study/machine.h"

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

/* A line for each check, what failed in detail, and "N checks passed, M failed" as the last line. */
void verify_print(const struct verify_list *list, bool colors);

/* The same as one JSON object; the exit status. */
int verify_json(const struct verify_list *list, const struct machine *machine, size_t m, size_t k, size_t n);

#endif
