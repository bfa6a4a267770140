#include "domain/rules/a02_simultaneous_presence.hpp"

#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

bool one_building(const Policy& policy, const std::string& a, const std::string& b) {
  const auto za = policy.zones.find(a), zb = policy.zones.find(b);
  return za != policy.zones.end() && zb != policy.zones.end() && !za->second.building.empty() &&
         za->second.building == zb->second.building;
}

} // namespace

std::optional<Hit> simultaneous_presence(const AccountState& a, const Sighting& now, const RuleSettings& s,
                                         const Policy& policy) {
  std::optional<Hit> best;
  if (!now.clock_sound || now.zone.empty()) return best;
  const Duration half_life = hours(s.half_life_h);
  a.ring.each([&](const Sighting& other) {
    if (&other == &now || !other.clock_sound || other.zone.empty()) return;
    const std::int64_t between_ms = apart(now.time, other.time).ms + now.accuracy_ms + other.accuracy_ms;
    if (between_ms > s[param::a2::window_ms] || other.zone == now.zone || other.device == now.device) return;
    const auto [first, second] = in_event_time(other, now);
    if (one_building(policy, first.zone, second.zone)) return;
    Hit hit{RuleId::A2,
            s.weight,
            1000,
            second.time,
            {Form::two_places, {first.zone, second.zone}},
            {first.event, second.event}};
    keep_weightier(best, std::move(hit), half_life);
  });
  return best;
}

} // namespace onecode::rules
