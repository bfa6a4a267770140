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

std::optional<Hit> anti_passback(const AccountState& a, const RuleSettings& s) {
  std::optional<Hit> best;
  std::array<const Sighting*, SightingRing::kSlots> seen;
  std::size_t n = 0, entries = 0;
  a.ring.each([&](const Sighting& x) {
    if (!x.clock_sound || x.zone.empty()) return;
    entries += x.direction == Direction::in;
    seen[n++] = &x;
  });
  if (entries < 2) return best;
  std::sort(seen.begin(), seen.begin() + n, [](const auto* x, const auto* y) {
    return x->time != y->time ? x->time < y->time : x->event < y->event;
  });
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const Sighting& first = *seen[i];
    std::size_t k = i + 1; // what happens inside the zone says nothing about leaving it
    while (k < n && seen[k]->zone == first.zone && seen[k]->direction == Direction::none) ++k;
    if (k == n) break;
    const Sighting& second = *seen[k];
    if (first.direction != Direction::in || second.direction != Direction::in || first.zone != second.zone) continue;
    const std::int64_t between_ms = (second.time - first.time).ms;
    if (between_ms - first.accuracy_ms - second.accuracy_ms <= s[p::retry_ms]) continue;
    if (period_of(first.time, s) != period_of(second.time, s)) continue;
    const bool timed =
        first.device == second.device && between_ms + first.accuracy_ms + second.accuracy_ms <= s[p::reentry_ms];
    if (!timed && !seen_leaving(a, first.zone)) continue;
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
  if (!now.clock_sound || now.zone.empty()) return false;
  const Sighting *first = nullptr, *second = nullptr;
  a.ring.each([&](const Sighting& x) {
    if (std::ranges::find(evidence.events, x.event) == evidence.events.end()) return;
    if (first == nullptr || x.time < first->time) first = &x;
    if (second == nullptr || second->time < x.time) second = &x;
  });
  if (first == nullptr || first == second || first->event == now.event || second->event == now.event) return false;
  if (now.zone == first->zone && now.direction != Direction::out) return false; // no exit, and not elsewhere
  // Where times are known to the minute only, "at the same time" may be between.
  return first->time - milliseconds(first->accuracy_ms + now.accuracy_ms) <= now.time &&
         now.time <= second->time + milliseconds(second->accuracy_ms + now.accuracy_ms);
}

} // namespace onecode::rules
