// Would catch: a digit at the wrong place, a month or a leap day that another calendar does not know.
#include <chrono>
#include <ctime>
#include <random>
#include <string>

#include "domain/time.hpp"
#include "tests/catch.hpp"

using namespace onecode;

namespace {

constexpr Time kFirst{-62'167'248'000'000}; // 0000-01-01T00:00:00+08:00
constexpr Time kLast{253'402'271'999'999};  // 9999-12-31T23:59:59.999+08:00

/// As the C library has it, for the seconds.
std::string by_the_library(Time t) {
  const std::int64_t local = t.ms + std::int64_t{8} * 3'600'000;
  const auto seconds = static_cast<std::time_t>(local >= 0 ? local / 1000 : (local - 999) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const auto n = std::strftime(text, sizeof text, "-%m-%dT%H:%M:%S", &parts);
  const auto padded = [](std::int64_t number, std::size_t width) {
    std::string digits = std::to_string(number);
    return digits.insert(0, width - digits.size(), '0');
  };
  return padded(parts.tm_year + 1900, 4) + std::string(text, n) + "." +
         padded(local - std::int64_t{seconds} * 1000, 3) + "+08:00";
}

} // namespace

TEST_CASE("a time is written as the C library writes it, and read back") {
  constexpr unsigned kSeed = 20'261'201;
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  std::uniform_int_distribution<std::int64_t> any(kFirst.ms, kLast.ms);
  for (int i = 0; i < 50'000; ++i) {
    const Time t{i == 0 ? kFirst.ms : i == 1 ? kLast.ms : any(random)};
    std::string out = "at ";
    append_time(out, t);
    const auto text = by_the_library(t);
    REQUIRE(out == "at " + text);
    REQUIRE(parse_time(text) == t);
  }
}

TEST_CASE("a time that the campus cannot write is not read") {
  CHECK(parse_time("0000-01-01T00:00:00+08:00") == kFirst);
  CHECK_FALSE(parse_time("0000-01-01T00:00:00+08:01"));
  CHECK_FALSE(parse_time("0000-01-01T00:00:00+14:00"));
  CHECK(parse_time("9999-12-31T23:59:59.999+08:00") == kLast);
  CHECK_FALSE(parse_time("9999-12-31T23:59:60+08:00"));
  CHECK_FALSE(parse_time("9999-12-31T23:59:59-12:00"));
}
