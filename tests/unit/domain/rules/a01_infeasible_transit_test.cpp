// Catches: an accusation of someone who walked, cycled, took the shuttle, or met a bad clock; and a miss.
#include "domain/rules/a01_infeasible_transit.hpp"

#include "domain/hash.hpp"
#include "domain/rules/params.hpp"
#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

// gate - dorm: 2400 m; less 2*15 m, at 12 m/s: 197.5 s; less 3 s skew: infeasible below 194.5 s.
TEST_CASE("A1: infeasible transit", "[rules][A1][R8.1]") {
  check_stories(
      RuleId::A1,
      {
          {"2400 m in 190 s", {{.zone = "gate"}, {.zone = "dorm", .time = kNoon + seconds(190)}}, 600},
          {"2400 m in 200 s: a good cyclist", {{.zone = "gate"}, {.zone = "dorm", .time = kNoon + seconds(200)}}, 0},
          {"three times as fast weighs more", {{.zone = "gate"}, {.zone = "dorm", .time = kNoon + seconds(60)}}, 850},
          {"just not three times as fast", {{.zone = "gate"}, {.zone = "dorm", .time = kNoon + seconds(65)}}, 600},
          {"at once", {{.zone = "gate"}, {.zone = "canteen"}}, 850},
          {"a refused scan proves presence too",
           {{.zone = "gate", .outcome = Outcome::denied}, {.zone = "dorm", .time = kNoon + seconds(60)}},
           850},
          {"uploaded late by a reader with a good clock",
           {{.zone = "gate", .offline = true}, {.zone = "dorm", .time = kNoon + seconds(60), .offline = true}},
           850},
          {"the pair counts though a third scan lies between: each short hop is below 150 m, the whole is not",
           {{.zone = "gate"},
            {.zone = "hall", .time = kNoon + seconds(1)},
            {.zone = "steps", .time = kNoon + seconds(2)}},
           850},
          // false positives
          {"neighbouring doors, 140 m", {{.zone = "gate"}, {.zone = "hall"}}, 0},
          {"the same zone", {{.zone = "gate"}, {.zone = "gate", .device = "d-2"}}, 0},
          {"a free-running clock",
           {{.zone = "gate", .clock = Clock::free, .offline = true}, {.zone = "dorm", .time = kNoon + seconds(60)}},
           0},
          {"minute resolution: half a minute unknown on either side",
           {{.zone = "gate", .accuracy_ms = 30'000},
            {.zone = "dorm", .time = kNoon + seconds(140), .accuracy_ms = 30'000}},
           0},
          {"minute resolution, and still too fast",
           {{.zone = "gate", .accuracy_ms = 30'000},
            {.zone = "dorm", .time = kNoon + seconds(60), .accuracy_ms = 30'000}},
           600},
          {"a device that was carried elsewhere",
           {{.zone = "gate", .device = "d-1"}, {.zone = "dorm", .time = kNoon + seconds(60), .device = "d-1"}},
           0},
          {"a device that is not what it claims",
           {{.zone = "gate", .trusted = false}, {.zone = "dorm", .time = kNoon + seconds(60)}},
           0},
          {"a zone without coordinates", {{.zone = "nowhere"}, {.zone = "dorm", .time = kNoon + seconds(1)}}, 0},
          {"a zone the policy does not know", {{.zone = "annex"}, {.zone = "dorm", .time = kNoon + seconds(1)}}, 0},
          {"a device without a zone",
           {{.zone = "", .device = "d-x"}, {.zone = "dorm", .time = kNoon + seconds(1)}},
           0},
          {"20 km by shuttle in 12 min", {{.zone = "gate"}, {.zone = "city", .time = kNoon + minutes(12)}}, 0},
          {"20 km in 9 min", {{.zone = "gate"}, {.zone = "city", .time = kNoon + minutes(9)}}, 600},
          // 1200 s on foot are 1680 m: 137.5 s at the limit, less skew
          {"a winding path that nobody runs",
           {{.zone = "gate"}, {.zone = "hill", .time = kNoon + seconds(130)}},
           600},
          {"a winding path by bicycle", {{.zone = "gate"}, {.zone = "hill", .time = kNoon + seconds(140)}}, 0},
      });
}

TEST_CASE("A1: the time on foot counts also where coordinates are unknown", "[rules][A1]") {
  Policy p = campus_policy();
  p.walking_seconds[{"dorm", "nowhere"}] = 600;
  check_stories(RuleId::A1,
                {{"too fast", {{.zone = "dorm"}, {.zone = "nowhere", .time = kNoon + seconds(15)}}, 850},
                 {"feasible", {{.zone = "dorm"}, {.zone = "nowhere", .time = kNoon + seconds(70)}}, 0}},
                p);
}

TEST_CASE("A1: what it says names both places, the distance, and both events", "[rules][A1][R9.3]") {
  World w;
  w.show({.zone = "gate"});
  w.show({.zone = "dorm", .time = kNoon + seconds(60)});
  const auto& e = w.a.file.evidence.entries().at(0);
  CHECK(e.facts.text().en.find("gate and 60 s later at dorm, 2") != std::string::npos);
  CHECK(e.facts.text().zh.find("60 秒") != std::string::npos);
  CHECK(e.events.size() == 2);
  CHECK(e.at == kNoon + seconds(60));
}

TEST_CASE("A1: what it says where only these people are never as fast", "[rules][A1][ways][R9.3]") {
  World w;
  w.show({.zone = "gate"});
  w.show({.zone = "dorm", .time = kNoon + seconds(600), .ways = {{hash64("gate"), 1'000'000}}});
  CHECK(w.a.file.evidence.entries().at(0).facts.text().en.find("fastest") != std::string::npos);
  CHECK(w.a.file.evidence.entries().at(0).facts.text().en.find("1000 s") != std::string::npos);
}

TEST_CASE("A1: a learned way counts where the fastest need more than they had, by three tenths, and for an hour",
          "[rules][A1][ways]") {
  const auto hit = [](Duration later, std::int64_t fastest_ms, const char* zone = "dorm") {
    World w;
    w.show({.zone = "gate"});
    w.show({.zone = zone, .time = kNoon + later, .ways = {{hash64("gate"), fastest_ms}}});
    return w.weight(RuleId::A1) == 600;
  };
  CHECK(hit(Duration{697'000 - 1}, 1'000'000)); // and 3 s for the clocks
  CHECK_FALSE(hit(seconds(697), 1'000'000));
  CHECK(hit(hours(1), 10'000'000));
  CHECK_FALSE(hit(Duration{hours(1).ms + 1}, 10'000'000));
  CHECK_FALSE(hit(minutes(10), 10'000'000, "hall")); // 140 m: too near for any rule
  CHECK_FALSE(hit(minutes(10), 10'000'000, "nowhere"));
  CHECK_FALSE(hit(minutes(10), 10'000'000, "annex"));
}

TEST_CASE("A1: each reader hears the least error of its clock that explains the way", "[rules][A1][trust]") {
  for (const bool late : {false, true}) { // the earlier scan arrives last
    World w;
    if (!late) w.show({.zone = "gate"});
    w.show({.zone = "dorm", .time = kNoon + seconds(60)});
    if (late) w.show({.zone = "gate"});
    const auto doubts = w.messages<msg::ScanDoubted>();
    REQUIRE(doubts.size() == 2);
    for (const auto& x : doubts) {                                      // 60 s instead of 194.5
      const std::int64_t expected = x.at == kNoon ? 134'500 : -134'500; // the first is ahead, or the second behind
      CHECK(x.shift_ms - expected <= 1000);
      CHECK(expected - x.shift_ms <= 1000);
    }
  }
}
