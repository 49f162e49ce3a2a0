/* SPDX-License-Identifier: BSD-3-Clause */
/* Large files are read by two threads, half each: filling new memory takes longer than copying into it. */
#ifndef RC_IO_HALVES_H
#define RC_IO_HALVES_H

#include <stddef.h>

/* Smaller ones are not worth a thread. */
enum { RC_HALVES_LEAST = 4 << 20 };

/* Reads size bytes of a regular file from offset on. Returns how many bytes were read without a gap, which are fewer if
 * the file ended, an error occurred or the call was interrupted: the caller reads on from there and learns which. */
size_t rc_read_halves(int fd, unsigned char *to, size_t offset, size_t size);

#endif
