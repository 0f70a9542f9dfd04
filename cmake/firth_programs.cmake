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

# firth_program(NAME SOURCES...): an executable with the library, kernels for every instruction set, and the warnings.
function(firth_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE firth::firth firth::dispatch firth_warnings)
endfunction()
