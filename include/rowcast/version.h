/* SPDX-License-Identifier: BSD-3-Clause */
/* The version of these headers; CMake reads the project's from here. */
#ifndef ROWCAST_VERSION_H
#define ROWCAST_VERSION_H

#include <rowcast/export.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ROWCAST_VERSION       "0.2.0"
#define ROWCAST_VERSION_MAJOR 0
#define ROWCAST_VERSION_MINOR 2
#define ROWCAST_VERSION_PATCH 0
/* The same as one number, for comparisons: 203 is 0.2.3, 10000 is 1.0.0. */
#define ROWCAST_VERSION_NUMBER (ROWCAST_VERSION_MAJOR * 10000 + ROWCAST_VERSION_MINOR * 100 + ROWCAST_VERSION_PATCH)

/* The version of the librowcast that is running: as text, e.g. "0.2.0" (static storage), and as a number like
 * ROWCAST_VERSION_NUMBER, which is the headers' own. Thread-safe. */
ROWCAST_API const char *rowcast_version(void);
ROWCAST_API unsigned rowcast_version_number(void);

/* How it was built, in one line: compiler, build type, the ISA levels that kernels were compiled for, with OpenMP or
 * without, and the commit. Static storage. Thread-safe. */
ROWCAST_API const char *rowcast_build_info(void);

/* Parts of it that belong with a measurement: the compiler and its version; the flags that every file is compiled with
 * (kernels also have those of their level); and the git commit, as `git describe --always --dirty` names it, or NULL if
 * the library was not built from a checkout. A build without CMake knows what the compiler's macros tell: the flags are
 * those of them that it saw, and "..." for the rest, and there is no commit. Static storage. Thread-safe. */
ROWCAST_API const char *rowcast_build_compiler(void);
ROWCAST_API const char *rowcast_build_flags(void);
ROWCAST_API const char *rowcast_build_commit(void);

#ifdef __cplusplus
}
#endif
#endif
