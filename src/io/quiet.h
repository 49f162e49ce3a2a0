/* SPDX-License-Identifier: BSD-3-Clause */
/* A write to a pipe without a reader raises SIGPIPE, one beyond RLIMIT_FSIZE SIGXFSZ, and either ends a process by
 * default. Between these two calls neither reaches the calling thread, so that write() alone tells, by EPIPE or EFBIG.
 * Handlers, other threads, and signals that were pending before stay as they are. */
#ifndef RC_IO_QUIET_H
#define RC_IO_QUIET_H

#include <signal.h>

struct rc_quiet {
  sigset_t before;  /* the thread's mask */
  sigset_t pending; /* of the two signals, those that were pending already */
};

void rc_quiet_begin(struct rc_quiet *quiet);

/* error: the errno of the write that failed, 0 if none did. Keeps errno. */
void rc_quiet_end(const struct rc_quiet *quiet, int error);

#endif
