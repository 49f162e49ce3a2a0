/* SPDX-License-Identifier: BSD-3-Clause */
/* How the results of bench/peers are shown: rowcast beside other libraries, a table for each shape and thread count.
 * The tool has it for `compare`, which shows a kept run again. */
#ifndef ROWCAST_CLI_PEERS_GRID_H
#define ROWCAST_CLI_PEERS_GRID_H

#include "study/grid.h"

extern const struct grid peers_grid;

#endif
