# SPDX-License-Identifier: BSD-3-Clause
# rowcast_one_object(<file> <objects>...): links objects to one, in which every hidden name is local. Linked by the
# compiler, with the flags it compiles with, so that link-time optimisation takes place here and leaves machine code.
if(NOT CMAKE_OBJCOPY)
  find_program(CMAKE_OBJCOPY objcopy REQUIRED)
endif()

function(rowcast_one_object file)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}}")
  if(CMAKE_INTERPROCEDURAL_OPTIMIZATION)
    list(APPEND flags ${CMAKE_C_COMPILE_OPTIONS_IPO})
  endif()
  # The linker is the build's own.
  string(REGEX MATCHALL "(-fuse-ld|--ld-path)=[^ ]+" linker "${CMAKE_EXE_LINKER_FLAGS}")
  if(CMAKE_C_COMPILER_TARGET)
    list(APPEND flags "--target=${CMAKE_C_COMPILER_TARGET}")
  endif()
  # Of link-time optimisation GCC would leave its own code in the object.
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND "${flags}" MATCHES "-flto")
    list(APPEND flags -flinker-output=nolto-rel)
  endif()
  add_custom_command(OUTPUT "${file}"
    COMMAND "${CMAKE_C_COMPILER}" ${flags} ${linker} -nostdlib -r -o "${file}" ${ARGN}
    COMMAND "${CMAKE_OBJCOPY}" --localize-hidden "${file}"
    DEPENDS ${ARGN} COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking the archive's object")
  set_source_files_properties("${file}" PROPERTIES GENERATED TRUE EXTERNAL_OBJECT TRUE)
endfunction()
