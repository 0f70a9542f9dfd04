# `cmake --install`: headers, firth::dispatch, the packages for CMake and pkg-config, and the tool where it is built.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/firth) # the package holds a library, of one kind of processor
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS firth firth_dispatch EXPORT firthTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(FIRTH_DISPATCH_ONLY)
  list(JOIN FIRTH_DISPATCH_LEVELS ", " levels)
  install(CODE "message(WARNING \"firth::dispatch holds kernels for ${levels} only: configure without \"
                                  \"FIRTH_DISPATCH_ONLY to install those of every processor\")")
endif()
install(EXPORT firthTargets NAMESPACE firth:: DESTINATION ${package_dir})
configure_package_config_file(cmake/firthConfig.cmake.in firthConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(firthConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/firthConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/firthConfigVersion.cmake
              cmake/firth_dependencies.cmake
              cmake/firth_compression.cmake
        DESTINATION ${package_dir})

# For build systems other than CMake: firth.pc, and firth-dispatch.pc with the static library. The paths within are
# relative to the files themselves, so that the whole may be moved. Headers of xsimd and robin-map are named where
# compilers do not look anyway.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${up}")
endif()
foreach(dir LIB INCLUDE)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}DIR}")
    set(pc_${dir}dir ${CMAKE_INSTALL_${dir}DIR})
  else()
    set(pc_${dir}dir "\${prefix}/${CMAKE_INSTALL_${dir}DIR}")
  endif()
endforeach()
set(pc_cflags)
foreach(target xsimd::xsimd xsimd tsl::robin_map)
  if(TARGET ${target})
    get_target_property(directories ${target} INTERFACE_INCLUDE_DIRECTORIES)
    foreach(directory IN LISTS directories)
      if(IS_ABSOLUTE "${directory}" AND NOT directory IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        string(APPEND pc_cflags " -isystem ${directory}")
      endif()
    endforeach()
  endif()
endforeach()
foreach(package firth firth-dispatch)
  configure_file(cmake/${package}.pc.in ${package}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${package}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
if(FIRTH_BUILD_TOOL)
  install(TARGETS firth_tool DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
