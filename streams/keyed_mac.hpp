// HMAC with a key that is used again and again: the key schedule is done once per key and thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "streams/authenticate.hpp"

namespace onecode::streams {

using Mac = std::array<unsigned char, 32>; // SHA-256 and SM3 alike

/// The MAC of `text` under the named secret; nullopt: there is no such secret.
std::optional<Mac> mac_by_name(MacAlgorithm algorithm, const std::string& secret_name, const Secrets& secrets,
                               std::string_view text);

/// In time that does not tell where they differ.
bool same_bytes(std::string_view a, std::string_view b);

} // namespace onecode::streams
