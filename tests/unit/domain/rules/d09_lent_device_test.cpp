// Catches: a reader that serves other people at other hours and nobody notices; one that is accused in its first weeks,
// in an exam week, on an opening day or after its relocation; figures that are off (R11.3, D9).
#include "domain/rules/d09_lent_device.hpp"

#include "domain/rules/params.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/rules/device_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

using Cells = std::array<std::uint32_t, DeviceState::Hot::kCells>;
using People = DeviceState::People;

const RuleSettings& settings() {
  static const Policy policy = campus_policy();
  return policy.rule(RuleId::D9);
}

Cells cells(std::initializer_list<std::pair<std::size_t, std::uint32_t>> list) {
  Cells c{};
  for (const auto& [i, n] : list) c[i] = n;
  return c;
}

/// Bits [from, from + count).
People bits(std::size_t from, std::size_t count) {
  People p;
  for (std::size_t i = from; i < from + count; ++i) p.words[i / 64] |= std::uint64_t{1} << i % 64;
  return p;
}

/// A reader in a canteen: so many people come to it each day, each once.
struct Canteen {
  DeviceState d;
  std::int64_t day = 0;
  std::deque<Scan> scans;
  Time last;

  std::optional<rules::DayEnded> serve(Time t, std::string account, std::optional<std::int64_t> fen = {},
                                       std::string operator_id = {}) {
    Scan s;
    s.origin.time = last = t;
    s.account = std::move(account);
    if (fen) s.amount = Fen{*fen};
    s.operator_id = std::move(operator_id);
    return rules::count_scan(d, s, t, settings());
  }
  struct Day {
    int people = 60;
    int first = 0; // number of the first of them
    int hour = 12;
    std::optional<std::int64_t> fen = {};
    std::string operator_id = {};
  };
  void live(int count, const Day& x) {
    for (int i = 0; i < count; ++i, ++day)
      for (int n = 0; n < x.people; ++n)
        serve(midnight() + hours(x.hour) + seconds(n), "a-" + std::to_string(x.first + n), x.fen, x.operator_id);
  }
  Time midnight() const { return campus_day(kNoon) + days(day); }
  /// What is seen of all that when the next day begins.
  int weight() {
    serve(midnight() + hours(12), "a-0");
    const auto hit = rules::lent_device(d, midnight() + hours(12), {}, settings());
    return hit ? hit->weight : 0;
  }
};

} // namespace

TEST_CASE("D9: divergence, known values", "[D9][R11.3]") {
  const struct {
    const char* what;
    Cells a, b;
    std::int64_t least, most;
  } rows[] = {
      {"the same", cells({{0, 5}, {7, 3}}), cells({{0, 5}, {7, 3}}), 0, 0},
      {"the same shape", cells({{0, 5}, {7, 3}}), cells({{0, 500}, {7, 300}}), 0, 0},
      {"nothing in common", cells({{0, 5}}), cells({{1, 7}}), 1000, 1000},
      {"spread over all, nothing in common", cells({{0, 1}, {2, 1}, {4, 1}, {6, 1}}), cells({{1, 1}, {3, 1}}), 1000,
       1000},
      {"half in common", cells({{0, 1}, {1, 1}}), cells({{1, 1}, {2, 1}}), 500, 500},
      {"1 0 | 1/2 1/2: .3113", cells({{0, 1}}), cells({{0, 1}, {1, 1}}), 311, 311},
      {"3/4 1/4 | 1/4 3/4: .1887", cells({{0, 3}, {1, 1}}), cells({{0, 1}, {1, 3}}), 188, 188},
      {"1 0 | 1/4 3/4: .5488", cells({{0, 1}}), cells({{0, 1}, {1, 3}}), 548, 548},
      {"2/3 1/3 | 1/3 2/3: .0817", cells({{0, 2}, {1, 1}}), cells({{0, 1}, {1, 2}}), 81, 81},
      {"one in a thousand", cells({{0, 999}, {1, 1}}), cells({{0, 1000}}), 0, 1},
      {"as many as fit", cells({{0, ~0U}, {23, ~0U}}), cells({{23, ~0U}}), 311, 311},
      {"nothing on one side", cells({}), cells({{0, 5}}), 0, 0},
      {"nothing at all", cells({}), cells({}), 0, 0},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto found = rules::divergence_permille(row.a, row.b);
    CHECK(found >= row.least);
    CHECK(found <= row.most);
    CHECK(rules::divergence_permille(row.b, row.a) == found);
  }
}

