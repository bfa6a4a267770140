// Hashes whose values are part of the contract or of stored state, so they may never change.
//   murmur2_partition  Kafka's Java default partitioner (MurmurHash2 32, seed 0x9747b28c, sign bit cleared).
//   hash64             MurmurHash64A (Austin Appleby, public domain), 8 bytes at a time; little endian.
//   hash128            two hash64 with different seeds: names of deduplication entries and output ids, not security.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace onecode {

inline std::uint32_t murmur2(std::string_view s) {
  constexpr std::uint32_t m = 0x5bd1e995;
  const auto* p = reinterpret_cast<const unsigned char*>(s.data());
  std::size_t n = s.size();
  std::uint32_t h = 0x9747b28cU ^ static_cast<std::uint32_t>(n);
  for (; n >= 4; n -= 4, p += 4) {
    std::uint32_t k;
    std::memcpy(&k, p, 4);
    k *= m;
    k ^= k >> 24;
    k *= m;
    h = (h * m) ^ k;
  }
  switch (n) {
    case 3:
      h ^= static_cast<std::uint32_t>(p[2]) << 16;
      [[fallthrough]];
    case 2:
      h ^= static_cast<std::uint32_t>(p[1]) << 8;
      [[fallthrough]];
    case 1:
      h ^= p[0];
      h *= m;
  }
  h ^= h >> 13;
  h *= m;
  h ^= h >> 15;
  return h;
}

inline std::int32_t murmur2_partition(std::string_view key, std::int32_t partitions) {
  return static_cast<std::int32_t>((murmur2(key) & 0x7fffffffU) % static_cast<std::uint32_t>(partitions));
}

inline std::uint64_t hash64(std::string_view s, std::uint64_t seed = 0x6f6e65636f6465ULL) {
  constexpr std::uint64_t m = 0xc6a4a7935bd1e995ULL;
  const auto* p = reinterpret_cast<const unsigned char*>(s.data());
  std::size_t n = s.size();
  std::uint64_t h = seed ^ (n * m);
  for (; n >= 8; n -= 8, p += 8) {
    std::uint64_t k;
    std::memcpy(&k, p, 8);
    k *= m;
    k ^= k >> 47;
    k *= m;
    h = (h ^ k) * m;
  }
  if (n > 0) {
    // What is left, in loads of sizes that are known: a copy of n bytes would be a call, and a wait for what it wrote.
    std::uint64_t k = 0;
    if (s.size() >= 8) {
      std::memcpy(&k, p + n - 8, 8);
      k >>= 8 * (8 - n);
    } else if (n >= 4) {
      std::uint32_t first, last;
      std::memcpy(&first, p, 4);
      std::memcpy(&last, p + n - 4, 4);
      k = first | static_cast<std::uint64_t>(last) << 8 * (n - 4);
    } else {
      k = static_cast<std::uint64_t>(p[0] | p[n / 2] << 8 * (n / 2) | p[n - 1] << 8 * (n - 1));
    }
    h = (h ^ k) * m;
  }
  h ^= h >> 47;
  h *= m;
  h ^= h >> 47;
  return h;
}

/// Of something that may not have been said: 0 then, and never else.
inline std::uint64_t hash_if_said(std::string_view s) { return s.empty() ? 0 : hash64(s) | 1; }

/// 28 bits of a hash: four bytes in state.
constexpr std::uint32_t short_print(std::uint64_t h) { return static_cast<std::uint32_t>(h ^ h >> 32) & 0xfffffff; }

/// Mixes a number into a hash.
constexpr std::uint64_t mix64(std::uint64_t h, std::uint64_t v) {
  h ^= v + 0x9e3779b97f4a7c15ULL + (h << 12) + (h >> 4);
  h *= 0xff51afd7ed558ccdULL;
  return h ^ (h >> 33);
}

struct Hash128 {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  auto operator<=>(const Hash128&) const = default;
};

inline Hash128 hash128(std::string_view s) { return {hash64(s), hash64(s, 0x9d8f3b1c5a7e2468ULL)}; }

/// 32 lower-case hexadecimal digits.
inline std::array<char, 32> hex_digits(Hash128 h) {
  static constexpr auto of_byte = [] {
    constexpr char digits[] = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = {digits[i / 16], digits[i % 16]};
    return all;
  }();
  std::array<char, 32> out{};
  const auto put = [&](std::size_t at, std::uint64_t half) {
    for (std::size_t i = 0; i < 8; ++i) std::memcpy(&out[at + 2 * i], of_byte[half >> (56 - 8 * i) & 0xff].data(), 2);
  };
  put(0, h.hi);
  put(16, h.lo);
  return out;
}
inline std::string hex(Hash128 h) {
  const auto digits = hex_digits(h);
  return {digits.data(), digits.size()};
}

} // namespace onecode
