// Would catch: a key that can be had after it was destroyed, from the store or from the bytes of its file; a key without its master.
#include "archive/key_store.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "tests/catch.hpp"
#include "tests/unit/archive/archive_world.hpp"

using namespace onecode_test;

TEST_CASE("AES key wrap gives what RFC 3394 gives", "[archive]") {
  // RFC 3394 §4.6: 256 bits of key data with a 256-bit key.
  const auto master = from_hex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F");
  const auto key = from_hex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F");
  const auto wrapper = aes_key_wrapper(master);
  const auto wrapped = wrapper->wrap(key);
  CHECK(wrapped == from_hex("28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"));
  CHECK(wrapper->unwrap(wrapped) == key);
  CHECK_THROWS_WITH(aes_key_wrapper(std::string(32, 'x'))->unwrap(wrapped),
                    Catch::Matchers::Matches(".*cannot be unwrapped.*"));
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    std::string other = wrapped;
    other[i] = static_cast<char>(other[i] ^ 1);
    CHECK_THROWS(wrapper->unwrap(other));
  }
  CHECK_THROWS(aes_key_wrapper("short"));
}

TEST_CASE("A subject has one key a month, and it stays", "[archive][privacy]") {
  ArchiveFiles files;
  std::string first;
  {
    KeyStore keys(files.keys(), *files.wrapper);
    const auto key = keys.get("a-1", "2026-03");
    first = key.bytes;
    CHECK(first.size() == 32);
    CHECK(keys.get("a-1", "2026-03").id == key.id);
    CHECK(keys.get("a-1", "2026-04").bytes != first);
    CHECK(keys.get("a-2", "2026-03").bytes != first);
    keys.commit();
    keys.get("a-3", "2026-03"); // not committed
  }
  KeyStore keys(files.keys(), *files.wrapper);
  CHECK(keys.get("a-1", "2026-03").bytes == first);
  CHECK(keys.of("a-1").size() == 2);
  CHECK(keys.of("a-3").empty());
  CHECK(file_bytes(files.keys()).find(first) == std::string::npos);
}

TEST_CASE("A destroyed key is gone from the store and from the bytes of its file", "[archive][privacy]") {
  ArchiveFiles files;
  KeyStore keys(files.keys(), *files.wrapper);
  std::vector<std::string> wrapped;
  std::vector<std::int64_t> ids;
  for (const auto* period : {"2026-01", "2026-02", "2026-03"}) {
    const auto key = keys.get("a-sought", period);
    ids.push_back(key.id);
    wrapped.push_back(files.wrapper->wrap(key.bytes));
  }
  const auto other = keys.get("a-2", "2026-03");
  keys.commit();
  for (const auto& w : wrapped) CHECK(file_bytes(files.keys()).find(w) != std::string::npos);

  CHECK(keys.destroy("a-sought", kNow, "order 17") == 3);
  CHECK(keys.destroy("a-sought", kNow, "order 17") == 0);
  for (const auto id : ids) CHECK_FALSE(keys.find(id).has_value());
  CHECK(keys.of("a-sought").empty());
  CHECK(keys.find(other.id)->bytes == other.bytes);
  for (const auto& entry : std::filesystem::directory_iterator(files.folder())) {
    const auto bytes = file_bytes(entry.path());
    for (const auto& w : wrapped) CHECK(bytes.find(w) == std::string::npos);
    CHECK(bytes.find("a-sought") == std::string::npos);
  }
  // What is on record says how many, when and why, and not whose.
  const auto record = keys.destroyed();
  REQUIRE(record.size() == 1);
  CHECK(record[0].keys == 3);
  CHECK(record[0].at == kNow);
  CHECK(record[0].why == "order 17");
  // An id is never used for another key: what it encrypted would seem to be there.
  CHECK(keys.get("a-9", "2026-03").id > ids.back());
}

TEST_CASE("Periods whose time is over are destroyed together", "[archive][privacy]") {
  ArchiveFiles files;
  KeyStore keys(files.keys(), *files.wrapper);
  const auto old = keys.get("a-1", "2025-12"), kept = keys.get("a-1", "2026-01");
  const auto policy = keys.get("policy 7", "2025-12");
  CHECK(keys.destroy_before("2026-01", kNow, "retention") == 1);
  CHECK(keys.find(policy.id).has_value());
  CHECK_FALSE(keys.find(old.id).has_value());
  CHECK(keys.find(kept.id).has_value());
}

TEST_CASE("A period is the month on campus", "[archive]") {
  CHECK(period_of(*onecode::parse_time("2026-02-28T23:59:59.999+08:00")) == "2026-02");
  CHECK(period_of(*onecode::parse_time("2026-02-28T16:00:00.000Z")) == "2026-03");
}
