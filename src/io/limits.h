/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory a file may take when the caller names no limit. */
#ifndef RC_IO_LIMITS_H
#define RC_IO_LIMITS_H

#include <stddef.h>

/* Half of the memory that is available: the kernel's estimate, or what a control group above this process leaves it. */
size_t rc_default_max_bytes(void);

#endif
