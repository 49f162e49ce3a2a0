/* SPDX-License-Identifier: BSD-3-Clause */
/* Manual pages in mdoc(7), made from the tables of commands and options. */
#ifndef ROWCAST_CLI_MANUAL_H
#define ROWCAST_CLI_MANUAL_H

#include "args/command.h"

/* Prints rowcast(1), or where a command is named the page of that one. */
void manual_print(const struct command_set *all, const struct command *command);

#endif
