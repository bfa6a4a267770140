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
    const std::string all = std::to_string(habits.since), same = std::to_string(habits.at_main);
    return Hit{
        RuleId::A14,
        static_cast<int>(s[p::strong_weight]),
        1000,
        now.time,
        {"更换手机后的 " + all + " 次到访中仅 " + same + " 次在原来常去的地方",
         "of the " + all + " visits since its handset changed only " + same + " were where its holder used to be"},
        {now.event}};
  }
  if (!habits.changed || apart(*habits.changed, now.time) > hours(s[p::handset_h])) return std::nullopt;
  if (apart(*handset, *habits.changed) > hours(s[p::handset_h])) return std::nullopt;
  return Hit{RuleId::A14,
             s.weight,
             1000,
             std::max(*handset, *habits.changed),
             {"更换手机的同时,使用的时间和地点也整体改变",
              "the times and places of its use changed together with its handset"},
             {habits.changed_by, now.event}};
}

} // namespace onecode::rules
