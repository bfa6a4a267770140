// Catches: habits that grow with what is sent, that learn from what is too old, or that say "nothing new" and change all the
// same; a change that is noticed late; and a circle of strangers.
#include "domain/habits.hpp"

#include <random>

#include "domain/archive.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

constexpr Time kMonday = kNoon - hours(12); // its midnight

Time at(std::int64_t day, std::int64_t hour, std::int64_t minute = 0) {
  return kMonday + days(day) + hours(hour) + minutes(minute);
}

template <class T>
std::string bytes(const T& x) {
  std::string s;
  encode(s, x);
  return s;
}

std::uint32_t visits(const Habits& h) {
  std::uint32_t n = 0;
  for (const auto span : h.spans) n += span;
  return n;
}

} // namespace

TEST_CASE("Habits: one zone in one span of three hours on one day is one visit", "[habits][A12]") {
  Habits h;
  const auto learns = [&](const char* zone, Time t) { return learn_visit(h, zone, t).has_value(); };
  CHECK(learns("gate", at(0, 6)));
  CHECK_FALSE(learns("gate", at(0, 8, 59)));
  CHECK(learns("gate", at(0, 9)));
  CHECK(learns("hall", at(0, 9)));
  CHECK(learns("hall", at(1, 9)));
  CHECK(visits(h) == 4);
  CHECK(h.visits == 4);
  CHECK(h.spans[2] == 1); // six to nine
  CHECK(h.spans[3] == 3);
  CHECK(learns("hall", at(5, 9))); // Saturday
  CHECK(h.spans[11] == 1);
  CHECK(learns("hall", at(6, 23)));
  CHECK(h.spans[15] == 1);
  CHECK(learns("hall", at(7, 0)));
  CHECK(h.spans[0] == 1);
}

TEST_CASE("Habits: surprise is Laplace-smoothed, and judged before it is learnt", "[habits][A12]") {
  Habits h;
  const auto first = learn_visit(h, "gate", at(0, 8));
  REQUIRE(first);
  CHECK(first->visits == 0);
  CHECK(first->bits_q8 == 4 * 256); // one of 16 spans; the only place
  CHECK(first->past == 0);
  learn_surprise(h, first->bits_q8);
  const auto second = learn_visit(h, "gate", at(1, 8));
  REQUIRE(second);
  CHECK(second->visits == 1);
  CHECK(second->bits_q8 == 790 + 149); // 2/17 and 2/3, each cut to 1/256
  CHECK(second->past == 1);
  CHECK(second->as_rare == 1);
  const auto strange = learn_visit(h, "dorm", at(2, 3)); // 1/18 and 1/4
  REQUIRE(strange);
  CHECK(strange->bits_q8 == 1067 + 512);
  CHECK(strange->as_rare == 0);
}

TEST_CASE("Habits: they fade by half every thirty days", "[habits][A12]") {
  Habits h;
  for (int day = 0; day < 30; ++day) {
    const auto s = learn_visit(h, "gate", at(day, 8));
    REQUIRE(s);
    learn_surprise(h, s->bits_q8);
  }
  CHECK(h.visits == 30);
  CHECK(learn_visit(h, "gate", at(30, 7)));
  CHECK(h.visits == 31);
  const auto s = learn_visit(h, "gate", at(30, 9));
  REQUIRE(s);
  CHECK(s->visits == 15); // half of 31, cut in each span
  CHECK(h.halved == at(30, 8));
  CHECK(learn_visit(h, "gate", at(30 + 95, 9)));
  CHECK(h.halved == at(30 + 90, 8));
  CHECK(h.visits == visits(h));
  // Away for years: it begins anew.
  const auto back = learn_visit(h, "gate", at(120 + 32 * 30, 8));
  REQUIRE(back);
  CHECK(back->visits == 0);
  CHECK(back->bits_q8 == 4 * 256);
}

TEST_CASE("Habits: what is too old changes nothing", "[habits][A12]") {
  Habits h;
  for (int day = 0; day < 70; ++day) learn_visit(h, "gate", at(day, 8));
  REQUIRE(h.halved == at(60, 8));
  const auto before = bytes(h);
  CHECK_FALSE(learn_visit(h, "hall", at(30, 8) - milliseconds(1)));
  CHECK((bytes(h) == before));
  CHECK(learn_visit(h, "hall", at(30, 8)));
}

