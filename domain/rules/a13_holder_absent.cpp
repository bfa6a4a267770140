#include "domain/rules/a13_holder_absent.hpp"

#include <algorithm>

namespace onecode::rules {

std::optional<Hit> holder_absent(const AccountState& a, const Sighting& now, const RuleSettings& s) {
  const auto& absences = a.procedures->absences;
  const auto it = std::ranges::find_if(
      absences, [&](const AccountState::Absence& away) { return away.from <= now.time && now.time < away.to; });
  if (it == absences.end()) return std::nullopt;
  const Form why = it->kind == "leave"        ? Form::on_leave
                   : it->kind == "internship" ? Form::on_internship
                                              : Form::abroad;
  return Hit{RuleId::A13, s.weight, 1000, now.time, {why, {}}, {now.event}};
}

} // namespace onecode::rules
