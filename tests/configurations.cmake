# SPDX-License-Identifier: BSD-3-Clause
# The suite on other machines and in other builds, as entries of this one: each config-* entry is a script of
# scripts/checks, most of which configure and build a preset of their own in build/. On for the preset `tests`
# only, so that the trees they build do not do the same again. Needs what scripts/run-tests installs.
include_guard(GLOBAL)
option(ROWCAST_TEST_CONFIGURATIONS "Add the entries that build and test other configurations" OFF)
if(NOT ROWCAST_TEST_CONFIGURATIONS)
  return()
endif()

# rowcast_configuration(<name> <processors> <script> [arguments])
function(rowcast_configuration name processors script)
  add_test(NAME config-${name} COMMAND "${PROJECT_SOURCE_DIR}/scripts/checks/${script}" ${ARGN})
  # Costly entries are started first, so that the short ones fill the gaps.
  math(EXPR cost "100 * ${processors}")
  set_tests_properties(config-${name} PROPERTIES PROCESSORS ${processors} COST ${cost} TIMEOUT 1200)
endfunction()

rowcast_configuration(clang 2 suite clang)
rowcast_configuration(asan-ubsan 2 suite asan-ubsan)
rowcast_configuration(tsan 2 tsan)
rowcast_configuration(aarch64 2 aarch64 $<TARGET_FILE:rowcast_cli>)
rowcast_configuration(headers 1 headers $<TARGET_FILE:rowcast_shared>)
rowcast_configuration(install 1 install "${PROJECT_BINARY_DIR}")
rowcast_configuration(consumer 1 consumer "${PROJECT_BINARY_DIR}")
rowcast_configuration(manual 1 manual "${PROJECT_BINARY_DIR}")
rowcast_configuration(packages 2 packages)
rowcast_configuration(analysis 1 analysis)
rowcast_configuration(abi 2 abi)
rowcast_configuration(format 1 format)
rowcast_configuration(documents 1 documents $<TARGET_FILE:rowcast_cli>)
rowcast_configuration(shell 1 shell)
rowcast_configuration(symbols 1 symbols $<TARGET_FILE:rowcast_static>)
rowcast_configuration(oracle 1 oracle $<TARGET_FILE:rowcast_shared> $<TARGET_FILE:rowcast_cli>)
rowcast_configuration(schema 1 schema $<TARGET_FILE:rowcast_cli>)
rowcast_configuration(article 1 article)

rowcast_configuration(hot-loops 1 hot-loops "${PROJECT_BINARY_DIR}")

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  rowcast_configuration(adding-a-kernel 1 adding-a-kernel)
  rowcast_configuration(old-x86 1 old-x86 $<TARGET_FILE:rowcast_cli> $<TARGET_FILE:run_checks>)
  rowcast_configuration(avx512-emulated 1 ../run-avx512-emulated)
  set_tests_properties(config-avx512-emulated PROPERTIES SKIP_RETURN_CODE 77)
endif()

# This machine without its best instructions: every Criterion program again, capped to the baseline.
get_property(targets DIRECTORY "${PROJECT_SOURCE_DIR}/tests" PROPERTY BUILDSYSTEM_TARGETS)
foreach(target ${targets})
  if(target MATCHES "^test_(.+)$")
    add_test(NAME config-scalar/${CMAKE_MATCH_1} COMMAND ${target} -j1)
    set_tests_properties(config-scalar/${CMAKE_MATCH_1} PROPERTIES ENVIRONMENT ROWCAST_ISA=scalar TIMEOUT 600)
  endif()
endforeach()
