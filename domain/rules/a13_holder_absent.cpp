#include "domain/rules/a13_holder_absent.hpp"

#include <algorithm>

namespace onecode::rules {

std::optional<Hit> holder_absent(const AccountState& a, const Sighting& now, const RuleSettings& s) {
  const auto& absences = a.procedures.absences;
  const auto it = std::ranges::find_if(
      absences, [&](const AccountState::Absence& away) { return away.from <= now.time && now.time < away.to; });
  if (it == absences.end()) return std::nullopt;
  const std::string_view why_zh = it->kind == "leave" ? "请假" : it->kind == "internship" ? "实习" : "出国(境)";
  const std::string_view why_en = it->kind == "leave"        ? "on leave"
                                  : it->kind == "internship" ? "on an internship"
                                                             : "abroad";
  return Hit{RuleId::A13,
             s.weight,
             1000,
             now.time,
             {"登记本人" + std::string(why_zh) + "期间在校内使用",
              "the code was used on campus while its holder is on record as " + std::string(why_en)},
             {now.event}};
}

} // namespace onecode::rules
