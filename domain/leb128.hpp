// Whole numbers in seven bits a byte, the lowest first; a byte with its top bit set is followed by another (LEB128: DWARF 4, 7.6).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace onecode {

inline constexpr std::size_t kMostLeb128 = 10;

constexpr std::size_t leb128_bytes(std::uint64_t v) {
  return (static_cast<std::size_t>(std::bit_width(v | 1)) + 6) / 7;
}

/// Room for kMostLeb128. The end of what was written.
inline char* put_leb128(char* to, std::uint64_t v) {
  if constexpr (std::endian::native == std::endian::little) {
    if (v >> 56 == 0) { // all bytes at once: the sevens of bits are moved apart by halves
      const std::size_t n = leb128_bytes(v);
      v = (v & 0x000000000fffffff) | (v & 0x00fffffff0000000) << 4;
      v = (v & 0x00003fff00003fff) | (v & 0x0fffc0000fffc000) << 2;
      v = (v & 0x007f007f007f007f) | (v & 0x3f803f803f803f80) << 1;
      v |= 0x8080808080808080 & ((std::uint64_t{1} << (8 * (n - 1))) - 1);
      std::memcpy(to, &v, sizeof v);
      return to + n;
    }
  }
  while (v >= 0x80) {
    *to++ = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  *to++ = static_cast<char>(v);
  return to;
}

} // namespace onecode
