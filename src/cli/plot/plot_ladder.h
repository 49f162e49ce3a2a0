/* SPDX-License-Identifier: BSD-3-Clause */
/* The ladder as bars on a logarithmic axis, the slowest first: a panel for each shape, a bar for one thread and one for
 * the most threads, a colour for each document. */
#ifndef ROWCAST_CLI_PLOT_LADDER_H
#define ROWCAST_CLI_PLOT_LADDER_H

#include "plot/plot_values.h"

plot_picture plot_ladder;

#endif
