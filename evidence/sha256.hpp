// SHA-256 of a short text.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

namespace onecode::evidence {

using Hash = std::array<unsigned char, 32>;

/// Of the pieces in their order.
Hash sha256(std::initializer_list<std::string_view> pieces);

inline std::string_view view(const Hash& h) { return {reinterpret_cast<const char*>(h.data()), h.size()}; }

} // namespace onecode::evidence
