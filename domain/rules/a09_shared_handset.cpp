#include "domain/rules/a09_shared_handset.hpp"

#include "domain/rules/params.hpp"

namespace onecode::rules {

std::optional<Hit> shared_handset(const msg::HandsetCrowded& crowded, const RuleSettings& s) {
  namespace p = param::a9;
  if (crowded.accounts < s[p::watch_accounts]) return std::nullopt;
  const bool flag = crowded.accounts >= s[p::flag_accounts];
  const std::string n = std::to_string(crowded.accounts), d = std::to_string(s[p::window_days]);
  return Hit{RuleId::A9, flag ? s.weight : static_cast<int>(s[p::watch_weight]),        1000,
             crowded.at, {Form::shared_handset, {d, kept_handset(crowded.handset), n}}, crowded.events};
}

} // namespace onecode::rules
