// Would catch: a digit at the wrong place, a month or a leap day that another calendar does not know.
#include <chrono>
#include <ctime>
#include <random>
#include <string>

#include "domain/time.hpp"
#include "tests/catch.hpp"

using namespace onecode;

namespace {

/// As the C library has it, for the seconds.
std::string by_the_library(Time t) {
  const std::int64_t local = t.ms + std::int64_t{8} * 3'600'000;
  const auto seconds = static_cast<std::time_t>(local >= 0 ? local / 1000 : (local - 999) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const auto n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(local - std::int64_t{seconds} * 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::string(text, n) + "." + fraction + "+08:00";
}

} // namespace

TEST_CASE("a time is written as the C library writes it, and read back") {
  constexpr unsigned kSeed = 20'261'201;
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  std::uniform_int_distribution<std::int64_t> any(-62'000'000'000'000, 250'000'000'000'000); // of four-digit years
  for (int i = 0; i < 50'000; ++i) {
    const Time t{i == 0 ? 0 : any(random)};
    std::string out = "at ";
    append_time(out, t);
    const auto text = by_the_library(t);
    if (text.size() != 29) continue; // a year of fewer digits
    REQUIRE(out == "at " + text);
    REQUIRE(parse_time(text) == t);
  }
}
