/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine as JSON. */
#ifndef ROWCAST_CLI_MACHINE_JSON_H
#define ROWCAST_CLI_MACHINE_JSON_H

#include <jansson.h>

#include "study/machine.h"

/* The object that every listing carries; NULL: out of memory. */
json_t *machine_json(const struct machine *machine);

#endif
