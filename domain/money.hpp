// Money is a whole number of fen.
#pragma once

#include <compare>
#include <cstdint>

namespace onecode {

struct Fen {
  std::int64_t value = 0;
  auto operator<=>(const Fen&) const = default;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("fen", s.value);
  }
};

} // namespace onecode
