// Stored state outlives programs: key bytes that change make every store and journal unreadable, in silence. Whoever
// must change one changes the format of storage/rocks_store.cpp too.
#include <string>

#include "storage/keys.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::storage;

namespace {

std::string hex_of(std::string_view s) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : s) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string entity(Kind kind, std::string_view id) {
  std::string key;
  append_entity(key, kind, id);
  return key;
}

} // namespace

TEST_CASE("key bytes are pinned") {
  CHECK(hex_of(entity(Kind::account, "a-1")) == "6530612d3100");
  CHECK(hex_of(entity(Kind::device, "d-1")) == "6531642d3100");
  CHECK(hex_of(entity(Kind::integration, "i")) == "65326900");
  CHECK(hex_of(entity(Kind::handset, "h")) == "65336800");
  CHECK(hex_of(entity(Kind::campus, "c")) == "65346300");
  CHECK(hex_of(timer_key(Time{0x0123456789abcdef}, {Kind::device, "d-1"}, "due")) ==
        "740123456789abcdef31642d3100647565");
  const Hash128 h{0x0102030405060708, 0x090a0b0c0d0e0f10};
  CHECK(hex_of(event_key(h)) == "780102030405060708090a0b0c0d0e0f10");
  CHECK(hex_of(event_expiry_key(0x01020304, h)) == "79010203040102030405060708090a0b0c0d0e0f10");
}

TEST_CASE("the hashes in keys are pinned") {
  CHECK(hex(hash128("gw-03/d-0417/3/182731")) == "eb6f3875ecabddf0d71e82a9a76f1bf0");
}

TEST_CASE("keys sort as the engine reads them") {
  // Timers by due time, across bytes; expiries by hour.
  CHECK(timer_key(Time{255}, {Kind::campus, "z"}, "z") < timer_key(Time{256}, {Kind::account, "a"}, "a"));
  CHECK(event_expiry_key(255, {~0ULL, ~0ULL}) < event_expiry_key(256, {0, 0}));
  // The parts of one entity stand together: no other id sorts between them, be it a prefix or an extension.
  const auto mine = entity(Kind::account, "a-1");
  for (const char* other : {"a-", "a-10", "a-1.", "a-1:x", "a-2", "a-1-", "A-1"}) {
    const auto o = entity(Kind::account, other) + "part";
    CAPTURE(other);
    CHECK_FALSE(o.starts_with(mine));
    CHECK((o < mine || o > mine + "\xff"));
  }
}

TEST_CASE("numbers in keys read back") {
  for (const std::uint64_t v : {0ULL, 1ULL, 0x80ULL, 0xffffffffULL, 0x8000000000000000ULL, ~0ULL}) {
    std::string s;
    append_u64(s, v);
    CHECK(read_u64(s) == v);
    s.clear();
    append_u32(s, static_cast<std::uint32_t>(v));
    CHECK(read_u32(s) == static_cast<std::uint32_t>(v));
  }
}
