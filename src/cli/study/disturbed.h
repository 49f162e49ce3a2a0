/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of a document's results its disturbances are about. */
#ifndef ROWCAST_CLI_DISTURBED_H
#define ROWCAST_CLI_DISTURBED_H

#include <stdbool.h>

#include <jansson.h>

/* Is one of the texts in the document's "disturbed" about this result of it: the result itself, its rows, its thread
 * count, or all there is? Those of `rowcast`, `bench_peers` and bench/article are understood. */
bool disturbed_result(const json_t *document, const json_t *result);

#endif
