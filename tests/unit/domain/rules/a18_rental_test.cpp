// Catches: a code that is let by the hour; and an owner of two phones, or a friend who helped once, accused.
#include "domain/rules/a18_rental.hpp"

#include "domain/hash.hpp"
#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

const RuleSettings& settings() {
  static const Policy policy = campus_policy();
  return policy.rule(RuleId::A18);
}

struct Turn {
  const char* handset;
  std::vector<int> hours; // that recur
  std::uint32_t days = 10;
  int first_day = 0, last_day = 20;
};

Hands::Hand hand(const Turn& t) {
  Hands::Hand h;
  h.handset = handset_print(t.handset);
  h.first = kNoon + days(t.first_day);
  h.last = kNoon + days(t.last_day);
  h.days = t.days;
  for (const int hour : t.hours) h.again |= 1U << hour;
  h.event.id = t.handset;
  return h;
}

std::optional<Hit> judge(const std::vector<Turn>& turns, const std::vector<BoundHandset>& bound = {}) {
  AccountState a;
  for (const auto& t : turns) a.hands.list.push_back(hand(t));
  a.profile.handsets = bound;
  Sighting now;
  now.time = kNoon + days(20);
  return rules::rental(a, now, settings());
}

} // namespace

TEST_CASE("A18: rental by slots", "[rules][A18][R8.1]") {
  const struct {
    const char* what;
    std::vector<Turn> turns;
    bool hit;
  } rows[] = {
      {"morning, afternoon, night", {{"A", {8, 9}}, {"B", {14, 15}}, {"C", {20, 21}}}, true},
      {"one hour each", {{"A", {8}}, {"B", {9}}, {"C", {10}}}, true},
      {"four", {{"A", {8}}, {"B", {9}}, {"C", {10}}, {"D", {11}}}, true},
      {"on three days each", {{"A", {8}, 3}, {"B", {9}, 3}, {"C", {10}, 3}}, true},
      {"two weeks in all", {{"A", {8}, 3, 0, 5}, {"B", {9}, 3, 4, 9}, {"C", {10}, 3, 9, 14}}, true},
      {"a quarter in common", {{"A", {8, 9, 10, 11}}, {"B", {11, 12, 13, 14}}, {"C", {14, 15, 16, 17}}}, true},
      {"three turns, and one that overlaps with the first",
       {{"A", {8, 9}}, {"D", {8, 9}}, {"B", {14, 15}}, {"C", {20, 21}}},
       true},
      // ordinary lives
      {"two phones", {{"A", {8, 9}}, {"B", {14, 15}}}, false},
      {"a friend who helped on two days", {{"A", {8, 9}}, {"B", {14, 15}}, {"C", {20, 21}, 2}}, false},
      {"a friend who helped at no fixed hour", {{"A", {8, 9}}, {"B", {14, 15}}, {"C", {}}}, false},
      {"less than two weeks", {{"A", {8}, 3, 0, 5}, {"B", {9}, 3, 4, 9}, {"C", {10}, 3, 9, 13}}, false},
      {"three phones at the same hours", {{"A", {8, 9}}, {"B", {8, 9}}, {"C", {8, 9}}}, false},
      {"more than a quarter in common", {{"A", {8, 9, 10}}, {"B", {10, 11, 12}}, {"C", {20, 21}}}, false},
      {"a quarter of the larger set, the whole of the smaller",
       {{"A", {8, 9, 10, 11}}, {"B", {11}}, {"C", {20, 21}}},
       false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(judge(row.turns).has_value() == row.hit);
  }
}

TEST_CASE("A18: two bound phones of one owner count as one", "[rules][A18]") {
  const std::vector<Turn> three{{"A", {8, 9}}, {"B", {14, 15}}, {"C", {20, 21}}};
  CHECK(judge(three, {{"A", false, kNoon, {}}}));
  CHECK_FALSE(judge(three, {{"A", false, kNoon, {}}, {"B", true, kNoon, {}}}));
  CHECK(judge(three, {{"A", false, kNoon, {}}, {"B", true, kNoon, kNoon + days(1)}})); // not bound any more
  auto four = three;
  four.push_back({"D", {11, 12}});
  CHECK(judge(four, {{"A", false, kNoon, {}}, {"B", true, kNoon, {}}}));
}

TEST_CASE("A18: one that is there all day takes nobody's turn away", "[rules][A18]") {
  const std::vector<int> all_day{8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
  for (char c = 'D'; c <= 'Z'; ++c) { // whatever its print is
    const std::string name(1, c);
    CAPTURE(name);
    CHECK(judge({{name.c_str(), all_day}, {"A", {8, 9}}, {"B", {14, 15}}, {"C", {20, 21}}}));
  }
}

TEST_CASE("A18: as scans come", "[rules][A18][R8.1]") {
  World w;
  const auto show = [&](int day, int hour, const char* handset) {
    w.show({.time = kNoon - hours(12) + days(day) + hours(hour), .handset = handset, .direction = Direction::none});
  };
  int said = 0;
  for (int day = 0; day < 20 && said == 0; ++day) {
    show(day, 8, "A");
    show(day, 13, "B");
    show(day, 19, "C");
    if (w.weight(RuleId::A18) != 0) said = day;
  }
  CHECK(said == 14);
  CHECK(w.weight(RuleId::A18) == 750);
  for (const auto& e : w.a.file.evidence.entries())
    if (e.rule == RuleId::A18) CHECK(e.events.size() == 3);
}

TEST_CASE("A18: what it says", "[rules][A18][R9.3]") {
  const auto hit = judge({{"A", {8}}, {"B", {9}}, {"C", {10}}});
  REQUIRE(hit);
  CHECK(hit->facts.text().en == "3 handsets have taken turns at fixed hours for 20 days");
  CHECK(hit->weight == 750);
}
