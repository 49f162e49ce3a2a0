/* SPDX-License-Identifier: BSD-3-Clause */
/* What this build is; the macros come from CMakeLists.txt. */
#include <rowcast/version.h>

#ifndef ROWCAST_COMPILER
#define ROWCAST_COMPILER __VERSION__
#define ROWCAST_BUILD_TYPE "unknown"
#define ROWCAST_HAVE_LIBDEFLATE 0
#define ROWCAST_ISAS "unknown"
#endif

const char *rowcast_version(void) { return ROWCAST_VERSION; }

const char *rowcast_build_info(void) {
  return ROWCAST_COMPILER ", " ROWCAST_BUILD_TYPE "; ISA levels: " ROWCAST_ISAS
#if ROWCAST_HAVE_LIBDEFLATE
    "; with libdeflate";
#else
    "; without libdeflate";
#endif
}
