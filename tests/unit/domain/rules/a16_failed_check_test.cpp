// Catches: checks that count in the order in which they arrive; one failure, or failures that a pass has answered, held against
// somebody; and a check of before that answers what came after it.
#include "domain/rules/a16_failed_check.hpp"

#include <algorithm>

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Told {
  const char* outcome;
  Duration after;
};

void check(World& w, const Told& t) {
  w.now = kNoon + t.after;
  w.command(StepUpResult{"face", t.outcome}, "security-officer", "so-1");
  REQUIRE(w.refusal().empty());
}

} // namespace

TEST_CASE("A16: what checks say, in any order of arrival", "[rules][A16][R8.1]") {
  const struct {
    const char* what;
    std::vector<Told> checks;
    int weight;
  } rows[] = {
      {"two failures", {{"failed", {}}, {"failed", hours(1)}}, 700},
      {"ignored", {{"ignored", {}}}, 700},
      {"failures within a week", {{"failed", {}}, {"failed", milliseconds(days(7).ms - 1)}}, 700},
      {"after a pass", {{"passed", {}}, {"failed", hours(1)}, {"failed", hours(2)}}, 700},
      // the innocent
      {"no camera, once", {{"failed", {}}}, 0},
      {"two in two weeks", {{"failed", {}}, {"failed", days(7)}}, 0},
      {"a pass in between", {{"failed", {}}, {"passed", hours(1)}, {"failed", hours(2)}}, 0},
      {"a pass after them", {{"failed", {}}, {"failed", hours(1)}, {"passed", hours(2)}}, 0},
      {"ignored, then passed", {{"ignored", {}}, {"passed", hours(2)}}, 0},
      {"passed", {{"passed", {}}}, 0},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    std::vector<Told> order = row.checks;
    const auto earlier = [](const Told& a, const Told& b) { return a.after < b.after; };
    do {
      World w;
      for (const auto& t : order) check(w, t);
      CHECK(w.weight(RuleId::A16) == row.weight);
    } while (std::next_permutation(order.begin(), order.end(), earlier));
  }
}

TEST_CASE("A16: what a later pass has answered says nothing, though others failed since", "[rules][A16]") {
  const RuleSettings s = campus_policy().rule(RuleId::A16);
  std::vector<AccountState::Check> checks;
  for (const auto& t : {Told{"failed", {}}, {"passed", hours(1)}, {"failed", hours(2)}, {"failed", hours(3)}})
    rules::remember_check(checks, {"face", t.outcome, kNoon + t.after});
  CHECK_FALSE(rules::failed_check(checks, kNoon, {}, s, {}));
  CHECK_FALSE(rules::failed_check(checks, kNoon + hours(1), {}, s, {}));
  CHECK(rules::failed_check(checks, kNoon + hours(2), {}, s, {}));
  CHECK(rules::failed_check(checks, kNoon + hours(3), {}, s, {}));
}

TEST_CASE("A16: of many checks the last eight by their own time are kept", "[rules][A16]") {
  World w;
  for (int i = 0; i < 12; ++i) check(w, {"passed", hours(20 - i)});
  REQUIRE(w.a.procedures->checks.size() == 8);
  CHECK(w.a.procedures->checks.front().at == kNoon + hours(13));
  CHECK(w.a.procedures->checks.back().at == kNoon + hours(20));
  check(w, {"ignored", hours(1)}); // older than all that is kept
  CHECK(w.weight(RuleId::A16) == 0);
}

TEST_CASE("A16: a check answers what happened before it, and not what came after", "[account][A16][R8.1]") {
  const auto asked = [](Duration check_at, Duration misuse_at, bool check_late) {
    World w;
    const auto misuse = [&] {
      w.show({.zone = "gate", .time = kNoon + misuse_at, .direction = Direction::none});
      w.show({.zone = "dorm", .time = kNoon + misuse_at + seconds(1), .direction = Direction::none});
    };
    if (check_late) misuse();
    check(w, {"passed", check_at});
    if (!check_late) misuse();
    return w.show({.zone = "dorm", .time = kNoon + hours(12), .direction = Direction::none}).verdict ==
           Verdict::challenge;
  };
  for (const bool check_late : {false, true}) {
    CAPTURE(check_late);
    CHECK_FALSE(asked(hours(2), hours(1), check_late));
    CHECK(asked(hours(1), hours(2), check_late));
    // The reader's clock may be as far ahead as A1 grants: 3 s.
    CHECK_FALSE(asked(hours(1), milliseconds(hours(1).ms + 2000), check_late));
    CHECK(asked(hours(1), milliseconds(hours(1).ms + 2001), check_late));
  }
}

TEST_CASE("A16: an old check does not take back a newer one", "[account][A16]") {
  World w;
  check(w, {"passed", hours(5)});
  check(w, {"passed", hours(1)});
  w.misuse(kNoon + hours(4));
  CHECK(w.show({.time = kNoon + hours(6)}).verdict == Verdict::allow);
}
