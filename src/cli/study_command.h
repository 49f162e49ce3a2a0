/* SPDX-License-Identifier: BSD-3-Clause */
/* What bench, scale and roofline do with what they have measured. */
#ifndef ROWCAST_CLI_STUDY_COMMAND_H
#define ROWCAST_CLI_STUDY_COMMAND_H

#include <stdbool.h>

#include <jansson.h>

#include "args/options.h"
#include "study/grid.h"

/* Measures into a document, the caller's to release; NULL where there is none. *wrong becomes true where a kernel's
 * result was, which was said. Returns an exit status and has said why it is not EXIT_DONE. */
typedef int study_measuring(const struct options *options, json_t **document, bool *wrong);
study_measuring measure_bench, measure_scale, measure_roofline;

/* The table of a document. */
typedef const struct grid *study_grid(const json_t *document);

/* A command: checks its picture's place, measures, prints and draws; an exit status. Of several ranks the first prints.
 */
int study_command(const char *name, study_measuring *measure, study_grid *grid, const struct options *options);

#endif
