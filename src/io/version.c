/* SPDX-License-Identifier: BSD-3-Clause */
/* What this build of librowcast-io is; without CMake the macros are those of the compiler line, or none. */
#include <rowcast/io.h>
#include <rowcast/version.h>

const char *rowcast_io_version(void) { return ROWCAST_VERSION; }

const char *rowcast_io_build_info(void) {
#if ROWCAST_HAVE_LIBDEFLATE
#define LIBDEFLATE "with libdeflate"
#else
#define LIBDEFLATE "without libdeflate"
#endif
#if ROWCAST_HAVE_LIBZIP
#define LIBZIP "with libzip"
#else
#define LIBZIP "without libzip"
#endif
#if ROWCAST_HAVE_LIBZSTD
#define LIBZSTD "with libzstd"
#else
#define LIBZSTD "without libzstd"
#endif
  return LIBDEFLATE "; " LIBZIP "; " LIBZSTD;
}
