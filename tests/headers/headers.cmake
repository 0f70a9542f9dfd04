# Every public header compiles alone, in strict mode; all of them together link from two translation units; and
# headers include only what their layer may.

file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR}/include CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/include/*.hpp)
if(NOT TARGET Eigen3::Eigen)
  list(REMOVE_ITEM headers firth/table/all_but_the_top.hpp)
endif()
find_package(nlohmann_json QUIET)
if(NOT nlohmann_json_FOUND)
  list(REMOVE_ITEM headers firth/io/safetensors.hpp)
endif()
set(alone_sources)
foreach(header IN LISTS headers)
  string(REPLACE "/" "_" name ${header})
  string(REPLACE ".hpp" ".cpp" name ${name})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/alone/${name})
  file(CONFIGURE OUTPUT ${source} CONTENT "#include <${header}>\n#include <${header}>\n")
  list(APPEND alone_sources ${source})
endforeach()
option(FIRTH_TEST_HEADERS_ALONE "Compile every header alone" ON)
if(FIRTH_TEST_HEADERS_ALONE)
  add_library(headers_alone OBJECT ${alone_sources})
  target_link_libraries(headers_alone PRIVATE firth::firth firth_warnings $<TARGET_NAME_IF_EXISTS:Eigen3::Eigen>)
  if(NOT MSVC)
    target_compile_options(headers_alone PRIVATE -O0) # nothing of them runs
  endif()
endif()

add_executable(two_units headers/two_units_a.cpp headers/two_units_b.cpp)
target_link_libraries(two_units PRIVATE firth::firth firth_warnings)
add_test(NAME two_units COMMAND two_units)

# Files of one program compiled with different flags, with the headers alone and with firth::dispatch.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND FIRTH_RUNS_avx2)
  set_source_files_properties(headers/mixed_flags_wide.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c")
  foreach(linked firth dispatch)
    add_executable(mixed_flags_${linked} headers/mixed_flags_plain.cpp headers/mixed_flags_wide.cpp)
    target_link_libraries(mixed_flags_${linked} PRIVATE firth::${linked} firth_warnings)
    add_test(NAME mixed_flags_${linked} COMMAND mixed_flags_${linked})
  endforeach()
endif()

# Programs of users who compile and link everything with -ffast-math.
if(NOT MSVC AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  foreach(linked firth dispatch)
    add_executable(fast_math_${linked} headers/fast_math.cpp)
    target_compile_options(fast_math_${linked} PRIVATE -ffast-math)
    target_link_options(fast_math_${linked} PRIVATE -ffast-math)
    target_link_libraries(fast_math_${linked} PRIVATE firth::${linked} firth_warnings)
    add_test(NAME fast_math_${linked} COMMAND fast_math_${linked})
  endforeach()
endif()

add_test(NAME layers COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR}/include/firth
                             -P ${CMAKE_CURRENT_SOURCE_DIR}/headers/layers.cmake)
