// AES-256-GCM (NIST SP 800-38D) by OpenSSL: whole texts, with the 16 bytes of the tag before them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace onecode::archive {

inline constexpr std::size_t kNonceBytes = 12, kTagBytes = 16;

/// Requires 32 bytes of key, and a nonce that this key has not seen with another text. `about` is authenticated and not encrypted.
std::string encrypt(std::string_view key, std::string_view nonce, std::string_view about, std::string_view text);
/// nullopt: not what encrypt() made with the same three.
std::optional<std::string> decrypt(std::string_view key, std::string_view nonce, std::string_view about,
                                   std::string_view sealed);

} // namespace onecode::archive
