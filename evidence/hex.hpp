// Reads what streams::to_hex writes, and no other spelling.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "evidence/sha256.hpp"

namespace onecode::evidence {

/// nullopt: not pairs of the digits 0 to 9 and a to f.
std::optional<std::string> from_hex(std::string_view text);
/// nullopt: not 64 of them.
std::optional<Hash> hash_from_hex(std::string_view text);

} // namespace onecode::evidence
