// Catches: an id that comes back as its neighbour's, or changed; groups that take as much as their ids would alone; damaged
// bytes that crash.
#include "domain/id_group.hpp"

#include <array>
#include <random>

#include "domain/evidence.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;

namespace {

std::string group_of(const std::array<std::string, kIdGroup>& ids) {
  std::string group;
  for (std::size_t i = 0; i < kIdGroup; ++i) set_id(group, i, ids[i]);
  return group;
}

const std::string kUuid = "0190163d-8694-739b-aea5-966c26f8ad90", kUlid = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

} // namespace

TEST_CASE("id group: ids in a row take little") {
  const struct {
    std::array<std::string, kIdGroup> ids;
    std::size_t bytes;
  } rows[] = {
      {{"", "", "", ""}, 0},
      {{"d-0942/s-11475", "", "", ""}, 1 + 2 + 14},
      {{"d-0942/s-11475", "d-0942/s-11482", "d-0942/s-11491", "d-0942/s-11503"}, 1 + 16 + 4 + 4 + 5},
      {{"gw-03/d-0417/3/182731", "gw-03/d-0417/3/182732", "gw-03/d-0417/3/182733", "gw-03/d-0417/3/182734"},
       1 + 23 + 3 * 3},
      {{"s-1", kUuid, "s-2", kUlid}, 1 + 5 + 16 + 3 + 16},
      {{kUuid, kUuid, kUuid, kUuid}, 1 + 4 * 16},
      {{"same", "same", "sam", "same!"}, 1 + 6 + 2 + 2 + 4},
  };
  for (const auto& row : rows) {
    INFO(row.ids[0] << ' ' << row.ids[1]);
    const std::string group = group_of(row.ids);
    CHECK(group.size() == row.bytes);
    for (std::size_t i = 0; i < kIdGroup; ++i) CHECK(id_in(group, i) == row.ids[i]);
  }
}

TEST_CASE("id group: what evidence does not keep is left out, and takes the place of what stood there") {
  std::string group = group_of({"s-1", "s-2", "s-3", "s-4"});
  set_id(group, 1, std::string(kMaxEvidenceId + 1, 'x'));
  CHECK(id_in(group, 1).empty());
  set_id(group, 0, "");
  CHECK(id_in(group, 0).empty());
  CHECK(id_in(group, 2) == "s-3");
  CHECK(id_in(group, 3) == "s-4");
  set_id(group, 2, "");
  set_id(group, 3, "");
  CHECK(group.empty());
}

TEST_CASE("id group: any ids, replaced in any order") {
  const unsigned with = test::seed();
  INFO("ONECODE_SEED=" << with);
  std::mt19937 random(with);
  std::array<std::string, kIdGroup> ids;
  std::string group;
  for (int i = 0; i < 5'000; ++i) {
    const std::size_t event = random() % kIdGroup;
    std::string id;
    switch (random() % 5) {
      case 0:
        id = kUuid;
        id[random() % 8] = static_cast<char>('0' + random() % 10);
        break;
      case 1:
        id = kUlid;
        id[1 + random() % 25] = static_cast<char>('0' + random() % 10);
        break;
      default: // few letters: many beginnings in common
        for (auto n = random() % (kMaxEvidenceId + 1); n > 0; --n)
          id += static_cast<char>(random() % 8 ? 'a' : '\xff');
    }
    ids[event] = id;
    set_id(group, event, id);
    for (std::size_t k = 0; k < kIdGroup; ++k) REQUIRE(id_in(group, k) == ids[k]);
  }
}

TEST_CASE("id group: damaged bytes are ids or none") {
  const unsigned with = test::seed();
  INFO("ONECODE_SEED=" << with);
  std::mt19937 random(with);
  const std::string good = group_of({"gw-03/d-0417/3/182731", kUuid, "gw-03/d-0417/3/182732", kUlid});
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = good.substr(0, random() % (good.size() + 1));
    for (auto n = random() % 4; n > 0 && !bad.empty(); --n) bad[random() % bad.size()] = static_cast<char>(random());
    for (std::size_t k = 0; k < kIdGroup; ++k) CHECK(id_in(bad, k).size() <= kUuid.size());
    set_id(bad, random() % kIdGroup, "s-1");
  }
}
