/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the calling thread may have an OpenMP team, and how many threads one can have: libgomp hangs in a forked
 * child whose parent had a team, and ends the process when a thread cannot be started. What is refused here is done on
 * fewer threads, or on one: the bits are the same. */
#ifndef RC_TEAM_H
#define RC_TEAM_H

#include <stddef.h>

/* To be called by a thread before it asks OpenMP's runtime anything: LLVM's, when a thread comes to it first, clears
 * the exception flags of the x87 and sets its mode. Leaves both as they were. */
void rc_meet_openmp(void);

/* Of `wanted` threads those that a team of the calling thread can have, itself among them: 1 within a parallel region
 * and in a forked child (see rowcast_prepare_fork()), and no more than can be started. A count this thread never had
 * nor asked for is tried out, with threads that do nothing and end again; what was refused once is not tried again. */
unsigned rc_team_size(unsigned wanted);

/* The same; and that many threads are there when it returns, so that the next parallel region of the calling thread
 * starts none. */
unsigned rc_team_start(unsigned wanted);

/* The same as far as it is known: nothing is tried. */
unsigned rc_team_known(unsigned wanted);

/* The stack of OpenMP's threads in bytes, from the value of OMP_STACKSIZE or GOMP_STACKSIZE as libgomp reads it; 0: it
 * is not valid, or NULL. */
size_t rc_parse_stack(const char *text);

#endif
