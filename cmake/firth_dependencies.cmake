# What programs that include firth's headers need: xsimd and robin-map, header-only both, and threads.
# Read by this tree and by the installed package. Where the project around it has their targets already, they are taken.

find_package(Threads REQUIRED)
if(NOT TARGET tsl::robin_map)
  find_package(tsl-robin-map REQUIRED)
endif()

if(NOT TARGET firth::xsimd)
  if(NOT TARGET xsimd::xsimd AND NOT TARGET xsimd)
    # Without a version: xsimd's package says that 8 and 9 are not compatible, and firth takes both.
    find_package(xsimd REQUIRED)
    if(xsimd_VERSION VERSION_LESS 8.1)
      message(FATAL_ERROR "firth needs xsimd 8.1 or later, found ${xsimd_VERSION} in ${xsimd_DIR}")
    endif()
  endif()
  add_library(firth::xsimd INTERFACE IMPORTED GLOBAL)
  if(TARGET xsimd::xsimd)
    target_link_libraries(firth::xsimd INTERFACE xsimd::xsimd)
  else()
    # The installed target of older versions links a library xtl that is nowhere to be found.
    # It may be known in this directory alone, unlike firth::xsimd: what it says now is taken.
    get_target_property(firth_xsimd_headers xsimd INTERFACE_INCLUDE_DIRECTORIES)
    target_include_directories(firth::xsimd SYSTEM INTERFACE ${firth_xsimd_headers})
  endif()
endif()
