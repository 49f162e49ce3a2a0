/* SPDX-License-Identifier: BSD-3-Clause */
/* Progress on stderr, for work that lasts. */
#ifndef ROWCAST_CLI_PROGRESS_H
#define ROWCAST_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Between the two calls, work that lasts more than a second is shown with its elapsed time on stderr, when that is a
 * terminal and not `quiet`. `what` must stay valid. One at a time. */
void progress_begin(const char *what, bool quiet);
void progress_end(void);

/* How far the work between them is; any time. */
void progress_set(size_t done, size_t total);

#endif
