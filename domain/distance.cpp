#include "domain/distance.hpp"

#include <array>

#include "domain/integer.hpp"

namespace onecode {
namespace {

constexpr std::int64_t kDegreeE7 = 10'000'000;
constexpr std::int64_t kNanometresPerE7 = 11'119'508; // of a great circle

/// cos of 0°..90° in Q24, by cos((k+1)°) = 2 cos 1° cos k° - cos((k-1)°) in Q60.
constexpr std::array<std::int64_t, 92> make_cosines() {
  constexpr std::int64_t one = std::int64_t{1} << 60, cos1 = 1'152'745'909'077'394'653;
  std::array<std::int64_t, 92> c{};
  std::int64_t last = cos1, now = one; // cos(-1°), cos 0°
  for (std::size_t k = 0; k <= 90; ++k) {
    c[k] = (now + (std::int64_t{1} << 35)) >> 36;
    const auto next = static_cast<std::int64_t>((i128{2} * cos1 * now >> 60) - last);
    last = now;
    now = next;
  }
  return c; // c[91] = 0 lets 90° be interpolated like the others
}
constexpr auto kCosines = make_cosines();
static_assert(kCosines[60] == (1 << 23) && kCosines[90] == 0);

std::int64_t cosine_q24(std::int64_t lat_e7) {
  const std::int64_t lat = lat_e7 < 0 ? -lat_e7 : lat_e7;
  const auto degree = static_cast<std::size_t>(lat / kDegreeE7);
  if (degree >= 90) return 0;
  return kCosines[degree] - (kCosines[degree] - kCosines[degree + 1]) * (lat % kDegreeE7) / kDegreeE7;
}

constexpr std::int64_t millimetres(std::int64_t degrees_e7) { return degrees_e7 * kNanometresPerE7 / 1'000'000; }

} // namespace

Displacement displacement(const Zone& from, const Zone& to) {
  std::int64_t lon = to.lon_e7 - from.lon_e7;
  if (lon > 180 * kDegreeE7) lon -= 360 * kDegreeE7;
  if (lon < -180 * kDegreeE7) lon += 360 * kDegreeE7;
  const std::int64_t cosine = cosine_q24((from.lat_e7 + to.lat_e7) / 2);
  return {millimetres(lon) * cosine / (1 << 24), millimetres(to.lat_e7 - from.lat_e7)};
}

std::int64_t length_mm(Displacement d) {
  const u128 east = static_cast<u128>(d.east_mm < 0 ? -d.east_mm : d.east_mm);
  const u128 north = static_cast<u128>(d.north_mm < 0 ? -d.north_mm : d.north_mm);
  return static_cast<std::int64_t>(square_root(east * east + north * north));
}

} // namespace onecode
