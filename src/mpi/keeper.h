/* SPDX-License-Identifier: BSD-3-Clause */
/* Removes the temporary file of a rank that was killed. Open MPI's launcher sends SIGTERM before SIGKILL, and ranks
 * clean up themselves; MPICH's sends SIGKILL at once to all, which no process can answer. So each rank has a child that
 * waits for its end, on a pipe, in a session of its own. */
#ifndef ROWCAST_MPI_KEEPER_H
#define ROWCAST_MPI_KEEPER_H

/* Starts it; before MPI is initialised, while this process has one thread. Without one there is no keeper, and nothing
 * else is lost. */
void keeper_begin(void);

/* From here on the file is removed if this process ends; "": none is. */
void keeper_watch(const char *path);

#endif
