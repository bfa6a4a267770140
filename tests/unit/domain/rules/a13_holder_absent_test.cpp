// Catches: a code that is used while its holder is away, unnoticed; and somebody accused by an absence that is over, was
// corrected, or is somebody else's to use.
#include "domain/rules/a13_holder_absent.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

World away(const char* kind = "leave") {
  World w;
  w.command(HolderAbsence{kind, kNoon, kNoon + days(10)});
  REQUIRE(w.refusal().empty());
  return w;
}

} // namespace

TEST_CASE("A13: from the first moment of an absence until before its end", "[rules][A13][R8.1]") {
  const struct {
    Duration after;
    int weight;
  } rows[] = {{milliseconds(-1), 0},
              {milliseconds(0), 800},
              {days(5), 800},
              {milliseconds(days(10).ms - 1), 800},
              {days(10), 0}};
  for (const auto& row : rows) {
    World w = away();
    w.show({.time = kNoon + row.after});
    CAPTURE(row.after.ms);
    CHECK(w.weight(RuleId::A13) == row.weight);
  }
}

TEST_CASE("A13: says why the holder is away", "[rules][A13]") {
  for (const auto& [kind, word] :
       {std::pair{"leave", Form::on_leave}, {"internship", Form::on_internship}, {"abroad", Form::abroad}}) {
    World w = away(kind);
    w.show({.time = kNoon + hours(1)});
    REQUIRE(w.a.file.evidence.entries().size() == 1);
    CHECK(w.a.file.evidence.entries()[0].facts.form == word);
  }
}

TEST_CASE("A13: the innocent", "[rules][A13]") {
  SECTION("a helper whom the holder named") {
    World w = away();
    w.command(DelegationRegister{"p-2", "h-2", kNoon, kNoon + days(10), {}});
    w.show({.time = kNoon + hours(1), .handset = "h-2"});
    CHECK(w.weight(RuleId::A13) == 0);
    w.show({.time = kNoon + hours(2), .handset = "h-3"});
    CHECK(w.weight(RuleId::A13) == 800);
  }
  SECTION("a test account") {
    World w = away();
    w.a.profile.test = true;
    w.show({.time = kNoon + hours(1), .test_only = true});
    CHECK(w.a.file.evidence.empty());
  }
  SECTION("a clock that runs free, or is known to be wrong") {
    World w = away();
    w.show({.time = kNoon + hours(1), .clock = Clock::free});
    w.show({.time = kNoon + hours(1), .clock_wrong = true});
    CHECK(w.a.file.evidence.empty());
  }
  SECTION("somebody who came back early: the record is corrected, before or after") {
    World w = away();
    w.show({.time = kNoon + days(6)});
    REQUIRE(w.weight(RuleId::A13) == 800);
    w.command(HolderAbsence{"leave", kNoon, kNoon + days(5)});
    CHECK(w.weight(RuleId::A13) == 0);
    w.show({.time = kNoon + days(7)});
    CHECK(w.weight(RuleId::A13) == 0);
  }
  SECTION("and nobody is frozen by it alone") {
    World w = away();
    for (int h = 1; h < 20; ++h) w.show({.time = kNoon + hours(h), .direction = Direction::none});
    CHECK(w.weight(RuleId::A13) == 800);
    CHECK(w.messages<msg::FreezeWanted>().empty());
    CHECK(w.a.file.holds.empty());
  }
}
