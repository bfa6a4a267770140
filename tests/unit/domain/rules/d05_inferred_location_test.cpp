// Catches: a reader whose people are elsewhere and nobody asks; one that is accused though its people always came from
// there, too few or too scattered votes, votes that one account casts twice or chooses the day of (R11.1c, D5).
#include "domain/rules/d05_inferred_location.hpp"

#include <bit>

#include "domain/account.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/rules/device_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

/// The reader at the gate and the people who use it.
struct Crowd {
  Policy policy = campus_policy();
  DeviceState d;
  int day = 0;
  std::uint64_t account = 0;
  bool hit = false;

  Crowd() {
    d.id = "d-1";
    d.reg.kind = "fixed";
    d.reg.zone = "gate";
    d.reg.placed = kNoon - days(100);
  }
  std::optional<Hit> seen(std::uint64_t who, const std::string& zone, Time at) {
    return rules::inferred_location(d, {who, zone, at, {{}, static_cast<std::int64_t>(who), ""}}, policy, at,
                                    policy.rule(RuleId::D5));
  }
  int counted() const {
    int n = 0;
    for (const auto w : d.neighbours.counted.words) n += std::popcount(w);
    return n;
  }
  /// So many of today's people were in that zone. Some share a bit with others and are not counted: more come.
  void vote(const std::string& zone, int n) {
    if (d.neighbours.day < campus_day(now())) d.neighbours.counted = {};
    for (const int all = counted() + n; counted() < all;) hit |= seen(++account, zone, now()).has_value();
  }
  /// That many days, each with these votes.
  void live(int count, const std::vector<std::pair<std::string, int>>& votes) {
    for (int i = 0; i < count; ++i, ++day)
      for (const auto& [zone, n] : votes) vote(zone, n);
  }
  Time now() const { return kNoon + days(day); }
};

using Votes = std::vector<std::pair<std::string, int>>;

/// What its account tells other readers when it is shown at the gate and then, so much later, elsewhere.
std::vector<msg::NeighbourSeen> told(World& w, Duration later, std::string second_device = {}) {
  w.show({.zone = "gate"});
  w.show({.zone = "canteen", .time = kNoon + later, .device = std::move(second_device)});
  std::vector<msg::NeighbourSeen> all;
  for (const auto& s : w.out.sends)
    if (const auto* m = std::get_if<msg::NeighbourSeen>(&s.message)) {
      all.push_back(*m);
      CHECK(s.to.kind == Kind::device);
    }
  return all;
}

std::string voter(bool votes) {
  for (int i = 0;; ++i) {
    std::string id = "a-" + std::to_string(i);
    if (rules::votes(hash64(id), campus_day(kNoon)) == votes) return id;
  }
}

} // namespace

