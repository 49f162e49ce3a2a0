/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals: those that end a process by default end the tool with 128 + n, at once while there is nothing to clean up,
 * and after the clean-up otherwise. Ignored ones stay ignored, but for
 * SIGCHLD: the ends of children are asked for. Writing to a closed pipe or beyond a size limit is an
 * error, not a death. */
#ifndef ROWCAST_CLI_SIGNALS_H
#define ROWCAST_CLI_SIGNALS_H

#include <stdbool.h>

/* Installs the handlers; once, before any file is opened. */
void signals_install(void);

/* From here on a signal only sets a flag, for there is something to clean up. */
void signals_hold(void);

/* True when a signal came while they were held. The parameter lets it be a `cancelled` callback. */
bool signals_pending(void *unused);

/* A child that a signal ends with this process; 0: none any more. */
void signals_child(int pid);

/* Ends what signals_hold() began; does not return if a signal came meanwhile. */
void signals_release(void);

#endif