TEST_CASE("D9: overlap, known values", "[D9][R11.3]") {
  const struct {
    const char* what;
    People today, known;
    std::int64_t permille;
  } rows[] = {
      {"the same", bits(0, 100), bits(0, 100), 1000},
      {"all among many", bits(50, 100), bits(0, 2000), 1000},
      {"none", bits(0, 100), bits(100, 100), 0},
      {"half of a hundred, less what chance explains: (.5 - .0244) / .9756", bits(0, 100), bits(50, 100), 487},
      {"as many as by chance", bits(0, 100), bits(50, 2048), 0},
      {"three quarters where half is chance", bits(0, 100), bits(25, 2048), 500},
      {"fewer than by chance", bits(0, 100), bits(90, 2048), 0},
      {"nobody today", {}, bits(0, 100), 1000},
      {"nobody known", bits(0, 100), {}, 0},
      {"everybody known", bits(0, 100), bits(0, 4096), 1000},
      {"everybody today", bits(0, 4096), bits(0, 100), 0},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(rules::overlap_permille(row.today, row.known) == row.permille);
  }
}

TEST_CASE("D9: how many people a bitmap stands for", "[D9]") {
  CHECK(rules::people_in({}) == 0);
  const struct {
    std::size_t used;
    std::int64_t people; // -4096 ln(1 - used / 4096)
  } rows[] = {{100, 101}, {410, 432}, {1024, 1178}, {2048, 2839}, {3072, 5678}, {4000, 15'374}};
  for (const auto& row : rows) {
    INFO(row.used << " bits");
    const auto found = rules::people_in(bits(0, row.used));
    CHECK(std::abs(found - row.people) <= std::max<std::int64_t>(5, row.people / 25));
  }
  CHECK(rules::people_in(bits(0, 4096)) > rules::people_in(bits(0, 4095)));
}

TEST_CASE("D9: fifty bits are fifty people", "[D9]") {
  for (const std::size_t used : {1U, 4U, 50U, 53U}) {
    INFO(used << " bits");
    CHECK(rules::people_in(bits(0, used)) >= static_cast<std::int64_t>(used));
  }
}

TEST_CASE("D9: signs, alone and together", "[D9][R11.3]") {
  const struct {
    const char* what;
    bool hours, clients, stranger;
    int weight;
  } rows[] = {{"none", false, false, false, 0},     {"hours", true, false, false, 300},
              {"clients", false, true, false, 300}, {"operator", false, false, true, 300},
              {"two", true, true, false, 510},      {"two others", false, true, true, 510},
              {"three", true, true, true, 657}};
  for (const auto& row : rows) {
    INFO(row.what);
    DeviceState d;
    if (row.hours) d.habits.odd_hours = kNoon;
    if (row.clients) d.habits.odd_clients = kNoon;
    if (row.stranger) d.habits.stranger = kNoon;
    for (const Time t : {kNoon, kNoon + days(7)}) {
      const auto hit = rules::lent_device(d, t, {}, settings());
      REQUIRE(hit.has_value() == (row.weight != 0));
      if (!hit) continue;
      CHECK(hit->rule == RuleId::D9);
      CHECK(hit->weight == row.weight);
      CHECK(hit->at == t);
    }
    CHECK_FALSE(rules::lent_device(d, kNoon + milliseconds(7 * 86'400'000 + 1), {}, settings()));
  }
}

TEST_CASE("D9: hours and amounts", "[D9][R11.3]") {
  const struct {
    const char* what;
    int warm;
    int odd_days;
    Canteen::Day odd;
    int weight;
  } rows[] = {
      {"as usual", 20, 10, {}, 0},
      {"other hours on two days", 20, 2, {.hour = 20}, 0},
      {"on three", 20, 3, {.hour = 20}, 300},
      {"within the same three hours", 20, 3, {.hour = 14}, 0},
      {"other amounts", 20, 3, {.fen = 3'000}, 300},
      {"small amounts are others than none", 20, 3, {.fen = 2'999}, 300},
      {"ten scans a day", 20, 3, {.people = 10, .hour = 20}, 300},
      {"quiet days, taken together", 20, 4, {.people = 5, .hour = 20}, 300},
      {"quiet days as usual", 20, 9, {.people = 5}, 0},
      {"too few scans", 20, 4, {.people = 2, .hour = 20}, 0},
      {"two a day are enough in a week", 20, 7, {.people = 2, .hour = 20}, 300},
      {"one is not", 20, 7, {.people = 1, .hour = 20}, 0},
      {"in its first week", 4, 3, {.hour = 20}, 0},
      {"just after it", 7, 3, {.hour = 20}, 300},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    Canteen c;
    c.live(row.warm, {});
    c.live(row.odd_days, row.odd);
    CHECK(c.weight() == row.weight);
  }
}

TEST_CASE("D9: odd days, and what lies between them", "[D9]") {
  Canteen c;
  c.live(20, {});
  SECTION("three usual days in a row start anew") {
    c.live(2, {.hour = 20});
    c.live(3, {});
    c.live(2, {.hour = 20});
    CHECK(c.weight() == 0);
  }
  SECTION("two do not") {
    c.live(2, {.hour = 20});
    c.live(2, {});
    c.live(1, {.hour = 20});
    CHECK(c.weight() == 300);
  }
  SECTION("a closure longer than a long weekend does") {
    c.live(2, {.hour = 20});
    c.day += 5;
    c.live(1, {.hour = 20});
    CHECK(c.weight() == 0);
  }
  SECTION("a long weekend does not") {
    c.live(2, {.hour = 20});
    c.day += 3;
    c.live(1, {.hour = 20});
    CHECK(c.weight() == 300);
  }
  SECTION("a quiet day between says nothing") {
    c.live(2, {.hour = 20});
    c.live(1, {.people = 5});
    c.live(1, {.hour = 20});
    CHECK(c.weight() == 300);
  }
  SECTION("after weeks the new hours are the usual ones, and the sign fades") {
    c.live(60, {.hour = 20});
    CHECK(c.weight() == 0);
    CHECK_FALSE(c.d.habits.stretch.odd);
  }
}

TEST_CASE("D9: a reader whose days differ anyway", "[D9][R11.3]") {
  // A classroom: on each working day of the week its lectures are at another time.
  Canteen c;
  const auto week = [&](int hour) {
    for (int weekday = 0; weekday < 5; ++weekday) c.live(1, {.hour = hour + 3 * weekday});
    c.day += 2;
  };
  for (int i = 0; i < 3; ++i) week(6);
  CHECK(c.weight() == 0);
  SECTION("other lectures for a week") {
    week(9);
    CHECK(c.weight() == 0);
  }
  SECTION("at times when it never had any") {
    c.live(3, {.hour = 0});
    CHECK(c.weight() == 0);
  }
}

TEST_CASE("D9: ordinary days that differ a little ask for more", "[D9]") {
  // Every other day half of the people come later: .31 and less from what is usual.
  Canteen c;
  const auto days_like_this = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const int later = i % 2 == 0 ? 0 : 30;
      for (int n = 0; n < 60; ++n)
        c.serve(c.midnight() + hours(n < later ? 15 : 12) + seconds(n), "a-" + std::to_string(n));
      ++c.day;
    }
  };
  days_like_this(20);
  const auto& h = c.d.habits;
  CHECK(h.spread > 0);
  CHECK(h.spread / 256 < 200);
  c.live(3, {.hour = 20});
  CHECK(c.weight() == 300);
}

TEST_CASE("D9: what was before a change is not counted with what came after it", "[D9][R11.3]") {
  // A small till: fifteen people a day of sixty; then twelve a day, all new, in the evening.
  Canteen c;
  for (int i = 0; i < 20; ++i) c.live(1, {.people = 15, .first = 15 * (i % 4)});
  const auto lent = [&](int count) {
    for (int i = 0; i < count; ++i) c.live(1, {.people = 12, .first = 1000 + 12 * i, .hour = 20, .fen = 6'000});
  };
  SECTION("two days may be anything") {
    lent(2);
    CHECK(c.weight() == 0);
  }
  SECTION("three days are enough") {
    lent(3);
    CHECK(c.weight() == 510);
  }
  SECTION("it stays odd for four weeks, also for its new regulars") {
    for (int i = 0; i < 24; ++i) c.live(1, {.people = 12, .first = 1000 + 12 * (i % 4), .hour = 20, .fen = 6'000});
    CHECK(c.weight() == 510);
  }
  SECTION("after that it is the habit") {
    for (int i = 0; i < 40; ++i) c.live(1, {.people = 12, .first = 1000 + 12 * (i % 4), .hour = 20, .fen = 6'000});
    CHECK(c.weight() == 0);
  }
  SECTION("when it passes, it is learnt: who came then is known") {
    lent(4);
    c.live(10, {.people = 15});
    CHECK(c.weight() == 0);
    c.live(1, {.people = 48, .first = 1000});
    CHECK(c.weight() == 0);
    c.live(1, {.people = 48, .first = 2000});
    CHECK(c.weight() == 300);
  }
}

TEST_CASE("D9: a reader that is lent every other day", "[D9][R11.3]") {
  Canteen c;
  for (int i = 0; i < 20; ++i) c.live(1, {.people = 15, .first = 15 * (i % 4)});
  for (int i = 0; i < 3; ++i) {
    c.live(1, {.people = 12, .first = 1000 + 12 * i, .hour = 20, .fen = 6'000});
    CHECK(c.weight() == (i < 2 ? 0 : 510));
    c.live(1, {.people = 15, .first = 15 * (i % 4)});
  }
}

TEST_CASE("D9: what a reader uploads when its line is back", "[D9][R11.3]") {
  // By day its staff serve the usual people, and all of that arrives the next morning, after an evening's helper.
  Canteen c;
  c.d.reg.operators = {"op-1"};
  c.live(20, {.operator_id = "op-1"});
  const auto late = [&](int n, const char* operator_id) {
    Scan s;
    s.origin.time = c.midnight() - days(1) + hours(12) + seconds(n);
    s.account = "a-" + std::to_string(n);
    s.operator_id = operator_id;
    rules::count_scan(c.d, s, s.origin.time, settings());
  };
  const auto evening = [&] { c.live(1, {.people = 12, .first = 1000, .hour = 20, .operator_id = "op-9"}); };
  SECTION("staff who were there are no sign, nor are their hours") {
    for (int i = 0; i < 5; ++i) {
      evening();
      c.serve(c.midnight() + hours(1), "a-1", {}, "op-9");
      for (int n = 0; n < 60; ++n) late(n, "op-1");
    }
    CHECK(c.d.habits.other_only.ms == 0);
    CHECK(c.d.habits.odd_hours.ms == 0);
    CHECK(c.weight() == 300); // the helper
  }
  SECTION("a stranger who is told late is a sign all the same") {
    c.live(1, {.operator_id = "op-1"});
    c.serve(c.midnight(), "a-1", {}, "op-1");
    late(1, "op-9");
    CHECK(c.weight() == 300);
  }
  SECTION("staff of long ago do not explain today") {
    for (int i = 0; i < 5; ++i) evening();
    c.serve(c.midnight(), "a-1", {}, "op-9");
    REQUIRE(c.d.habits.other_only.ms != 0);
    Scan s;
    s.origin.time = c.midnight() - days(10);
    s.operator_id = "op-1";
    rules::count_scan(c.d, s, s.origin.time, settings());
    CHECK(c.d.habits.other_only.ms != 0);
  }
}

TEST_CASE("D9: a late scan of days that are not judged yet", "[D9]") {
  Canteen c;
  c.live(20, {});
  c.live(1, {.people = 3});
  c.serve(c.midnight() + hours(12), "a-1"); // carries on: three were too few
  const auto before = c.d.hot.today[12];
  Scan s;
  s.origin.time = c.midnight() - days(1) + hours(12);
  s.account = "a-2";
  rules::count_scan(c.d, s, s.origin.time, settings());
  CHECK(c.d.hot.today[12] == before + 1);
}

TEST_CASE("D9: operators whom the manifest names", "[D9][R11.3]") {
  Canteen c;
  c.d.reg.operators = {"op-1"};
  c.d.reg.view.scope.operators = {"op-1", "op-2"}; // an amended manifest
  c.serve(kNoon, "a-1", {}, "op-2");
  CHECK_FALSE(rules::lent_device(c.d, kNoon, {}, settings()));
  c.serve(kNoon, "a-1", {}, "op-3");
  CHECK(rules::lent_device(c.d, kNoon, {}, settings()));
  c.d.reg.operators = {};
  c.d.habits.stranger = {};
  c.serve(kNoon, "a-1", {}, "op-3");
  CHECK(rules::lent_device(c.d, kNoon, {}, settings()));
}

TEST_CASE("D9: a policy without a time of learning", "[D9]") {
  Policy policy = campus_policy();
  RuleSettings s = policy.rule(RuleId::D9);
  s.params[param::d9::warmup_days] = 0;
  DeviceState d;
  for (int day = 0; day < 3; ++day)
    for (int n = 0; n < 60; ++n) {
      Scan scan;
      scan.origin.time = campus_day(kNoon) + days(day) + seconds(n);
      scan.account = "a-" + std::to_string(n);
      rules::count_scan(d, scan, scan.origin.time, s);
    }
  CHECK_FALSE(rules::lent_device(d, kNoon + days(3), {}, s));
}

TEST_CASE("D9: amounts are told apart at 30 yuan, hours by three", "[D9]") {
  Canteen c;
  const struct {
    int hour;
    std::optional<std::int64_t> fen;
    std::size_t cell;
  } rows[] = {{0, {}, 0},    {2, {}, 0},    {3, {}, 3},   {3, 0, 4},
              {3, 2'999, 4}, {3, 3'000, 5}, {23, {}, 21}, {23, 9'999, 23}};
  for (const auto& row : rows) {
    INFO(row.hour << " h, cell " << row.cell);
    c.d.hot.today = {};
    c.serve(campus_day(kNoon) + hours(row.hour), "a", row.fen);
    CHECK(c.d.hot.today[row.cell] == 1);
  }
}

TEST_CASE("D9: the clientele", "[D9][R11.3]") {
  const struct {
    const char* what;
    int warm;
    Canteen::Day odd;
    int weight;
  } rows[] = {
      {"the same people", 20, {}, 0},
      {"strangers, one day", 20, {.people = 80, .first = 1000}, 300},
      {"few strangers", 20, {.people = 28, .first = 1000}, 0},
      {"thirty strangers", 20, {.people = 30, .first = 1000}, 300},
      {"one in four is known", 20, {.people = 100, .first = 35}, 0},
      {"one in a hundred is known", 20, {.people = 100, .first = 59}, 300},
      {"in its first week", 6, {.people = 80, .first = 1000}, 0},
      {"just after it", 7, {.people = 80, .first = 1000}, 300},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    Canteen c;
    c.live(row.warm, {});
    c.live(1, row.odd);
    CHECK(c.weight() == row.weight);
  }
}

TEST_CASE("D9: a quiet reader's people are looked at when there are enough", "[D9][R11.3]") {
  for (const auto& [first, weight] : {std::pair{1000, 300}, {0, 0}}) {
    Canteen c;
    c.live(20, {});
    for (int i = 0; i < 2; ++i) c.live(1, {.people = 12, .first = first + 12 * i});
    CHECK(c.weight() == 0);
    c.live(1, {.people = 12, .first = first + 24});
    CHECK(c.weight() == weight);
  }
}

TEST_CASE("D9: one in five must be known", "[D9][R11.3]") {
  // Of 400 bits, 1000 of 4096 being known: 158 in common are 199.6 thousandths beyond chance, 159 are 202.9.
  for (const auto& [common, weight] : {std::pair{158, 300}, {159, 0}}) {
    INFO(common);
    Canteen c;
    c.live(20, {});
    c.live(1, {});
    c.d.habits.known = {bits(0, 500), bits(500, 500)};
    c.d.clients = bits(static_cast<std::size_t>(1000 - common), 400);
    CHECK(c.weight() == weight);
  }
}

TEST_CASE("D9: who is known for how long", "[D9]") {
  Canteen c;
  c.live(20, {});
  c.live(1, {.people = 80, .first = 1000});
  SECTION("whoever came yesterday is no stranger") {
    c.live(8, {.people = 80, .first = 1000});
    CHECK(c.weight() == 0);
  }
  SECTION("somebody seen a fortnight ago is known") {
    c.live(14, {.people = 60, .first = 2000});
    c.live(1, {});
    CHECK(c.d.habits.odd_clients < c.midnight() - days(1));
  }
  SECTION("somebody not seen for a month is not") {
    c.live(30, {.people = 60, .first = 2000});
    c.live(1, {});
    CHECK(c.weight() == 300);
  }
}

TEST_CASE("D9: the operator", "[D9][R11.3]") {
  const struct {
    std::vector<std::string> registered;
    const char* seen;
    bool sign;
  } rows[] = {
      {{"op-1", "op-2"}, "op-2", false}, {{"op-1"}, "op-9", true}, {{}, "op-9", false}, {{"op-1"}, "", false}};
  for (const auto& row : rows) {
    INFO(row.seen);
    Canteen c;
    c.d.reg.operators = row.registered;
    c.serve(kNoon, "a-1", {}, row.seen);
    CHECK((c.d.habits.stranger == kNoon) == row.sign);
    CHECK(rules::lent_device(c.d, kNoon, {}, settings()).has_value() == row.sign);
  }
}

TEST_CASE("D9: two signs and three", "[D9][R11.3]") {
  Canteen c;
  c.d.reg.operators = {"op-1"};
  c.live(20, {.operator_id = "op-1"});
  SECTION("an exam week: other hours, the same people") {
    c.live(7, {.hour = 20, .operator_id = "op-1"});
    CHECK(c.weight() == 300);
  }
  SECTION("an opening day: other people, the usual hours") {
    c.live(1, {.people = 200, .first = 1000, .operator_id = "op-1"});
    CHECK(c.weight() == 300);
  }
  SECTION("other people at other hours") {
    for (int i = 0; i < 3; ++i) c.live(1, {.first = 1000 + 100 * i, .hour = 20});
    CHECK(c.weight() == 510);
  }
  SECTION("by other hands") {
    for (int i = 0; i < 3; ++i) c.live(1, {.first = 1000 + 100 * i, .hour = 20, .operator_id = "op-9"});
    CHECK(c.weight() == 760);
  }
}

TEST_CASE("D9: for days only operators whom nobody registered", "[D9][R11.3]") {
  Canteen c;
  c.d.reg.operators = {"op-1", "op-2"};
  c.live(3, {.operator_id = "op-1"});
  const auto only = [&] { return c.d.habits.other_only; };
  SECTION("two days are not enough, three are") {
    c.live(2, {.operator_id = "op-9"});
    c.live(1, {});
    CHECK(only().ms == 0);
    CHECK(c.weight() == 300);
    c.live(1, {.operator_id = "op-8"});
    c.live(1, {});
    CHECK(only().ms != 0);
    CHECK(c.weight() == 510);
  }
  SECTION("a helper beside those who are registered") {
    for (int i = 0; i < 6; ++i) {
      c.serve(c.midnight() + hours(9), "a-1", {}, "op-2");
      c.live(1, {.operator_id = "op-9"});
    }
    c.live(1, {.operator_id = "op-1"});
    CHECK(only().ms == 0);
    CHECK(c.weight() == 300);
  }
  SECTION("a day off between begins anew") {
    c.live(2, {.operator_id = "op-9"});
    c.live(1, {.operator_id = "op-1"});
    c.live(2, {.operator_id = "op-9"});
    c.live(1, {.operator_id = "op-1"});
    CHECK(only().ms == 0);
  }
}

TEST_CASE("D9: days end once, in order of event time", "[D9]") {
  Canteen c;
  const Time noon = kNoon, tomorrow = campus_day(kNoon) + days(1);
  CHECK_FALSE(c.serve(noon, "a-1"));
  CHECK_FALSE(c.serve(tomorrow - milliseconds(1), "a-2"));
  CHECK_FALSE(c.serve(noon - hours(3), "a-3"));
  const auto ended = c.serve(tomorrow, "a-1");
  REQUIRE(ended);
  CHECK(ended->day == campus_day(kNoon));
  CHECK(ended->scans == 3);
  CHECK_FALSE(c.serve(noon, "a-4")); // late: its day was judged
  CHECK(c.d.hot.day == tomorrow);
  CHECK(c.d.hot.today[0] == 1);
  CHECK_FALSE(c.serve(tomorrow + hours(1), "a-1"));
  const auto after_a_week = c.serve(tomorrow + days(7), "a-1");
  REQUIRE(after_a_week);
  CHECK(after_a_week->day == tomorrow);
  CHECK(after_a_week->scans == 2);
}

TEST_CASE("D9: one sign is shown to nobody, two are", "[D9][R11.3]") {
  DeviceWorld w = installed({"gates", "gate", {}, {}, {}, "fixed"});
  w.d.reg.operators = {"op-1"};
  std::uint64_t seq = 0;
  std::size_t published = 0;
  const auto day = [&](int number, int first, const char* operator_id) {
    for (int n = 0; n < 60; ++n) {
      const Time t = kNoon + days(number) + seconds(n);
      if (t > w.now) w.now = t;
      w.scan({.seq = ++seq, .time = t, .account = "a-" + std::to_string(first + n), .operator_id = operator_id});
      for (const auto& r : w.outputs<FindingRecord>()) published += r.rule == RuleId::D9;
    }
  };
  for (int i = 0; i < 15; ++i) day(i, 0, "op-1");
  CHECK(w.finding(RuleId::D9) == nullptr);
  day(15, 0, "op-9");
  REQUIRE(w.finding(RuleId::D9) != nullptr);
  CHECK(w.finding(RuleId::D9)->finding.uid.empty());
  CHECK(published == 0);
  SECTION("two") {
    day(16, 1000, "op-9");
    day(17, 0, "op-1");
    CHECK(published >= 1);
    CHECK(w.finding(RuleId::D9)->score == 510);
    CHECK(w.finding(RuleId::D9)->finding.band == Band::watch);
    CHECK(w.d.reg.life == DeviceLife::active);
  }
  SECTION("a relocation starts anew") {
    ask(w, "relocate", w.now + hours(1), w.now + hours(3));
    grant(w);
    finish(w, {"", "canteen", {}, {}, {}}, w.now + hours(2));
    CHECK(w.d.habits.days == 0);
    w.now = kNoon + days(16);
    day(16, 1000, "op-1");
    day(17, 2000, "op-1");
    CHECK(published == 0);
    CHECK(w.d.habits.odd_clients.ms == 0);
    CHECK(w.d.habits.stranger.ms == 0);
  }
}
