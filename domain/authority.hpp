// Who may command what (COMMANDS.md, "Who may"). Signatures are checked in streams/authenticate.hpp, which has the
// cryptography; here are the rules about roles, age and nonces.
#pragma once

#include <optional>

#include "domain/commands.hpp"
#include "domain/effects.hpp"

namespace onecode {

inline constexpr Duration kOldestCommand = days(7);
inline constexpr Duration kNonceMemory = days(30);

/// nullopt: the sender's role may send this command and it is not too old. Otherwise FORBIDDEN_ROLE or EXPIRED_COMMAND.
std::optional<Refusal> check_authority(const Command& command, Time now);

} // namespace onecode
