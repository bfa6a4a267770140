#include "domain/rules/d14_canary.hpp"

#include <algorithm>

#include "domain/device_findings.hpp"

namespace onecode::rules {

std::optional<Hit> canary(const DataAccess& access, const RuleSettings& s, const Policy& policy) {
  if (std::ranges::none_of(access.subjects, [&](const auto& a) { return policy.canary_subjects.contains(a); }))
    return std::nullopt;
  return make_hit(RuleId::D14, s, access.origin.time,
                  {"读取了为发现滥用而设的虚拟账户", "it read a planted account that nobody has a reason to read"},
                  ref(access.origin));
}

} // namespace onecode::rules
