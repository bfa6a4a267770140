#include "domain/rules/a01_infeasible_transit.hpp"

#include "domain/distance.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::a1;

constexpr Duration kHorizon = hours(1);
constexpr std::int64_t kWalkingMmPerS = 1'400;

const Zone* zone(const Policy& policy, const std::string& id) {
  const auto it = policy.zones.find(id);
  return it == policy.zones.end() ? nullptr : &it->second;
}

struct Way {
  std::int64_t mm;
  std::int64_t limit_mm_s;
};

/// The way between two zones, where it is long enough to count and too long for that time at the limit.
std::optional<Way> way(const std::string& from, const Zone* a, const std::string& to, std::int64_t time_ms,
                       const RuleSettings& s, const Policy& policy) {
  const Zone* b = zone(policy, to);
  if (b == nullptr) return std::nullopt;
  const std::int64_t limit = s[a->campus == b->campus ? p::campus_speed_mm_s : p::intercampus_speed_mm_s];
  const std::int64_t error_mm = 2 * s[p::place_error_m] * 1000, least_mm = s[p::min_distance_m] * 1000;
  const auto too_far = [&](std::int64_t mm) { return mm >= least_mm && (mm - error_mm) * 1000 > limit * time_ms; };

  if (const auto walk = policy.walking_time_s(from, to)) {
    const std::int64_t mm = *walk * kWalkingMmPerS;
    return too_far(mm) ? std::optional<Way>{{mm, limit}} : std::nullopt;
  }
  if (!has_coordinates(*a) || !has_coordinates(*b)) return std::nullopt;
  const Displacement d = displacement(*a, *b);
  // The corner way is never shorter than the straight line, and needs no root.
  const auto positive = [](std::int64_t x) { return x < 0 ? -x : x; };
  if (!too_far(positive(d.east_mm) + positive(d.north_mm))) return std::nullopt;
  const std::int64_t mm = length_mm(d);
  return too_far(mm) ? std::optional<Way>{{mm, limit}} : std::nullopt;
}

Text facts(const Sighting& first, const Sighting& second, std::int64_t mm) {
  const std::string metres = std::to_string(mm / 1000), s = std::to_string((second.time - first.time).ms / 1000);
  return {
      "在 " + s + " 秒内先后出现在 " + first.zone + " 和 " + second.zone + ",两处相距 " + metres + " 米",
      "the code was shown at " + first.zone + " and " + s + " s later at " + second.zone + ", " + metres + " m away"};
}

} // namespace

std::optional<Hit> infeasible_transit(const AccountState& a, const Sighting& now, const RuleSettings& s,
                                      const Policy& policy) {
  std::optional<Hit> best;
  if (!now.clock_sound || now.zone.empty()) return best;
  const Zone* here = zone(policy, now.zone);
  if (here == nullptr) return best;
  const Duration half_life = hours(s.half_life_h);
  a.ring.each([&](const Sighting& other) {
    if (&other == &now || !other.clock_sound || other.zone.empty() || other.zone == now.zone) return;
    const Duration between = apart(now.time, other.time);
    if (between > kHorizon || other.device == now.device) return;
    const std::int64_t time_ms = between.ms + s[p::clock_skew_ms] + now.accuracy_ms + other.accuracy_ms;
    const auto w = way(now.zone, here, other.zone, time_ms, s, policy);
    if (!w) return;
    const std::int64_t sure_mm = w->mm - 2 * s[p::place_error_m] * 1000;
    const bool strong = sure_mm * 1000 > s[p::strong_factor] * w->limit_mm_s * time_ms;
    const auto [first, second] = in_event_time(other, now);
    Hit hit{RuleId::A1,
            strong ? static_cast<int>(s[p::strong_weight]) : s.weight,
            1000,
            second.time,
            facts(first, second, w->mm),
            {first.event, second.event}};
    keep_weightier(best, std::move(hit), half_life);
  });
  return best;
}

} // namespace onecode::rules