TEST_CASE("Habits: the rarest place makes room", "[habits][A12]") {
  Habits h;
  for (int i = 0; i < 12; ++i)
    for (int day = 0; day < (i == 5 ? 1 : 2); ++day) learn_visit(h, "z-" + std::to_string(i), at(day, 8));
  CHECK(h.places.size() == 12);
  learn_visit(h, "new", at(2, 8));
  CHECK(h.places.size() == 12);
  const auto known = learn_visit(h, "z-6", at(3, 8));
  const auto forgotten = learn_visit(h, "z-5", at(3, 9));
  CHECK(known->bits_q8 < forgotten->bits_q8);
}

TEST_CASE("Habits: the CUSUM adds what is above mean and slack, and goes off beyond its limit", "[habits][A14]") {
  Habits h;
  h.mean_q8 = 512;
  h.var_q8 = 256;                                // sigma: one bit
  CHECK_FALSE(watch_drift(h, 512 + 128, 5, 50)); // just the slack
  CHECK(h.drift_q8 == 0);
  CHECK_FALSE(watch_drift(h, 0, 5, 50)); // never below nothing
  CHECK(h.drift_q8 == 0);
  CHECK_FALSE(watch_drift(h, 512 + 128 + 1280, 5, 50)); // five sigma, not more
  CHECK(h.drift_q8 == 1280);
  CHECK(watch_drift(h, 512 + 128 + 1, 5, 50));
  CHECK(h.drift_q8 == 0); // anew
  h.var_q8 = 0;           // like clockwork: a quarter of a bit stands for sigma
  CHECK_FALSE(watch_drift(h, 512 + 32 + 320, 5, 50));
  CHECK(watch_drift(h, 512 + 32 + 1, 5, 50));
}

TEST_CASE("Habits: mean and variance are of all visits, of which the last 256 count", "[habits][A14]") {
  Habits h;
  learn_surprise(h, 1000);
  CHECK(h.mean_q8 == 1000);
  CHECK(h.var_q8 == 0);
  learn_surprise(h, 2000);
  CHECK(h.mean_q8 == 1500);
  CHECK(h.var_q8 == 1000 * 1000 / 256 / 2 / 2 + 1); // rounded away from zero
  for (int i = 0; i < 500; ++i) learn_surprise(h, 2000);
  CHECK(h.mean_q8 > 1950);
  CHECK(h.var_q8 < 80);
}

TEST_CASE("Hands: hours that recur on two days", "[habits][A18]") {
  Hands hands;
  const auto hour = [](int n) { return 1U << n; };
  CHECK(learn_hand(hands, "h", at(0, 8), {}));
  CHECK_FALSE(learn_hand(hands, "h", at(0, 8, 30), {}));
  CHECK(hands.list[0].again == 0); // twice on one day
  CHECK(learn_hand(hands, "h", at(1, 8), {}));
  CHECK(hands.list[0].again == hour(8));
  CHECK(hands.list[0].days == 2);
  CHECK(learn_hand(hands, "h", at(1, 20), {}));
  CHECK(hands.list[0].again == hour(8));
  CHECK(learn_hand(hands, "h", at(0, 20), {})); // late, of the day before
  CHECK(hands.list[0].again == (hour(8) | hour(20)));
  CHECK(hands.list[0].days == 2);
  CHECK(learn_hand(hands, "h", at(-1, 10), {})); // late, perhaps the first time
  CHECK(hands.list[0].first == at(-1, 10));
  CHECK(hands.list[0].last == at(1, 20));
  CHECK(learn_hand(hands, "h", at(2, 10), {}));
  CHECK(hands.list[0].again == (hour(8) | hour(20) | hour(10)));
}

TEST_CASE("Hands: five are kept, the one unseen for longest leaves", "[habits][A18]") {
  Hands hands;
  for (int i = 0; i < 5; ++i) CHECK(learn_hand(hands, "h-" + std::to_string(i), at(10 + i, 8), {}));
  const auto before = bytes(hands);
  CHECK_FALSE(learn_hand(hands, "late", at(9, 8), {}));
  CHECK((bytes(hands) == before));
  CHECK(learn_hand(hands, "h-0", at(20, 8), {}));
  CHECK(learn_hand(hands, "new", at(21, 8), {}));
  CHECK(hands.list.size() == 5);
  CHECK_FALSE(learn_hand(hands, "h-1", at(11, 9), {})); // it left, and this was before
}

