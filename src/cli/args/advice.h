/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors of the library as the tool tells them: what the library advises by the names of its own options becomes what
 * to type, " (--skip-lines 12)", or " (y.csv:skip-lines=12)" of a file that takes its options in its name. */
#ifndef ROWCAST_CLI_ADVICE_H
#define ROWCAST_CLI_ADVICE_H

#include <stdbool.h>
#include <stdio.h>

#include <rowcast/status.h>

#include "args/command.h"
#include "args/input_file.h"

/* The command whose options are meant from now on. */
void advice_is_for(const struct command *command);

/* Writes what to type, with what joins it to the text before; nothing where the command has no such option. file: the
 * one that could not be read; NULL: it was no file to read. */
void advice_write(FILE *text, const char *advice, const struct input_file *file);

/* Writes KEY=VALUE as somebody would add it to what they typed: "y.csv:decimal=,:columns=0:1". */
void advice_write_key(FILE *text, const struct input_file *file, const char *key, const char *value);

/* Complains of what the library said, and returns the exit status it means: a name that is unknown or cannot run here,
 * or an option that cannot be, came from the command line; anything else is failed work. */
int complain_of(const rowcast_error *error);

/* The same of what was to be written. A reader of standard output that has gone away ends us as it would end any
 * filter: 128 + SIGPIPE, and nothing is said. */
int complain_of_output(bool standard, const rowcast_error *error);

/* The same of a file that was to be read. */
int complain_of_file(const struct input_file *file, const rowcast_error *error);

#endif
