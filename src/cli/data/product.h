/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans as the tool makes them. Calls that fail have said why, and return the exit status. */
#ifndef ROWCAST_CLI_PRODUCT_H
#define ROWCAST_CLI_PRODUCT_H

#include <stdbool.h>

#include <rowcast/plan.h>

#include "data/rows.h"

/* Is ROWCAST_ISA valid, and can the kernel of that name (NULL: any) run here, and in that order? Said before files are
 * read. */
int check_kernel(const char *kernel, rowcast_order order);

/* A plan for the rows, as `asked` says; struct_size, dtype and scale of it are not looked at, for the rows tell them.
 */
int make_plan(rowcast_plan **plan, const struct rows *rows, const rowcast_matrix *weights,
              const rowcast_plan_options *asked);

/* Says why rows could not be multiplied, or their classes not be told. */
int complain_of_product(rowcast_status status, bool classes);

#endif
