/* SPDX-License-Identifier: BSD-3-Clause */
/* Notices that another host cannot be reached any more. While ranks multiply they do not talk, and a peer that is cut
 * off sends nothing that would end a connection; MPICH's launcher does not ask either. */
#ifndef ROWCAST_MPI_WATCH_H
#define ROWCAST_MPI_WATCH_H

/* From here on a thread asks the peers of all TCP connections of this process, whoever made them, whether they are
 * there, every few seconds, by TCP's own means (keepalive). If one is not for some 30 s, the process says so and
 * kills itself, at which the launcher ends the others, and keepers remove the temporary file. */
void watch_begin(unsigned rank);

/* Before connections are closed. */
void watch_end(void);

#endif
