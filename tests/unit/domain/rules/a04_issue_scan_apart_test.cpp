// Catches: the picture of a code sent on and shown far away; and the owner of a phone on mobile data, or next door, accused.
#include "domain/rules/a04_issue_scan_apart.hpp"

#include "domain/hash.hpp"
#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

Shown shown(const char* zone, Duration after, std::int64_t ttl_s = 300) {
  return {.zone = zone, .time = kNoon + after, .direction = Direction::none, .code = Code{"n-1", after, ttl_s}};
}
Shown with(Shown s, void (*change)(Shown&)) {
  change(s);
  return s;
}
Made at(const char* zone, std::int64_t ttl_s = 300) { return {.zone = zone, .ttl_s = ttl_s}; }
Made in_network(const char* network, const char* ap, std::int64_t ttl_s = 60) {
  return {.ttl_s = ttl_s, .network = network, .ap = ap};
}
constexpr Duration plus(Duration a, Duration b) { return {a.ms + b.ms}; }

int weight(const Made& made, const Shown& s, bool code_first, const Policy& p = campus_policy()) {
  World w(p);
  if (code_first) w.issue(made);
  w.show(s);
  if (!code_first) w.issue(made);
  return w.weight(RuleId::A4);
}

} // namespace

// gate - dorm: 2400 m; less 2*15 m, at 12 m/s: 197.5 s; less 5 s skew: nobody is there before 192.5 s.
TEST_CASE("A4: issue and scan apart", "[rules][A4][R8.1]") {
  const struct {
    const char* what;
    Made made;
    Shown shown;
    int weight;
  } rows[] = {
      {"2400 m away at once", at("gate"), shown("dorm", seconds(10)), 750},
      {"as fast as nobody is", at("gate"), shown("dorm", seconds(191)), 750},
      {"shown first, by clocks a little off", at("gate"), shown("dorm", seconds(-5)), 750},
      {"400 m away", at("gate"), shown("lab-a", seconds(25)), 750},
      {"another campus", at("gate"), shown("city", minutes(4)), 750},
      {"in somebody else's network outside the campus", in_network("external", "ap-x"), shown("dorm", seconds(30)),
       750},
      {"the same, at the end of its life", in_network("external", "ap-x"), shown("dorm", seconds(65)), 750},
      {"the scan was refused: it was shown all the same", at("gate"),
       with(shown("dorm", seconds(10)), [](Shown& s) { s.outcome = Outcome::denied; }), 750},
      // false positives
      // 2370 m at 5.5 m/s: 430.9 s; 370 m: 67.3 s
      {"as a car could", at("gate"), shown("dorm", seconds(194)), 200},
      {"sooner than by bicycle from door to door", at("gate", 600), shown("dorm", seconds(425)), 200},
      {"400 m, sooner than by bicycle", at("gate"), shown("lab-a", seconds(62)), 200},
      {"by bicycle", at("gate", 600), shown("dorm", seconds(426)), 0},
      {"400 m by bicycle", at("gate"), shown("lab-a", seconds(63)), 0},
      {"another campus by car", at("gate", 900), shown("city", minutes(11)), 0},
      {"next door: the phone heard the neighbouring access point", at("gate"), shown("hall", seconds(1)), 0},
      {"the same zone", at("gate"), shown("gate", seconds(1)), 0},
      {"the same zone, in a network outside",
       {.zone = "gate", .network = "external", .ap = "ap-x"},
       shown("gate", seconds(1)),
       0},
      {"a zone that nobody knows", at("annex"), shown("dorm", seconds(1)), 0},
      {"a phone on mobile data", in_network("external", ""), shown("dorm", seconds(30)), 0},
      {"in the campus network at an unknown access point", in_network("campus", "ap-x"), shown("dorm", seconds(30)),
       0},
      {"in a network that nobody knows", in_network("unknown", "ap-x"), shown("dorm", seconds(30)), 0},
      {"outside, and long after its life", in_network("external", "ap-x"),
       shown("dorm", plus(seconds(65), milliseconds(1))), 0},
      {"outside, and shown before it was made", in_network("external", "ap-x"),
       shown("dorm", plus(seconds(-5), milliseconds(-1))), 0},
      {"a free-running clock", at("gate"), with(shown("dorm", seconds(10)), [](Shown& s) { s.clock = Clock::free; }),
       0},
      {"a clock known to be wrong", at("gate"),
       with(shown("dorm", seconds(10)), [](Shown& s) { s.clock_wrong = true; }), 0},
      {"a device that is not what it claims", at("gate"),
       with(shown("dorm", seconds(10)), [](Shown& s) { s.trusted = false; }), 0},
      {"a device without a zone", in_network("external", "ap-x"), shown("", seconds(10)), 0},
      {"minute resolution", at("gate"), with(shown("dorm", seconds(165)), [](Shown& s) { s.accuracy_ms = 30'000; }),
       200},
      {"another code", at("gate"), with(shown("dorm", seconds(10)), [](Shown& s) { s.code->nonce = "n-2"; }), 0},
      {"a card", at("gate"), with(shown("dorm", seconds(10)), [](Shown& s) { s.code.reset(); }), 0},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(weight(row.made, row.shown, true) == row.weight);
    CHECK(weight(row.made, row.shown, false) == row.weight);
  }
}

TEST_CASE("A4: the last four codes that say where they were made are compared", "[rules][A4]") {
  for (int made = 4; made <= 5; ++made) {
    World w;
    for (int i = 0; i < made; ++i)
      w.issue({.zone = "gate", .time = kNoon + seconds(i), .nonce = "n-" + std::to_string(i)});
    for (int i = 0; i < 20; ++i) w.issue({.time = kNoon + seconds(10), .nonce = "x-" + std::to_string(i)});
    CHECK(w.a.codes.list.size() == 4);
    w.show({.zone = "dorm", .time = kNoon + seconds(12), .code = Code{"n-0", seconds(12), 60}});
    CHECK(w.weight(RuleId::A4) == (made == 4 ? 750 : 0));
    w.show({.zone = "dorm", .time = kNoon + seconds(13), .code = Code{"n-3", seconds(10), 60}});
    CHECK(w.weight(RuleId::A4) == 750);
  }
  World w;
  w.issue({.zone = "gate", .nonce = "n-0"});
  w.issue({.zone = "gate", .nonce = "n-0"}); // again
  CHECK(w.a.codes.list.size() == 1);
  // An hour after its end it is over for long.
  w.issue({.zone = "gate", .time = kNoon + seconds(3660), .nonce = "n-1"});
  CHECK(w.a.codes.list.size() == 2);
  w.issue({.zone = "gate", .time = kNoon + seconds(3660) + milliseconds(1), .nonce = "n-2"});
  CHECK(w.a.codes.list.size() == 2);
  CHECK(w.a.codes.list[0].nonce_hash == code_print("n-1"));
}

TEST_CASE("A4: of more codes the one that ends first leaves, be it the new one", "[rules][A4]") {
  World w;
  const auto kept = [&](const std::string& nonce) {
    return rules::made_code(w.a.codes, code_print(nonce)) != nullptr;
  };
  for (int i = 0; i < 5; ++i) w.issue({.zone = "gate", .nonce = "n-" + std::to_string(i), .ttl_s = 300});
  CHECK_FALSE(kept("n-0"));
  CHECK(kept("n-4"));
  w.issue({.zone = "gate", .nonce = "short", .ttl_s = 299});
  CHECK_FALSE(kept("short"));
  CHECK(w.a.codes.list.size() == 4);
  World nowhere;
  nowhere.issue({.network = "campus", .ap = ""});
  CHECK(nowhere.a.codes.list.empty());
}

TEST_CASE("A4: ways learned between readers say nothing of a code made while walking", "[rules][A4]") {
  World w;
  w.issue({.zone = "gate", .ttl_s = 900});
  auto s = shown("dorm", seconds(426), 900);
  s.ways = LearnedWays{{hash64("gate"), 1'200'000}};
  w.show(s);
  CHECK(w.weight(RuleId::A4) == 0);
}

TEST_CASE("A4: help with consent and test accounts are no relay", "[rules][A4]") {
  World helped;
  helped.a.procedures.edit().delegations = {{"p-2", "h-1", kNoon - hours(1), kNoon + hours(1), {}}};
  helped.issue(at("gate"));
  helped.show(shown("dorm", seconds(10)));
  CHECK(helped.weight(RuleId::A4) == 0);
  World test;
  test.a.profile.test = true;
  test.issue(at("gate"));
  CHECK(test.a.codes.list.empty());
}

TEST_CASE("A4: the reader of the scan hears of it, and may take it back", "[rules][A4][R8.1]") {
  for (const bool code_first : {true, false}) {
    World w;
    if (code_first) w.issue(at("gate"));
    w.show(shown("dorm", seconds(10)));
    if (!code_first) w.issue(at("gate"));
    const auto doubts = w.messages<msg::ScanDoubted>();
    REQUIRE(doubts.size() == 1);
    CHECK(doubts[0].account == "a-1");
    CHECK(doubts[0].rule == RuleId::A4);
    CHECK(doubts[0].partner == 0);
    CHECK(doubts[0].at == kNoon + seconds(10));
    REQUIRE(w.a.file.finding);
    w.withdraw(RuleId::A4, {doubts[0].event.at, 99, "other"}, "d-dorm");
    CHECK(w.weight(RuleId::A4) == 750);
    w.withdraw(RuleId::A4, doubts[0].event, "d-dorm");
    CHECK(w.weight(RuleId::A4) == 0);
    CHECK_FALSE(w.a.file.finding);
  }
  Policy p = campus_policy();
  p.rule(RuleId::A4).mode = Mode::shadow;
  World w(p);
  w.issue(at("gate"));
  w.show(shown("dorm", seconds(10)));
  CHECK(w.messages<msg::ScanDoubted>().empty());
  CHECK(w.a.file.shadow.entries().size() == 1);
}

TEST_CASE("A4: what it says names both places and both events", "[rules][A4][R9.3]") {
  World w;
  w.issue(at("gate"));
  w.show(shown("dorm", seconds(10)));
  const auto& e = w.a.file.evidence.entries().at(0);
  CHECK(e.facts.text().en.find("made at gate and shown 10 s later at dorm, 2") != std::string::npos);
  REQUIRE(e.events.size() == 2);
  CHECK(e.events[0].at.topic == Topic::codes_issued);
  CHECK(e.events[1].at.topic == Topic::scans);
  CHECK(e.at == kNoon + seconds(10));
  CHECK(w.first<FindingRecord>().act == "relay");
  World ahead; // the clock of the reader is behind: the later of both counts
  ahead.issue(at("gate"));
  ahead.show(shown("dorm", seconds(-5)));
  CHECK(ahead.a.file.evidence.entries().at(0).at == kNoon);
}

namespace {

/// A person whose codes are shown a few seconds after they are made, at first three a day.
struct Holder {
  World w;
  int n = 0;
  explicit Holder(int codes = 20) {
    for (int i = 0; i < codes; ++i) show(-10 + i / 3, hours(i % 3), "gate", "gate", seconds(4 + i % 7));
  }
  void show(int day, Duration at, const char* made, const char* shown, Duration age, const char* network = "campus",
            const char* ap = "") {
    const std::string nonce = "m-" + std::to_string(++n);
    const Time t = kNoon + days(day) + at;
    w.issue({.zone = made, .time = t - age, .nonce = nonce, .network = network, .ap = *made ? "ap-1" : ap});
    w.show({.zone = shown, .time = t, .direction = Direction::none, .code = Code{nonce, age, 60}});
  }
  void outside(int day, Duration age, Duration at = hours(0)) { show(day, at, "", "lab-a", age, "external"); }
  void foreign(int day) { show(day, hours(3), "", "canteen", seconds(40), "external", "ap-x"); }
  void fast(int day, Duration at = hours(4)) { show(day, at, "gate", "lab-a", seconds(50)); }
  void far(int day, Duration age = seconds(20)) { show(day, hours(5), "gate", "dorm", age); }
  void nearby(int day, Duration at = hours(2)) { show(day, at, "gate", "hall", seconds(40)); }
  int weight() { return w.weight(RuleId::A4); }
  /// The reader of the last scan in that zone turns out to be wrong.
  void withdraw(const char* zone, int day) {
    Sighting wrong;
    w.a.ring.each([&](const Sighting& s) {
      if (campus_day(s.time) == campus_day(kNoon + days(day)) && s.zone == zone) wrong = s;
    });
    w.withdraw(RuleId::A4, wrong.event, wrong.device);
  }
};

} // namespace

TEST_CASE("A4: how old a person's codes are when shown is learnt", "[rules][A4]") {
  Holder h(0);
  const auto& codes = h.w.a.codes;
  const auto learnt = [&](std::uint32_t ages, std::int64_t mean_ms, std::int64_t off_ms) {
    CHECK(codes.ages == ages);
    CHECK(codes.age_mean_ms == mean_ms);
    CHECK(codes.age_off_ms == off_ms);
  };
  h.show(-10, hours(0), "gate", "gate", seconds(4));
  learnt(1, 4000, 0);
  h.show(-10, hours(1), "gate", "gate", seconds(8));
  learnt(2, 6000, 4000);
  h.show(-10, hours(2), "gate", "gate", seconds(3)); // 3 s below the mean
  learnt(3, 5000, 3500);
  for (int i = 0; i < 70; ++i) h.show(-9, minutes(i), "gate", "gate", seconds(5));
  CHECK(codes.ages == 64); // what is newer counts for more
  CHECK(codes.age_mean_ms == 5000);
}

TEST_CASE("A4: late is more than twice the mean, and than the mean and three deviations", "[rules][A4]") {
  const auto late = [](std::int64_t mean_ms, std::int64_t off_ms, std::int64_t age_ms, std::uint32_t ages = 20) {
    Holder h(0);
    h.w.a.codes.ages = ages, h.w.a.codes.age_mean_ms = mean_ms, h.w.a.codes.age_off_ms = off_ms;
    h.far(0, milliseconds(age_ms));
    return h.weight() == 750;
  };
  CHECK_FALSE(late(7000, 1000, 14'000));
  CHECK(late(7000, 1000, 14'001));
  CHECK_FALSE(late(7000, 3000, 16'000));
  CHECK(late(7000, 3000, 16'001));
  CHECK(late(7000, 3000, 10'000, 19)); // not known yet
}

TEST_CASE("A4: what is late and where it came from", "[rules][A4]") {
  using Codes = AccountState::MadeCodes;
  SECTION("not in the zone where it was made") {
    Holder h;
    h.show(0, hours(2), "gate", "gate", seconds(40));
    CHECK(h.w.a.codes.late_ones.empty());
  }
  SECTION("of one occasion the farthest, in either order") {
    for (const bool far_first : {false, true}) {
      Holder h;
      if (far_first) h.far(0);
      h.nearby(0, plus(hours(5), minutes(far_first ? 10 : -10)));
      if (!far_first) h.far(0);
      REQUIRE(h.w.a.codes.late_ones.size() == 1);
      CHECK(h.w.a.codes.late_ones[0].from == Codes::far_off);
    }
  }
  SECTION("half an hour apart it is another occasion") {
    for (const auto& [ms, occasions] :
         {std::pair<std::int64_t, std::size_t>{minutes(30).ms - 1, 1}, {minutes(30).ms, 2}}) {
      Holder h;
      h.nearby(0);
      h.nearby(0, Duration{hours(2).ms + ms});
      CHECK(h.w.a.codes.late_ones.size() == occasions);
    }
  }
  SECTION("of more than four the weakest leaves") {
    Holder h;
    h.far(0);
    for (int day = 1; day < 7; ++day) {
      h.nearby(day);
      h.w.a.codes.ages = 20, h.w.a.codes.age_mean_ms = 7'000, h.w.a.codes.age_off_ms = 2'000; // it is no habit yet
    }
    REQUIRE(h.w.a.codes.late_ones.size() == 4);
    CHECK(h.w.a.codes.late_ones[0].from == Codes::far_off);
    CHECK(h.w.a.codes.late_ones[3].at == kNoon + days(6) + hours(2));
  }
}

TEST_CASE("A4: the reader of one that was only late hears of it when it counts, and may take it back",
          "[rules][A4][trust][R8.1]") {
  Holder h;
  h.nearby(0); // late from next door: no hit
  CHECK(h.weight() == 0);
  CHECK(h.w.messages<msg::ScanDoubted>().empty());
  h.fast(1);
  REQUIRE(h.weight() == 900); // the second late one
  std::optional<msg::ScanDoubted> late;
  for (const auto& s : h.w.out.sends)
    if (const auto* x = std::get_if<msg::ScanDoubted>(&s.message); x != nullptr && s.to.id == "d-hall") late = *x;
  REQUIRE(late);
  CHECK(late->rule == RuleId::A4);
  CHECK(late->at == kNoon + hours(2));
  for (int i = 0; i < 20; ++i)
    h.w.show({.time = kNoon + days(1) + hours(5) + minutes(i), .direction = Direction::none});
  h.w.withdraw(RuleId::A4, late->event, "d-hall"); // though it has left the ring
  CHECK(h.weight() == 200);
  CHECK(std::ranges::none_of(h.w.a.file.readers, [](const auto& r) { return r.device == "d-hall"; }));
}

TEST_CASE("A4: late more than once weighs more", "[rules][A4][R8.1]") {
  SECTION("over a way faster than by bicycle, twice") {
    Holder h;
    h.fast(0);
    CHECK(h.weight() == 200);
    h.fast(1);
    CHECK(h.weight() == 900);
  }
  SECTION("on one day, but not within half an hour") {
    Holder h;
    for (int i = 0; i < 4; ++i) h.fast(0, minutes(240 + 9 * i));
    CHECK(h.weight() == 200);
    h.fast(0, hours(5));
    CHECK(h.weight() == 900);
  }
  SECTION("once far off and once from next door, in either order") {
    Holder h, back;
    h.far(0);
    CHECK(h.weight() == 750);
    h.nearby(1);
    CHECK(h.weight() == 900);
    CHECK(h.w.a.file.evidence.entries().at(0).facts.text().en.find(
              "made at gate and shown 40 s later at hall, and more than one") != std::string::npos);
    back.nearby(0);
    CHECK(back.weight() == 0);
    back.far(1);
    CHECK(back.weight() == 900);
  }
  SECTION("within four weeks only") {
    for (const auto& [day, weight] : {std::pair{28, 900}, {29, 750}}) {
      Holder h;
      h.show(0, hours(5), "gate", "lab-a", seconds(50));
      h.far(day);
      CHECK(h.weight() == weight);
    }
  }
  SECTION("what a case has settled counts no more") {
    Holder h;
    h.fast(0);
    h.w.a.file.settled = kNoon + hours(4); // the moment of it
    h.fast(2);
    CHECK(h.weight() == 200);
  }
  SECTION("nor does what a wrong reader saw") {
    Holder h;
    h.fast(0);
    h.withdraw("lab-a", 0);
    h.fast(2);
    CHECK(h.weight() == 200);
  }
  SECTION("and what recurred with it says again what it says alone") {
    for (const bool alone : {true, false}) {
      Holder h;
      h.far(0);
      h.fast(1);
      if (!alone) h.fast(2);
      REQUIRE(h.weight() == 900);
      h.withdraw("dorm", 0);
      CHECK(h.weight() == (alone ? 200 : 900));
      const auto& facts = h.w.a.file.evidence.entries().at(0).facts;
      CHECK((facts.text().en.find("more than one") == std::string::npos) == alone);
    }
  }
  SECTION("and what was made in networks of others, twice") {
    Holder h;
    h.foreign(0), h.foreign(1);
    REQUIRE(h.weight() == 900);
    h.withdraw("canteen", 0);
    CHECK(h.weight() == 750);
    CHECK(h.w.a.file.evidence.entries().at(0).facts.text().en.find("more than one") == std::string::npos);
  }
  SECTION("and the one from next door alone says nothing") {
    Holder h;
    h.far(0), h.nearby(1);
    REQUIRE(h.weight() == 900);
    h.withdraw("dorm", 0);
    CHECK(h.weight() == 0);
  }
  SECTION("a far one is not forgotten for many from next door") {
    Holder h;
    h.far(0);
    h.w.a.file.evidence = {};
    for (int day = 1; day < 7; ++day) {
      h.nearby(day);
      h.w.a.codes.ages = 20, h.w.a.codes.age_mean_ms = 7'000, h.w.a.codes.age_off_ms = 2'000; // it is no habit yet
    }
    CHECK(h.weight() == 900);
  }
}

TEST_CASE("A4: a phone that holds on to the access point of the last place", "[rules][A4][R8.1]") {
  Holder h;
  for (int day = 0; day < 6; ++day) {
    h.far(day, seconds(9));
    CHECK(h.weight() == 500);
    h.show(day, hours(7), "gate", "lab-a", seconds(9));
    CHECK(h.weight() == 500);
  }
  SECTION("and is late once") {
    h.far(6);
    CHECK(h.weight() == 750);
  }
  SECTION("which says nothing where it is but fast") {
    Holder fast;
    fast.w.a.codes.age_mean_ms = 40'000;
    fast.fast(0);
    CHECK(fast.weight() == 0);
  }
}

TEST_CASE("A4: whoever opens the code on the way is late from next door", "[rules][A4][R8.1]") {
  SECTION("now and then") {
    Holder h;
    for (int week = 0; week < 3; ++week) h.nearby(7 * week), h.nearby(7 * week + 2);
    CHECK(h.weight() == 0);
  }
  SECTION("always: then nothing is late") {
    Holder h(0);
    for (int i = 0; i < 20; ++i) h.nearby(-10 + i / 3, hours(i % 3));
    h.fast(0), h.fast(1);
    CHECK(h.weight() == 0);
  }
}

TEST_CASE("A4: late and from outside, where codes are otherwise shown at once", "[rules][A4][R8.1]") {
  SECTION("never alone") {
    Holder h;
    for (int day = 0; day < 6; ++day) h.outside(day, seconds(40));
    CHECK(h.weight() == 0);
  }
  SECTION("once, with a fast way on another day") {
    Holder h;
    h.outside(0, seconds(40));
    h.fast(1);
    CHECK(h.weight() == 900);
  }
  SECTION("as soon as all others") {
    Holder h;
    h.outside(0, seconds(12)), h.outside(1, seconds(12));
    h.fast(2);
    CHECK(h.weight() == 200);
  }
  SECTION("a phone on mobile data now and then: late once in a while") {
    Holder h;
    for (int day = 0; day < 6; ++day) {
      h.outside(day, seconds(8)), h.outside(day, seconds(8), hours(1));
      h.outside(day, seconds(40), hours(2));
    }
    h.fast(6);
    CHECK(h.weight() == 200);
  }
  SECTION("somebody who always opens it early") {
    Holder h(0);
    for (int i = 0; i < 20; ++i) h.show(-10 + i / 3, hours(i % 3), "gate", "gate", seconds(i % 2 == 0 ? 10 : 45));
    h.outside(0, seconds(45)), h.outside(1, seconds(45));
    h.fast(2);
    CHECK(h.weight() == 0);
  }
  SECTION("of whom too little is known") {
    Holder h(19);
    h.outside(0, seconds(40)), h.outside(1, seconds(40));
    CHECK(h.w.a.codes.outside == 0);
    h.fast(2), h.fast(3);
    CHECK(h.weight() == 200);
  }
  SECTION("where half of those codes are late, and where less than half are") {
    for (const auto& [outside, weight] : {std::pair{7U, 900}, {8U, 200}}) {
      Holder h;
      h.w.a.codes.outside = outside, h.w.a.codes.late = 3;
      h.outside(0, seconds(40)); // the fourth
      h.fast(1);
      CHECK(h.weight() == weight);
    }
  }
  SECTION("of many the last ones count for more") {
    Holder h;
    h.w.a.codes.outside = 63, h.w.a.codes.late = 40;
    h.outside(0, seconds(40));
    CHECK(h.w.a.codes.outside == 64);
    CHECK(h.w.a.codes.late == 41);
    h.outside(1, seconds(40));
    CHECK(h.w.a.codes.outside == 33);
    CHECK(h.w.a.codes.late == 21);
  }
}
