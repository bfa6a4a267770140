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

/// Does a list of functions name this one?
template <class Functions>
bool lists_function(const Functions& functions, std::string_view function) {
  return std::ranges::any_of(functions, [&](std::string_view f) {
    return f == function || (f == "other" && function.starts_with("other:"));
  });
}

} // namespace onecode
