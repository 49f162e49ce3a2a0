/* SPDX-License-Identifier: BSD-3-Clause */
/* What this build is; the macros come from CMakeLists.txt, and the commit from cmake/RowcastCommit.cmake. */
#include <rowcast/version.h>

#include <stddef.h>

#ifdef ROWCAST_COMPILER
#include "rowcast_commit.h"
#else
#define ROWCAST_COMPILER        __VERSION__
#define ROWCAST_BUILD_TYPE      "unknown"
#define ROWCAST_FLAGS           "unknown"
#define ROWCAST_HAVE_LIBDEFLATE 0
#define ROWCAST_HAVE_LIBZIP     0
#define ROWCAST_ISAS            "unknown"
#endif

const char *rowcast_version(void) { return ROWCAST_VERSION; }

const char *rowcast_build_info(void) {
  return ROWCAST_COMPILER ", " ROWCAST_BUILD_TYPE "; ISA levels: " ROWCAST_ISAS
#ifdef _OPENMP
                          "; with OpenMP"
#else
                          "; without OpenMP"
#endif
#if ROWCAST_HAVE_LIBDEFLATE
                          "; with libdeflate"
#else
                          "; without libdeflate"
#endif
#if ROWCAST_HAVE_LIBZIP
                          "; with libzip"
#else
                          "; without libzip"
#endif
#ifdef ROWCAST_COMMIT
                          "; commit " ROWCAST_COMMIT
#endif
    ;
}

const char *rowcast_build_compiler(void) { return ROWCAST_COMPILER; }

const char *rowcast_build_flags(void) { return ROWCAST_FLAGS; }

const char *rowcast_build_commit(void) {
#ifdef ROWCAST_COMMIT
  return ROWCAST_COMMIT;
#else
  return NULL;
#endif
}
