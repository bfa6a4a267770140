// Base64 in its two alphabets. base64url without padding is what the contract writes (streams/authenticate.hpp); the
// standard one with padding stands in event files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace onecode::streams {

std::string base64_standard(std::string_view bytes);
/// Either alphabet, with or without padding. nullopt: neither.
std::optional<std::string> from_base64_any(std::string_view text);
/// base64url without padding into `out`, reusing its memory; false: not that.
bool from_base64url(std::string_view text, std::string& out);

} // namespace onecode::streams
