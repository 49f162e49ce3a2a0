/* SPDX-License-Identifier: BSD-3-Clause */
/* Which process this is. A child of fork() has copies of its parent's readers and writers, but neither their threads
 * nor the right to their files. */
#ifndef RC_IO_PROCESS_H
#define RC_IO_PROCESS_H

#include <stdint.h>

/* A number that no parent or child of this process has. Thread-safe. */
uint64_t rc_process(void);

#endif
