#include "domain/rules/a01_infeasible_transit.hpp"

#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::a1;

constexpr Duration kHorizon = hours(1);

Text facts(const Sighting& first, const Sighting& second, const TooFar& far) {
  const std::string metres = std::to_string(far.metres), s = std::to_string((second.time - first.time).ms / 1000);
  Text text{
      "在 " + s + " 秒内先后出现在 " + first.zone + " 和 " + second.zone + ",两处相距 " + metres + " 米",
      "the code was shown at " + first.zone + " and " + s + " s later at " + second.zone + ", " + metres + " m away"};
  if (far.fastest_s) {
    const std::string fastest = std::to_string(*far.fastest_s);
    text.zh += ",而最快的人也要 " + fastest + " 秒";
    text.en += ", where the fastest people take " + fastest + " s";
  }
  return text;
}

} // namespace

std::optional<Hit> infeasible_transit(const AccountState& a, const Sighting& now, const LearnedWays& learned,
                                      const RuleSettings& s, const Policy& policy) {
  std::optional<Hit> best;
  if (!now.clock_sound || now.zone.empty() || !policy.zones.contains(now.zone)) return best;
  const Duration half_life = hours(s.half_life_h);
  a.ring.each([&](const Sighting& other) {
    if (&other == &now || !other.clock_sound || other.zone.empty() || other.zone == now.zone) return;
    const Duration between = apart(now.time, other.time);
    if (between > kHorizon || other.device == now.device) return;
    const std::int64_t time_ms = between.ms + s[p::clock_skew_ms] + now.accuracy_ms + other.accuracy_ms;
    const auto far = too_far(other.zone, now.zone, time_ms, s, policy, learned);
    if (!far) return;
    const auto [first, second] = in_event_time(other, now);
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
