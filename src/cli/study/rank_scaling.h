/* SPDX-License-Identifier: BSD-3-Clause */
/* How throughput grows with the ranks (data/ranks.h) that share the rows. Calls that fail have said why and return the
 * exit status. */
#ifndef ROWCAST_CLI_RANK_SCALING_H
#define ROWCAST_CLI_RANK_SCALING_H

#include <jansson.h>

#include "args/options.h"

/* Appends the counts of ranks to measure: those asked for, or each twice the last one, and all. */
int rank_counts(const struct options *options, struct number_list *counts);

/* Gives each result of ranks what they do beside the fewest that were measured: by rows a second, and by the probes.
 * Not of the same rounds, so there is no interval. */
int rank_speedups(json_t *results);

#endif
