/* SPDX-License-Identifier: BSD-3-Clause */
/* Matrices in files: reading them whole (matrix.h) or block by block (reader.h), and writing (writer.h). All of this,
 * and nothing else, is in librowcast-io, which needs zlib, but not librowcast: a program that only multiplies is linked
 * with librowcast alone, one that only reads and writes with librowcast-io alone.
 *
 * What rowcast.h says of threads, ownership, errors, NULL, callbacks, signal handlers, fork(), cancelling and unloading
 * holds here as well. */
#ifndef ROWCAST_IO_H
#define ROWCAST_IO_H

#include <rowcast/export.h>
#include <rowcast/matrix.h>
#include <rowcast/reader.h>
#include <rowcast/writer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the librowcast-io that is running, e.g. "0.2.0"; ROWCAST_VERSION (version.h) is that of these headers.
 * Static storage. Thread-safe. */
ROWCAST_API const char *rowcast_io_version(void);

/* Which optional libraries it was built with, in one line: "with libdeflate; without libzip; with libzstd". Static
 * storage. Thread-safe. */
ROWCAST_API const char *rowcast_io_build_info(void);

#ifdef __cplusplus
}
#endif
#endif
