# SPDX-License-Identifier: BSD-3-Clause
# Manual pages and completions, which the programs themselves make from their tables; rowcast(3) is written by hand. A
# cross build makes them where it has an emulator.
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  return()
endif()
set(manual "${PROJECT_BINARY_DIR}/manual")
set(made "")

# rowcast_made(<target> <file> <what its help is to print>...)
function(rowcast_made target file)
  add_custom_command(OUTPUT "${manual}/${file}" COMMAND "${CMAKE_COMMAND}" -E make_directory "${manual}"
    COMMAND ${target} help ${ARGN} > "${manual}/${file}" DEPENDS ${target} VERBATIM)
  set(made ${made} "${manual}/${file}" PARENT_SCOPE)
endfunction()

# Where zsh looks: Debian's has a folder for packages.
set(zsh_dir site-functions)
if(ROWCAST_PACKAGES)
  set(zsh_dir vendor-completions)
endif()

# rowcast_manual(<target> <program> <component> <source of its table of commands>)
function(rowcast_manual target program component table)
  rowcast_made(${target} ${program}.1 --man)
  set(pages "${manual}/${program}.1")
  # The commands' names, from their table: a new command is one line there.
  file(STRINGS ${table} lines REGEX "^  {\"[a-z]+\", FOR_")
  foreach(line ${lines})
    string(REGEX REPLACE "^  {\"([a-z]+)\".*" "\\1" command "${line}")
    rowcast_made(${target} ${program}-${command}.1 --man ${command})
    list(APPEND pages "${manual}/${program}-${command}.1")
  endforeach()
  rowcast_made(${target} ${program} --completion bash)
  rowcast_made(${target} _${program} --completion zsh)
  rowcast_made(${target} ${program}.fish --completion fish)
  set(made ${made} PARENT_SCOPE)
  foreach(page ${pages})
    rowcast_install_page("${page}" 1 ${component})
  endforeach()
  set(share ${CMAKE_INSTALL_DATADIR})
  install(FILES "${manual}/${program}" DESTINATION ${share}/bash-completion/completions COMPONENT ${component})
  install(FILES "${manual}/_${program}" DESTINATION ${share}/zsh/${zsh_dir} COMPONENT ${component})
  install(FILES "${manual}/${program}.fish" DESTINATION ${share}/fish/vendor_completions.d COMPONENT ${component})
endfunction()

rowcast_manual(rowcast_cli rowcast tool src/cli/commands.c)
if(ROWCAST_HAVE_MPI)
  rowcast_manual(rowcast_mpi rowcast-mpi mpi src/mpi/commands.c)
endif()
add_custom_target(rowcast_manual ALL DEPENDS ${made})
