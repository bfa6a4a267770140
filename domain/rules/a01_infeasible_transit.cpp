#include "domain/rules/a01_infeasible_transit.hpp"

#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::a1;

constexpr Duration kHorizon = hours(1);
const LearnedWays kNone;

Facts facts(const Sighting& first, const Sighting& second, const TooFar& far) {
  Facts out{
      Form::transit,
      {std::to_string((second.time - first.time).ms / 1000), first.zone, second.zone, std::to_string(far.metres)}};
  if (far.fastest_s) {
    out.form = Form::transit_learned;
    out.values.push_back(std::to_string(*far.fastest_s));
  }
  return out;
}

} // namespace

bool a_way(const Sighting& one, const Sighting& other) {
  return apart(one.time, other.time) <= kHorizon && &one != &other && one.clock_sound && other.clock_sound &&
         !one.zone.empty() && !other.zone.empty() && one.zone != other.zone && one.device != other.device;
}

std::optional<Hit> infeasible_transit(const AccountState& a, const Sighting& now, const LearnedWays& learned,
                                      const RuleSettings& s, const Policy& policy) {
  std::optional<Hit> best;
  if (!now.clock_sound || now.zone.empty() || !policy.zones.contains(now.zone)) return best;
  const Duration half_life = hours(s.half_life_h);
  a.ring.each([&](const Sighting& other) {
    if (!a_way(now, other)) return;
    const Duration between = apart(now.time, other.time);
    const std::int64_t time_ms = between.ms + s[p::clock_skew_ms] + now.accuracy_ms + other.accuracy_ms;
    const auto [first, second] = in_event_time(other, now);
    const auto far = too_far(first.zone, second.zone, time_ms, s, policy, &second == &now ? learned : kNone);
    if (!far) return;
    Hit hit{RuleId::A1,
            far->strong ? static_cast<int>(s[p::strong_weight]) : s.weight,
            1000,
            second.time,
            facts(first, second, *far),
            {first.event, second.event}};
    keep_weightier(best, std::move(hit), half_life);
  });
  return best;
}

} // namespace onecode::rules
