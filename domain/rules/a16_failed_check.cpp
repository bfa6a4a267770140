#include "domain/rules/a16_failed_check.hpp"

#include "domain/rules/params.hpp"

namespace onecode::rules {

std::optional<Hit> failed_check(const std::vector<AccountState::Check>& checks, const EventRef& event,
                                const RuleSettings& s) {
  std::int64_t failures = 0;
  const Time newest = checks.back().at;
  for (auto it = checks.rbegin(); it != checks.rend() && it->outcome != "passed"; ++it)
    failures += it->outcome == "failed" && apart(newest, it->at) < hours(s[param::a16::window_h]);
  const bool ignored = checks.back().outcome == "ignored";
  if (!ignored && failures < s[param::a16::failures]) return std::nullopt;
  const std::string n = std::to_string(failures);
  return Hit{RuleId::A16,
             s.weight,
             1000,
             checks.back().at,
             ignored
                 ? Text{"本人核验未予理会", "a check of the person was ignored"}
                 : Text{"本人核验连续 " + n + " 次未通过", "a check of the person failed " + n + " times in a row"},
             {event}};
}

} // namespace onecode::rules
