// Catches: two people taking turns unnoticed, and the owner of a new or a second phone accused.
#include "domain/rules/a08_handset_alternation.hpp"

#include <algorithm>

#include "domain/handset.hpp"
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
          {"in event time, though they came otherwise", {by("A", {}), by("A", hours(2)), by("B", hours(1))}, 650},
          {"three people",
           {by("A", {}), by("B", hours(1)), by("A", hours(2)), by("C", hours(3)), by("A", hours(4))},
           850},
          // false positives
          {"came as A B A, shown as A A B", {by("A", {}), by("B", hours(2)), by("A", hours(1))}, 0},
          {"at one moment, so that nobody knows which was first", {by("A", {}), by("B", {}), by("A", hours(1))}, 0},
          {"or the last two", {by("A", {}), by("B", hours(1)), by("A", hours(1))}, 0},
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

TEST_CASE("A8: phones are bound from a moment to a moment", "[rules][A8]") {
  const auto weight = [](Time since, std::optional<Time> until) {
    World w;
    w.a.profile.handsets = {{"A", false, kNoon - days(10), {}}, {"B", true, since, until}};
    for (const auto& s : {by("A", {}), by("B", minutes(20)), by("A", hours(1))}) w.show(s);
    return w.weight(RuleId::A8);
  };
  const Time third = kNoon + hours(1);
  CHECK(weight(third, {}) == 0);
  CHECK(weight(third + milliseconds(1), {}) == 650);
  CHECK(weight(kNoon - days(10), third) == 650);
  CHECK(weight(kNoon - days(10), third + milliseconds(1)) == 0);
}

TEST_CASE("A8: three people, or the same two on four days, weigh more", "[rules][A8][R8.1]") {
  const Time before = kNoon - days(10);
  const auto told = [&](const std::vector<Shown>& shown, std::uint32_t days_of_a, std::uint32_t days_of_b,
                        std::vector<BoundHandset> bound = {}) {
    World w;
    w.a.profile.handsets = std::move(bound);
    const auto hand = [](const char* handset, std::uint32_t on_days) {
      Hands::Hand h;
      h.handset = handset_print(handset);
      h.first = kNoon - days(9), h.last = kNoon - days(1);
      h.days = on_days;
      return h;
    };
    w.a.hands.list = {hand("A", days_of_a), hand("B", days_of_b)};
    for (const auto& s : shown) w.show(s);
    const auto& entries = w.a.file.evidence.entries();
    const auto e = std::ranges::find(entries, RuleId::A8, &Evidence::rule);
    if (e == entries.end()) return std::string();
    const std::string text = e->facts.text().en;
    return std::to_string(e->weight) + text.substr(text.find("24 h") + 4);
  };
  const std::vector<Shown> two{by("A", {}), by("B", minutes(20)), by("A", hours(1))},
      three{by("A", {}), by("B", minutes(20)), by("C", minutes(40)), by("A", hours(1))};
  // A day more begins with the scan itself.
  CHECK(told(two, 3, 2) == "650");
  CHECK(told(two, 2, 3) == "650");
  CHECK(told(two, 3, 3) == "850, as on several days before");
  CHECK(told(three, 1, 1) == "850, and by others between");
  CHECK(told(three, 3, 3) == "850, as on several days before, and by others between");
  // Two phones of the owner are one person's.
  CHECK(told(three, 1, 1, {{"A", false, before, {}}, {"B", true, before, {}}}) == "650");
  CHECK(told(three, 1, 1, {{"A", false, before, {}}}) == "850, and by others between");
}
