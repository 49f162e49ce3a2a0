/* SPDX-License-Identifier: BSD-3-Clause */
/* What a study was run with, and under what: enough to run it again, and to tell why another run differs. */
#ifndef ROWCAST_CLI_CONDITIONS_H
#define ROWCAST_CLI_CONDITIONS_H

#include <stdbool.h>

#include <jansson.h>

#include "args/options.h"

/* A document's "settings": rounds, seed, this process's arguments, where threads were to run, how rows were shared out,
 * and the variables of the environment that OpenMP, rowcast and the C library follow. NULL: no memory. */
json_t *conditions_settings(const struct options *options);

/* Its "conditions": the load and the clock now. NULL: no memory. */
json_t *conditions_begin(void);

/* Adds what they are after the measurement. False: no memory. */
bool conditions_end(json_t *conditions);

/* How many times as fast as before the clock is after; 1 where nothing is known. */
double conditions_clock_ratio(const json_t *conditions);

#endif
