// Catches: a hash that changes, so that a stored state, an id or a partition means something else than it did; one that reads beyond
// its text.
#include "domain/hash.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

#include "tests/catch.hpp"

using namespace onecode;

namespace {

/// MurmurHash64A as it is defined, a byte at a time.
std::uint64_t by_definition(std::string_view s, std::uint64_t seed) {
  constexpr std::uint64_t m = 0xc6a4a7935bd1e995ULL;
  std::uint64_t h = seed ^ (s.size() * m);
  for (; !s.empty(); s.remove_prefix(std::min<std::size_t>(s.size(), 8))) {
    std::uint64_t k = 0;
    for (std::size_t i = 0; i < s.size() && i < 8; ++i) k |= std::uint64_t{static_cast<unsigned char>(s[i])} << 8 * i;
    if (s.size() >= 8) {
      k *= m;
      k ^= k >> 47;
      k *= m;
    }
    h = (h ^ k) * m;
  }
  h ^= h >> 47;
  h *= m;
  return h ^ h >> 47;
}

} // namespace

TEST_CASE("hash64 is what it was") {
  const std::pair<std::string_view, std::uint64_t> all[] = {
      {"", 0xc4ed23a3f82f5a0d},         {"a", 0x5c2dd7d85e218953},         {"ab", 0xfd9c12c26f423244},
      {"abc", 0x79a6e36d6d457fdf},      {"abcd", 0xd3b69c073c4e87f4},      {"abcdefg", 0xa7e43b5e045d15ba},
      {"abcdefgh", 0x3efd9d61752ac03a}, {"a-0000001", 0x795b28fb41b361a7}, {"/gateways/gw-1", 0x1dda2ff4f0fe2d94}};
  for (const auto& [text, hash] : all) {
    INFO(text);
    CHECK(hash64(text) == hash);
  }
}

TEST_CASE("hash64 is MurmurHash64A at every length, and reads its text alone") {
  const unsigned of_test = 64;
  CAPTURE(of_test);
  std::mt19937_64 random(of_test);
  for (std::size_t size = 0; size <= 70; ++size)
    for (int i = 0; i < 20; ++i) {
      const auto text = std::make_unique<char[]>(size); // to the byte, for AddressSanitizer
      for (std::size_t k = 0; k < size; ++k) text[k] = static_cast<char>(random());
      const std::uint64_t seed = random();
      INFO(size << " bytes");
      REQUIRE(hash64({text.get(), size}, seed) == by_definition({text.get(), size}, seed));
    }
}

TEST_CASE("hex digits are those of the numbers") {
  CHECK(hex({0x0123456789abcdefULL, 0xfedcba9876543210ULL}) == "0123456789abcdeffedcba9876543210");
  CHECK(hex({0, 0xf0}) == "000000000000000000000000000000f0");
}
