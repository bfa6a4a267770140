#include "domain/rules/a03_anti_passback.hpp"

#include <algorithm>
#include <array>

#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::a3;

/// The 04:00 that began t's period.
Time period_of(Time t, const RuleSettings& s) {
  const Duration reset = hours(s[p::reset_h]);
  return campus_day(t - reset) + reset;
}

bool seen_leaving(const AccountState& a, const std::string& zone) {
  bool leaves = false;
  a.ring.each([&](const Sighting& x) { leaves = leaves || (x.direction == Direction::out && x.zone == zone); });
  return leaves;
}

} // namespace

std::optional<Hit> anti_passback(const AccountState& a, const Sighting& now, const RuleSettings& s) {
  std::optional<Hit> best;
  if (now.direction == Direction::none || !now.clock_sound || now.zone.empty()) return best;
  std::array<const Sighting*, SightingRing::kSlots> seen;
  std::size_t n = 0, entries = 0;
  a.ring.each([&](const Sighting& x) {
    if (!x.clock_sound || x.zone.empty()) return;
    entries += x.direction == Direction::in && x.zone == now.zone;
    seen[n++] = &x;
  });
  if (entries < 2) return best;
  std::sort(seen.begin(), seen.begin() + n, [](const auto* x, const auto* y) {
    return x->time != y->time ? x->time < y->time : x->event < y->event;
  });
  for (std::size_t i = 1; i < n; ++i) {
    const Sighting &first = *seen[i - 1], &second = *seen[i];
    if (first.direction != Direction::in || second.direction != Direction::in) continue;
    if (first.zone != now.zone || second.zone != now.zone) continue;
    const std::int64_t between_ms = (second.time - first.time).ms;
    if (between_ms - first.accuracy_ms - second.accuracy_ms <= s[p::retry_ms]) continue;
    if (period_of(first.time, s) != period_of(second.time, s)) continue;
    const bool timed =
        first.device == second.device && between_ms + first.accuracy_ms + second.accuracy_ms <= s[p::reentry_ms];
    if (!timed && !seen_leaving(a, now.zone)) continue;
    const std::string m = std::to_string(between_ms / 60'000);
    keep_weightier(best,
                   Hit{RuleId::A3,
                       s.weight,
                       1000,
                       second.time,
                       {"进入 " + second.zone + " 后未见离开,相隔 " + m + " 分钟再次进入",
                        "the code entered " + second.zone + " again after " + m + " min without having left"},
                       {first.event, second.event}},
                   hours(s.half_life_h));
  }
  return best;
}

bool passback_refuted(const AccountState& a, const Sighting& now, const Evidence& evidence) {
  if (!now.clock_sound) return false;
  std::optional<Time> first, second;
  a.ring.each([&](const Sighting& x) {
    if (std::ranges::find(evidence.events, x.event) == evidence.events.end()) return;
    first = first ? std::min(*first, x.time) : x.time;
    second = second ? std::max(*second, x.time) : x.time;
  });
  return first && *first < now.time && now.time < *second;
}

} // namespace onecode::rules
