# tests/ mirrors the tree. One executable per kind (and per folder for unit tests), each one ctest test; the executables
# report every single test case through the listener in tests/main.cpp, which is what `./dev test` counts.
find_package(Catch2 REQUIRED CONFIG) # v2 on Debian 12, v3 on Debian 13: tests/catch.hpp covers the difference
find_package(rapidcheck REQUIRED CONFIG)

add_library(onecode_test_main STATIC tests/main.cpp)
target_link_libraries(onecode_test_main PUBLIC Catch2::Catch2)

# Helpers that several kinds of test share; not for unit tests, which link their own folder only.
file(GLOB_RECURSE support CONFIGURE_DEPENDS tests/support/*.cpp)
if(support)
  add_library(onecode_test_support STATIC ${support})
  target_link_libraries(onecode_test_support PUBLIC onecode_app Catch2::Catch2)
else()
  add_library(onecode_test_support INTERFACE)
  target_link_libraries(onecode_test_support INTERFACE onecode_app)
endif()

set(reports ${PROJECT_BINARY_DIR}/reports)
file(MAKE_DIRECTORY ${reports})

# onecode_tests(<name> <folder below tests/> <libraries…>): nothing happens while the folder is empty.
function(onecode_tests name folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS tests/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE onecode_test_main ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 3600 ENVIRONMENT
    "ONECODE_TEST_REPORT=${reports}/${name};ONECODE_SOURCE_DIR=${PROJECT_SOURCE_DIR};ONECODE_BIN=${PROJECT_BINARY_DIR}/onecode;\
TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/cmake/tsan.supp;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()

foreach(folder domain streams evidence archive storage monitoring actors app)
  onecode_tests(unit_${folder} unit/${folder} onecode_${folder})
endforeach()
target_link_libraries(unit_actors PRIVATE onecode_storage) # actors/ knows its interfaces only: a body for tests
# Against programs in Go that are not ours, which the tests compile themselves.
onecode_tests(interop_tests interop onecode_test_support)
onecode_tests(property_tests property onecode_test_support rapidcheck)
onecode_tests(simulation_tests simulation onecode_test_support)
if(ONECODE_PLANTED AND TARGET simulation_tests)
  target_compile_definitions(onecode_actors PRIVATE ONECODE_PLANTED)
  target_compile_definitions(simulation_tests PRIVATE ONECODE_PLANTED)
endif()
onecode_tests(integration_tests integration onecode_test_support)
onecode_tests(monitoring_tests monitoring onecode_test_support nlohmann_json::nlohmann_json) # against a real Prometheus
onecode_tests(contract_tests contract onecode_test_support OpenSSL::Crypto nlohmann_json::nlohmann_json)
onecode_tests(chaos_tests chaos onecode_test_support onecode_bench nlohmann_json::nlohmann_json)

# The schemas of docs/ are judged by a validator that is not ours, Debian's python3-jsonschema; what deploy/ holds by systemd,
# promtool and the engine itself; what examples/siem/ has by a syslog daemon; security by a Kafka of its own that demands it; the
# documentation by MkDocs and the engine. Beside the programs above tests like them, with a target to build and a report.
function(onecode_python_tests folder name)
  cmake_parse_arguments(tests "" "PROGRAM" "ENVIRONMENT;PROPERTIES" ${ARGN})
  if(NOT tests_PROGRAM)
    set(tests_PROGRAM onecode)
  endif()
  add_custom_target(${name})
  add_test(NAME ${name} COMMAND /usr/bin/python3 tests/run.py ${folder} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 3600 ${tests_PROPERTIES} ENVIRONMENT
    "ONECODE_TEST_REPORT=${reports}/${name};ONECODE_BIN=${PROJECT_BINARY_DIR}/onecode;PYTHONDONTWRITEBYTECODE=1;${tests_ENVIRONMENT}")
  if(TARGET ${tests_PROGRAM})
    add_dependencies(${name} ${tests_PROGRAM})
  endif()
endfunction()
onecode_python_tests(schemas schema_tests)
onecode_python_tests(deployment deployment_tests)
onecode_python_tests(siem siem_tests)
onecode_python_tests(security security_tests)
onecode_python_tests(docs docs_tests)
# Hostile input goes to programs with sanitizers, in each preset.
function(onecode_sanitized program)
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_compile_options(${program} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS)
    target_link_options(${program} PRIVATE -fsanitize=address,undefined)
  endif()
endfunction()
add_executable(onecode-verify-sanitized EXCLUDE_FROM_ALL verify/verify.cpp)
target_link_libraries(onecode-verify-sanitized PRIVATE OpenSSL::Crypto)
onecode_sanitized(onecode-verify-sanitized)
onecode_python_tests(verify verify_tests PROGRAM onecode-verify ENVIRONMENT
                     "ONECODE_VERIFY=$<TARGET_FILE:onecode-verify>;ONECODE_VERIFY_SANITIZED=$<TARGET_FILE:onecode-verify-sanitized>")
add_dependencies(verify_tests onecode-verify-sanitized onecode) # which is the witness there
# Both readers of the evidence get it, compiled here with what they need of streams/: for a fixed number of inputs, and with clang's libFuzzer as
# main() for as long as one likes (`./dev fuzz`).
file(GLOB evidence_fuzzed CONFIGURE_DEPENDS evidence/*.cpp)
list(APPEND evidence_fuzzed domain/time.cpp streams/base64.cpp streams/sha256.cpp streams/signatures.cpp)
set(fuzz_targets tests/fuzz/targets.cpp tests/fuzz/readers.cpp tests/fuzz/folders.cpp)
add_executable(fuzz_tests EXCLUDE_FROM_ALL ${fuzz_targets} tests/fuzz/fuzz_test.cpp ${evidence_fuzzed})
target_link_libraries(fuzz_tests PRIVATE onecode_test_main OpenSSL::Crypto simdjson::simdjson fmt::fmt)
onecode_sanitized(fuzz_tests)
set_target_properties(fuzz_tests PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
add_test(NAME fuzz_tests COMMAND fuzz_tests WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(fuzz_tests PROPERTIES TIMEOUT 3600 ENVIRONMENT "ONECODE_TEST_REPORT=${reports}/fuzz_tests")
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=fuzzer-no-link")
  add_executable(fuzz EXCLUDE_FROM_ALL ${fuzz_targets} tests/fuzz/libfuzzer.cpp ${evidence_fuzzed})
  target_link_libraries(fuzz PRIVATE OpenSSL::Crypto simdjson::simdjson fmt::fmt)
  target_link_options(fuzz PRIVATE -fsanitize=fuzzer)
endif()

# Against a real Kafka: what docs/ tells its readers to type, and operators' tools. The drill starts a Kafka of its own.
onecode_python_tests(walkthroughs walkthrough_tests PROPERTIES LABELS kafka)
onecode_python_tests(operations operations_tests PROPERTIES LABELS kafka)
add_dependencies(walkthrough_tests onecode-verify)
add_dependencies(operations_tests onecode-verify)

# The gateways of examples/ link nothing of ours. Their tests run them before an engine, beside the Python one.
pkg_check_modules(rdkafka-cpp REQUIRED IMPORTED_TARGET rdkafka++)
add_executable(example_gateway examples/gateway/gateway.cpp)
target_link_libraries(example_gateway PRIVATE PkgConfig::rdkafka-cpp OpenSSL::Crypto nlohmann_json::nlohmann_json CLI11::CLI11)
set_target_properties(example_gateway PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
onecode_python_tests(gateway gateway_tests PROPERTIES LABELS kafka RUN_SERIAL ON
                     ENVIRONMENT "ONECODE_EXAMPLE_GATEWAY=$<TARGET_FILE:example_gateway>")
add_dependencies(gateway_tests example_gateway)

# What measures or kills processes gets the machine for itself.
foreach(name integration_tests contract_tests chaos_tests)
  if(TARGET ${name})
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endforeach()
foreach(name integration_tests chaos_tests)
  if(TARGET ${name})
    set_tests_properties(${name} PROPERTIES LABELS kafka)
  endif()
endforeach()
if(TARGET contract_tests AND TARGET onecode)
  add_dependencies(contract_tests onecode)
endif()
if(TARGET integration_tests AND TARGET onecode)
  add_dependencies(integration_tests onecode)
endif()
if(TARGET chaos_tests AND TARGET onecode)
  add_dependencies(chaos_tests onecode)
endif()
