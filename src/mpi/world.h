/* SPDX-License-Identifier: BSD-3-Clause */
/* The communicator: how it begins and ends, and how its ranks agree that all have done well. No call blocks within MPI:
 * each looks for signals while it waits, so that one that ends a run finds its temporary file removed. */
#ifndef ROWCAST_MPI_WORLD_H
#define ROWCAST_MPI_WORLD_H

#include <stdbool.h>

#include <mpi.h>

/* MPI's library in a few words, for --version and messages: "Open MPI v4.1.4"; static storage. */
const char *world_library(void);

/* Joins the ranks that a launcher has started, if one has, and has the tool's code know of them (data/ranks.h). False:
 * it cannot be, and the first of them has said why. */
bool world_begin(void);

/* The end of the program: agrees on its status, leaves MPI, and returns what the program exits with. */
int world_finish(int status);

/* As struct ranks' agree(). */
int world_agree(int status);

/* The ranks that share the work. */
MPI_Comm world_comm(void);

/* Waits until the request is done. False: a signal has come, or MPI has failed, which has been said. Then nothing is
 * waited for any more, and the rank ends by itself. */
bool world_wait(MPI_Request *request);

/* The result of an MPI call that begins something: false, and said, if it has failed. */
bool world_began(int result);

#endif
