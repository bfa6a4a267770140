#include "domain/authority.hpp"

namespace onecode {
namespace {

/// A command of the future would outlive the memory of its nonce.
constexpr Duration kClockAhead = hours(24);

/// Is `item` in a comma-separated list?
bool lists(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (list.substr(0, comma) == item) return true;
    if (comma == list.npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

} // namespace

std::optional<Refusal> check_authority(const Command& command, Time now) {
  if (!lists(command.info().roles, command.role)) {
    const std::string roles(command.info().roles);
    return Refusal{"FORBIDDEN_ROLE",
                   "authenticate",
                   {"角色 " + command.role + " 无权发出 " + command.name + ",须由以下角色发出:" + roles,
                    "the role " + command.role + " may not send " + command.name + "; it takes one of: " + roles}};
  }
  if (command.issued_at + kOldestCommand < now)
    return Refusal{
        "EXPIRED_COMMAND",
        "authenticate",
        {"命令签发于 " + format_time(command.issued_at) + ",已超过 7 天,请重新签发",
         "the command was issued at " + format_time(command.issued_at) + ", more than 7 days ago; issue it again"}};
  if (command.issued_at > now + kClockAhead)
    return Refusal{"BAD_TIME",
                   "authenticate",
                   {"命令签发时间 " + format_time(command.issued_at) + " 比现在晚一天以上",
                    "the command's issued_at, " + format_time(command.issued_at) + ", is more than a day ahead"}};
  return std::nullopt;
}

} // namespace onecode
