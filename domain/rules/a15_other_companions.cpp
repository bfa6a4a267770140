#include "domain/rules/a15_other_companions.hpp"

#include "domain/rules/params.hpp"

namespace onecode::rules {

std::optional<Hit> other_companions(const Company& company, const Sighting& now, const RuleSettings& s) {
  namespace p = param::a15;
  const auto& c = company.circles;
  if (c.size() < Company::kWeeks) return std::nullopt;
  if (jaccard_permille(c[0], c[1]) <= s[p::before_permille]) return std::nullopt;
  const auto before = united(c[0], c[1]), after = united(c[2], c[3]);
  const auto enough = [&](const auto& circle) { return static_cast<std::int64_t>(circle.size()) >= s[p::peers]; };
  if (!enough(before) || !enough(after) || jaccard_permille(before, after) >= s[p::after_permille])
    return std::nullopt;
  return Hit{RuleId::A15, s.weight, 1000, now.time, {Form::other_people, {}}, {now.event}};
}

} // namespace onecode::rules
