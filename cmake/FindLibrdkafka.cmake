# librdkafka's C API -> RdKafka::rdkafka. Debian ships only rdkafka.pc.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(RDKAFKA QUIET IMPORTED_TARGET GLOBAL rdkafka)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Librdkafka REQUIRED_VARS RDKAFKA_LINK_LIBRARIES VERSION_VAR RDKAFKA_VERSION
                                  REASON_FAILURE_MESSAGE "install librdkafka-dev (./dev setup)")
if(Librdkafka_FOUND AND NOT TARGET RdKafka::rdkafka)
  add_library(RdKafka::rdkafka ALIAS PkgConfig::RDKAFKA)
endif()
