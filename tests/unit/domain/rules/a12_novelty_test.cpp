// Catches: a stranger's hours and places unnoticed; and somebody accused while they are hardly known, or for an exam week.
#include "domain/rules/a12_novelty.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

const RuleSettings& settings() {
  static const Policy policy = campus_policy();
  return policy.rule(RuleId::A12);
}

Shown visit(const char* zone, int day, int hour) {
  return {.zone = zone, .time = kNoon - hours(12) + days(day) + hours(hour), .direction = Direction::none};
}

/// Every day at the gate at eight, in the canteen at noon and in the hall at six.
void live(World& w, int from, int to) {
  for (int day = from; day < to; ++day) {
    w.show(visit("gate", day, 8));
    w.show(visit("canteen", day, 12));
    w.show(visit("hall", day, 18));
  }
}

} // namespace

TEST_CASE("A12: rarer than five in a thousand, once sixty visits are known", "[rules][A12][R8.1]") {
  const struct {
    Surprise surprise;
    bool hit;
  } rows[] = {
      {{60, 2000, 0, 60}, true},     {{59, 2000, 0, 60}, false}, {{60, 2000, 1, 60}, false},
      {{60, 2000, 1, 200}, false},   {{60, 2000, 1, 201}, true}, {{900, 2000, 4, 900}, true},
      {{900, 2000, 5, 1000}, false}, {{60, 2000, 0, 0}, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.surprise.visits, row.surprise.as_rare, row.surprise.past);
    CHECK(rules::novelty(row.surprise, {}, settings()).has_value() == row.hit);
  }
}

TEST_CASE("A12: unusual time or place", "[rules][A12][R8.1]") {
  const auto after = [](int known_days, const Shown& s) {
    World w;
    live(w, 0, known_days);
    CHECK(w.weight(RuleId::A12) == 0);
    w.show(s);
    return w.weight(RuleId::A12);
  };
  CHECK(after(20, visit("dorm", 20, 3)) == 150);
  CHECK(after(19, visit("dorm", 20, 3)) == 0);    // hardly known yet
  CHECK(after(20, visit("gate", 20, 8)) == 0);    // as ever
  CHECK(after(20, visit("canteen", 20, 8)) == 0); // the one at the hour of the other
  CHECK(after(20, visit("", 20, 3)) == 0);
  auto free = visit("dorm", 20, 3);
  free.clock = Clock::free;
  CHECK(after(20, free) == 0);
  auto wrong = visit("dorm", 20, 3);
  wrong.clock_wrong = true;
  CHECK(after(20, wrong) == 0);
}

TEST_CASE("A12: the first time of an exam week may surprise, the third does not", "[rules][A12]") {
  World w;
  live(w, 0, 25);
  w.show(visit("library", 25, 22));
  CHECK(w.out.tally.hits == std::vector{RuleId::A12});
  for (int day = 26; day < 28; ++day) w.show(visit("library", day, 22));
  w.show(visit("library", 28, 22));
  CHECK(w.out.tally.hits.empty());
}

TEST_CASE("A12: a late upload is judged by its own time", "[rules][A12]") {
  World w;
  live(w, 0, 30);
  w.now = kNoon + days(31);
  w.show(visit("gate", 28, 8));
  CHECK(w.weight(RuleId::A12) == 0);
  w.show(visit("dorm", 28, 3));
  CHECK(w.weight(RuleId::A12) == 150);
  CHECK(w.a.file.evidence.entries().at(0).at == kNoon - hours(12) + days(28) + hours(3));
}

TEST_CASE("A12: with the rule off, habits are learnt all the same", "[rules][A12]") {
  Policy p = campus_policy();
  p.rule(RuleId::A12).mode = Mode::off;
  World w(p);
  live(w, 0, 40);
  w.show(visit("dorm", 40, 3));
  CHECK(w.weight(RuleId::A12) == 0);
  CHECK(w.a.habits.places.size() == 4);
}
