// Catches: distances that are wrong by more than a percent, or overflow, anywhere a campus may be.
#include "domain/distance.hpp"

#include <cmath>
#include <random>

#include "domain/integer.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;

namespace {

double radians(std::int64_t e7) { return static_cast<double>(e7) / 1e7 * 3.14159265358979323846 / 180; }

double haversine_m(const Zone& a, const Zone& b) {
  const double dlat = radians(b.lat_e7 - a.lat_e7), dlon = radians(b.lon_e7 - a.lon_e7);
  const double h = std::pow(std::sin(dlat / 2), 2) +
                   std::cos(radians(a.lat_e7)) * std::cos(radians(b.lat_e7)) * std::pow(std::sin(dlon / 2), 2);
  return 2 * 6'371'008.8 * std::asin(std::sqrt(h));
}

} // namespace

TEST_CASE("distance: within a percent of the great circle", "[distance]") {
  const unsigned seed = test::seed();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  for (int i = 0; i < 5000; ++i) {
    const Zone a{between(-680'000'000, 680'000'000), between(-1'800'000'000, 1'800'000'000), "", ""};
    const Zone b{a.lat_e7 + between(-20'000'000, 20'000'000), a.lon_e7 + between(-25'000'000, 25'000'000), "", ""};
    const double real = haversine_m(a, b);
    if (real > 300'000) continue;
    CAPTURE(a.lat_e7, a.lon_e7, b.lat_e7, b.lon_e7, real);
    CHECK(std::abs(length_mm(displacement(a, b)) / 1000.0 - real) <= real * 0.01 + 0.01);
  }
}

TEST_CASE("distance: special places", "[distance]") {
  CHECK(length_mm(displacement(test::place(0, 0), test::place(0, 0))) == 0);
  const std::int64_t km = length_mm(displacement(test::place(0, 0), test::place(600, 800)));
  CHECK((km > 995'000 && km < 1'005'000));
  // across the date line, and from pole to pole without overflow
  const std::int64_t across = length_mm(displacement({0, 1'799'999'000, "", ""}, {0, -1'799'999'000, "", ""}));
  CHECK((across > 22'000 && across < 22'500));
  CHECK(length_mm(displacement({-900'000'000, -1'800'000'000, "", ""}, {900'000'000, 0, "", ""})) > 0);
  CHECK_FALSE(has_coordinates(Zone{}));
}

TEST_CASE("integer: square roots are exact", "[distance]") {
  CHECK(square_root(0) == 0);
  CHECK(square_root(1) == 1);
  CHECK(square_root(99) == 9);
  CHECK(square_root(100) == 10);
  const u128 big = (u128{1} << 126) - 1;
  CHECK(square_root(big) == (std::uint64_t{1} << 63) - 1);
  std::mt19937_64 random(3);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t r = random() >> (random() % 60);
    CHECK(square_root(u128{r} * r) == r);
    CHECK(square_root(u128{r} * r + r) == r);
  }
}
