// What a code may be used for (Article 2; CONTRACT §4.1): identity | payment | access | library | other:<name>. In lists `other`
// stands for every `other:<name>` (R2.2).
#pragma once

#include <algorithm>
#include <string_view>

#include "domain/ids.hpp"

namespace onecode {

inline bool is_function(std::string_view f) {
  constexpr std::string_view plain[] = {"identity", "payment", "access", "library", "other"};
  if (std::ranges::find(plain, f) != std::end(plain)) return true;
  return f.starts_with("other:") && valid_id(f.substr(6));
}

} // namespace onecode
