// SM3 (GB/T 32905, 国密), 32 bytes: beside SHA-256 where it is configured.
#pragma once

#include <initializer_list>
#include <string_view>

#include "evidence/sha256.hpp"

namespace onecode::evidence {

/// Of the pieces in their order. Throws std::runtime_error: this OpenSSL was built without it.
Hash sm3(std::initializer_list<std::string_view> pieces);

} // namespace onecode::evidence
