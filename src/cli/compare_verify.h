/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast compare` of what `rowcast verify` printed: how far each order is from the correctly rounded results. */
#ifndef ROWCAST_CLI_COMPARE_VERIFY_H
#define ROWCAST_CLI_COMPARE_VERIFY_H

#include <stdbool.h>

#include <jansson.h>

#include "args/options.h"
#include "study/compare_lines.h"

/* Are the documents those of verify? *verify: all are, or none is. Some, or what verify has nothing of (a picture,
 * runs, kernels and rows to choose), is refused; an exit
 * status. */
int compare_verify_check(const struct sides *sides, const struct options *options, bool *verify);

/* An array with a line for each order and element type that any side has: not_exact_percent_A, worst_ulps_A and so on,
 * null where a side lacks it (docs/results.schema.json). NULL: no memory. */
json_t *compare_verify_lines(const struct sides *sides);

#endif
