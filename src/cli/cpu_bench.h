/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast cpu --bench`: how fast each kernel is on this CPU, on one thread: the comparison of what its features give.
 */
#ifndef ROWCAST_CLI_CPU_BENCH_H
#define ROWCAST_CLI_CPU_BENCH_H

#include <jansson.h>

#include "args/options.h"

/* Measures every usable kernel on some thousand rows. *document becomes a result document (document.h), to be released
 * with json_decref(). Returns an exit status. */
int cpu_bench(json_t **document, const struct options *options);

/* Prints one line a kernel, and what disturbed the measurement, after a listing; or the document alone, in another
 * format than a table. Returns an exit status. */
int cpu_bench_print(const json_t *document, const struct options *options);

#endif
