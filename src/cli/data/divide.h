/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of an input, divided among ranks (data/ranks.h). Calls that fail have said why on stderr and return the exit
 * status. */
#ifndef ROWCAST_CLI_DIVIDE_H
#define ROWCAST_CLI_DIVIDE_H

#include "data/input.h"

/* Of several ranks: may each open the rows and the labels? Not what can be read once. Nothing is open yet. */
int divide_check_names(const struct input *input);

/* Of several ranks: can each read its own rows, and would what was asked for be the same in parts? Refused with what
 * helps. The input's reader is open, and nothing is read. */
int divide_check(const struct input *input);

/* Leaves of the selected rows those that are this rank's share. */
void divide_rows(struct input *input);

/* Together: have all ranks opened the same data? Their shape, and the first and the last selected row, tell. */
int divide_compare(int status, const struct input *input);

#endif
