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

/// log2(numerator / denominator) in Q40 for a quotient of at least 1: the integer part by shifting, then one bit of
/// the fraction per squaring. Each squaring cuts 2^-62 of a value in [1,2), and what bit k cuts weighs 2^-k: below
/// 2^-60.
constexpr std::uint64_t log2_q40(std::uint64_t numerator, std::uint64_t denominator) {
  u128 x = (u128{numerator} << 62) / denominator;
  std::uint64_t whole = 0;
  for (; x >= u128{1} << 63; x >>= 1) ++whole;
  std::uint64_t bits = 0;
  for (int i = 0; i < 40; ++i) {
    x = (x * x) >> 62;
    bits <<= 1;
    if (x >= u128{1} << 63) {
      x >>= 1;
      bits |= 1;
    }
  }
  return (whole << 40) | bits;
}

} // namespace onecode
