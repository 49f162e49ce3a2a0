/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs two programs in turns, each run a process of its own, and takes the documents that they print. */
#ifndef ROWCAST_CLI_COMPARE_MEASURE_H
#define ROWCAST_CLI_COMPARE_MEASURE_H

#include <stddef.h>

#include <jansson.h>

#include "args/options.h"

/* `rowcast compare --measure A B [COMMAND] [ARGUMENTS...]`, as options->files has it: runs "A COMMAND ARGUMENTS
 * --format json --quiet" and the same of B, `runs` times each, in the order A B, B A, A B, ..., so that what changes
 * with time meets both alike. COMMAND is a study, bench where none is named. documents[0] to [runs - 1] become A's, the
 * next ones B's, to be released by the caller whatever is returned: an exit status, a line said if it is not EXIT_DONE.
 */
int compare_measure(const struct options *options, size_t runs, json_t **documents);

#endif
