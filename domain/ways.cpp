#include "domain/ways.hpp"

#include <algorithm>

#include "domain/distance.hpp"
#include "domain/rules/params.hpp"

namespace onecode {
namespace {

namespace p = param::a1;

constexpr std::int64_t kWalkingMmPerS = 1'400;

const Zone* zone(const Policy& policy, const std::string& id) {
  const auto it = policy.zones.find(id);
  return it == policy.zones.end() ? nullptr : &it->second;
}

std::optional<TooFar> for_anybody(const std::string& from, const std::string& to, std::int64_t time_ms,
                                  const RuleSettings& s, const Policy& policy) {
  const Zone *a = zone(policy, from), *b = zone(policy, to);
  if (a == nullptr || b == nullptr) return std::nullopt;
  const std::int64_t limit = s[a->campus == b->campus ? p::campus_speed_mm_s : p::intercampus_speed_mm_s];
  const std::int64_t error_mm = 2 * s[p::place_error_m] * 1000, least_mm = s[p::min_distance_m] * 1000;
  const auto cannot = [&](std::int64_t mm) { return mm >= least_mm && (mm - error_mm) * 1000 > limit * time_ms; };
  const auto by = [&](std::int64_t mm) -> std::optional<TooFar> {
    if (!cannot(mm)) return std::nullopt;
    return TooFar{mm / 1000, {}, (mm - error_mm) * 1000 > s[p::strong_factor] * limit * time_ms};
  };

  if (const auto walk = policy.walking_time_s(from, to)) return by(*walk * kWalkingMmPerS);
  if (!has_coordinates(*a) || !has_coordinates(*b)) return std::nullopt;
  const Displacement d = displacement(*a, *b);
  // The corner way is never shorter than the straight line, and needs no root.
  const auto positive = [](std::int64_t x) { return x < 0 ? -x : x; };
  if (!cannot(positive(d.east_mm) + positive(d.north_mm))) return std::nullopt;
  return by(length_mm(d));
}

std::optional<TooFar> for_these_people(const std::string& from, const std::string& to, std::int64_t time_ms,
                                       const RuleSettings& s, const Policy& policy, const LearnedWays& learned) {
  if (learned.empty()) return std::nullopt;
  const auto way = std::ranges::find(learned, hash64(from), &LearnedWay::zone);
  if (way == learned.end() || time_ms * 1000 >= way->ms * s[p::learned_permille]) return std::nullopt;
  const Zone *a = zone(policy, from), *b = zone(policy, to);
  if (a == nullptr || b == nullptr || !has_coordinates(*a) || !has_coordinates(*b)) return std::nullopt;
  const std::int64_t metres = length_mm(displacement(*a, *b)) / 1000;
  if (metres < s[p::min_distance_m]) return std::nullopt;
  return TooFar{metres, way->ms / 1000, false};
}

} // namespace

std::optional<TooFar> too_far(const std::string& from, const std::string& to, std::int64_t time_ms,
                              const RuleSettings& a1, const Policy& policy, const LearnedWays& learned) {
  if (auto far = for_anybody(from, to, time_ms, a1, policy)) return far;
  return for_these_people(from, to, time_ms, a1, policy, learned);
}

} // namespace onecode