TEST_CASE("Hands: one handset that took the place of all others", "[habits][A14]") {
  const auto hand = [](HandsetPrint id, int first, int last, std::uint32_t days) {
    return Hands::Hand{id, at(first, 8), at(last, 8), days, 0, 0, 0, {}};
  };
  const auto changed = [](std::vector<Hands::Hand> list) { return handset_changed({std::move(list)}); };
  CHECK(changed({hand(1, 0, 9, 3), hand(2, 10, 12, 1)}) == at(10, 8));
  CHECK(changed({hand(2, 10, 12, 1), hand(1, 0, 9, 3)}) == at(10, 8));
  CHECK_FALSE(changed({hand(1, 0, 9, 2), hand(2, 10, 12, 9)})); // was hardly in use
  CHECK_FALSE(changed({hand(1, 0, 10, 9), hand(2, 10, 12, 1)}));
  CHECK_FALSE(changed({hand(1, 0, 9, 9)}));
  CHECK_FALSE(changed({}));
  CHECK(changed({hand(1, 0, 5, 2), hand(3, 1, 9, 3), hand(2, 10, 12, 1)}) == at(10, 8));
  CHECK_FALSE(changed({hand(1, 0, 11, 2), hand(3, 1, 9, 3), hand(2, 10, 12, 1)})); // one of them is still used
}

TEST_CASE("Company: who is met on two days of a week is of its circle", "[habits][A15]") {
  Company c;
  CHECK(learn_company(c, 1, at(0, 8)).changed);
  CHECK_FALSE(learn_company(c, 1, at(0, 18)).changed);
  CHECK(learn_company(c, 1, at(1, 8)).changed);
  CHECK_FALSE(learn_company(c, 1, at(0, 9)).changed); // late
  CHECK(learn_company(c, 2, at(6, 23)).changed);
  const Meeting next = learn_company(c, 2, at(7, 0));
  CHECK(next.week_over);
  REQUIRE(c.circles.size() == 1);
  CHECK(c.circles[0].size() == 1);
  CHECK(c.peers.size() == 1);
  CHECK(c.since == at(7, 0));
  const auto before = bytes(c);
  CHECK_FALSE(learn_company(c, 3, at(6, 23)).changed); // of last week
  CHECK((bytes(c) == before));
  CHECK(learn_company(c, 2, at(22, 8)).week_over); // two weeks alone
  CHECK(c.circles.size() == 3);
  CHECK(c.circles[2].empty());
  CHECK(learn_company(c, 2, at(28, 8)).week_over);
  CHECK(learn_company(c, 2, at(35, 8)).week_over);
  CHECK(c.circles.size() == 4);
  CHECK_FALSE(learn_company(c, 2, at(35 + 35, 8)).week_over); // away: nothing to compare with
  CHECK(c.circles.empty());
  CHECK(c.since == at(70, 0));
}

TEST_CASE("Company: the six met most often, sorted; strangers do not crowd out a friend", "[habits][A15]") {
  Company c;
  for (int day = 0; day < 7; ++day)
    for (std::uint64_t who = 1; who <= 8; ++who)
      if (who > 2 || day < 2) learn_company(c, who, at(day, 8));
  learn_company(c, 1, at(7, 8));
  REQUIRE(c.circles.size() == 1);
  CHECK(c.circles[0] == std::vector<std::uint32_t>{3, 4, 5, 6, 7, 8});

  Company busy; // whoever was met on two days stays, however many strangers come
  for (int day = 0; day < 7; ++day) {
    if (day < 2) learn_company(busy, 7, at(day, 8));
    for (std::uint64_t i = 0; i < 100; ++i)
      if (day > 0) learn_company(busy, 1000 + 100 * static_cast<std::uint64_t>(day) + i, at(day, 9));
  }
  CHECK(busy.peers.size() == Company::kPeers);
  learn_company(busy, 7, at(7, 8));
  REQUIRE(busy.circles.size() == 1);
  CHECK(busy.circles[0] == std::vector<std::uint32_t>{7});
}

TEST_CASE("Company: when it is full of people met twice, nobody else comes in", "[habits][A15]") {
  Company c;
  for (int day = 0; day < 2; ++day)
    for (std::uint64_t who = 1; who <= Company::kPeers; ++who) learn_company(c, who, at(day, 8));
  const auto before = bytes(c);
  for (std::uint64_t who = 100; who < 200; ++who) CHECK_FALSE(learn_company(c, who, at(2, 8)).changed);
  CHECK((bytes(c) == before));
}

