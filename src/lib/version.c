/* SPDX-License-Identifier: BSD-3-Clause */
/* What this build is. The macros come from CMakeLists.txt, and the commit from cmake/RowcastCommit.cmake; without them
 * it is what the compiler tells (build_flags.h). */
#include <rowcast/version.h>

#include <stddef.h>

#ifdef ROWCAST_COMPILER
#include "rowcast_commit.h"
#else
#include "build_flags.h"
#endif

const char *rowcast_version(void) { return ROWCAST_VERSION; }

unsigned rowcast_version_number(void) { return ROWCAST_VERSION_NUMBER; }

const char *rowcast_build_info(void) {
  return ROWCAST_COMPILER ", " ROWCAST_BUILD_TYPE "; ISA levels: " ROWCAST_ISAS
#ifdef _OPENMP
                          "; with OpenMP"
#else
                          "; without OpenMP"
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
