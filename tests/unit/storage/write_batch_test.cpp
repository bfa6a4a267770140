// A batch's bytes are journal records: what one version wrote, every later one must read, and bytes that are no batch
// must be refused before they reach a store.
#include "storage/store.hpp"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/catch.hpp"

using namespace onecode::storage;

namespace {

using Changes = std::vector<std::pair<std::string, std::optional<std::string>>>;

Changes changes(std::string_view bytes) {
  Changes out;
  WriteBatch::each(bytes, [&](std::string_view key, std::optional<std::string_view> value) {
    out.emplace_back(std::string(key), value ? std::optional(std::string(*value)) : std::nullopt);
  });
  return out;
}

std::string bytes(std::initializer_list<int> all) {
  std::string out;
  for (const int b : all) out += static_cast<char>(b);
  return out;
}

} // namespace

TEST_CASE("a batch gives back its changes in order") {
  const std::string binary("a\0b\xff", 4);
  const std::string large(100'000, 'x');
  WriteBatch b;
  CHECK(b.empty());
  b.put("k1", "v1");
  b.put(binary, binary);
  b.erase("k1");
  b.put("k1", "");
  b.put("large", large);
  CHECK(b.count() == 5);
  CHECK(changes(b.bytes()) ==
        Changes{{"k1", "v1"}, {binary, binary}, {"k1", std::nullopt}, {"k1", ""}, {"large", large}});
  b.clear();
  CHECK(b.empty());
  CHECK(b.count() == 0);
  CHECK(changes(b.bytes()).empty());
}

TEST_CASE("the bytes of a batch are pinned") {
  WriteBatch b;
  b.put("key", "value");
  b.erase("gone");
  b.put("n", std::string(200, 'z'));
  CHECK(b.bytes() == std::string("\x01\x03key\x05value") + bytes({0, 4}) + "gone" + bytes({1, 1, 'n', 0xc8, 0x01}) +
                         std::string(200, 'z'));
}

TEST_CASE("what is not a batch is refused") {
  const std::string garbage =
      GENERATE(bytes({2, 1, 'a'}),                             // no such flag
               bytes({1}), bytes({1, 3, 'a'}),                 // key cut short
               bytes({1, 1, 'a'}), bytes({1, 1, 'a', 2, 'x'}), // value cut short
               bytes({0, 0}), bytes({1, 1, 0, 0}),             // no key, a key of the store's own
               bytes({1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 'a'}), // longer than memory
               bytes({1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 'a'}), // more than 64 bits
               bytes({1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 'a'}));
  CHECK_THROWS_AS(changes(garbage), StoreError);
}

TEST_CASE("a batch cut anywhere but between changes is refused") {
  WriteBatch b;
  b.put("key-1", "value");
  const auto first = b.bytes().size();
  b.erase("key-2");
  const auto second = b.bytes().size();
  b.put("key-3", std::string(300, 'v'));
  for (std::size_t n = 1; n < b.bytes().size(); ++n) {
    CAPTURE(n);
    if (n == first || n == second) {
      CHECK_NOTHROW(changes(b.bytes().substr(0, n)));
    } else {
      CHECK_THROWS_AS(changes(b.bytes().substr(0, n)), StoreError);
    }
  }
}

TEST_CASE("random bytes are refused or read, never more than they are") {
  std::mt19937 random(20260302);
  for (int round = 0; round < 20'000; ++round) {
    std::string s(random() % 24, '\0');
    for (char& c : s) c = static_cast<char>(random() % 3 == 0 ? random() : random() % 5);
    std::size_t seen = 0;
    try {
      WriteBatch::each(s, [&](std::string_view key, std::optional<std::string_view> value) {
        seen += key.size() + (value ? value->size() : 0);
      });
    } catch (const StoreError&) {
    }
    CHECK(seen <= s.size());
  }
}
