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
  a.ring.each([&](const Sighting& x) {
    leaves = leaves || (x.clock_sound && x.direction == Direction::out && x.zone == zone);
  });
  return leaves;
}

/// What lies between two entries into one zone and takes away what they seem to say: a third entry, an exit, a sighting elsewhere. Where
/// times are known to the minute only, "at the same time" may be between.
bool comes_between(const Sighting& first, const Sighting& x, const Sighting& second) {
  if (&x == &first || &x == &second || !x.clock_sound || x.zone.empty()) return false;
  const auto earlier = [](const Sighting& a, const Sighting& b) {
    return a.time != b.time ? a.time < b.time : a.event < b.event;
  };
  if (x.zone == first.zone) {
    if (x.direction == Direction::none) return false;
    if (x.direction == Direction::in) return earlier(first, x) && earlier(x, second);
  }
  return first.time - milliseconds(first.accuracy_ms + x.accuracy_ms) <= x.time &&
         x.time <= second.time + milliseconds(second.accuracy_ms + x.accuracy_ms);
}

bool refuted(const AccountState& a, const Sighting& first, const Sighting& second) {
  bool any = false;
  a.ring.each([&](const Sighting& x) { any = any || comes_between(first, x, second); });
  return any;
}

} // namespace

std::optional<Hit> anti_passback(const AccountState& a, const RuleSettings& s) {
  std::optional<Hit> best;
  std::array<const Sighting*, SightingRing::kSlots> entries;
  std::size_t n = 0;
  a.ring.each([&](const Sighting& x) {
    if (x.clock_sound && !x.zone.empty() && x.direction == Direction::in) entries[n++] = &x;
  });
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = i + 1; k < n; ++k) {
      if (entries[i]->zone != entries[k]->zone) continue;
      const auto [first, second] = in_event_time(*entries[i], *entries[k]);
      const std::int64_t between_ms = (second.time - first.time).ms;
      const std::int64_t accuracy_ms = first.accuracy_ms + second.accuracy_ms;
      if (between_ms - accuracy_ms <= s[p::retry_ms] || period_of(first.time, s) != period_of(second.time, s))
        continue;
      const bool timed = first.device == second.device && between_ms + accuracy_ms <= s[p::reentry_ms];
      if ((!timed && !seen_leaving(a, first.zone)) || refuted(a, first, second)) continue;
      keep_weightier(best,
                     Hit{RuleId::A3,
                         s.weight,
                         1000,
                         second.time,
                         {Form::passback, {second.zone, std::to_string(between_ms / 60'000)}},
                         {first.event, second.event}},
                     hours(s.half_life_h));
    }
  return best;
}

bool passback_refuted(const AccountState& a, const Evidence& evidence) {
  const Sighting *one = nullptr, *other = nullptr;
  a.ring.each([&](const Sighting& x) {
    if (std::ranges::find(evidence.events, x.event) != evidence.events.end()) (one == nullptr ? one : other) = &x;
  });
  if (one == nullptr || other == nullptr) return false; // too long ago to tell
  const auto [first, second] = in_event_time(*one, *other);
  return refuted(a, first, second);
}

} // namespace onecode::rules
