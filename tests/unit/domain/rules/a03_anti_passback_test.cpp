// Catches: a code handed back over the gate unnoticed; and somebody accused for a gate that was tried again, a door without
// exit readers, or an exit that was uploaded late.
#include "domain/rules/a03_anti_passback.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

Shown in(Duration after, const char* device = "", const char* zone = "gate", std::int64_t accuracy_ms = 0) {
  return {.zone = zone, .time = kNoon + after, .device = device, .accuracy_ms = accuracy_ms};
}
Shown leaves(Duration after, const char* zone = "gate", std::int64_t accuracy_ms = 0) {
  return {.zone = zone,
          .time = kNoon + after,
          .device = "d-exit",
          .direction = Direction::out,
          .accuracy_ms = accuracy_ms};
}
Shown buys(Duration after, const char* zone = "canteen") {
  return {.zone = zone, .time = kNoon + after, .function = "payment", .direction = Direction::none};
}
constexpr Duration kMoment = milliseconds(1);
constexpr Duration plus(Duration a, Duration b) { return {a.ms + b.ms}; }

} // namespace

TEST_CASE("A3: anti-passback", "[rules][A3][R8.1]") {
  constexpr Duration four = hours(-8); // 04:00
  check_stories(
      RuleId::A3,
      {
          {"the same gate after five minutes", {in({}), in(minutes(5))}, 250},
          {"after ten", {in({}), in(minutes(10))}, 250},
          {"after more than one", {in({}), in(plus(minutes(1), kMoment))}, 250},
          {"elsewhere in the zone, by somebody who was seen leaving it before",
           {leaves(hours(-2)), in({}), in(hours(3), "d-2")},
           250},
          {"or is seen leaving it later", {in({}), in(hours(3), "d-2"), leaves(hours(5))}, 250},
          {"the same gate hours later, by somebody who was seen leaving",
           {leaves(hours(-2)), in({}), in(hours(3))},
           250},
          {"just after the reset, twice", {in(four), in(plus(four, minutes(5)))}, 250},
          {"minute resolution, ten minutes at most",
           {in({}, "", "gate", 30'000), in(minutes(9), "", "gate", 30'000)},
           250},
          {"the newest of two", {in({}), in(minutes(5)), in(hours(5)), in(plus(hours(5), minutes(5)))}, 250},
          {"a purchase in the same zone between is no exit", {in({}), buys(minutes(2), "gate"), in(minutes(5))}, 250},
          {"nor is a reader without a zone", {in({}), buys(minutes(2), ""), in(minutes(5))}, 250},
          {"twice at one moment, and again", {in({}), in({}), in(minutes(5))}, 250},
          {"minute resolution: left before the first",
           {in({}), leaves(milliseconds(-30'001), "gate", 30'000), in(minutes(5))},
           250},
          {"minute resolution: left after the second",
           {in({}), in(minutes(5)), leaves(plus(minutes(5), milliseconds(30'001)), "gate", 30'000)},
           250},
          // false positives
          {"minute resolution: perhaps left after the first",
           {in({}), leaves(seconds(-30), "gate", 30'000), in(minutes(5))},
           0},
          {"minute resolution: perhaps left before the second",
           {in({}), in(minutes(5)), leaves(plus(minutes(5), seconds(30)), "gate", 30'000)},
           0},
          {"more than ten minutes", {in({}), in(plus(minutes(10), kMoment))}, 0},
          {"a gate that did not open and is tried again", {in({}), in(minutes(1))}, 0},
          {"and again and again", {in({}), in(seconds(50)), in(seconds(100)), in(seconds(150))}, 0},
          {"elsewhere in the zone, where nobody is seen leaving", {in({}), in(minutes(5), "d-2")}, 0},
          {"hours later, where nobody is seen leaving", {in({}), in(hours(3))}, 0},
          {"seen leaving another zone only", {leaves(hours(-2), "hall"), in({}), in(hours(3))}, 0},
          {"left between", {in({}), leaves(minutes(2)), in(minutes(5))}, 0},
          {"bought something elsewhere between", {in({}), buys(minutes(2)), in(minutes(5))}, 0},
          {"entered another zone between", {in({}), in(minutes(2), "", "hall"), in(minutes(5))}, 0},
          {"the reset at four between", {in(plus(four, minutes(-5))), in(plus(four, minutes(1)))}, 0},
          {"the reset a moment after the first", {in(plus(four, milliseconds(-1))), in(plus(four, minutes(5)))}, 0},
          {"minute resolution: perhaps a minute only",
           {in({}, "", "gate", 30'000), in(minutes(2), "", "gate", 30'000)},
           0},
          {"minute resolution: perhaps more than ten",
           {in({}, "", "gate", 30'000), in(plus(minutes(9), kMoment), "", "gate", 30'000)},
           0},
          {"two zones", {in({}), in(minutes(5), "d-gate", "hall")}, 0},
          {"doors that do not say which way",
           {{.direction = Direction::none}, {.time = kNoon + minutes(5), .direction = Direction::none}},
           0},
          {"a purchase has no way",
           {{.function = "payment"}, {.time = kNoon + minutes(5), .function = "payment"}},
           0},
          {"a reader without a zone", {in({}, "d-x", ""), in(minutes(5), "d-x", "")}, 0},
          {"a free-running clock", {in({}), {.time = kNoon + minutes(5), .clock = Clock::free}}, 0},
          {"a clock that is known to be wrong", {in({}), {.time = kNoon + minutes(5), .clock_wrong = true}}, 0},
          {"a device that is not what it claims", {in({}), {.time = kNoon + minutes(5), .trusted = false}}, 0},
      });
}

TEST_CASE("A3: what shows late that nothing was wrong takes the accusation back", "[rules][A3][R8.1]") {
  const struct {
    const char* what;
    Shown late;
    int weight;
  } rows[] = {
      {"an exit between", leaves(minutes(2)), 0},
      {"a purchase elsewhere between", buys(minutes(2)), 0},
      {"an exit a moment after the first entry", leaves(kMoment), 0},
      {"an exit a moment before the second", leaves(plus(minutes(5), milliseconds(-1))), 0},
      {"an exit before both", leaves(minutes(-2)), 250},
      {"an exit after both", leaves(minutes(7)), 250},
      {"between, by a clock that runs free",
       {.time = kNoon + minutes(2), .direction = Direction::out, .clock = Clock::free},
       250},
      {"between, by a clock that is wrong",
       {.time = kNoon + minutes(2), .direction = Direction::out, .clock_wrong = true},
       250},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    World w;
    w.show(in({}));
    w.show(in(minutes(5)));
    REQUIRE(w.weight(RuleId::A3) == 250);
    w.show(row.late);
    CHECK(w.weight(RuleId::A3) == row.weight);
  }
}

TEST_CASE("A3: a late entry between leaves the two others standing", "[rules][A3]") {
  World w;
  w.show(in({}));
  w.show(in(minutes(9)));
  w.show(in(minutes(4)));
  CHECK(w.weight(RuleId::A3) == 250);
  CHECK(w.a.file.evidence.entries().at(0).at == kNoon + minutes(9));
  CHECK(w.a.file.evidence.entries().at(0).facts.text().en ==
        "the code entered gate again after 5 min without having left");
  w.show(leaves(minutes(6)));
  w.show(leaves(minutes(2)));
  CHECK(w.weight(RuleId::A3) == 0);
}

TEST_CASE("A3: of two accusations the other one stands when a late exit takes one back", "[rules][A3]") {
  World w;
  for (const Duration t : {Duration{}, minutes(5), hours(5), plus(hours(5), minutes(5))}) w.show(in(t));
  w.show(leaves(plus(hours(5), minutes(2))));
  // It has been seen leaving now, so that the long way from 12:05 to 17:00 counts as well.
  CHECK(w.weight(RuleId::A3) == 250);
  CHECK(w.a.file.evidence.entries().at(0).at == kNoon + hours(5));
  w.show(leaves(hours(4)));
  CHECK(w.weight(RuleId::A3) == 250);
  CHECK(w.a.file.evidence.entries().at(0).at == kNoon + minutes(5));
}

TEST_CASE("A3: it stands when its entries are remembered no more", "[rules][A3]") {
  World w;
  w.show(in({}));
  w.show(in(minutes(5)));
  for (int i = 0; i < 20; ++i) { // the ring has room for 16
    w.show(buys(plus(hours(1), minutes(i))));
    CHECK(w.weight(RuleId::A3) == 250);
  }
}

TEST_CASE("A3: an exit that is no evidence any more does not stand between", "[rules][A3]") {
  World w;
  w.show(in({}));
  w.show(leaves(minutes(2)));
  const EventRef left = w.a.ring.sightings()[1].event;
  w.show(in(minutes(5)));
  REQUIRE(w.weight(RuleId::A3) == 0);
  w.withdraw(RuleId::A1, left, "d-exit");
  w.show(in(hours(5)));
  CHECK(w.weight(RuleId::A3) == 250);
}

TEST_CASE("A3: a finding that rests on it closes with it", "[rules][A3][R9.3]") {
  World w;
  w.a.profile.handsets = {{"old", false, kNoon - days(300), {}}, {"h-1", true, kNoon - minutes(8), {}}};
  w.show({.zone = "canteen",
          .time = kNoon - minutes(4),
          .function = "payment",
          .direction = Direction::none,
          .fen = 30'000});
  REQUIRE(w.weight(RuleId::A7) == 300);
  REQUIRE_FALSE(w.a.file.finding);
  w.show(in({}));
  w.show(in(minutes(5)));
  REQUIRE(w.a.file.finding); // 475: watch
  w.show(leaves(minutes(2)));
  CHECK_FALSE(w.a.file.finding);
  const auto closed = w.last<FindingRecord>();
  CHECK(closed.activity == FindingActivity::close);
  CHECK(closed.explanation.en.find("left in between") != std::string::npos);
  CHECK(w.weight(RuleId::A7) == 300);
}

TEST_CASE("A3: a finding falls and a hold is lifted where they need it", "[rules][A3][R8.4]") {
  World w;
  w.show({.handset = "h-1"});
  w.show({.time = kNoon + minutes(5), .handset = "h-2"});
  w.show({.zone = "dorm", .time = kNoon + minutes(5) + seconds(30), .handset = "h-1"});
  REQUIRE(w.weight(RuleId::A1) == 850);
  REQUIRE(w.weight(RuleId::A3) == 250);
  REQUIRE(w.weight(RuleId::A8) == 650);
  REQUIRE(w.a.file.freeze_wanted);
  w.permit(true);
  REQUIRE(w.a.file.holds.all().size() == 1);

  w.show({.time = kNoon + minutes(2), .direction = Direction::out});
  CHECK(w.weight(RuleId::A3) == 0);
  CHECK(w.a.file.holds.empty());
  REQUIRE(w.a.file.finding);
  CHECK(w.a.file.finding->band == Band::propose);
  CHECK(w.first<FindingRecord>().activity == FindingActivity::update);
  bool apology = false;
  for (const auto& n : w.all<Notice>())
    apology |= n.kind == "hold-lifted" && n.text.en.find("apolog") != n.text.en.npos;
  CHECK(apology);
}

TEST_CASE("A3: in shadow mode it is taken back as well", "[rules][A3]") {
  Policy p = campus_policy();
  p.rule(RuleId::A3).mode = Mode::shadow;
  World w(p);
  w.show(in({}));
  w.show(in(minutes(5)));
  CHECK(w.a.file.shadow.entries().size() == 1);
  CHECK(w.weight(RuleId::A3) == 0);
  w.show(leaves(minutes(2)));
  CHECK(w.a.file.shadow.empty());
}

TEST_CASE("A3: what it says names the zone, the time between and both entries", "[rules][A3][R9.3]") {
  World w;
  w.show(in({}));
  w.show(in(minutes(5)));
  const auto& e = w.a.file.evidence.entries().at(0);
  CHECK(e.facts.text().en == "the code entered gate again after 5 min without having left");
  CHECK(e.facts.text().zh.find("5 分钟") != std::string::npos);
  CHECK(e.events.size() == 2);
  CHECK(e.at == kNoon + minutes(5));
  CHECK_FALSE(w.a.file.finding); // alone below watch
}
