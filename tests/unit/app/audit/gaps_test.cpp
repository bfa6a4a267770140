// Catches: an event that never arrived and is not told; an honest device that is said to have lost something because it started again,
// its events came in another order, or it cannot count.
#include "app/audit/gaps.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include "tests/catch.hpp"

using namespace onecode;
using app::Counted;
using app::Gaps;

namespace {

Time at(std::uint64_t n) { return Time{1'772'424'000'000 + static_cast<std::int64_t>(n) * 1000}; }

Gaps read(const std::vector<std::uint64_t>& numbers) {
  Gaps gaps;
  for (const auto n : numbers) gaps.add("d-1", Counted::scans, 0, n, at(n));
  return gaps;
}

void add(app::NumberReader& reader, Topic topic, const std::string& value) {
  streams::Record r;
  r.key = "d-1";
  r.value = value;
  reader.read({topic, 0}, r);
}

std::string event(const char* type, const std::string& data) {
  return std::string(R"({"specversion":"1.0","id":"e-1","source":"/gw","type":")") + type +
         R"(","time":"2026-03-02T12:00:00.000+08:00","data":)" + data + "}";
}

} // namespace

TEST_CASE("gaps: numbers that a count went over are told, with the times on both sides") {
  const auto found = read({5, 6, 7, 11, 12, 14}).found();
  REQUIRE(found.size() == 1);
  const auto& c = found[0];
  CHECK(c.device == "d-1");
  CHECK(c.begins == 5);
  CHECK(c.highest == 14);
  CHECK(c.missing() == 4);
  REQUIRE(c.gaps.size() == 2);
  CHECK(c.gaps[0].first == 8);
  CHECK(c.gaps[0].last == 10);
  CHECK(c.gaps[0].count() == 3);
  CHECK(c.gaps[0].after == at(7));
  CHECK(c.gaps[0].before == at(11));
  CHECK(c.gaps[1].first == 13);
  CHECK(c.gaps[1].last == 13);
}

TEST_CASE("gaps: what comes late, or twice, is no gap") {
  CHECK(read({1, 2, 3}).found().empty());
  CHECK(read({3, 1, 2}).found().empty());
  CHECK(read({1, 3, 3, 1, 2, 2}).found().empty());
  CHECK(read({4'000'000'000}).found().empty()); // what was before it is not known
  CHECK(read({}).found().empty());
}

TEST_CASE("gaps: each boot, each kind and each device counts by itself") {
  Gaps gaps;
  for (const std::uint64_t n : {1, 2, 3}) gaps.add("d-1", Counted::scans, 0, n, at(n));
  for (const std::uint64_t n : {1, 2}) gaps.add("d-1", Counted::scans, 1, n, at(10 + n)); // started again
  for (const std::uint64_t n : {90, 91}) gaps.add("d-1", Counted::reports, 1, n, at(n));
  gaps.add("d-2", Counted::scans, 0, 7, at(7));
  CHECK(gaps.found().empty());
  gaps.add("d-1", Counted::reports, 1, 93, at(93));
  REQUIRE(gaps.found().size() == 1);
  CHECK(gaps.found()[0].of == Counted::reports);
  CHECK(gaps.found()[0].boot == 1);
}

TEST_CASE("gaps: a device that always sends 0 cannot count, one that once did can") {
  Gaps gaps;
  for (int i = 0; i < 3; ++i) gaps.add("d-0", Counted::scans, 0, 0, at(1));
  gaps.add("d-0", Counted::scans, 1, 0, at(2));
  gaps.add("d-1", Counted::scans, 0, 0, at(1)); // begins with 0
  gaps.add("d-1", Counted::scans, 0, 1, at(2));
  gaps.add("d-1", Counted::reports, 0, 0, at(1));
  CHECK(gaps.found().empty());
  const auto uncounted = gaps.uncounted();
  REQUIRE(uncounted.size() == 2);
  CHECK(uncounted[0].device == "d-0");
  CHECK(uncounted[1].device == "d-1");
  CHECK(uncounted[1].of == Counted::reports);
}

TEST_CASE("gaps: records are read as the engine reads them, and those that cannot be are counted") {
  Gaps gaps;
  app::NumberReader reader(gaps);
  const auto scan = [&](int seq) {
    add(reader, Topic::scans,
        event("onecode.scan.v1", R"({"device":"d-1","seq":)" + std::to_string(seq) +
                                     R"(,"boot":2,"account":"a-1","function":"access","auth":"present"})"));
  };
  scan(1);
  scan(4);
  add(reader, Topic::scans, "{");
  add(reader, Topic::device_reports,
      event("onecode.device-report.v1", R"({"device":"d-1","kind":"heartbeat","seq":8})"));
  add(reader, Topic::device_reports, event("onecode.device-report.v1", R"({"device":"d-1","kind":"heartbeat"})"));
  add(reader, Topic::ledger, "{");
  CHECK(gaps.scans == 2);
  CHECK(gaps.reports == 1);
  CHECK(reader.numberless == 1);
  CHECK(reader.unreadable == 1);
  const auto found = gaps.found();
  REQUIRE(found.size() == 1);
  CHECK(found[0].boot == 2);
  CHECK(found[0].missing() == 2);
  CHECK(found[0].gaps[0].after == parse_time("2026-03-02T12:00:00.000+08:00"));
}

TEST_CASE("gaps: in whatever order a record comes in, the same is missing") {
  const char* given = std::getenv("ONECODE_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t n = random() % 3, end = n + random() % 60; n < end; ++n)
      if (random() % 4 != 0) numbers.insert(numbers.end(), 1 + random() % 2, n);
    std::shuffle(numbers.begin(), numbers.end(), random);
    const std::set<std::uint64_t> came(numbers.begin(), numbers.end());
    std::vector<std::uint64_t> expected, missing;
    if (!came.empty())
      for (auto n = *came.begin(); n < *came.rbegin(); ++n)
        if (!came.contains(n)) expected.push_back(n);
    for (const auto& c : read(numbers).found())
      for (const auto& g : c.gaps) {
        CHECK(g.after == at(g.first - 1));
        CHECK(g.before == at(g.last + 1));
        for (auto n = g.first; n <= g.last; ++n) missing.push_back(n);
      }
    REQUIRE(missing == expected);
  }
}
