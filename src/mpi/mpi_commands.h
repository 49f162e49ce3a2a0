/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of rowcast-mpi. */
#ifndef ROWCAST_MPI_COMMANDS_H
#define ROWCAST_MPI_COMMANDS_H

#include "args/command.h"

const struct command_set *mpi_commands(void);

#endif