TEST_CASE("Company: Jaccard of sorted sets in thousandths", "[habits][A15]") {
  using Set = std::vector<std::uint32_t>;
  CHECK(jaccard_permille({}, {}) == 0);
  CHECK(jaccard_permille({1}, {}) == 0);
  CHECK(jaccard_permille({1, 2}, {1, 2}) == 1000);
  CHECK(jaccard_permille({1, 2}, {2, 3}) == 333);
  CHECK(jaccard_permille({1, 2, 3}, {1, 2, 4, 5}) == 400);
  CHECK(united({1, 3}, {2, 3}) == Set{1, 2, 3});
}

TEST_CASE("Habits: small whatever is thrown at them", "[habits][property]") {
  INFO("seed " << seed());
  std::mt19937_64 random(seed());
  Habits h;
  Hands hands;
  Company c;
  std::size_t most_h = 0, most_hands = 0, most_c = 0;
  for (int i = 0; i < 20'000; ++i) {
    // Going on; in the second half now and then anywhere between 2015 and 2100.
    const Time t =
        i > 10'000 && random() % 50 == 0
            ? Time{kEarliestEvent.ms + static_cast<std::int64_t>(
                                           random() % static_cast<std::uint64_t>((kLatestEvent - kEarliestEvent).ms))}
            : kNoon + minutes(i * 7) - hours(static_cast<std::int64_t>(random() % 48));
    EventRef event{{Topic::scans, static_cast<std::int32_t>(random() % 64)},
                   INT64_MAX,
                   std::string(random() % (kMaxEvidenceId + 1), 'x')};
    if (const auto s = learn_visit(h, "z-" + std::to_string(random() % 300), t)) {
      if (watch_drift(h, s->bits_q8, 5, 50)) h.changed = t, h.changed_by = event;
      learn_surprise(h, s->bits_q8);
      CHECK(s->bits_q8 >= 0);
      CHECK(s->as_rare <= s->past);
    }
    learn_hand(hands, "h-" + std::to_string(random() % 9), t, event);
    learn_company(c, random() % 3 == 0 ? random() : random() % 40, t);
    most_h = std::max(most_h, bytes(h).size());
    most_hands = std::max(most_hands, bytes(hands).size());
    most_c = std::max(most_c, bytes(c).size());
    if (h.visits != visits(h)) FAIL("visits are not the sum of the spans");
  }
  CHECK(h.places.size() <= Habits::kPlaces);
  CHECK(most_h < 512);
  CHECK(most_hands < 1024);
  CHECK(most_c < 512);
}

TEST_CASE("Habits: a steady life of working days seldom sets the CUSUM off, another life does at once",
          "[habits][A14][property]") {
  constexpr int kLives = 100;
  INFO("seed " << seed());
  int off = 0, late = 0;
  for (unsigned life = 0; life < kLives; ++life) {
    std::mt19937 random(seed() + life);
    Habits h;
    int day = 0, judged = 0;
    // Four scans a working day, each at a usual hour in one of four places.
    const auto live_a_day = [&](bool other) {
      bool went_off = false;
      for (int k = 0; k < 4 && day % 7 < 5; ++k) {
        const unsigned x = random() % 10;
        const std::string zone = x < 4 ? "gate" : x < 7 ? "canteen" : x < 9 ? "hall" : "dorm";
        const int hour = 7 + 4 * k + static_cast<int>(random() % 2);
        const Time t = other ? at(day, (hour + 9) % 24) : at(day, hour);
        const auto s = learn_visit(h, other ? "other-" + zone : zone, t);
        if (!s) continue;
        if (s->visits >= 60) ++judged, went_off |= watch_drift(h, s->bits_q8, 5, 50);
        learn_surprise(h, s->bits_q8);
      }
      ++day;
      return went_off;
    };
    bool went_off = false;
    while (judged < 300) went_off |= live_a_day(false);
    off += went_off;
    while (day % 7 != 0) live_a_day(false);
    int days_until = 1;
    while (!live_a_day(true) && days_until < 20) ++days_until;
    late += days_until > 4;
  }
  CAPTURE(off, late);
  CHECK(off * 2 < kLives);
  CHECK(late == 0);
}
