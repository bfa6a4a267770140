// How far two places are apart, in whole millimetres. On a sphere of 6,371,008.8 m, flattened around the mean
// latitude (equirectangular): the error is below 0.6 %, most of it the flattening of the earth, for places up to 300
// km apart between 70° south and 70° north, which every campus is.
#pragma once

#include <cstdint>

#include "domain/policy.hpp"

namespace onecode {

struct Displacement {
  std::int64_t east_mm = 0;
  std::int64_t north_mm = 0;
};

Displacement displacement(const Zone& from, const Zone& to);
std::int64_t length_mm(Displacement d);

/// A zone at 0° N 0° E was never given coordinates.
inline bool has_coordinates(const Zone& z) { return z.lat_e7 != 0 || z.lon_e7 != 0; }

} // namespace onecode
