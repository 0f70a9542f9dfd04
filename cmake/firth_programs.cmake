# How this tree's own programs are built. Nothing here reaches users of the library.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

add_library(firth_warnings INTERFACE)
if(MSVC)
  target_compile_options(firth_warnings INTERFACE /W4 $<$<BOOL:${FIRTH_WARNINGS_AS_ERRORS}>:/WX>)
else()
  target_compile_options(firth_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef
    # gcc 12 is wrong about std::string's operator+ here (its bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${FIRTH_WARNINGS_AS_ERRORS}>:-Werror>)
endif()

include(CheckCXXCompilerFlag)
add_library(firth_native INTERFACE)
if(FIRTH_NATIVE AND NOT CMAKE_CROSSCOMPILING)
  check_cxx_compiler_flag(-march=native FIRTH_HAS_MARCH_NATIVE)
  if(FIRTH_HAS_MARCH_NATIVE)
    target_compile_options(firth_native INTERFACE -march=native)
  endif()
endif()

# firth_program(NAME SOURCES...): an executable with the library, the warnings and the machine's flags.
function(firth_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE firth::firth firth_warnings firth_native)
endfunction()
