#include "domain/rules/a14_regime_change.hpp"

#include "domain/rules/params.hpp"

namespace onecode::rules {

std::optional<Hit> regime_change(Habits& habits, const Hands& hands, const std::optional<Surprise>& surprise,
                                 const Sighting& now, const RuleSettings& s) {
  namespace p = param::a14;
  if (surprise && surprise->visits >= s[p::visits] &&
      watch_drift(habits, surprise->bits_q8, s[p::slack_tenths], s[p::limit_tenths])) {
    habits.changed = now.time;
    habits.changed_by = now.event;
  }
  const auto handset = handset_changed(hands);
  if (!handset) return std::nullopt;
  if (habits.visits >= s[p::visits] && habits.since >= s[p::replaced_visits] &&
      habits.since <= 4 * s[p::replaced_visits] && now.time >= *handset &&
      habits.at_main * std::int64_t{1000} < habits.since * s[p::replaced_permille]) {
    return Hit{RuleId::A14,
               static_cast<int>(s[p::strong_weight]),
               1000,
               now.time,
               {Form::other_places, {std::to_string(habits.since), std::to_string(habits.at_main)}},
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
