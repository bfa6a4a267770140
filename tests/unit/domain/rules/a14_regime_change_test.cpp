// Catches: a code that was handed over for good; and the owner of a new phone, or of a new timetable, accused.
#include "domain/rules/a14_regime_change.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

const RuleSettings& settings() {
  static const Policy policy = campus_policy();
  return policy.rule(RuleId::A14);
}

Hands changed_at(Time t) {
  Hands hands;
  hands.list = {{1, t - days(60), t - hours(7), 40, 0, 0, 0, {}}, {2, t, t, 1, 0, 0, 0, {}}};
  return hands;
}

/// Is there a hit at `now`, where the habits changed and the handset did then?
bool hits(std::optional<Time> habits_changed, std::optional<Time> handset, Time now = kNoon) {
  Habits habits;
  habits.changed = habits_changed;
  Sighting s;
  s.time = now;
  return rules::regime_change(habits, handset ? changed_at(*handset) : Hands{}, {}, s, settings()).has_value();
}

/// A working day; at weekends nothing.
void day(World& w, int day, bool other, const char* handset) {
  if (day % 7 >= 5) return;
  const Time midnight = kNoon - hours(12) + days(day);
  const auto show = [&](const char* zone, Duration at) {
    w.show({.zone = zone, .time = midnight + at, .handset = handset, .direction = Direction::none});
  };
  if (other) {
    show("lab-a", hours(1));
    show("lab-b", hours(4));
    show("hill", hours(16));
    show("steps", hours(22));
  } else {
    show("gate", hours(8));
    show("canteen", hours(12));
    show("hall", hours(15));
    show("dorm", hours(21));
  }
}

} // namespace

TEST_CASE("A14: habits and handset within two days of each other and of now", "[rules][A14][R8.1]") {
  constexpr Duration two = hours(48), more = milliseconds(two.ms + 1);
  CHECK(hits(kNoon, kNoon));
  CHECK(hits(kNoon, kNoon - two));
  CHECK(hits(kNoon - two, kNoon));
  CHECK(hits(kNoon, kNoon + two)); // a late scan of the day before
  CHECK_FALSE(hits(kNoon, kNoon - more));
  CHECK_FALSE(hits(kNoon - more, kNoon - more));
  CHECK_FALSE(hits(kNoon + more, kNoon + more));
  CHECK_FALSE(hits(kNoon - hours(1), kNoon - hours(1) - more));
  CHECK_FALSE(hits(kNoon, {})); // the same phone
  CHECK_FALSE(hits({}, kNoon)); // the same habits
}

TEST_CASE("A14: the CUSUM is fed once sixty visits are known", "[rules][A14]") {
  for (const std::uint32_t visits : {59U, 60U}) {
    Habits habits;
    habits.mean_q8 = 512;
    habits.var_q8 = 256; // sigma: one bit
    Sighting now;
    now.time = kNoon;
    now.event.id = "s-1";
    const Surprise surprise{visits, 512 + 256 * 6, 0, 60}; // 6 sigma above, less 0.5
    const auto hit = rules::regime_change(habits, changed_at(kNoon), surprise, now, settings());
    CHECK(hit.has_value() == (visits == 60));
    CHECK(habits.changed.has_value() == (visits == 60));
    if (hit) CHECK(habits.changed_by.id == "s-1");
  }
}

TEST_CASE("A14: a code that is handed over", "[rules][A14][R8.1]") {
  World w;
  for (int d = 0; d < 42; ++d) day(w, d, false, "h-1");
  CHECK(w.weight(RuleId::A14) == 0);
  for (int d = 42; d < 45; ++d) day(w, d, true, "h-2");
  CHECK(w.weight(RuleId::A14) == 600);
  CHECK(w.a.file.finding);
  CHECK(w.a.file.holds.empty());
}

TEST_CASE("A14: either of the two may come first", "[rules][A14]") {
  World habits_first;
  for (int d = 0; d < 42; ++d) day(habits_first, d, false, "h-1");
  for (int d = 42; d < 44; ++d) day(habits_first, d, true, "h-1");
  CHECK(habits_first.weight(RuleId::A14) == 0);
  day(habits_first, 44, true, "h-2");
  CHECK(habits_first.weight(RuleId::A14) == 600);

  World handset_first;
  for (int d = 0; d < 42; ++d) day(handset_first, d, false, "h-1");
  day(handset_first, 42, false, "h-2");
  CHECK(handset_first.weight(RuleId::A14) == 0);
  for (int d = 43; d < 45; ++d) day(handset_first, d, true, "h-2");
  CHECK(handset_first.weight(RuleId::A14) == 600);
}

