/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans as the tool makes them. Calls that fail have said why, and return the exit status. */
#ifndef ROWCAST_CLI_PRODUCT_H
#define ROWCAST_CLI_PRODUCT_H

#include <rowcast/plan.h>

#include "input.h"

/* Is ROWCAST_ISA valid, and can the kernel of that name (NULL: any) run here? Said before files are read. */
int check_kernel(const char *kernel);

/* A plan for the rows; kernel and driver may be NULL, threads and chunk 0, as in rowcast_plan_options. */
int make_plan(rowcast_plan **plan, const struct rows *rows, const rowcast_matrix *weights, const char *kernel,
              const char *driver, unsigned threads, size_t chunk);

#endif
