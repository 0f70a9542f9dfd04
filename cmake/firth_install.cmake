# `cmake --install`: headers, the CMake package, and the tool where it is built.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/firth)
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS firth EXPORT firthTargets)
install(EXPORT firthTargets NAMESPACE firth:: DESTINATION ${package_dir})
configure_package_config_file(cmake/firthConfig.cmake.in firthConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(firthConfigVersion.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/firthConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/firthConfigVersion.cmake
              cmake/firth_dependencies.cmake
        DESTINATION ${package_dir})
if(FIRTH_BUILD_TOOL)
  install(TARGETS firth_tool DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
