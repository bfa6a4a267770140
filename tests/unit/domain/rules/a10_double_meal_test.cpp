// Catches: two people who eat on one account; and somebody accused for a drink, a second helping or a purchase.
#include "domain/rules/a10_double_meal.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

constexpr Time kMidnight = kNoon - hours(12);

Shown eats(const char* zone, int hour, int minute, std::int64_t fen = 1200, const char* function = "payment") {
  return {.zone = zone,
          .time = kMidnight + hours(hour) + minutes(minute),
          .function = function,
          .direction = Direction::none,
          .fen = fen};
}
Shown a_moment_before(Shown s) {
  s.time = s.time - milliseconds(1);
  return s;
}
Shown by_clock(Shown s, Clock clock, bool wrong = false) {
  s.clock = clock;
  s.clock_wrong = wrong;
  return s;
}

} // namespace

TEST_CASE("A10: double meal", "[rules][A10][R8.1]") {
  check_stories(
      RuleId::A10,
      {
          {"two canteens at lunch", {eats("canteen", 11, 10), eats("hall", 12, 0)}, 200},
          {"two at breakfast", {eats("canteen", 6, 30), eats("hall", 9, 29)}, 200},
          {"two at dinner", {eats("canteen", 17, 0), a_moment_before(eats("hall", 19, 30))}, 200},
          {"from the first minute of lunch to the last",
           {eats("canteen", 11, 0), a_moment_before(eats("hall", 13, 30))},
           200},
          {"three at one place", {eats("canteen", 11, 10), eats("canteen", 11, 11), eats("canteen", 11, 12)}, 200},
          {"two at one place and one at another",
           {eats("canteen", 11, 10), eats("canteen", 11, 11), eats("hall", 12, 10)},
           200},
          {"the cheapest and the dearest", {eats("canteen", 11, 10, 800), eats("hall", 12, 0, 6000)}, 200},
          // false positives
          {"two at one place: a friend, a second helping", {eats("canteen", 11, 10), eats("canteen", 11, 11)}, 0},
          {"a drink elsewhere", {eats("canteen", 11, 10), eats("hall", 12, 0, 799)}, 0},
          {"a purchase elsewhere", {eats("canteen", 11, 10), eats("hall", 12, 0, 6001)}, 0},
          {"drinks all the time",
           {eats("canteen", 11, 10, 500), eats("hall", 12, 0, 500), eats("hall", 12, 30, 500)},
           0},
          {"lunch and dinner", {eats("canteen", 11, 10), eats("hall", 17, 0)}, 0},
          {"lunch on two days", {eats("canteen", 11, 10), eats("hall", 35, 10)}, 0},
          {"before lunch begins", {a_moment_before(eats("canteen", 11, 0)), eats("hall", 11, 10)}, 0},
          {"when lunch is over", {eats("canteen", 11, 10), eats("hall", 13, 30)}, 0},
          {"before breakfast", {a_moment_before(eats("canteen", 6, 30)), eats("hall", 8, 0)}, 0},
          {"when breakfast is over", {eats("canteen", 8, 0), eats("hall", 9, 30)}, 0},
          {"before dinner", {a_moment_before(eats("canteen", 17, 0)), eats("hall", 18, 0)}, 0},
          {"when dinner is over", {eats("canteen", 18, 0), eats("hall", 19, 30)}, 0},
          {"at night", {eats("canteen", 22, 0), eats("hall", 22, 30), eats("hall", 23, 30)}, 0},
          {"not paid for", {eats("canteen", 11, 10), eats("hall", 12, 0, 1200, "access")}, 0},
          {"a free-running clock", {eats("canteen", 11, 10), by_clock(eats("hall", 12, 0), Clock::free)}, 0},
          {"a clock that is wrong", {eats("canteen", 11, 10), by_clock(eats("hall", 12, 0), Clock::synced, true)}, 0},
          {"a reader whose zone nobody knows", {eats("canteen", 11, 10), eats("", 12, 0)}, 0},
      });
}

TEST_CASE("A10: what it says counts the meals and names each", "[rules][A10][R9.3]") {
  World w;
  w.show(eats("canteen", 11, 10));
  w.show(eats("hall", 12, 0));
  const auto& e = w.a.file.evidence.entries().at(0);
  CHECK(e.facts.text().en == "2 meals were paid at different places at one mealtime");
  CHECK(e.events.size() == 2);
  CHECK(e.at == kNoon);
  CHECK_FALSE(w.a.file.finding); // alone below watch
  World three;
  for (int i = 0; i < 3; ++i) three.show(eats("canteen", 11, i));
  CHECK(three.a.file.evidence.entries().at(0).facts.text().en == "3 meals were paid at one mealtime");
}
