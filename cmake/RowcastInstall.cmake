# SPDX-License-Identifier: BSD-3-Clause
# Where things go on `cmake --install`: the tool, the libraries, the headers, the licence. The data folder
# installs itself (data/CMakeLists.txt).
install(TARGETS rowcast_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
set(libraries rowcast_static)
if(TARGET rowcast_shared)
  list(APPEND libraries rowcast_shared)
endif()
install(TARGETS ${libraries}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/rowcast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/include/rowcast/version.h"
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rowcast)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
