#include "domain/rules/a18_rental.hpp"

#include <algorithm>
#include <bit>

#include "domain/hash.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::a18;

bool bound(const AccountState& a, HandsetPrint handset) {
  return std::ranges::any_of(a.profile.handsets,
                             [&](const auto& b) { return !b.until && handset_print(b.handset) == handset; });
}

bool apart_in_hours(const Hands::Hand& x, const Hands::Hand& y, const RuleSettings& s) {
  const auto overlap = std::popcount(x.again & y.again),
             least = std::min(std::popcount(x.again), std::popcount(y.again));
  return overlap * 1000 <= least * s[p::overlap_permille];
}

} // namespace

std::optional<Hit> rental(const AccountState& a, const Sighting& now, const RuleSettings& s) {
  std::vector<const Hands::Hand*> hands, turns;
  for (const auto& hand : a.hands.list)
    if (hand.days >= s[p::days] && hand.again != 0) hands.push_back(&hand);
  // Those with the fewest hours first: one that is there all day takes nobody's turn away.
  std::ranges::sort(hands, [](const auto* x, const auto* y) {
    const auto hours_x = std::popcount(x->again), hours_y = std::popcount(y->again);
    return hours_x != hours_y ? hours_x < hours_y : x->handset < y->handset;
  });
  bool own = false; // two phones of one owner are one
  for (const auto* hand : hands) {
    const bool of_owner = bound(a, hand->handset);
    if (of_owner && own) continue;
    if (!std::ranges::all_of(turns, [&](const auto* other) { return apart_in_hours(*other, *hand, s); })) continue;
    turns.push_back(hand);
    own = own || of_owner;
  }
  if (turns.empty() || static_cast<std::int64_t>(turns.size()) < s[p::handsets]) return std::nullopt;
  const Time first = (*std::ranges::min_element(turns, {}, &Hands::Hand::first))->first;
  const Time last = (*std::ranges::max_element(turns, {}, &Hands::Hand::last))->last;
  if (last - first < days(s[p::span_days])) return std::nullopt;
  Hit hit{RuleId::A18,
          s.weight,
          1000,
          now.time,
          {Form::turns, {std::to_string(turns.size()), std::to_string((last - first).ms / days(1).ms)}},
          {}};
  for (const auto* hand : turns) hit.events.push_back(hand->event);
  return hit;
}

} // namespace onecode::rules
