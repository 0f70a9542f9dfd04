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

# What this tree's programs include of the standard library and of the core's dependencies is compiled once for each
# kind of program: it is most of what a compiler reads of a file. With ccache set CCACHE_SLOPPINESS to
# pch_defines,time_macros.
option(FIRTH_PRECOMPILE "Precompile others' headers for this tree's own programs" ON)
set(firth_precompiled_headers
    <algorithm> <array> <atomic> <bit> <charconv> <chrono> <cmath> <concepts> <cstdint> <cstdio> <cstdlib> <cstring>
    <exception> <filesystem> <fstream> <functional> <iostream> <iterator> <limits> <map> <memory> <mutex> <numeric>
    <optional> <random> <ranges> <set> <span> <sstream> <stdexcept> <string> <string_view> <thread> <tuple> <type_traits>
    <unordered_map> <utility> <variant> <vector> <tsl/robin_map.h> <xsimd/xsimd.hpp>)

# firth_precompile(NAME HEADERS...): the headers above and these, for the sources of a target.
function(firth_precompile name)
  if(FIRTH_PRECOMPILE)
    target_precompile_headers(${name} PRIVATE ${firth_precompiled_headers} ${ARGN})
    target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>) # for ccache
  endif()
endfunction()

# firth_program(NAME SOURCES...): an executable with the library, kernels for every instruction set, and the warnings.
function(firth_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE firth::firth firth::dispatch firth_warnings)
endfunction()
