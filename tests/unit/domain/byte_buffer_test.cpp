// Would catch: a number that another reader of LEB128 reads as another one, bytes that are lost or repeated where a buffer grows.
#include "domain/byte_buffer.hpp"

#include <array>
#include <random>
#include <string>

#include "domain/archive.hpp"
#include "tests/catch.hpp"

using namespace onecode;

namespace {

/// As the standard says it, seven bits at a time.
std::string by_the_book(std::uint64_t v) {
  std::string out;
  do {
    const auto low = static_cast<unsigned char>(v & 0x7f);
    v >>= 7;
    out += static_cast<char>(v != 0 ? low | 0x80 : low);
  } while (v != 0);
  return out;
}

} // namespace

TEST_CASE("numbers of every length are written as the standard says") {
  constexpr unsigned kSeed = 20'261'201;
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const auto check = [](std::uint64_t v) {
    std::array<char, kMostLeb128> to;
    const std::string book = by_the_book(v);
    const std::string written(to.data(), put_leb128(to.data(), v));
    if (written != book || leb128_bytes(v) != book.size()) FAIL("number " << v);
  };
  for (unsigned bits = 0; bits <= 64; ++bits) {
    const std::uint64_t most = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    check(most);
    check(most - (most > 0 ? 1 : 0));
    for (int i = 0; i < 500; ++i) check(random() & most);
  }
  SUCCEED("all as they should be");
}

TEST_CASE("counts that fit into a byte each are written and counted like any others") {
  std::array<std::uint32_t, 24> counts{};
  for (const std::uint32_t last : {0U, 127U, 128U, 70'000U}) {
    counts.back() = last;
    std::string plain;
    encode(plain, counts);
    ByteBuffer buffer;
    encode(buffer, counts);
    CHECK(buffer.view() == plain);
    CHECK(stored_bytes(counts) == plain.size());
    CHECK(plain == std::string(23, '\0') + by_the_book(last));
  }
}

TEST_CASE("a buffer keeps what it has when it grows, and nothing when it is cleared") {
  constexpr unsigned kSeed = 20'261'201;
  INFO("seed " << kSeed);
  std::mt19937 random(kSeed);
  ByteBuffer buffer;
  CHECK(buffer.view().empty());
  buffer.append("");
  for (int round = 0; round < 50; ++round) {
    std::string expected;
    while (expected.size() < random() % 5'000) {
      const std::string piece(random() % 300, static_cast<char>('a' + random() % 26));
      switch (random() % 3) {
        case 0:
          buffer.append(piece);
          expected += piece;
          break;
        case 1:
          buffer += 'x';
          expected += 'x';
          break;
        default: { // room for more than is used
          char* const to = buffer.room(piece.size() + 100);
          buffer.finish(std::copy(piece.begin(), piece.end(), to));
          expected += piece;
        }
      }
      REQUIRE(buffer.view() == expected);
    }
    buffer.clear();
    CHECK(buffer.view().empty());
  }
}
