// Questions about eight characters at once. Each is true exactly when it is true of one of them (H. S. Warren, Hacker's Delight,
// 2nd ed., 6-1; S. E. Anderson, Bit Twiddling Hacks, "Determine if a word has a byte less than n").
#pragma once

#include <cstdint>
#include <cstring>

namespace onecode::streams {

inline std::uint64_t eight_bytes(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

inline constexpr std::uint64_t kEachByte = 0x0101010101010101, kEachTop = 0x8080808080808080;

/// `n` up to 0x80.
constexpr bool any_below(std::uint64_t word, unsigned char n) {
  return ((word - kEachByte * n) & ~word & kEachTop) != 0;
}
constexpr bool any_is(std::uint64_t word, char c) {
  return any_below(word ^ (kEachByte * static_cast<unsigned char>(c)), 1);
}

} // namespace onecode::streams
