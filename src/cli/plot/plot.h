/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures of result documents. */
#ifndef ROWCAST_CLI_PLOT_H
#define ROWCAST_CLI_PLOT_H

#include <stdbool.h>

#include <jansson.h>

#include "args/options.h"

/* Can --plot be done: its suffix, gnuplot, and the place? Said before the work; an exit status. Done without --plot. */
int plot_check(const struct options *options, const char *command);

/* Draws the documents as --plot says: scale's and roofline's own pictures where all are of that command; else the
 * ladder. Each has every document's results. An exit status. Done without --plot. */
int plot_draw(json_t *const *documents, size_t count, const struct options *options);

#endif
