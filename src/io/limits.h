/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory a file may take when the caller names no limit. */
#ifndef RC_IO_LIMITS_H
#define RC_IO_LIMITS_H

#include <stddef.h>

/* Half of the memory that is available: the kernel's estimate, or what this process's control group and the groups
 * above it allow if that is less. SIZE_MAX / 2 if unknown. */
size_t rc_default_max_bytes(void);

/* The same for a system whose files lie under that folder ("": this one). */
size_t rc_max_bytes_under(const char *root);

#endif
