/* SPDX-License-Identifier: BSD-3-Clause */
/* The version of these headers; CMake reads the project's from here. */
#ifndef ROWCAST_VERSION_H
#define ROWCAST_VERSION_H

#include <rowcast/export.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ROWCAST_VERSION       "0.1.0"
#define ROWCAST_VERSION_MAJOR 0
#define ROWCAST_VERSION_MINOR 1
#define ROWCAST_VERSION_PATCH 0

/* The version of the library that is running, e.g. "0.1.0"; static storage. Thread-safe. */
ROWCAST_API const char *rowcast_version(void);

/* How the library was built, in one line: compiler, optional libraries found. Static storage. Thread-safe. */
ROWCAST_API const char *rowcast_build_info(void);

/* Parts of it that belong with a measurement: the compiler and its version; the flags that every file is compiled with
 * (kernels also have those of their level); and the git commit, as `git describe --always --dirty` names it, or NULL if
 * the library was not built from a checkout. Static storage. Thread-safe. */
ROWCAST_API const char *rowcast_build_compiler(void);
ROWCAST_API const char *rowcast_build_flags(void);
ROWCAST_API const char *rowcast_build_commit(void);

#ifdef __cplusplus
}
#endif
#endif
