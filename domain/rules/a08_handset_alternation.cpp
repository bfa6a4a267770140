#include "domain/rules/a08_handset_alternation.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

const BoundHandset* bound(const AccountState& a, HandsetPrint handset, Time t) {
  for (const auto& b : a.profile.handsets)
    if (handset_print(b.handset) == handset && b.since <= t && (!b.until || t < *b.until)) return &b;
  return nullptr;
}

bool one_owner(const AccountState& a, HandsetPrint x, HandsetPrint y, Time t, const RuleSettings& s) {
  const BoundHandset* bx = bound(a, x, t);
  const BoundHandset* by = bound(a, y, t);
  return bx != nullptr && by != nullptr && bx->secondary + by->secondary <= s[param::a8::registered_secondaries];
}

/// On how many days the code was shown by this handset, as far as is remembered.
std::int64_t days_of(const AccountState& a, HandsetPrint handset) {
  const auto it = std::ranges::find(a.hands.list, handset, &Hands::Hand::handset);
  return it == a.hands.list.end() ? 0 : it->days;
}

/// How many people's handsets these sightings show; the bound ones are one person's.
template <class It>
std::int64_t takers(const AccountState& a, It from, It to, Time t) {
  std::set<HandsetPrint> others;
  bool owner = false;
  for (; from != to; ++from) {
    if (bound(a, (*from)->handset, t) != nullptr)
      owner = true;
    else
      others.insert((*from)->handset);
  }
  return static_cast<std::int64_t>(others.size()) + owner;
}

} // namespace

std::optional<Hit> handset_alternation(const AccountState& a, const Sighting& now, const RuleSettings& s) {
  std::optional<Hit> best;
  if (now.handset == 0 || !now.clock_sound) return best;
  const Duration window = hours(s[param::a8::window_h]), half_life = hours(s.half_life_h);
  const std::string h = std::to_string(s[param::a8::window_h]);

  std::array<const Sighting*, SightingRing::kSlots> seen;
  std::size_t n = 0;
  bool differ = false;
  a.ring.each([&](const Sighting& other) {
    if (other.handset == 0 || !other.clock_sound || apart(other.time, now.time) > window) return;
    differ = differ || other.handset != now.handset;
    seen[n++] = &other;
  });
  if (!differ || n < 3) return best; // nearly always
  std::sort(seen.begin(), seen.begin() + n, [](const auto* x, const auto* y) {
    return x->time != y->time ? x->time < y->time : x->event < y->event;
  });

  // Every A-B-A of the window, also those that this scan has no part in: it may be the third handset between them.
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = i + 2; k < n; ++k) {
      const Sighting &first = *seen[i], &third = *seen[k];
      if (first.handset != third.handset || third.time - first.time > window) continue;
      for (std::size_t j = i + 1; j < k; ++j) {
        const Sighting& second = *seen[j];
        if (second.handset == first.handset || second.time == first.time || second.time == third.time) continue;
        if (one_owner(a, first.handset, second.handset, third.time, s)) continue;
        const bool regular = days_of(a, first.handset) >= s[param::a8::regular_days] &&
                             days_of(a, second.handset) >= s[param::a8::regular_days];
        const bool many = takers(a, &seen[i], &seen[k] + 1, third.time) >= s[param::a8::many_handsets];
        const bool heavy = many || regular;
        Hit hit{RuleId::A8, heavy ? static_cast<int>(s[param::a8::heavy_weight]) : s.weight,
                1000,       third.time,
                {},         {first.event, second.event, third.event}};
        if (best && !outweighs(hit, *best, half_life)) continue;
        const Form form = regular && many ? Form::alternation_regular_many
                          : regular       ? Form::alternation_regular
                          : many          ? Form::alternation_many
                                          : Form::alternation;
        hit.facts = {form, {h, handset_name(a, first.handset), handset_name(a, second.handset)}};
        best = std::move(hit);
      }
    }
  return best;
}

} // namespace onecode::rules
