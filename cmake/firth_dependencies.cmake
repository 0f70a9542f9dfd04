# What programs that include firth's headers need: xsimd and robin-map, header-only both, and threads.
# Read by this tree and by the installed package.

find_package(Threads REQUIRED)
find_package(tsl-robin-map REQUIRED)

if(NOT TARGET firth::xsimd)
  # Without a version: xsimd's package says that 8 and 9 are not compatible, and firth takes both.
  find_package(xsimd REQUIRED)
  if(xsimd_VERSION VERSION_LESS 8.1)
    message(FATAL_ERROR "firth needs xsimd 8.1 or later, found ${xsimd_VERSION} in ${xsimd_DIR}")
  endif()
  add_library(firth::xsimd INTERFACE IMPORTED GLOBAL)
  if(TARGET xsimd::xsimd)
    target_link_libraries(firth::xsimd INTERFACE xsimd::xsimd)
  else()
    # The target of older versions links a library xtl that is nowhere to be found.
    target_include_directories(firth::xsimd SYSTEM INTERFACE ${xsimd_INCLUDE_DIRS})
  endif()
endif()
