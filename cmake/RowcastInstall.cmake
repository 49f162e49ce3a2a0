# SPDX-License-Identifier: BSD-3-Clause
# Where things go on `cmake --install`, in six components: the tool (tool), rowcast-mpi (mpi, where it is built), the
# shared librowcast (library) and librowcast-io (io), headers, archives and what finds them (dev), and MNIST (data;
# data/CMakeLists.txt installs it).
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rowcast)

# rowcast_install_page(<file> <section> <component>): in packages compressed, as Debian wants it.
function(rowcast_install_page file section component)
  if(ROWCAST_PACKAGES)
    cmake_path(GET file FILENAME name)
    set(packed "${PROJECT_BINARY_DIR}/packages/${name}.gz")
    add_custom_command(OUTPUT "${packed}" COMMAND gzip -9nc "${file}" > "${packed}" DEPENDS "${file}" VERBATIM)
    add_custom_target(rowcast_page_${name} ALL DEPENDS "${packed}")
    set(file "${packed}")
  endif()
  install(FILES "${file}" DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${component})
endfunction()

if(ROWCAST_BUILD_TOOL)
  install(TARGETS rowcast_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tool)
  if(ROWCAST_HAVE_MPI)
    install(TARGETS rowcast_mpi RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT mpi)
  endif()
  include(RowcastManual)
endif()

# rowcast_install_library(<target> <component of the shared one> <beginning of its files for find_package()>)
function(rowcast_install_library target component files)
  install(TARGETS ${target}_static EXPORT ${files}Static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
  set(kinds Static)
  if(TARGET ${target}_shared)
    install(TARGETS ${target}_shared EXPORT ${files}Shared
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${component} NAMELINK_COMPONENT dev)
    list(APPEND kinds Shared)
  endif()
  foreach(kind ${kinds})
    install(EXPORT ${files}${kind} FILE ${files}${kind}Targets.cmake NAMESPACE rowcast::
      DESTINATION ${package_dir} COMPONENT dev)
  endforeach()
endfunction()

rowcast_install_library(rowcast library rowcast)
set(header_filter "")
if(ROWCAST_BUILD_IO)
  rowcast_install_library(rowcast_io io rowcastIo)
else()
  # No header of a library that is not there.
  foreach(header io matrix reader writer)
    list(APPEND header_filter PATTERN ${header}.h EXCLUDE)
  endforeach()
endif()
rowcast_install_page("${PROJECT_SOURCE_DIR}/docs/man/rowcast.3" 3 dev)
install(DIRECTORY include/rowcast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
  FILES_MATCHING PATTERN "*.h" ${header_filter})

# The files find their folder by their own place, so that an installed tree can be moved.
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(ABSOLUTE_PATH pc_dir BASE_DIRECTORY "/prefix" NORMALIZE OUTPUT_VARIABLE pc_place)
cmake_path(RELATIVE_PATH pc_place BASE_DIRECTORY "/prefix")
string(REGEX REPLACE "[^/]+" ".." ROWCAST_PC_PREFIX "${pc_place}")

# rowcast_install_pc(<name> <description> <flags that a program with the archive needs besides>)
function(rowcast_install_pc ROWCAST_PC_FILE ROWCAST_PC_DESCRIPTION ROWCAST_PC_PRIVATE)
  configure_file(cmake/rowcast.pc.in "${PROJECT_BINARY_DIR}/${ROWCAST_PC_FILE}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${ROWCAST_PC_FILE}.pc" DESTINATION ${pc_dir} COMPONENT dev)
endfunction()

set(openmp_flags "")
set(ROWCAST_CONFIG_OPENMP "")
if(ROWCAST_WITH_OPENMP)
  set(openmp_flags "${OpenMP_C_FLAGS} ")
  set(ROWCAST_CONFIG_OPENMP OpenMP::OpenMP_C)
endif()
rowcast_install_pc(rowcast "${PROJECT_DESCRIPTION}" "${openmp_flags}-lm")
# What CMake's name for a library found by its file would be, for a program elsewhere.
set(ROWCAST_CONFIG_IO_PRIVATE "")
if(ROWCAST_BUILD_IO)
  set(io_private "-lz")
  foreach(library libdeflate libzip libzstd)
    if(TARGET rowcast::${library})
      string(REPLACE "lib" "" name ${library})
      string(APPEND io_private " -l${name}")
      list(APPEND ROWCAST_CONFIG_IO_PRIVATE "\$<LINK_ONLY:${name}>")
    endif()
  endforeach()
  rowcast_install_pc(rowcast-io "Matrices in files, for programs that use rowcast" "${io_private} -pthread")
endif()

configure_package_config_file(cmake/rowcastConfig.cmake.in "${PROJECT_BINARY_DIR}/rowcastConfig.cmake"
  INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may break what was.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/rowcastConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/rowcastConfig.cmake" "${PROJECT_BINARY_DIR}/rowcastConfigVersion.cmake"
  DESTINATION ${package_dir} COMPONENT dev)

# The documents, placed as in the source so that their links lead somewhere: in a folder of rowcast's or, in packages,
# with the headers that name them. A package's licence is in its copyright file.
if(ROWCAST_PACKAGES)
  set(documents ${CMAKE_INSTALL_DATADIR}/doc/librowcast-dev)
  set(license "${PROJECT_BINARY_DIR}/packages/LICENSE")
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
  file(CREATE_LINK copyright "${license}" SYMBOLIC)
else()
  set(documents ${CMAKE_INSTALL_DOCDIR})
  set(license LICENSE)
endif()
install(FILES "${license}" README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md DESTINATION ${documents} COMPONENT dev)
install(FILES data/README.md data/LICENSE DESTINATION ${documents}/data COMPONENT dev)
install(DIRECTORY docs examples DESTINATION ${documents} COMPONENT dev PATTERN __pycache__ EXCLUDE)