TEST_CASE("D5: where its people were", "[D5][R11.1c]") {
  const struct {
    const char* what;
    Votes usual, first, second; // a month, yesterday, today
    bool hit;
  } rows[] = {
      {"at its place", {{"gate", 10}}, {{"gate", 20}}, {{"gate", 20}}, false},
      {"elsewhere", {{"gate", 10}}, {{"canteen", 20}}, {{"canteen", 20}}, true},
      {"29 votes", {{"gate", 10}}, {{"canteen", 15}}, {{"canteen", 14}}, false},
      {"30 votes", {{"gate", 10}}, {{"canteen", 15}}, {{"canteen", 15}}, true},
      {"27 of 40", {{"gate", 10}}, {{"dorm", 6}, {"canteen", 14}}, {{"dorm", 7}, {"canteen", 13}}, false},
      {"28 of 40", {{"gate", 10}}, {{"dorm", 6}, {"canteen", 14}}, {{"dorm", 6}, {"canteen", 14}}, true},
      {"140 m away", {{"gate", 10}}, {{"hall", 20}}, {{"hall", 20}}, false},
      {"280 m away", {{"gate", 10}}, {{"steps", 20}}, {{"steps", 20}}, true},
      {"where nobody knows", {{"gate", 10}}, {{"nowhere", 20}}, {{"nowhere", 20}}, false},
      {"in a zone without a name", {{"gate", 10}}, {{"mars", 20}}, {{"mars", 20}}, false},
      {"where they always came from", {{"canteen", 10}}, {{"canteen", 20}}, {{"canteen", 20}}, false},
      {"mostly so", {{"gate", 4}, {"canteen", 6}}, {{"canteen", 20}}, {{"canteen", 20}}, false},
      {"rarely so", {{"gate", 8}, {"canteen", 2}}, {{"canteen", 20}}, {{"canteen", 20}}, true},
      {"little is known of the time before", {{"gate", 1}}, {{"canteen", 20}}, {{"canteen", 20}}, false},
      {"nothing is known of the time before", {}, {{"canteen", 20}}, {{"canteen", 20}}, false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    Crowd c;
    c.live(row.usual.empty() ? 0 : 28, row.usual);
    CHECK_FALSE(c.hit);
    c.live(1, row.first);
    c.live(1, row.second);
    CHECK(c.hit == row.hit);
  }
}

TEST_CASE("D5: what the hit says", "[D5]") {
  Crowd c;
  c.live(28, {{"gate", 10}});
  c.live(1, {{"canteen", 20}});
  c.vote("canteen", 9);
  const int before = c.counted();
  std::optional<Hit> hit;
  while (c.counted() == before) hit = c.seen(++c.account, "canteen", c.now());
  REQUIRE(hit);
  CHECK(hit->rule == RuleId::D5);
  CHECK(hit->weight == 700);
  CHECK(hit->at == c.now());
  CHECK(hit->facts.text().en == "registered in gate, but 100 % of 30 people were in canteen within ten minutes");
}

TEST_CASE("D5: an account votes once a day", "[D5]") {
  Crowd c;
  for (int i = 0; i < 50; ++i) c.seen(7, i % 2 == 0 ? "canteen" : "dorm", kNoon + minutes(i));
  CHECK(c.counted() == 1);
  REQUIRE(c.d.neighbours.today.size() == 1);
  CHECK(c.d.neighbours.today[0].accounts == 1);
  c.seen(7, "canteen", kNoon + days(1));
  CHECK(c.d.neighbours.today[0].accounts == 1);
  CHECK(c.d.neighbours.yesterday[0].accounts == 1);
}

TEST_CASE("D5: a day of the campus, by the scans' own times", "[D5]") {
  Crowd c;
  const Time midnight = campus_day(kNoon) + days(1);
  c.seen(1, "canteen", midnight - milliseconds(1));
  c.seen(2, "canteen", midnight);
  CHECK(c.d.neighbours.today[0].accounts == 1);
  CHECK(c.d.neighbours.yesterday[0].accounts == 1);
  SECTION("a late one counts for its own day only, never for today") {
    c.seen(3, "dorm", midnight - hours(1));
    CHECK(c.d.neighbours.today.size() == 1);
    CHECK(c.d.neighbours.day == midnight);
  }
}

TEST_CASE("D5: whom it does not ask", "[D5]") {
  Crowd c;
  c.live(28, {{"gate", 10}});
  SECTION("a mobile reader") { c.d.reg.kind = "mobile"; }
  SECTION("one without a place") { c.d.reg.zone.clear(); }
  SECTION("what was before it was placed") { c.d.reg.placed = kNoon + days(60); }
  const auto before = c.counted();
  for (std::uint64_t i = 0; i < 200; ++i) {
    CHECK_FALSE(c.seen(i, "canteen", c.now()));
    CHECK_FALSE(c.seen(i, "canteen", c.now() + days(1)));
  }
  CHECK(c.counted() == before);
}

TEST_CASE("D5: who votes is chosen by hash and day", "[D5]") {
  const Time day = campus_day(kNoon);
  for (std::uint64_t account : {0ULL, 1ULL, 77ULL, ~0ULL}) {
    int of_eight_days = 0;
    for (int i = 0; i < 8; ++i) of_eight_days += rules::votes(account, day + days(i));
    if (account != ~0ULL) CHECK(of_eight_days == 2);
  }
  int quarter = 0;
  for (int i = 0; i < 4000; ++i) quarter += rules::votes(hash64("a-" + std::to_string(i)), day);
  CHECK(quarter > 900);
  CHECK(quarter < 1100);
}

TEST_CASE("D5: an account tells both readers, within ten minutes", "[D5]") {
  World w;
  w.a.id = voter(true);
  SECTION("ten minutes") {
    const auto all = told(w, minutes(10));
    REQUIRE(all.size() == 2);
    CHECK(all[0].zone == "gate");
    CHECK(all[0].at == kNoon + minutes(10));
    CHECK(all[1].zone == "canteen");
    CHECK(all[1].at == kNoon);
    CHECK(all[0].account == hash64(w.a.id));
  }
  SECTION("longer") { CHECK(told(w, milliseconds(600'001)).empty()); }
  SECTION("the same reader") { CHECK(told(w, minutes(5), "d-gate").empty()); }
  SECTION("an account that does not vote today") {
    w.a.id = voter(false);
    CHECK(told(w, minutes(10)).empty());
  }
}

TEST_CASE("D5: a finding, unless the work explains it", "[D5][R11.1c]") {
  const struct {
    const char* work; // approved for the two days
    bool hit;
  } rows[] = {{"", true}, {"relocate", false}, {"repair", false}, {"network", true}, {"firmware", true}};
  for (const auto& row : rows) {
    INFO(row.work);
    DeviceWorld w = installed({"gates", "gate", {}, {}, {}, "fixed"});
    const auto people = [&](int day, const char* zone) {
      for (std::uint64_t i = 0; i < 25; ++i) {
        w.out.clear();
        w.now = kNoon + days(day);
        step(w.d, msg::NeighbourSeen{i, zone, kNoon + days(day), {{}, static_cast<std::int64_t>(i), ""}}, w.context(),
             w.out);
        if (w.finding(RuleId::D5) != nullptr) return;
      }
    };
    for (int day = 0; day < 10; ++day) people(day, "gate");
    if (*row.work != '\0') {
      ask(w, row.work, kNoon + days(10) - hours(1), kNoon + days(12));
      grant(w);
    }
    people(10, "canteen");
    people(11, "canteen");
    CHECK((w.finding(RuleId::D5) != nullptr) == row.hit);
    if (!row.hit) continue;
    REQUIRE(w.outputs<FindingRecord>().size() == 1);
    CHECK(w.outputs<FindingRecord>()[0].score == 700);
    CHECK(w.outputs<FindingRecord>()[0].action == ProposedAction::inspect);
    CHECK(w.d.reg.life == DeviceLife::active);
    // Too often wrong to clear anybody (docs/detection.md).
    CHECK(w.d.trust.faults.empty());
  }
}

TEST_CASE("D5: after a relocation other people vote", "[D5][R11.1c]") {
  DeviceWorld w = installed({"gates", "gate", {}, {}, {}, "fixed"});
  step(w.d, msg::NeighbourSeen{1, "gate", kNoon + minutes(1), {}}, w.context(), w.out);
  REQUIRE(w.d.neighbours.today.size() == 1);
  ask(w, "relocate", kNoon + hours(1), kNoon + hours(3));
  grant(w);
  finish(w, {"", "canteen", {}, {}, {}}, kNoon + hours(2));
  CHECK(w.d.neighbours.today.empty());
  step(w.d, msg::NeighbourSeen{2, "gate", kNoon + hours(1), {}}, w.context(), w.out); // late
  CHECK(w.d.neighbours.today.empty());
}

// Eight zones are kept, and what leaves is taken out of the whole, too.
TEST_CASE("D5: a share is of all votes, also where people come from many places", "[D5]") {
  Crowd c;
  c.live(28, {{"gate", 10}});
  c.live(1, {{"gate", 1}});
  c.vote("canteen", 5);
  for (int i = 0; i < 40; ++i) c.vote("z" + std::to_string(i), 1);
  c.vote("canteen", 23); // 28 of 69 votes: two in five
  CHECK_FALSE(c.hit);
}

TEST_CASE("D5: the ninth zone can become the most frequent", "[D5]") {
  Crowd c;
  c.live(28, {{"gate", 10}});
  c.live(1, {{"gate", 1}});
  for (int i = 0; i < 8; ++i) c.vote("a" + std::to_string(i), 1);
  c.vote("canteen", 200); // 200 of 209
  CHECK(c.hit);
}

TEST_CASE("D5: yesterday is the day before, not the last one with votes", "[D5]") {
  Crowd c;
  c.live(28, {{"gate", 10}});
  c.live(1, {{"gate", 10}});
  c.day += 1;
  c.live(1, {{"canteen", 15}});
  c.day += 40; // a holiday
  c.live(1, {{"canteen", 15}});
  CHECK_FALSE(c.hit);
}
