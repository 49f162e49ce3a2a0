# SPDX-License-Identifier: BSD-3-Clause
# A script, run at every build: writes the commit of the checkout into a header, or none, and leaves the file alone when
# it says so already, so that nothing is compiled again:
#   cmake -DSOURCE=... -DHEADER=... -P RowcastCommit.cmake
set(line "/* Not built from a git checkout. */")
# Its own checkout: an unpacked archive may lie within somebody else's.
if(EXISTS "${SOURCE}/.git")
  # No lock: a build must not get into the way of git commands.
  set(ENV{GIT_OPTIONAL_LOCKS} 0)
  execute_process(COMMAND git -C "${SOURCE}" describe --always --dirty
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
  if(status EQUAL 0 AND commit MATCHES "^[A-Za-z0-9._/+-]+$")
    set(line "#define ROWCAST_COMMIT \"${commit}\"")
  endif()
endif()
file(CONFIGURE OUTPUT "${HEADER}" CONTENT "/* Written by RowcastCommit.cmake. */\n${line}\n" @ONLY)
