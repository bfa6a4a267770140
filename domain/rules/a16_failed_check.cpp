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
  return Hit{RuleId::A16,
             s.weight,
             1000,
             checks.back().at,
             ignored ? Facts{Form::check_ignored, {}} : Facts{Form::check_failed, {std::to_string(failures)}},
             {event}};
}

} // namespace onecode::rules
