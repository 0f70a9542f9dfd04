# Other projects use firth in every way that the README names, and are refused a version that is not there.

set(prefix ${CMAKE_CURRENT_BINARY_DIR}/installed)
if(FIRTH_INSTALL)
  add_test(NAME install COMMAND ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --prefix ${prefix})
  set_tests_properties(install PROPERTIES FIXTURES_SETUP installed)
  if(FIRTH_DISPATCH_ONLY)
    set_tests_properties(install PROPERTIES PASS_REGULAR_EXPRESSION "holds kernels for")
  endif()
endif()

function(firth_consumer_test name)
  add_test(NAME consumer_${name}
           COMMAND ${CMAKE_CTEST_COMMAND}
             --build-and-test ${CMAKE_CURRENT_SOURCE_DIR}/packaging/consumer
                              ${CMAKE_CURRENT_BINARY_DIR}/consumer_${name}
             --build-generator ${CMAKE_GENERATOR}
             --build-options -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} ${ARGN}
             --test-command sh -c "./consumer && ./consumer_dispatch")
endfunction()

# One instruction set shows as much about linking as all of them, which the installed library has.
set(few)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  set(few -DFIRTH_DISPATCH_ONLY=sse2)
endif()
if(FIRTH_TEST_EVERYTHING)
  firth_consumer_test(parent_targets -DUSE=parent_targets -DFIRTH_SOURCE=${PROJECT_SOURCE_DIR} ${few})
  firth_consumer_test(add_subdirectory -DUSE=add_subdirectory -DFIRTH_SOURCE=${PROJECT_SOURCE_DIR} ${few})
  firth_consumer_test(FetchContent -DUSE=FetchContent -DFIRTH_SOURCE=${PROJECT_SOURCE_DIR} ${few})
endif()
if(FIRTH_INSTALL)
  firth_consumer_test(find_package -DUSE=find_package -DCMAKE_PREFIX_PATH=${prefix}
                      -DFIRTH_WANTED=${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  firth_consumer_test(wrong_version -DUSE=find_package -DCMAKE_PREFIX_PATH=${prefix}
                      -DFIRTH_WANTED=99.0)
  set_tests_properties(consumer_find_package consumer_wrong_version
                       PROPERTIES FIXTURES_REQUIRED installed)
  set_tests_properties(consumer_wrong_version
                       PROPERTIES PASS_REGULAR_EXPRESSION "requested version \"99.0\"")
endif()

# With the oldest CMake that is accepted, a project of its own still builds its programs.
add_test(NAME oldest_cmake
         COMMAND ${CMAKE_COMMAND} -S ${PROJECT_SOURCE_DIR} -B ${CMAKE_CURRENT_BINARY_DIR}/oldest_cmake
           -G ${CMAKE_GENERATOR} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} ${few} -DFIRTH_BUILD_TESTS=OFF
           -DFIRTH_BUILD_BENCHMARKS=OFF -DCMAKE_PROJECT_INCLUDE=${CMAKE_CURRENT_SOURCE_DIR}/packaging/as_oldest_cmake.cmake)
set_tests_properties(oldest_cmake PROPERTIES PASS_REGULAR_EXPRESSION "tool ON, examples ON, install ON"
                                              FAIL_REGULAR_EXPRESSION "CMake Error")

# What pkg-config says of the installed files is enough to compile and link with, also where they were moved to.
if(FIRTH_INSTALL AND UNIX AND FIRTH_TEST_EVERYTHING)
  find_program(FIRTH_PKG_CONFIG NAMES pkg-config pkgconf)
  if(FIRTH_PKG_CONFIG)
    include(GNUInstallDirs)
    add_test(NAME pkg_config
             COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/packaging/pkg_config.sh ${FIRTH_PKG_CONFIG} ${CMAKE_CXX_COMPILER}
                        ${prefix} ${CMAKE_INSTALL_LIBDIR} ${PROJECT_VERSION})
    set_tests_properties(pkg_config PROPERTIES FIXTURES_REQUIRED installed)
  else()
    message(STATUS "pkg-config was not found: the test of firth.pc is left out")
  endif()
endif()
