/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans as the tool makes them. Calls that fail have said why, and return the exit status. */
#ifndef ROWCAST_CLI_PRODUCT_H
#define ROWCAST_CLI_PRODUCT_H

#include <rowcast/plan.h>

#include "data/rows.h"

/* Is ROWCAST_ISA valid, and can the kernel of that name (NULL: any) run here? Said before files are read. */
int check_kernel(const char *kernel);

/* How a plan is to be made; all zero: as the library chooses. */
struct plan_wish {
  const char *kernel, *driver;
  unsigned threads;
  size_t chunk;
  const float *bias; /* a float for each column of the weights */
};

/* A plan for the rows. */
int make_plan(rowcast_plan **plan, const struct rows *rows, const rowcast_matrix *weights,
              const struct plan_wish *wish);

#endif
