/* SPDX-License-Identifier: BSD-3-Clause */
/* In what documents differ besides their results: machine, build, settings and conditions. */
#ifndef ROWCAST_CLI_DIFFERENCES_H
#define ROWCAST_CLI_DIFFERENCES_H

#include <stddef.h>

#include <jansson.h>

/* Sides of so many documents each: side s has documents[s * runs] to documents[s * runs + runs - 1]. An array of
 * {"what": TEXT, "values": [TEXT, ...]}, a value for each side, "?" where it was not recorded. Where the runs of a side
 * differ, its value has them all: "0.10-1.95" of numbers, else "2 runs x, 1 run y". What fewer than two documents have
 * recorded makes no difference. NULL: no memory. */
json_t *differences_of(json_t *const *documents, size_t sides, size_t runs);

#endif
