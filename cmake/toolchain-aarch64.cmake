# SPDX-License-Identifier: BSD-3-Clause
# Builds for AArch64 Linux with Debian's cross compiler. The libraries come from the folder that
# scripts/make-aarch64-sysroot fills; what is built runs under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(ROWCAST_AARCH64_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-sysroot" CACHE PATH
  "Folder with the arm64 packages of zlib, Jansson, libdeflate and libzstd")
cmake_path(ABSOLUTE_PATH ROWCAST_AARCH64_SYSROOT NORMALIZE OUTPUT_VARIABLE sysroot)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ROWCAST_AARCH64_SYSROOT)

# The compiler keeps its own C library; the packages lie beside it, not under it.
set(CMAKE_FIND_ROOT_PATH "${sysroot}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu
  -E "LD_LIBRARY_PATH=${sysroot}/usr/lib/aarch64-linux-gnu:${sysroot}/lib/aarch64-linux-gnu")
