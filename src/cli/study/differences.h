/* SPDX-License-Identifier: BSD-3-Clause */
/* In what documents differ besides their results: machine, build, settings and conditions. */
#ifndef ROWCAST_CLI_DIFFERENCES_H
#define ROWCAST_CLI_DIFFERENCES_H

#include <stddef.h>

#include <jansson.h>

/* An array of {"what": TEXT, "values": [TEXT, ...]}, a value for each document, "?" where it did not record it. What
 * fewer than two have recorded makes no difference. NULL: no memory. */
json_t *differences_of(json_t *const *documents, size_t count);

#endif
