// Integer arithmetic that the standard library lacks: 128 bits and roots. No floating point takes part in a decision.
#pragma once

#include <cstdint>

namespace onecode {

__extension__ using u128 = unsigned __int128;
__extension__ using i128 = __int128;

/// The largest whole number whose square is at most n.
constexpr std::uint64_t square_root(u128 n) {
  u128 root = 0;
  u128 bit = u128{1} << 126;
  while (bit > n) bit >>= 2;
  for (; bit != 0; bit >>= 2) {
    if (n >= root + bit) {
      n -= root + bit;
      root = (root >> 1) + bit;
    } else {
      root >>= 1;
    }
  }
  return static_cast<std::uint64_t>(root);
}

} // namespace onecode
