// Catches: an id that comes back from state as another one, or takes more room than its kind needs.
#include "domain/event_id.hpp"

#include <random>

#include "domain/archive.hpp"
#include "domain/evidence.hpp"
#include "domain/hash.hpp"
#include "tests/catch.hpp"

using namespace onecode;

namespace {

std::string stored(const std::string& id) {
  std::string bytes;
  Writer(bytes).put(packed_id(id));
  return bytes;
}

std::string and_back(const std::string& id) {
  std::string again = "something else";
  auto packed = packed_id(again);
  Reader(stored(id)).get(packed);
  return again;
}

} // namespace

TEST_CASE("event id: comes back as it was") {
  for (const std::string id :
       {"", "s-1", "0190163d-8694-739b-aea5-966c26f8ad90", "0190163D-8694-739B-AEA5-966C26F8AD90",
        "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "00000000000000000000000000",
        "01arz3ndektsv4rrffq69g5fav", "0190163d-8694-739b-aea5-966c26f8ad9g", "0190163d58694-739b-aea5-966c26f8ad90"})
    CHECK(and_back(id) == id);
  std::mt19937_64 random(7);
  for (int i = 0; i < 1000; ++i) {
    const std::string digits = hex({random(), random()});
    const std::string uuid = digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" +
                             digits.substr(16, 4) + "-" + digits.substr(20);
    REQUIRE(and_back(uuid) == uuid);
  }
}

TEST_CASE("event id: UUIDs and ULIDs take seventeen bytes, others their length") {
  CHECK(stored("0190163d-8694-739b-aea5-966c26f8ad90").size() == 17);
  CHECK(stored("01ARZ3NDEKTSV4RRFFQ69G5FAV").size() == 17);
  CHECK(stored("0190163D-8694-739B-AEA5-966C26F8AD90").size() == 37);
  CHECK(stored("s-1").size() == 4);
}

TEST_CASE("event id: bytes that are none are an error") {
  const auto read = [](std::string bytes) {
    std::string id;
    auto packed = packed_id(id);
    Reader(bytes).get(packed);
  };
  CHECK_THROWS_AS(read(""), Corrupt);
  CHECK_THROWS_AS(read(std::string("\x01", 1) + std::string(15, 'x')), Corrupt);
  CHECK_THROWS_AS(read(std::string("\x05", 1) + std::string(16, 'x')), Corrupt);
  CHECK_THROWS_AS(read("\x08xyz"), Corrupt);
}

TEST_CASE("event id: evidence keeps UUIDs, ULIDs and short ids, and is its place") {
  Origin o{{Topic::scans, 3}, 9, "gw", "0190163d-8694-739b-aea5-966c26f8ad90", {}};
  CHECK(ref(o).id == o.id);
  o.id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  CHECK(ref(o).id == o.id);
  o.id = std::string(kMaxEvidenceId, 'x');
  CHECK(ref(o).id == o.id);
  const EventRef with = ref(o);
  o.id += 'x';
  CHECK(ref(o).id.empty());
  CHECK(ref(o) == with);
  o.offset = 10;
  CHECK(ref(o) != with);
  CHECK(ref(o) > with);
}
