#include "domain/commands.hpp"

namespace onecode {

EntityId target_of(const Command& command) {
  if (std::holds_alternative<ProjectRegister>(command.args)) return {Kind::campus, "project:" + command.target};
  if (std::holds_alternative<SchemeApprove>(command.args)) return {Kind::campus, "issuer:" + command.target};
  if (std::holds_alternative<InterpretationIssue>(command.args))
    return {Kind::campus, "interpretation:" + command.target};
  if (const auto* liability = std::get_if<LiabilityRecord>(&command.args); liability != nullptr && liability->order)
    return {Kind::integration, command.target};
  return {command.info().target, command.target};
}

} // namespace onecode
