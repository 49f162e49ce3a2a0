/* SPDX-License-Identifier: BSD-3-Clause */
/* Printing what `rowcast verify` found. */
#ifndef ROWCAST_CLI_VERIFY_PRINT_H
#define ROWCAST_CLI_VERIFY_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "args/options.h"
#include "verify_line.h"

/* A line for each check, what failed in detail, how far each order is from exact, and "N checks passed, M failed" as
 * the last line. */
void verify_print(const struct verify_list *list, bool colors);

/* The same as one JSON document, which `compare` reads; the exit status. */
int verify_json(const struct verify_list *list, const struct options *options, size_t m, size_t k, size_t n);

#endif
