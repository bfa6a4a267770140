// SHA-256 of short texts, many times a scan.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

namespace onecode::evidence {

using Hash = std::array<unsigned char, 32>;

/// Of the pieces in their order.
Hash sha256(std::initializer_list<std::string_view> pieces);

/// RFC 2104.
Hash hmac_sha256(std::string_view key, std::string_view text);

inline std::string_view view(const Hash& h) { return {reinterpret_cast<const char*>(h.data()), h.size()}; }

} // namespace onecode::evidence
