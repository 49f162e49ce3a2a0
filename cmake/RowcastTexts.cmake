# SPDX-License-Identifier: BSD-3-Clause
# Files of the tree as texts of a program. rowcast_texts(<variable> <name>=<file>...) sets <variable> to a C file that
# the build makes: `const char asset_<name>[]` for each, with every line's leading blanks left out, which such files do
# not need. As a script, cmake -P, it writes that file: OUTPUT, HEADER and FILES (name=file, commas between them) say
# what.
if(CMAKE_SCRIPT_MODE_FILE)
  set(text "/* Made by cmake/RowcastTexts.cmake. */\n#include \"${HEADER}\"\n")
  string(REPLACE "," ";" files "${FILES}")
  foreach(pair ${files})
    string(REGEX MATCH "^([a-z]+)=(.*)$" pair "${pair}")
    set(name "${CMAKE_MATCH_1}")
    file(READ "${CMAKE_MATCH_2}" hex HEX)
    # A line's leading blanks are those after a line feed, 0a, that begins at an even place: bytes are taken two by two.
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\1 " hex "${hex}")
    string(REGEX REPLACE "0a (20 )+" "0a " hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f]) " "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(0a,)" "\\1\n" bytes "${bytes}")
    string(APPEND text "const char asset_${name}[] = {\n${bytes}0};\n")
  endforeach()
  file(WRITE "${OUTPUT}" "${text}")
  return()
endif()

function(rowcast_texts variable)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/rowcast_texts.c")
  set(files "")
  set(depends "")
  foreach(pair ${ARGN})
    string(REGEX MATCH "^([a-z]+)=(.*)$" pair "${pair}")
    list(APPEND files "${CMAKE_MATCH_1}=${CMAKE_CURRENT_SOURCE_DIR}/${CMAKE_MATCH_2}")
    list(APPEND depends "${CMAKE_CURRENT_SOURCE_DIR}/${CMAKE_MATCH_2}")
  endforeach()
  string(REPLACE ";" "," files "${files}")
  add_custom_command(OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" "-DHEADER=html/assets.h" "-DFILES=${files}"
      -P "${PROJECT_SOURCE_DIR}/cmake/RowcastTexts.cmake"
    DEPENDS ${depends} "${PROJECT_SOURCE_DIR}/cmake/RowcastTexts.cmake" VERBATIM)
  set(${variable} "${output}" PARENT_SCOPE)
endfunction()
