# SPDX-License-Identifier: BSD-3-Clause
# Debian packages, by `cpack` in a build tree or scripts/make-packages: rowcast (the tool), rowcast-mpi (where MPI is
# found), the shared libraries, librowcast-dev for both, and rowcast-data, one for each component of
# RowcastInstall.cmake.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME rowcast)
set(CPACK_PACKAGE_VENDOR "the rowcast authors")
set(CPACK_PACKAGE_CONTACT "The rowcast authors <rowcast@users.noreply.github.com>")
set(CPACK_PACKAGE_HOMEPAGE_URL "${PROJECT_HOMEPAGE_URL}")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Each package says its own; this one would stand before it.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL tool library io dev data)
if(ROWCAST_HAVE_MPI)
  list(APPEND CPACK_COMPONENTS_ALL mpi)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# As Debian names them: by the soname.
set(library librowcast${ROWCAST_SOVERSION})
set(io_library librowcast-io${ROWCAST_SOVERSION})
set(exact "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")

# rowcast_package(<component> <name> <section> <summary> <description>)
function(rowcast_package component name section summary description)
  string(TOUPPER ${component} COMPONENT)
  set(CPACK_DEBIAN_${COMPONENT}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${COMPONENT}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_COMPONENT_${COMPONENT}_DESCRIPTION "${summary}\n${description}" PARENT_SCOPE)
  # What every Debian package has: copyright, and a changelog, compressed the same way every time.
  set(doc ${CMAKE_INSTALL_DATADIR}/doc/${name})
  install(FILES "${PROJECT_BINARY_DIR}/packages/copyright-${component}" DESTINATION ${doc}
    RENAME copyright COMPONENT ${component})
  install(FILES "${PROJECT_BINARY_DIR}/packages/changelog.Debian.gz" DESTINATION ${doc} COMPONENT ${component})
endfunction()

set(packages "${PROJECT_BINARY_DIR}/packages")
file(READ LICENSE license)
string(REGEX REPLACE "\n\n" "\n.\n" license "${license}")
string(REGEX REPLACE "\n" "\n " license "${license}")
foreach(component ${CPACK_COMPONENTS_ALL})
  configure_file(cmake/debian/copyright.in "${packages}/copyright-${component}" @ONLY)
endforeach()
file(READ cmake/debian/copyright-data.in data_copyright)
file(APPEND "${packages}/copyright-data" "${data_copyright}")
configure_file(cmake/debian/changelog.in "${packages}/changelog.Debian" @ONLY)
execute_process(COMMAND gzip -9nkf "${packages}/changelog.Debian" COMMAND_ERROR_IS_FATAL ANY)

rowcast_package(tool rowcast science "multiplies data sets by a small weight matrix"
  "Command-line tool for tall-skinny matrix products, such as all MNIST
images times the weights of ten classes: reads IDX, NPY, NPZ, pickles
and CSV, chooses the kernel by what the CPU has, gives the same bits on
every machine, and measures itself: ladder of kernels, thread scaling,
roofline.")
rowcast_package(library ${library} libs "tall-skinny matrix products, shared library"
  "Multiplies many rows of float32 or bytes by fixed weights, with the same
bits on every ISA level, for any number of threads and of rows. This
package has the shared library.")
rowcast_package(io ${io_library} libs "matrices in files, shared library"
  "Reads matrices from IDX, NPY, NPZ, pickles and CSV files, whole or block
by block, and writes them, for programs that multiply with rowcast. This
package has the shared library.")
rowcast_package(dev librowcast-dev libdevel "tall-skinny matrix products, development files"
  "Multiplies many rows of float32 or bytes by fixed weights, with the same
bits on every ISA level, for any number of threads and of rows. This
package has the headers and static libraries, of librowcast-io too, and
what CMake and pkg-config need.")
rowcast_package(data rowcast-data science "MNIST images and trained weights for rowcast"
  "The 70,000 handwritten digits of MNIST, as rowcast reads them when no
file is named, and the weights of a softmax regression trained on 50,000
of them.")

if(ROWCAST_HAVE_MPI)
  rowcast_package(mpi rowcast-mpi science "multiplies data sets by a small weight matrix, with MPI"
    "The commands of rowcast that multiply, classify and convert, on rows that
are divided among the processes of mpirun or a batch system, on one
machine or many, with the same bits and files as one process.")
  set(CPACK_DEBIAN_MPI_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_MPI_PACKAGE_RECOMMENDS "openmpi-bin")
  set(CPACK_DEBIAN_MPI_PACKAGE_SUGGESTS "rowcast, rowcast-data")
endif()

set(CPACK_DEBIAN_TOOL_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TOOL_PACKAGE_RECOMMENDS "rowcast-data")
set(CPACK_DEBIAN_TOOL_PACKAGE_SUGGESTS "gnuplot-nox")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_IO_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
file(WRITE "${packages}/triggers" "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA "${packages}/triggers")
set(CPACK_DEBIAN_IO_PACKAGE_CONTROL_EXTRA "${packages}/triggers")
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${library} ${exact}, ${io_library} ${exact}, libc6-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "zlib1g-dev, libdeflate-dev, libzip-dev, libzstd-dev")
set(CPACK_DEBIAN_DATA_PACKAGE_ARCHITECTURE all)
include(CPack)
