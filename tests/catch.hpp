// Catch2 v2 (Debian 12) and v3 (Debian 13) behind one include. Write tests in what both have:
//   TEST_CASE SECTION GENERATE CHECK REQUIRE CHECK_THROWS_AS INFO CAPTURE, Matchers::Matches (Contains is two things), and SKIP("why") below.
// v2 has no SKIP: here it is made of a note to the listener and a return, so use it only directly in a TEST_CASE.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>

#include <sstream>

namespace onecode_test {
void skip_current_test_case(const std::string& reason); // tests/main.cpp
}

#define SKIP(...)                                            \
  do {                                                       \
    std::ostringstream skip_reason;                          \
    skip_reason << __VA_ARGS__;                              \
    onecode_test::skip_current_test_case(skip_reason.str()); \
    return;                                                  \
  } while (false)
#endif
