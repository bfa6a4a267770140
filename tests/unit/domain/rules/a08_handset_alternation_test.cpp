// Catches: two people taking turns unnoticed, and the owner of a new or a second phone accused.
#include "domain/rules/a08_handset_alternation.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {
Shown by(const char* handset, Duration after) { return {.time = kNoon + after, .handset = handset}; }
} // namespace

TEST_CASE("A8: handset alternation", "[rules][A8][R8.1]") {
  check_stories(
      RuleId::A8,
      {
          {"A B A in an hour", {by("A", {}), by("B", minutes(20)), by("A", hours(1))}, 650},
          {"A B A in 24 hours", {by("A", {}), by("B", hours(1)), by("A", hours(24))}, 650},
          {"A A B B A",
           {by("A", {}), by("A", hours(1)), by("B", hours(2)), by("B", hours(3)), by("A", hours(4))},
           650},
          // false positives
          {"a new phone: A A B B", {by("A", {}), by("A", hours(1)), by("B", hours(2)), by("B", hours(3))}, 0},
          {"A B A over more than a day",
           {by("A", {}), by("B", hours(1)), {.time = kNoon + hours(24) + milliseconds(1), .handset = "A"}},
           0},
          {"a card or password between", {by("A", {}), by("", hours(1)), by("A", hours(2))}, 0},
          {"three phones, none twice", {by("A", {}), by("B", hours(1)), by("C", hours(2))}, 0},
          {"by a free-running clock",
           {by("A", {}), {.time = kNoon + hours(1), .handset = "B", .clock = Clock::free}, by("A", hours(2))},
           0},
      });
}

TEST_CASE("A8: an owner of two bound phones may use both", "[rules][A8]") {
  const auto alternate = [](World& w) {
    for (const auto& s : {by("A", {}), by("B", minutes(20)), by("A", hours(1))}) w.show(s);
    return w.weight(RuleId::A8);
  };
  const Time before = kNoon - days(10);
  World both;
  both.a.profile.handsets = {{"A", false, before, {}}, {"B", true, before, {}}};
  CHECK(alternate(both) == 0);
  World one;
  one.a.profile.handsets = {{"A", false, before, {}}};
  CHECK(alternate(one) == 650);
  World ended;
  ended.a.profile.handsets = {{"A", false, before, {}}, {"B", true, before, kNoon}};
  CHECK(alternate(ended) == 650);
  World two_secondaries;
  two_secondaries.a.profile.handsets = {{"A", true, before, {}}, {"B", true, before, {}}};
  CHECK(alternate(two_secondaries) == 650);
  World third;
  third.a.profile.handsets = {{"A", false, before, {}}, {"C", true, before, {}}};
  CHECK(alternate(third) == 650);
}
