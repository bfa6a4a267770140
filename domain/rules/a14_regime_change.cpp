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
  if (!habits.changed || apart(*habits.changed, now.time) > hours(s[p::handset_h])) return std::nullopt;
  const auto handset = handset_changed(hands);
  if (!handset || apart(*handset, *habits.changed) > hours(s[p::handset_h])) return std::nullopt;
  return Hit{RuleId::A14,
             s.weight,
             1000,
             std::max(*handset, *habits.changed),
             {"更换手机的同时,使用的时间和地点也整体改变",
              "the times and places of its use changed together with its handset"},
             {habits.changed_by, now.event}};
}

} // namespace onecode::rules
