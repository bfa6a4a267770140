#include "domain/rules/a04_issue_scan_apart.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"

namespace onecode::rules {

std::optional<Hit> issue_scan_apart(const AccountState& a, const AccountState::MadeCode& code, const Sighting& shown,
                                    const LearnedWays& learned, const Policy& policy) {
  const RuleSettings& s = policy.rule(RuleId::A4);
  const Duration skew = milliseconds(s[param::a4::clock_skew_ms]);
  if (!shown.clock_sound || shown.zone.empty()) return std::nullopt;
  if (shown.time < code.made - skew || shown.time > code.expires + skew) return std::nullopt;
  const std::int64_t between_ms = apart(code.made, shown.time).ms;
  const std::string after = std::to_string(between_ms / 1000);
  const bool again = std::ranges::any_of(a.file.evidence.entries(), [&](const Evidence& e) {
    return e.rule == RuleId::A4 && campus_day(e.at) != campus_day(shown.time);
  });
  const int weight = again ? static_cast<int>(s[param::a4::again_weight]) : s.weight;
  const auto hit = [&](Facts facts) {
    return Hit{
        RuleId::A4, weight, 1000, std::max(code.made, shown.time), std::move(facts), {code.event, shown.event}};
  };
  if (!code.zone.empty()) {
    if (code.zone == shown.zone) return std::nullopt;
    const auto far = too_far(code.zone, shown.zone, between_ms + skew.ms + shown.accuracy_ms, policy.rule(RuleId::A1),
                             policy, learned);
    if (!far) return std::nullopt;
    return hit(
        {again ? Form::made_far_again : Form::made_far, {code.zone, after, std::to_string(far->metres), shown.zone}});
  }
  if (!code.foreign) return std::nullopt;
  return hit({again ? Form::made_outside_again : Form::made_outside, {after, shown.zone}});
}

bool remember_made(AccountState::MadeCodes& codes, const CodeIssued& issued, Time now) {
  constexpr Duration kLateness = hours(1);
  AccountState::MadeCode code;
  code.zone = issued.zone;
  code.foreign = issued.network == "external" && !issued.ap.empty();
  if (code.zone.empty() && !code.foreign) return false;
  code.nonce_hash = code_print(issued.nonce);
  code.made = issued.origin.time;
  code.expires = issued.origin.time + seconds(std::clamp<std::int64_t>(issued.ttl_s, 0, 86'400));
  code.event = ref(issued.origin);
  auto& list = codes.list;
  if (made_code(codes, code.nonce_hash) != nullptr) return false;
  std::erase_if(list, [&](const auto& c) { return c.expires + kLateness < now; });
  if (list.size() == AccountState::MadeCodes::kMost) {
    const auto first = std::ranges::min_element(list, {}, &AccountState::MadeCode::expires);
    if (code.expires < first->expires) return false;
    list.erase(first);
  }
  list.push_back(std::move(code));
  return true;
}

const AccountState::MadeCode* made_code(const AccountState::MadeCodes& codes, std::uint64_t nonce_hash) {
  const auto it = std::ranges::find(codes.list, nonce_hash, &AccountState::MadeCode::nonce_hash);
  return it == codes.list.end() ? nullptr : &*it;
}

} // namespace onecode::rules
