// Catches: a person accused again by what a case has settled (DETECTION §6, cooldown), by any rule; and a rule that finds
// nothing new any more because too much was forgotten.
#include <functional>
#include <memory>
#include <set>

#include "domain/handset.hpp"
#include "domain/hash.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

/// A case about the account comes to nothing.
void settle(World& w) {
  const std::string id = "c-" + std::to_string(w.offset);
  w.command(CaseOpen{id, "lend", {}}, "security-officer", "so-1");
  w.command(CaseStatement{id, {}, true}, "holder", "p-1");
  w.command(CaseDecide{id, "not_upheld", "unknown", "nothing in it", {}}, "security-officer", "so-1");
  REQUIRE(w.refusal().empty());
  REQUIRE(w.a.file.evidence.empty());
}

/// Noon of a day that has not begun.
Time next_noon(const World& w) { return campus_day(w.now) + days(1) + hours(12); }

std::string new_handset(const World& w) { return "n-" + std::to_string(w.offset); }

void bind(World& w, Time at) {
  w.now = at;
  std::optional<std::string> replaced;
  for (const auto& b : w.a.profile.handsets)
    if (!b.until) replaced = b.handset;
  w.command(HandsetBind{new_handset(w), false, replaced});
  REQUIRE(w.refusal().empty());
}

void check(World& w, const char* outcome, Time at) {
  w.now = at;
  w.command(StepUpResult{"face", outcome}, "security-officer", "so-1");
}

void show_by_hand(World& w, const std::string& handset, Time at, const char* zone = "gate") {
  w.show({.zone = zone, .time = at, .handset = handset, .direction = Direction::none});
}

/// A day of this person, or of another one.
void live(World& w, Time noon, bool other, const std::string& handset) {
  constexpr const char* usual[] = {"gate", "canteen", "hall", "dorm"};
  constexpr const char* else_where[] = {"lab-a", "lab-b", "hill", "steps"};
  constexpr int usual_hours[] = {-4, 0, 3, 9}, other_hours[] = {-11, -8, 4, 10};
  for (int i = 0; i < 4; ++i)
    show_by_hand(w, handset, noon + hours(other ? other_hours[i] : usual_hours[i]), other ? else_where[i] : usual[i]);
}

void meet(World& w, Time noon, std::uint64_t first) {
  for (int d = 0; d < 3; ++d)
    for (int i = 0; i < 4; ++i)
      w.show({.time = noon + days(d) + minutes(i), .direction = Direction::none, .companion = first + i});
}

/// The handset's own actor, and two other accounts that it shows.
struct Shared {
  HandsetState handset;
  Shared() { handset.id = "shared"; }
  void use(World& w, const std::string& account, Time at) {
    if (at > w.now) w.now = at;
    Effects said;
    step(handset, msg::HandsetUsed{account, at, {{Topic::scans, 0}, ++w.offset, {}}}, w.context(), said);
    for (const auto& s : said.sends)
      if (s.to == EntityId{Kind::account, w.a.id})
        step(w.a, std::get<msg::HandsetCrowded>(s.message), w.context(), w.out);
  }
};

struct Row {
  const char* what;
  RuleId rule;
  std::function<void(World&, Time noon)> misuse; // all that the finding rests on
  std::function<void(World&)> next;              // one event more
  bool alone = false;                            // that is evidence by itself
};

