# Read right after firth's `project`: takes away what CMake 3.20 does not have, and says at the end what is built.
unset(PROJECT_IS_TOP_LEVEL)
unset(firth_IS_TOP_LEVEL)
cmake_language(DEFER CALL cmake_language EVAL CODE
  "message(STATUS \"tool \${FIRTH_BUILD_TOOL}, examples \${FIRTH_BUILD_EXAMPLES}, install \${FIRTH_INSTALL}\")")
