// What the reader, the writer and the signer of policy documents share. Not for others: streams/policy_document.hpp is the door.
#pragma once

#include <string>
#include <string_view>

#include "domain/policy.hpp"

namespace onecode::streams {

inline std::string_view to_text(Mode m) { return m == Mode::off ? "off" : m == Mode::shadow ? "shadow" : "enforce"; }
inline std::string_view to_text(KeyAlgorithm a) { return a == KeyAlgorithm::sm2 ? "sm2" : "ed25519"; }
inline std::string_view to_text(MacAlgorithm a) { return a == MacAlgorithm::hmac_sm3 ? "hmac-sm3" : "hmac-sha256"; }

/// White space for people, two blanks a level; `[1,2]` and `{}` stay on their line.
std::string indented(std::string_view compact);

} // namespace onecode::streams
