/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes a command line apart and hands it to a command. */
#ifndef ROWCAST_CLI_COMMAND_LINE_H
#define ROWCAST_CLI_COMMAND_LINE_H

#include "args/command.h"

/* Once, before anything else: standard streams, signals and the character set. */
void command_line_begin(void);

/* Runs a command of the program's, or prints help, and returns an exit status. */
int command_line_run(const struct command_set *all, int argc, char **argv);

#endif
