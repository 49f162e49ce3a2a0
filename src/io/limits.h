/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory a file may take when the caller names no limit. */
#ifndef RC_IO_LIMITS_H
#define RC_IO_LIMITS_H

#include <stddef.h>

/* Half of the memory that is available: the kernel's estimate, or the least that this process's control group and the
 * groups above it allow. SIZE_MAX / 2 where nobody knows. */
size_t rc_default_max_bytes(void);

/* The same in a system whose files lie under that folder ("": this one). */
size_t rc_max_bytes_under(const char *root);

#endif
