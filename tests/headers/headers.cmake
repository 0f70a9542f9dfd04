# Headers after the macros of other libraries; all of them together from two translation units; what each may include.
# That each compiles alone, and at what cost, is looked at by cost.py.

set(CMAKE_UNITY_BUILD OFF) # these are about files that are compiled apart

file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR}/include CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/include/*.hpp)
if(NOT TARGET Eigen3::Eigen)
  list(REMOVE_ITEM headers firth/encode/distill_static.hpp firth/encode/fit_sif.hpp firth/math/principal_components.hpp
       firth/math/singular_directions.hpp firth/math/all_but_the_top.hpp
       firth/math/detail/block_lanczos.hpp firth/math/detail/row_squares.hpp firth/train/counts/lsa.hpp
       firth/math/detail/tall_tables.hpp firth/math/truncated_svd.hpp)
endif()
# Every header after the macros of other libraries' headers, as many at once as do not define the same ones. What firth
# includes of others comes before: only firth's own text is on trial.
set(outside "")
foreach(header IN LISTS headers)
  file(STRINGS ${PROJECT_SOURCE_DIR}/include/${header} lines REGEX "^ *# *include <[^>]*>")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "<firth/" AND line MATCHES "<([^>]+)>")
      list(APPEND outside ${CMAKE_MATCH_1})
    endif()
  endforeach()
endforeach()
list(REMOVE_DUPLICATES outside)
list(SORT outside)
set(before "")
foreach(header IN LISTS outside)
  string(APPEND before "#if __has_include(<${header}>)\n#include <${header}>\n#endif\n")
endforeach()
list(TRANSFORM headers REPLACE "(.+)" "#include <\\1>\n" OUTPUT_VARIABLE all_headers)
list(JOIN all_headers "" all_headers)
set(macro_sources)
foreach(libraries arduino+qt+x11 termios+windows)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/after_macros/${libraries}.cpp)
  string(REGEX REPLACE "([a-z0-9]+)[+]?" "#include \"${CMAKE_CURRENT_SOURCE_DIR}/headers/macros/\\1.hpp\"\n" macros ${libraries})
  file(CONFIGURE OUTPUT ${source} CONTENT "${before}${macros}${all_headers}" @ONLY)
  list(APPEND macro_sources ${source})
endforeach()
if(FIRTH_TEST_EVERYTHING)
  add_library(headers_after_macros OBJECT ${macro_sources})
  target_link_libraries(headers_after_macros PRIVATE firth::firth $<TARGET_NAME_IF_EXISTS:Eigen3::Eigen>)
  if(NOT MSVC)
    target_compile_options(headers_after_macros PRIVATE -O0)
  endif()
endif()
add_test(NAME macros COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR}/include/firth
                             -P ${CMAKE_CURRENT_SOURCE_DIR}/headers/macros.cmake)

add_executable(two_units headers/two_units_a.cpp headers/two_units_b.cpp)
target_link_libraries(two_units PRIVATE firth::firth firth_warnings)
add_test(NAME two_units COMMAND two_units)

if(FIRTH_TEST_EVERYTHING)
  # Files of one program compiled with different flags, with the headers alone and with firth::dispatch.
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND (FIRTH_RUNS_avx2 OR FIRTH_RUNS_avx512))
    set_source_files_properties(headers/mixed_flags_wide.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c")
    foreach(linked firth dispatch)
      add_executable(mixed_flags_${linked} headers/mixed_flags_plain.cpp headers/mixed_flags_wide.cpp)
      target_link_libraries(mixed_flags_${linked} PRIVATE firth::${linked} firth_warnings)
      add_test(NAME mixed_flags_${linked} COMMAND mixed_flags_${linked})
    endforeach()
  endif()

  # Files of one program, one of which was compiled with zlib and one without: each keeps to its own.
  if(ZLIB_FOUND)
    add_executable(unpacking headers/unpacking_without.cpp headers/unpacking_with.cpp)
    set_source_files_properties(headers/unpacking_with.cpp PROPERTIES COMPILE_DEFINITIONS FIRTH_WITH_ZLIB)
    target_link_libraries(unpacking PRIVATE firth::firth ZLIB::ZLIB firth_warnings)
    add_test(NAME unpacking COMMAND unpacking)
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
endif()

add_test(NAME layers COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR}/include/firth
                             -P ${CMAKE_CURRENT_SOURCE_DIR}/headers/layers.cmake)

# What a user's type lacks is named by the compiler.
foreach(type metric format)
  add_library(incomplete_${type} OBJECT EXCLUDE_FROM_ALL headers/incomplete/${type}.cpp)
  target_link_libraries(incomplete_${type} PRIVATE firth::firth)
  add_test(NAME incomplete_${type} COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target incomplete_${type})
  set_tests_properties(incomplete_${type} PROPERTIES RESOURCE_LOCK build_folder)
endforeach()
set_tests_properties(incomplete_metric PROPERTIES PASS_REGULAR_EXPRESSION "M::magnitude")
set_tests_properties(incomplete_format PROPERTIES PASS_REGULAR_EXPRESSION "F::load")
