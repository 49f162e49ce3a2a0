# SPDX-License-Identifier: BSD-3-Clause
# Where things go on `cmake --install`, in four components: the tool (tool), the shared library (library), headers,
# archive and what finds them (dev), and MNIST (data; data/CMakeLists.txt installs it).
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
  include(RowcastManual)
endif()

install(TARGETS rowcast_static EXPORT rowcastStatic ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(EXPORT rowcastStatic FILE rowcastStaticTargets.cmake NAMESPACE rowcast::
  DESTINATION ${package_dir} COMPONENT dev)
if(TARGET rowcast_shared)
  install(TARGETS rowcast_shared EXPORT rowcastShared
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT dev)
  install(EXPORT rowcastShared FILE rowcastSharedTargets.cmake NAMESPACE rowcast::
    DESTINATION ${package_dir} COMPONENT dev)
endif()
rowcast_install_page("${PROJECT_SOURCE_DIR}/docs/man/rowcast.3" 3 dev)
install(DIRECTORY include/rowcast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev FILES_MATCHING PATTERN "*.h")

# What a program that links the archive needs besides, for pkg-config and for CMake.
set(ROWCAST_PC_PRIVATE "-lz")
if(ROWCAST_WITH_OPENMP)
  string(PREPEND ROWCAST_PC_PRIVATE "${OpenMP_C_FLAGS} ")
endif()
set(ROWCAST_CONFIG_PRIVATE "")
foreach(library libdeflate libzip)
  if(TARGET rowcast::${library})
    string(REPLACE "lib" "" name ${library})
    string(APPEND ROWCAST_PC_PRIVATE " -l${name}")
    list(APPEND ROWCAST_CONFIG_PRIVATE "\$<LINK_ONLY:${name}>")
  endif()
endforeach()
string(APPEND ROWCAST_PC_PRIVATE " -lm")

# The files find their folder by their own place, so that an installed tree can be moved.
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(ABSOLUTE_PATH pc_dir BASE_DIRECTORY "/prefix" NORMALIZE OUTPUT_VARIABLE pc_place)
cmake_path(RELATIVE_PATH pc_place BASE_DIRECTORY "/prefix")
string(REGEX REPLACE "[^/]+" ".." ROWCAST_PC_PREFIX "${pc_place}")
configure_file(cmake/rowcast.pc.in "${PROJECT_BINARY_DIR}/rowcast.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/rowcast.pc" DESTINATION ${pc_dir} COMPONENT dev)
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
