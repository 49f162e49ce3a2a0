/* SPDX-License-Identifier: BSD-3-Clause */
/* A zip archive of one stored member, arr_0.npy, as rowcast_writer makes it of an NPY (libzip); with sizes beyond 32
 * bits where they are (zip64). Source: PKWARE's APPNOTE.TXT 6.3.10. */
#ifndef ROWCAST_MPI_ARCHIVE_H
#define ROWCAST_MPI_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

enum { ARCHIVE_MOST = 256 /* bytes of either part */ };

/* What stands before the member of so many bytes, and after it; returns the bytes written to `to`. */
size_t archive_begin(unsigned char to[ARCHIVE_MOST], uint64_t size, unsigned long crc);
size_t archive_end(unsigned char to[ARCHIVE_MOST], uint64_t size, unsigned long crc);

#endif