TEST_CASE("A14: one of the two alone is an ordinary life", "[rules][A14]") {
  World phone;
  for (int d = 0; d < 42; ++d) day(phone, d, false, "h-1");
  for (int d = 42; d < 62; ++d) day(phone, d, false, "h-2");
  CHECK(phone.weight(RuleId::A14) == 0);
  World timetable;
  for (int d = 0; d < 42; ++d) day(timetable, d, false, "h-1");
  for (int d = 42; d < 62; ++d) day(timetable, d, true, "h-1");
  CHECK(timetable.weight(RuleId::A14) == 0);
  World both_used; // the old phone is still in use
  for (int d = 0; d < 42; ++d) day(both_used, d, false, "h-1");
  for (int d = 42; d < 50; ++d) {
    day(both_used, d, d > 42, "h-2");
    both_used.show({.zone = "gate",
                    .time = kNoon - hours(12) + days(d) + hours(23),
                    .handset = "h-1",
                    .direction = Direction::none});
  }
  CHECK(both_used.weight(RuleId::A14) == 0);
  World apart; // a new phone on Monday, other habits on Friday
  for (int d = 0; d < 42; ++d) day(apart, d, false, "h-1");
  for (int d = 42; d < 45; ++d) day(apart, d, false, "h-2");
  for (int d = 45; d < 48; ++d) day(apart, d, true, "h-2");
  CHECK(apart.weight(RuleId::A14) == 0);
}

namespace {

/// Sixty visits, of which so many thousandths were at each place; then `since` at them after a new handset.
Habits lives(std::vector<std::uint32_t> share, std::vector<std::uint32_t> since, std::uint32_t visits) {
  Habits h;
  h.visits = 60 + visits;
  h.since = visits;
  for (std::uint32_t i = 0; i < share.size(); ++i) h.main.push_back({i + 1, share[i], since[i]});
  return h;
}
std::optional<Hit> replacement(Habits h, Duration ago = days(5)) {
  Sighting now;
  now.time = kNoon;
  return rules::regime_change(h, changed_at(kNoon - ago), {}, now, settings());
}
bool replaced(Habits h, Duration ago = days(5)) {
  const auto hit = replacement(std::move(h), ago);
  return hit && hit->weight == 900;
}

} // namespace

TEST_CASE("A14: a new handset that never goes home", "[rules][A14][R8.1]") {
  // Home, canteen, library, two classrooms.
  const std::vector<std::uint32_t> before{400, 200, 100, 60, 40};
  CHECK(replaced(lives(before, {0, 7, 5, 0, 0}, 12)));     // the same canteen and library: 300 thousandths in common
  CHECK(replaced(lives(before, {1, 7, 4, 0, 0}, 12)));     // once at the door: 83 of 400, and 383 in common
  CHECK(replaced(lives(before, {0, 7, 5, 0, 0}, 12), {})); // the first showing of the new handset
  CHECK(replaced(lives(before, {0, 20, 20, 0, 0}, 48)));
  CHECK(replaced(lives({200, 150, 150}, {0, 0, 0}, 20)));                // just a home
  CHECK(replaced(lives({400, 200, 100, 100, 49}, {0, 5, 2, 2, 3}, 20))); // 449 in common
  CHECK_FALSE(replaced(lives({400, 200, 100, 100, 50}, {0, 5, 2, 2, 3}, 20)));
  Habits few = lives(before, {0, 7, 5, 0, 0}, 12);
  few.visits = 60;
  CHECK(replaced(few));
  few.visits = 59;
  CHECK_FALSE(replaced(few));
  // near misses
  CHECK_FALSE(replaced(lives({199, 150, 150}, {0, 0, 0}, 20)));
  CHECK_FALSE(replaced(lives(before, {2, 0, 0, 0, 0}, 20))); // 100 of 400: a quarter
  CHECK_FALSE(replaced(lives(before, {0, 7, 4, 0, 0}, 11)));
  CHECK_FALSE(replaced(lives(before, {2, 3, 0, 0, 0}, 12))); // 167 of 400
  CHECK_FALSE(replaced(lives(before, {0, 20, 20, 0, 0}, 49)));
  // the innocent
  CHECK_FALSE(replaced(lives(before, {5, 3, 2, 1, 1}, 12)));                    // a new phone
  CHECK_FALSE(replaced(lives(before, {5, 3, 2, 0, 0}, 12)));                    // and another timetable
  CHECK_FALSE(replaced(lives({400, 200, 100, 100, 100}, {0, 5, 2, 2, 3}, 20))); // another dormitory: 450 in common
  CHECK_FALSE(replaced(lives({190, 180, 170, 160, 150}, {0, 0, 0, 0, 0}, 20))); // no place was a home
  CHECK_FALSE(replaced(lives({}, {}, 20)));
}

TEST_CASE("A14: what it says of a handset that never goes home, and when it counts from", "[rules][A14][R9.3]") {
  const auto hit = replacement(lives({395, 205, 100}, {1, 7, 4}, 12));
  REQUIRE(hit);
  CHECK(hit->facts.text().en.find("of the 12 visits since its handset changed only 1 were") != std::string::npos);
  CHECK(hit->facts.text().en.find("(before: 40 %)") != std::string::npos);
  CHECK(replacement(lives({394, 205, 100}, {1, 7, 4}, 12))->facts.text().en.find("39 %") != std::string::npos);
  CHECK(hit->at == kNoon);
  // The later of the two changes.
  for (const bool habits_last : {true, false}) {
    Habits habits;
    habits.changed = kNoon - hours(habits_last ? 2 : 5);
    Sighting now;
    now.time = kNoon;
    const auto both =
        rules::regime_change(habits, changed_at(kNoon - hours(habits_last ? 5 : 2)), {}, now, settings());
    REQUIRE(both);
    CHECK(both->at == kNoon - hours(2));
  }
}
