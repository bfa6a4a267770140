// Catches: a code that walks with other people; and somebody accused for a new class group, or for walking alone.
#include "domain/rules/a15_other_companions.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

const RuleSettings& settings() {
  static const Policy policy = campus_policy();
  return policy.rule(RuleId::A15);
}

using Circle = std::vector<std::uint32_t>;
bool hits(std::vector<Circle> circles) {
  Company c;
  c.circles = std::move(circles);
  return rules::other_companions(c, {}, settings()).has_value();
}

/// A week with these people, each met on so many days of it.
void week(World& w, int week, const std::vector<std::uint64_t>& people, int on_days = 3) {
  for (int d = 0; d < on_days; ++d)
    for (std::size_t i = 0; i < people.size(); ++i)
      w.show({.time = kNoon + days(7 * week + d) + minutes(static_cast<std::int64_t>(i)),
              .direction = Direction::none,
              .companion = people[i]});
}

const std::vector<std::uint64_t> kOld{11, 12, 13, 14}, kNew{21, 22, 23, 24};

} // namespace

TEST_CASE("A15: other companions", "[rules][A15][R8.1]") {
  const struct {
    const char* what;
    std::vector<Circle> circles;
    bool hit;
  } rows[] = {
      {"all others", {{1, 2, 3}, {1, 2, 3}, {4, 5, 6}, {4, 5, 6}}, true},
      {"others, who differ from week to week", {{1, 2, 3}, {1, 2, 3}, {4, 5}, {6}}, true},
      {"others in the last week only", {{1, 2, 3}, {1, 2, 3}, {}, {4, 5, 6}}, true},
      {"two weeks that agreed just enough", {{1, 2, 3, 4}, {1, 2, 3, 5, 6}, {7, 8, 9}, {7, 8, 9}}, true}, // 3 of 6
      {"one of thirteen stayed", {{1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}, {6, 7, 8, 9}, {10, 11, 12, 13}}, true},
      {"a friend was away in the first week", {{1, 2}, {1, 2, 3}, {4, 5, 6}, {4, 5, 6}}, true},
      {"or in the second", {{1, 2, 3}, {1, 2}, {4, 5, 6}, {4, 5, 6}}, true},
      // ordinary lives
      {"the same", {{1, 2, 3}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}}, false},
      {"three weeks are known", {{1, 2, 3}, {1, 2, 3}, {4, 5, 6}}, false},
      {"a new group last week only", {{1, 2, 3}, {1, 2, 3}, {1, 2, 3}, {4, 5, 6}}, false},
      {"two weeks that did not agree: two of five", {{1, 2, 3}, {1, 2, 4, 5}, {7, 8, 9}, {7, 8, 9}}, false},
      {"one of ten stayed", {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}, {5, 6, 7, 8}, {9, 10}}, false},
      {"a friend who stayed", {{1, 2, 3}, {1, 2, 3}, {3, 4, 5}, {4, 5, 6}}, false},
      {"alone now", {{1, 2, 3}, {1, 2, 3}, {}, {}}, false},
      {"two others are no circle", {{1, 2, 3}, {1, 2, 3}, {4, 5}, {4, 5}}, false},
      {"alone before", {{}, {}, {4, 5, 6}, {4, 5, 6}}, false},
      {"two before were no circle", {{1, 2}, {1, 2}, {4, 5, 6}, {4, 5, 6}}, false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(hits(row.circles) == row.hit);
  }
}

TEST_CASE("A15: four weeks pass before it is said", "[rules][A15][R8.1]") {
  World w;
  for (int i = 0; i < 4; ++i) {
    week(w, i, i < 2 ? kOld : kNew);
    CHECK(w.weight(RuleId::A15) == 0);
  }
  w.show({.time = kNoon + days(28), .direction = Direction::none, .companion = 21});
  CHECK(w.weight(RuleId::A15) == 300);
  CHECK_FALSE(w.a.file.finding); // alone below watch
}

TEST_CASE("A15: whom one meets once a week is no companion", "[rules][A15]") {
  for (const int on_days : {1, 2}) {
    World w;
    for (int i = 0; i < 4; ++i) week(w, i, i < 2 ? kOld : kNew, on_days);
    w.show({.time = kNoon + days(28), .direction = Direction::none, .companion = 21});
    CHECK(w.weight(RuleId::A15) == (on_days == 2 ? 300 : 0));
  }
}

TEST_CASE("A15: who walks alone, or past readers with wrong clocks, has no circle", "[rules][A15]") {
  World alone;
  for (int i = 0; i < 5; ++i) week(alone, i, {0, 0, 0});
  CHECK(alone.a.company.circles.empty());
  World wrong;
  wrong.show({.direction = Direction::none, .companion = 11, .clock_wrong = true});
  CHECK(wrong.a.company.peers.empty());
}
