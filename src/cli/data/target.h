/* SPDX-License-Identifier: BSD-3-Clause */
/* Files to be written, looked at before the work. */
#ifndef ROWCAST_CLI_TARGET_H
#define ROWCAST_CLI_TARGET_H

#include <stdbool.h>

/* Is there a place for the file, and is it free, or may it be replaced? If not, says why; an exit status. */
int target_check(const char *path, bool force);

#endif
