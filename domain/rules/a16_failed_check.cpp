#include "domain/rules/a16_failed_check.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"

namespace onecode::rules {

void remember_check(std::vector<AccountState::Check>& checks, AccountState::Check check) {
  const auto later = std::ranges::upper_bound(checks, check.at, {}, &AccountState::Check::at);
  checks.insert(later, std::move(check));
  if (checks.size() > AccountState::Procedures::kMaxChecks) checks.erase(checks.begin());
}

std::optional<Hit> failed_check(const std::vector<AccountState::Check>& checks, Time at, const EventRef& event,
                                const RuleSettings& s, const std::optional<Time>& settled) {
  const Duration window = hours(s[param::a16::window_h]);
  std::optional<Time> newest;
  std::int64_t failures = 0;
  bool counts = false, ignored = false; // the one at hand: not where a later one was passed
  for (auto it = checks.rbegin(); it != checks.rend() && it->outcome != "passed"; ++it) {
    if (settled && it->at <= *settled) break;
    if (!newest) newest = it->at;
    if (*newest - it->at >= window) break;
    failures += it->outcome == "failed";
    counts = counts || it->at == at;
    ignored = ignored || (it->outcome == "ignored" && it->at == at);
  }
  if (!counts || (!ignored && failures < s[param::a16::failures])) return std::nullopt;
  return Hit{RuleId::A16,
             s.weight,
             1000,
             ignored ? at : *newest,
             ignored ? Facts{Form::check_ignored, {}} : Facts{Form::check_failed, {std::to_string(failures)}},
             {event}};
}

} // namespace onecode::rules
