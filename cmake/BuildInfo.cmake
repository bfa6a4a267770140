# build_info.hpp tells the version and the source revision. Only one small generated .cpp changes with a commit, so a new
# revision recompiles that file and relinks; it never rebuilds the world. Looked up at build time, not at configure time.
set(out ${PROJECT_BINARY_DIR}/generated)
if(CMAKE_SCRIPT_MODE_FILE)
  find_package(Git QUIET)
  set(revision "")
  if(Git_FOUND)
    # Only a repository of our own counts: sources unpacked inside somebody else's checkout must not take its revision.
    execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE_DIR} rev-parse --show-toplevel
                    OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(top STREQUAL SOURCE_DIR)
      execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE_DIR} describe --tags --always --dirty --abbrev=12
                      OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    endif()
  endif()
  if(revision STREQUAL "")
    set(revision "$ENV{ONECODE_REVISION}") # an image is built without the repository
  endif()
  if(revision STREQUAL "")
    set(revision unknown)
  endif()
  configure_file(${SOURCE_DIR}/cmake/build_info.cpp.in ${OUTPUT} @ONLY) # writes only when the text differs
  return()
endif()

configure_file(${PROJECT_SOURCE_DIR}/cmake/build_info.hpp.in ${out}/build_info.hpp COPYONLY)
add_custom_target(build_info_revision
                  COMMAND ${CMAKE_COMMAND} -DSOURCE_DIR=${PROJECT_SOURCE_DIR} -DOUTPUT=${out}/build_info.cpp
                          -DPROJECT_VERSION=${PROJECT_VERSION} -P ${CMAKE_CURRENT_LIST_FILE}
                  BYPRODUCTS ${out}/build_info.cpp
                  COMMENT "Asking git for the source revision" VERBATIM)
add_library(onecode_build_info STATIC ${out}/build_info.cpp)
add_dependencies(onecode_build_info build_info_revision)
