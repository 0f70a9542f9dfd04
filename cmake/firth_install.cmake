# `cmake --install`: headers, firth::dispatch, the CMake package, and the tool where it is built.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/firth) # the package holds a library, of one kind of processor
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS firth firth_dispatch EXPORT firthTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
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
if(FIRTH_BUILD_TOOL)
  install(TARGETS firth_tool DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
