#include "domain/rules/a06_stale_code.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"

namespace onecode::rules {

CodeAge code_age(const Scan& scan, const RuleSettings& s) {
  if (scan.token.state != TokenState::genuine) return CodeAge::good;
  // Not time_accuracy_ms: no reader may stretch a code by saying that it does not know the time.
  const std::int64_t grace_ms = s[param::a6::clock_skew_ms];
  const std::int64_t ttl_ms = seconds(std::clamp<std::int64_t>(scan.token.ttl_s, 0, 366 * 86'400)).ms;
  const std::int64_t age_ms = (scan.origin.time - scan.token.issued_at).ms;
  if (age_ms > ttl_ms + grace_ms) return CodeAge::stale;
  return age_ms < -grace_ms ? CodeAge::future : CodeAge::good;
}

std::optional<Hit> stale_code(const Scan& scan, const RuleSettings& s) {
  const CodeAge age = code_age(scan, s);
  if (age == CodeAge::good) return std::nullopt;
  const std::int64_t off_s = (scan.origin.time - scan.token.issued_at).ms / 1000;
  const std::string shown = std::to_string(off_s < 0 ? -off_s : off_s), ttl = std::to_string(scan.token.ttl_s);
  Facts facts = age == CodeAge::stale ? Facts{Form::code_stale, {shown, ttl}} : Facts{Form::code_early, {shown}};
  return Hit{RuleId::A6, s.weight, 1000, scan.origin.time, std::move(facts), {ref(scan.origin)}};
}

} // namespace onecode::rules