std::vector<Row> rows() {
  const auto shared = std::make_shared<Shared>();
  const auto pay = [](World& w, const char* zone, Time at, std::int64_t fen) {
    w.show({.zone = zone, .time = at, .function = "payment", .direction = Direction::none, .fen = fen});
  };
  return {
      {"A1", RuleId::A1,
       [](World& w, Time noon) {
         show_by_hand(w, "", noon);
         show_by_hand(w, "", noon + minutes(1), "dorm");
       },
       [](World& w) { show_by_hand(w, "", w.now + minutes(1)); }},
      {"A2", RuleId::A2,
       [](World& w, Time noon) {
         show_by_hand(w, "", noon);
         show_by_hand(w, "", noon + seconds(1), "dorm");
       },
       [](World& w) { show_by_hand(w, "", w.now + seconds(1)); }},
      {"A3", RuleId::A3,
       [](World& w, Time noon) {
         w.show({.time = noon});
         w.show({.time = noon + minutes(5)});
       },
       [](World& w) { w.show({.time = w.now + minutes(5)}); }},
      {"A4", RuleId::A4,
       [](World& w, Time noon) {
         w.issue({.zone = "gate", .time = noon, .nonce = "m", .ttl_s = 300});
         w.show({.zone = "dorm",
                 .time = noon + seconds(10),
                 .direction = Direction::none,
                 .code = Code{"m", seconds(10), 300}});
       },
       [](World& w) {
         w.show({.zone = "dorm",
                 .time = w.now + seconds(10),
                 .direction = Direction::none,
                 .code = Code{"m", seconds(20), 300}});
       }},
      {"A5", RuleId::A5,
       [](World& w, Time noon) {
         const std::string nonce = "n" + std::to_string(w.offset);
         for (const char* zone : {"gate", "hall"})
           w.show({.zone = zone, .time = noon, .direction = Direction::none, .code = Code{nonce, seconds(10), 60}});
       },
       [](World& w) {
         // The same code once more, at a third reader: whose it was is in the last decision's scan.
         const std::string nonce = w.scans.back().token.nonce;
         const Decision d = w.show({.zone = "hall",
                                    .time = w.now + seconds(10),
                                    .device = "d-3",
                                    .direction = Direction::none,
                                    .code = Code{nonce, seconds(20), 60}});
         CHECK(text(d.reasons) == "CODE_REPLAYED"); // refused all the same
       }},
      {"A6", RuleId::A6,
       [](World& w, Time noon) {
         w.show({.time = noon,
                 .direction = Direction::none,
                 .code = Code{"o" + std::to_string(w.offset), minutes(10), 60}});
       },
       [](World& w) {
         w.show({.time = w.now + seconds(10),
                 .direction = Direction::none,
                 .code = Code{"p" + std::to_string(w.offset), minutes(10), 60}});
       },
       true},
      {"A7, bindings", RuleId::A7,
       [](World& w, Time noon) {
         if (w.a.profile.handsets.empty()) w.a.profile.handsets = {{"h-0", false, noon - days(100), {}}};
         bind(w, noon);
         bind(w, noon + hours(1));
       },
       [](World& w) { bind(w, w.now + hours(1)); }},
      {"A7, a payment", RuleId::A7,
       [pay](World& w, Time noon) {
         if (w.a.profile.handsets.empty()) w.a.profile.handsets = {{"h-0", false, noon - days(100), {}}};
         bind(w, noon);
         pay(w, "gate", noon + minutes(2), 30'000);
       },
       [pay](World& w) { pay(w, "gate", w.now + minutes(2), 30'000); }},
      {"A8", RuleId::A8,
       [](World& w, Time noon) {
         for (int i = 0; i < 3; ++i) show_by_hand(w, i == 1 ? "h-2" : "h-1", noon + hours(i));
       },
       [](World& w) { show_by_hand(w, "h-2", w.now + hours(1)); }},
      {"A9", RuleId::A9,
       [shared](World& w, Time noon) {
         for (int day = 0; day < 2; ++day) // told once a day
           for (const char* account : {"a-1", "a-2", "a-3"}) shared->use(w, account, noon + days(day));
       },
       [shared](World& w) { shared->use(w, "a-1", w.now + days(1)); }},
      {"A10", RuleId::A10,
       [pay](World& w, Time noon) {
         pay(w, "canteen", noon, 2000);
         pay(w, "hall", noon + minutes(20), 2000);
       },
       [pay](World& w) { pay(w, "canteen", w.now + minutes(20), 2000); }},
      {"A11, an hour", RuleId::A11,
       [](World& w, Time noon) {
         for (int i = 0; i < 41; ++i) show_by_hand(w, "", noon + seconds(70 * i));
       },
       [](World& w) { show_by_hand(w, "", w.now + seconds(70)); }},
      {"A11, a minute", RuleId::A11,
       [](World& w, Time noon) {
         for (int i = 0; i < 7; ++i) show_by_hand(w, "", noon + seconds(5 * i));
       },
       [](World& w) { show_by_hand(w, "", w.now + seconds(5)); }},
      {"A12", RuleId::A12,
       [](World& w, Time noon) {
         for (int d = 0; d < 60; ++d) live(w, noon + days(d), false, "");
         show_by_hand(w, "", noon + days(60) - hours(9), "city");
       },
       [](World& w) { show_by_hand(w, "", w.now + hours(24), "hill"); }, true},
      {"A13", RuleId::A13,
       [](World& w, Time noon) {
         w.now = noon;
         w.command(HolderAbsence{"leave", noon, noon + days(30)});
         show_by_hand(w, "", noon + hours(1));
       },
       [](World& w) { show_by_hand(w, "", w.now + hours(1)); }},
      {"A14", RuleId::A14,
       [](World& w, Time noon) {
         const std::string old = new_handset(w);
         for (int d = 0; d < 42; ++d) live(w, noon + days(d), false, old);
         const std::string taken = new_handset(w);
         for (int d = 42; d < 45; ++d) live(w, noon + days(d), true, taken);
       },
       [](World& w) {
         live(w, campus_day(w.now) + days(1) + hours(12), true,
              w.a.usage.handsets.empty() ? "h-1" : w.a.usage.handsets.back().handset);
       }},
      {"A15", RuleId::A15,
       [](World& w, Time noon) {
         for (int week = 0; week < 5; ++week) meet(w, noon + days(14 + 7 * week), week < 2 ? 1000 : 2000);
       },
       [](World& w) { meet(w, w.now + days(7), 2000); }},
      {"A16", RuleId::A16,
       [](World& w, Time noon) {
         check(w, "failed", noon);
         check(w, "failed", noon + minutes(1));
       },
       [](World& w) { check(w, "failed", w.now + minutes(1)); }},
      {"A17", RuleId::A17,
       [](World& w, Time noon) {
         w.now = noon;
         w.command(TipoffFile{"lend", 900, {}}, "security-officer", "so-1");
       },
       [](World& w) {
         w.now = w.now + hours(1);
         w.command(TipoffFile{"lend", 900, {}}, "security-officer", "so-1");
       },
       true},
      {"A18", RuleId::A18,
       [](World& w, Time noon) {
         for (int d = 0; d < 20; ++d)
           for (int i = 0; i < 3; ++i) show_by_hand(w, "h-" + std::to_string(i), noon + days(d) + hours(4 * i - 4));
       },
       [](World& w) { show_by_hand(w, "h-0", w.now + hours(12)); }},
  };
}

} // namespace

TEST_CASE("settled: what a case was about accuses nobody again", "[account][R8.1][settled]") {
  std::set<RuleId> tried;
  for (const auto& row : rows()) {
    INFO(row.what);
    tried.insert(row.rule);
    World w;
    w.a.profile.handsets.clear();
    row.misuse(w, next_noon(w));
    const int weight = w.weight(row.rule);
    REQUIRE(weight > 0);
    settle(w);
    const std::int64_t before = w.offset;
    row.next(w);
    if (!row.alone) CHECK(w.weight(row.rule) == 0);
    for (const auto& e : w.a.file.evidence.entries()) {
      CAPTURE(to_string(e.rule));
      for (const auto& event : e.events) CHECK(event.offset > before);
    }
    // The same again, all of it: that is new.
    row.misuse(w, next_noon(w));
    CHECK(w.weight(row.rule) > 0);
  }
  for (auto rule = static_cast<int>(RuleId::A1); rule <= static_cast<int>(RuleId::A18); ++rule)
    CHECK(tried.contains(static_cast<RuleId>(rule)));
}

TEST_CASE("settled: days before are no habit of the handsets", "[account][A8][settled]") {
  const auto turns = [](World& w, Time noon) {
    for (int i = 0; i < 3; ++i) show_by_hand(w, i == 1 ? "h-2" : "h-1", noon + hours(i));
  };
  World w;
  for (int d = 0; d < 6; ++d) turns(w, kNoon + days(d));
  const int heavy = w.weight(RuleId::A8);
  settle(w);
  turns(w, next_noon(w));
  CHECK(w.weight(RuleId::A8) > 0);
  CHECK(w.weight(RuleId::A8) < heavy);
}

TEST_CASE("settled: what is only compared with is kept", "[account][settled]") {
  World w;
  for (int d = 0; d < 30; ++d) live(w, kNoon + days(d), false, "h-1");
  const auto visits = w.a.habits.visits;
  w.a.codes.ages = 30;
  w.a.codes.outside = 10;
  w.a.codes.late = 4;
  settle(w);
  CHECK(w.a.habits.visits == visits);
  CHECK(w.a.codes.ages == 30);
  CHECK(w.a.codes.outside == 6);
  CHECK(w.a.codes.late == 0);
}

TEST_CASE("settled: only the absence that the case was about ends", "[account][A13][settled]") {
  World w;
  w.command(HolderAbsence{"leave", kNoon, kNoon + days(30)});
  w.command(HolderAbsence{"abroad", kNoon + days(40), kNoon + days(50)});
  show_by_hand(w, "", kNoon + hours(1));
  REQUIRE(w.weight(RuleId::A13) > 0);
  settle(w);
  show_by_hand(w, "", kNoon + days(2));
  CHECK(w.weight(RuleId::A13) == 0);
  show_by_hand(w, "", kNoon + days(41));
  CHECK(w.weight(RuleId::A13) > 0);
  World other; // about something else
  other.command(HolderAbsence{"leave", kNoon + days(1), kNoon + days(30)});
  show_by_hand(other, "", kNoon);
  show_by_hand(other, "", kNoon + seconds(1), "dorm");
  settle(other);
  show_by_hand(other, "", kNoon + days(2));
  CHECK(other.weight(RuleId::A13) > 0);
}
