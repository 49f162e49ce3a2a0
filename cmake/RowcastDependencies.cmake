# SPDX-License-Identifier: BSD-3-Clause
# What the project builds on. Required: OpenMP (librowcast, unless switched off), zlib (librowcast-io), Jansson (the
# tool's JSON), Criterion (tests only, no static ones). Optional, for librowcast-io: libdeflate, libzip (.npz), libzstd.
# What was found is said by the summary and by `rowcast --version`.
if(ROWCAST_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()
# rowcast_openmp: OpenMP, or what stands for it in a build with one thread.
add_library(rowcast_openmp INTERFACE)
set(ROWCAST_OPENMP_TARGET "")
if(ROWCAST_WITH_OPENMP)
  find_package(OpenMP COMPONENTS C)
  if(NOT OpenMP_C_FOUND)
    message(FATAL_ERROR "${CMAKE_C_COMPILER} has no OpenMP (Debian's Clang: apt-get install libomp-dev); "
      "for a build that runs on one thread: -DROWCAST_WITH_OPENMP=OFF")
  endif()
  set(ROWCAST_OPENMP_TARGET OpenMP::OpenMP_C)
  target_link_libraries(rowcast_openmp INTERFACE OpenMP::OpenMP_C)
else()
  target_include_directories(rowcast_openmp INTERFACE "${PROJECT_SOURCE_DIR}/kernels/omp/none")
  target_compile_options(rowcast_openmp INTERFACE -Wno-unknown-pragmas)
endif()
if(ROWCAST_BUILD_IO)
  find_package(Threads REQUIRED)
  find_package(ZLIB)
  if(NOT TARGET ZLIB::ZLIB)
    message(FATAL_ERROR
      "zlib not found (Debian: apt-get install zlib1g-dev); "
      "for librowcast alone, without files: -DROWCAST_BUILD_TOOL=OFF -DROWCAST_BUILD_IO=OFF")
  endif()
endif()

# rowcast_find_library(<target> <header> <library> <package>): an imported target, or nothing.
function(rowcast_find_library target header library)
  find_path(${target}_INCLUDE_DIR ${header})
  find_library(${target}_LIBRARY ${library})
  mark_as_advanced(${target}_INCLUDE_DIR ${target}_LIBRARY)
  if(${target}_INCLUDE_DIR AND ${target}_LIBRARY)
    add_library(rowcast::${target} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(rowcast::${target} PROPERTIES
      IMPORTED_LOCATION "${${target}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${${target}_INCLUDE_DIR}")
  endif()
endfunction()

if(ROWCAST_BUILD_TOOL)
  rowcast_find_library(jansson jansson.h jansson)
  if(NOT TARGET rowcast::jansson)
    message(FATAL_ERROR
      "Jansson not found (Debian: apt-get install libjansson-dev); "
      "for the libraries alone: -DROWCAST_BUILD_TOOL=OFF")
  endif()
endif()

set(ROWCAST_HAVE_LIBDEFLATE OFF)
if(ROWCAST_BUILD_IO AND ROWCAST_WITH_LIBDEFLATE)
  rowcast_find_library(libdeflate libdeflate.h deflate)
  if(TARGET rowcast::libdeflate)
    set(ROWCAST_HAVE_LIBDEFLATE ON)
  endif()
endif()

set(ROWCAST_HAVE_LIBZIP OFF)
if(ROWCAST_BUILD_IO AND ROWCAST_WITH_LIBZIP)
  rowcast_find_library(libzip zip.h zip)
  if(TARGET rowcast::libzip)
    set(ROWCAST_HAVE_LIBZIP ON)
  endif()
endif()

set(ROWCAST_HAVE_LIBZSTD OFF)
if(ROWCAST_BUILD_IO AND ROWCAST_WITH_LIBZSTD)
  rowcast_find_library(libzstd zstd.h zstd)
  if(TARGET rowcast::libzstd)
    set(ROWCAST_HAVE_LIBZSTD ON)
  endif()
endif()

# MPI, for rowcast-mpi alone. Not by itself in builds for tests of other things: sanitizers would find MPI's own leaks,
# and what a cross build or a static one finds is another system's.
set(ROWCAST_HAVE_MPI OFF)
if(ROWCAST_BUILD_TOOL AND ROWCAST_WITH_MPI AND
   NOT (ROWCAST_WITH_MPI STREQUAL "AUTO" AND (CMAKE_CROSSCOMPILING OR ROWCAST_STATIC OR ROWCAST_SANITIZE)))
  set(MPI_CXX_SKIP_MPICXX ON)
  find_package(MPI QUIET COMPONENTS C)
  if(MPI_C_FOUND)
    set(ROWCAST_HAVE_MPI ON)
  elseif(NOT ROWCAST_WITH_MPI STREQUAL "AUTO")
    message(FATAL_ERROR "MPI not found (Debian: apt-get install libopenmpi-dev openmpi-bin, or libmpich-dev mpich and "
      "-DMPI_C_COMPILER=mpicc.mpich); for the tool alone: -DROWCAST_WITH_MPI=OFF")
  endif()
endif()

if(ROWCAST_BUILD_TESTS AND NOT ROWCAST_STATIC)
  rowcast_find_library(criterion criterion/criterion.h criterion)
  # Elsewhere than here the checks run without it, in one program (tests/run_checks.c).
  if(NOT TARGET rowcast::criterion AND NOT CMAKE_CROSSCOMPILING)
    message(FATAL_ERROR "Criterion not found (Debian: apt-get install libcriterion-dev)")
  endif()
endif()
