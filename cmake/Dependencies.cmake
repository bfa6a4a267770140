# Everything comes from Debian 12 or 13 (`./dev setup` installs it). Imported targets are SYSTEM: no warnings from them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(CAF 0.17.6 REQUIRED COMPONENTS core)
find_package(Librdkafka 2.0 REQUIRED)
find_package(simdjson REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(spdlog REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(tomlplusplus REQUIRED CONFIG)
find_package(tsl-robin-map REQUIRED CONFIG)
# What the executables allocate with: a tenth less CPU per scan and less memory than glibc's (docs/decisions/0014). The
# sanitizers bring their own.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  add_library(onecode_allocator INTERFACE)
else()
  find_package(mimalloc REQUIRED CONFIG)
  add_library(onecode_allocator INTERFACE)
  target_link_libraries(onecode_allocator INTERFACE mimalloc)
  target_sources(onecode_allocator INTERFACE ${PROJECT_SOURCE_DIR}/app/allocator.cpp)
endif()

# These ship CMake configs that drag in what only static or unused parts need (gflags, CURL, civetweb), or none at all.
pkg_check_modules(rocksdb REQUIRED IMPORTED_TARGET GLOBAL rocksdb>=7.8)
add_library(RocksDB::rocksdb ALIAS PkgConfig::rocksdb)
pkg_check_modules(prometheus-cpp-core REQUIRED IMPORTED_TARGET GLOBAL prometheus-cpp-core)
add_library(prometheus-cpp::core ALIAS PkgConfig::prometheus-cpp-core)
pkg_check_modules(cpp-httplib REQUIRED IMPORTED_TARGET GLOBAL cpp-httplib)
# On Debian 13 its header calls OpenSSL itself, which its .pc file takes for a private matter.
target_link_libraries(PkgConfig::cpp-httplib INTERFACE OpenSSL::Crypto)
add_library(httplib::httplib ALIAS PkgConfig::cpp-httplib)
