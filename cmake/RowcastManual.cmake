# SPDX-License-Identifier: BSD-3-Clause
# Manual pages and completions, which the tool itself makes from its tables; rowcast(3) is written by hand. A cross
# build makes them where it has an emulator.
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  return()
endif()
set(manual "${PROJECT_BINARY_DIR}/manual")
set(made "")

# rowcast_made(<file> <what rowcast help is to print>...)
function(rowcast_made file)
  add_custom_command(OUTPUT "${manual}/${file}" COMMAND "${CMAKE_COMMAND}" -E make_directory "${manual}"
    COMMAND rowcast_cli help ${ARGN} > "${manual}/${file}" DEPENDS rowcast_cli VERBATIM)
  set(made ${made} "${manual}/${file}" PARENT_SCOPE)
endfunction()

rowcast_made(rowcast.1 --man)
set(pages "${manual}/rowcast.1")
# The commands' names, from their table: a new command is one line there.
file(STRINGS src/cli/commands.c lines REGEX "^  {\"[a-z]+\", FOR_")
foreach(line ${lines})
  string(REGEX REPLACE "^  {\"([a-z]+)\".*" "\\1" command "${line}")
  rowcast_made(rowcast-${command}.1 --man ${command})
  list(APPEND pages "${manual}/rowcast-${command}.1")
endforeach()
rowcast_made(rowcast --completion bash)
rowcast_made(_rowcast --completion zsh)
rowcast_made(rowcast.fish --completion fish)
add_custom_target(rowcast_manual ALL DEPENDS ${made})

foreach(page ${pages})
  rowcast_install_page("${page}" 1 tool)
endforeach()
install(FILES "${manual}/rowcast" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tool)
# Where zsh looks: Debian's has a folder for packages.
set(zsh_dir site-functions)
if(ROWCAST_PACKAGES)
  set(zsh_dir vendor-completions)
endif()
install(FILES "${manual}/_rowcast" DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/${zsh_dir} COMPONENT tool)
install(FILES "${manual}/rowcast.fish" DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT tool)
