# SPDX-License-Identifier: BSD-3-Clause
# rowcast_library(<target> <file> <public name> <version script> <target of objects>...): makes <target>_static, an
# archive, and <target>_shared; programs link with rowcast::<public name>_static and rowcast::<public name>. Both hold
# the same objects, and show rowcast_* alone. The archive is one object in which the other names are local, so that a
# program's own function of such a name is no other than its own, and two archives may hold the same helper.
# rowcast_library_needs(<target> <library>...): what both are linked with besides.
include(RowcastOneObject)

# Before 1.0 a minor version may break what was, and is another library to the system's linker.
set(ROWCAST_SOVERSION ${PROJECT_VERSION_MAJOR})
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(ROWCAST_SOVERSION 0.${PROJECT_VERSION_MINOR})
endif()

function(rowcast_library target file name map)
  set(objects "")
  foreach(part ${ARGN})
    list(APPEND objects $<TARGET_OBJECTS:${part}>)
  endforeach()
  if(ROWCAST_SANITIZE)
    add_library(${target}_static STATIC ${objects})
  else()
    rowcast_one_object("${CMAKE_CURRENT_BINARY_DIR}/${file}.o" ${objects})
    add_library(${target}_static STATIC "${CMAKE_CURRENT_BINARY_DIR}/${file}.o")
    add_dependencies(${target}_static ${ARGN})
  endif()
  add_library(rowcast::${name}_static ALIAS ${target}_static)
  set_target_properties(${target}_static PROPERTIES EXPORT_NAME ${name}_static)
  set(kinds static)
  # Static libraries (of OpenMP, say) cannot become part of a shared one.
  if(ROWCAST_STATIC)
    add_library(rowcast::${name} ALIAS ${target}_static)
  else()
    list(APPEND kinds shared)
    add_library(${target}_shared SHARED ${objects})
    add_library(rowcast::${name} ALIAS ${target}_shared)
    set_target_properties(${target}_shared PROPERTIES EXPORT_NAME ${name} VERSION ${PROJECT_VERSION}
      SOVERSION ${ROWCAST_SOVERSION} LINK_DEPENDS "${map}")
    # nodelete: OpenMP's threads, and readers' own, would be left without their code by dlclose(). Its calls of its own
    # functions are not for a program's functions of these names.
    target_link_options(${target}_shared PRIVATE "-Wl,--version-script=${map}"
      -Wl,-z,nodelete -Wl,-Bsymbolic-functions)
    # Sanitizers leave their runtime to the program.
    if(NOT ROWCAST_SANITIZE)
      target_link_options(${target}_shared PRIVATE -Wl,--no-undefined)
    endif()
  endif()
  foreach(kind ${kinds})
    set_target_properties(${target}_${kind} PROPERTIES OUTPUT_NAME ${file} LINKER_LANGUAGE C)
    target_include_directories(${target}_${kind} PUBLIC
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${target}_${kind} PRIVATE $<BUILD_INTERFACE:rowcast_flags>)
  endforeach()
endfunction()

function(rowcast_library_needs target)
  foreach(kind static shared)
    if(TARGET ${target}_${kind})
      target_link_libraries(${target}_${kind} PRIVATE ${ARGN})
    endif()
  endforeach()
endfunction()
