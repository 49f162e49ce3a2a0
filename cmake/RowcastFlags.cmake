# SPDX-License-Identifier: BSD-3-Clause
# Flags every file of the project is compiled with, as one interface target, and nothing machine-specific:
# the baseline of the binary is the architecture's own (plain x86-64, plain AArch64).
add_library(rowcast_flags INTERFACE)
target_compile_options(rowcast_flags INTERFACE
  -Wall -Wextra -Wshadow -Wundef -Wvla -Wconversion
  $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
  # Fused operations are written out; the compiler must neither make nor break them.
  -ffp-contract=off)
target_compile_definitions(rowcast_flags INTERFACE _GNU_SOURCE)
if(ROWCAST_TEST_CONFIGURATIONS AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(rowcast_flags INTERFACE -fstack-usage) # read by scripts/checks/stack
endif()
if(ROWCAST_WERROR)
  target_compile_options(rowcast_flags INTERFACE -Werror)
endif()
if(ROWCAST_STATIC)
  string(APPEND CMAKE_EXE_LINKER_FLAGS " -static")
endif()
if(ROWCAST_SANITIZE)
  target_compile_options(rowcast_flags INTERFACE
    -fsanitize=${ROWCAST_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(rowcast_flags INTERFACE -fsanitize=${ROWCAST_SANITIZE})
endif()
