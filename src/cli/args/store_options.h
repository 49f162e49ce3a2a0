/* SPDX-License-Identifier: BSD-3-Clause */
/* What the value of each option means: the one place where a word of the command line becomes a member of the options.
 */
#ifndef ROWCAST_CLI_STORE_OPTIONS_H
#define ROWCAST_CLI_STORE_OPTIONS_H

#include "args/command.h"
#include "args/lists.h"
#include "args/option_table.h"
#include "args/options.h"

/* Takes an option's value, *given. Returns what it must be, when it is not; *given is then the part of it that is not.
 * NULL: it was taken, or *fault has a text, which is the reason why it was not. */
const char *option_store_value(struct options *options, const struct command *command, const struct option_line *line,
                               const char **given, struct list_fault *fault);

/* Takes an option that has no value. */
void option_store_flag(struct options *options, int id);

#endif
