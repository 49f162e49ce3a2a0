/* SPDX-License-Identifier: BSD-3-Clause */
/* The subcommands: one file each, one line each in the table of commands.c. */
#ifndef ROWCAST_CLI_COMMANDS_H
#define ROWCAST_CLI_COMMANDS_H

#include "args/command.h"
#include "study/grid.h"

/* All of them. */
const struct command_set *commands_all(void);

/* Each returns an exit status and has said on stderr why it is not EXIT_DONE. */
int command_matmul(const struct options *options);
int command_predict(const struct options *options);
int command_convert(const struct options *options);
int command_cpu(const struct options *options);
int command_verify(const struct options *options);
int command_show(const struct options *options);
int command_bench(const struct options *options);
int command_scale(const struct options *options);
int command_roofline(const struct options *options);
int command_compare(const struct options *options);
int command_report(const struct options *options);

/* How three of them show their results; `compare` shows a kept run again. */
extern const struct grid bench_grid, roofline_grid;

/* That of a document of `scale`, with a column more for what several ranks have measured. */
const struct grid *scale_grid(const json_t *document);

#endif
