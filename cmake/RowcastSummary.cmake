# SPDX-License-Identifier: BSD-3-Clause
# Says what was configured, optional parts included, so that nothing is dropped silently.
list(JOIN ROWCAST_ISAS_BUILT " " isas)
if(ROWCAST_HAVE_LIBDEFLATE)
  set(libdeflate "found")
elseif(ROWCAST_WITH_LIBDEFLATE)
  set(libdeflate "not found, zlib inflates everything (Debian: apt-get install libdeflate-dev)")
else()
  set(libdeflate "off (ROWCAST_WITH_LIBDEFLATE)")
endif()
message(STATUS "rowcast ${PROJECT_VERSION}: ${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}, "
  "${CMAKE_BUILD_TYPE}, ${CMAKE_SYSTEM_PROCESSOR}")
message(STATUS "  ISA levels:  ${isas}")
message(STATUS "  libdeflate:  ${libdeflate}")
message(STATUS "  tests:       ${ROWCAST_BUILD_TESTS}")
if(ROWCAST_SANITIZE)
  message(STATUS "  sanitizers:  ${ROWCAST_SANITIZE}")
endif()
