// A number with its bytes in the order in which hashes and leaves have them, whatever that of this machine is.
#pragma once

#include <bit>
#include <cstdint>

namespace onecode::evidence {

constexpr std::uint8_t big_endian(std::uint8_t n) { return n; }
constexpr std::uint32_t big_endian(std::uint32_t n) {
  return std::endian::native == std::endian::big ? n : __builtin_bswap32(n);
}
constexpr std::uint64_t big_endian(std::uint64_t n) {
  return std::endian::native == std::endian::big ? n : __builtin_bswap64(n);
}

} // namespace onecode::evidence
