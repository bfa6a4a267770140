#include "domain/rules/a14_regime_change.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::a14;

/// Of the visits since, how many the life before would have had as well: the intersection of the two histograms, over the
/// main places, in thousandths.
std::int64_t overlap_permille(const Habits& h) {
  std::int64_t same = 0;
  for (const auto& m : h.main) same += std::min<std::int64_t>(m.share, m.since * std::int64_t{1000} / h.since);
  return same;
}

/// The place of most visits, the holder's own door, is given up, and most of the rest is other as well.
bool another_life(const Habits& h, const RuleSettings& s) {
  constexpr std::uint32_t kHome = 200; // thousandths: below it no place is a home
  if (h.main.empty() || h.since == 0 || h.main[0].share < kHome) return false;
  const std::int64_t expected = std::int64_t{h.since} * h.main[0].share; // thousandths of a visit
  return h.main[0].since * std::int64_t{1'000'000} < expected * s[p::home_permille] &&
         overlap_permille(h) < s[p::overlap_permille];
}

} // namespace

std::optional<Hit> regime_change(Habits& habits, const Hands& hands, const std::optional<Surprise>& surprise,
                                 const Sighting& now, const RuleSettings& s) {
  if (surprise && surprise->visits >= s[p::visits] &&
      watch_drift(habits, surprise->bits_q8, s[p::slack_tenths], s[p::limit_tenths])) {
    habits.changed = now.time;
    habits.changed_by = now.event;
  }
  const auto handset = handset_changed(hands);
  if (!handset) return std::nullopt;
  if (habits.visits >= s[p::visits] && habits.since >= s[p::replaced_visits] &&
      habits.since <= 4 * s[p::replaced_visits] && now.time >= *handset && another_life(habits, s)) {
    const auto& home = habits.main[0];
    return Hit{RuleId::A14,
               static_cast<int>(s[p::strong_weight]),
               1000,
               now.time,
               {Form::other_places,
                {std::to_string(habits.since), std::to_string(home.since), std::to_string((home.share + 5) / 10)}},
               {now.event}};
  }
  if (!habits.changed || apart(*habits.changed, now.time) > hours(s[p::handset_h])) return std::nullopt;
  if (apart(*handset, *habits.changed) > hours(s[p::handset_h])) return std::nullopt;
  return Hit{RuleId::A14,
             s.weight,
             1000,
             std::max(*handset, *habits.changed),
             {Form::other_life, {}},
             {habits.changed_by, now.event}};
}

} // namespace onecode::rules
