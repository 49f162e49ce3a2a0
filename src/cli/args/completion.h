/* SPDX-License-Identifier: BSD-3-Clause */
/* Scripts with which shells complete command lines, made from the tables of commands and options. */
#ifndef ROWCAST_CLI_COMPLETION_H
#define ROWCAST_CLI_COMPLETION_H

#include <stdbool.h>

#include "args/command.h"

/* Prints the script for bash, zsh or fish; false for another shell. */
bool completion_print(const struct command_set *all, const char *shell);

#endif
