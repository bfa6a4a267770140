// Catches: a rule that people keep refuting and that freezes on, one that is doubted for a few cases only, a doubt that no account
// hears of (DETECTION §6, precision floor).
#include "domain/campus.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Judged {
  PolicyHistory policies{campus_policy()};
  CampusState c;
  Effects out;
  Judged() { c.id = "rule:A2"; }
  void cases(int upheld, int not_upheld, std::int64_t version = 1) {
    out.clear();
    for (int i = 0; i < upheld + not_upheld; ++i)
      step(c, msg::RuleJudged{RuleId::A2, version, i < upheld, false}, Context{policies, kNoon, nullptr, 4}, out);
  }
};

} // namespace

TEST_CASE("precision floor: thirty cases of which less than 80 % were upheld", "[campus][R8.4]") {
  Judged j;
  j.cases(22, 7); // 29
  CHECK_FALSE(j.c.precision.doubted);
  j.cases(2, 0); // 24 of 31: 77 %
  CHECK(j.c.precision.doubted);
  REQUIRE(j.out.outputs.size() == 1);
  const auto& notice = std::get<Notice>(j.out.outputs[0]);
  CHECK(notice.kind == "rule-doubted");
  CHECK(notice.to == "information-centre");
  CHECK(notice.text.en.find("A2") != std::string::npos);
  // Every shard hears of it, each at an id that falls to it.
  REQUIRE(j.out.sends.size() == 4);
  for (std::int32_t shard = 0; shard < 4; ++shard) {
    CHECK(murmur2_partition(j.out.sends[static_cast<std::size_t>(shard)].to.id, 4) == shard);
    CHECK(std::get<msg::RuleDoubted>(j.out.sends[static_cast<std::size_t>(shard)].message).doubted);
  }

  SECTION("told once") {
    j.cases(0, 1);
    CHECK(j.out.outputs.empty());
    CHECK(j.out.sends.empty());
  }
  SECTION("trusted again when it is right again") {
    j.cases(4, 0); // 28 of 35
    CHECK_FALSE(j.c.precision.doubted);
    CHECK(std::get<Notice>(j.out.outputs.at(0)).kind == "rule-trusted-again");
    CHECK_FALSE(std::get<msg::RuleDoubted>(j.out.sends.at(0).message).doubted);
  }
  SECTION("a new version of the rule starts anew") {
    j.cases(1, 0, 2);
    CHECK_FALSE(j.c.precision.doubted);
    CHECK(j.c.precision.upheld == 1);
  }
}

TEST_CASE("precision floor: 80 % is enough, and an appeal that is granted counts against the rule",
          "[campus][R8.4]") {
  Judged j;
  j.cases(24, 6);
  CHECK_FALSE(j.c.precision.doubted);
  step(j.c, msg::RuleJudged{RuleId::A2, 1, false, true}, Context{j.policies, kNoon, nullptr, 4}, j.out);
  CHECK(j.c.precision.upheld == 23);
  CHECK(j.c.precision.not_upheld == 7);
  CHECK(j.c.precision.doubted);
}

TEST_CASE("precision floor: a shard's copy holds what was said last", "[campus]") {
  CampusState c;
  c.id = "facts:0.0";
  PolicyHistory policies{campus_policy()};
  Effects out;
  const auto hear = [&](RuleId rule, bool doubted) {
    step(c, msg::RuleDoubted{rule, doubted}, Context{policies, kNoon}, out);
  };
  hear(RuleId::A8, true);
  hear(RuleId::A2, true);
  hear(RuleId::A2, true);
  CHECK(c.facts.doubted == std::vector<RuleId>{RuleId::A2, RuleId::A8});
  hear(RuleId::A8, false);
  CHECK(c.facts.doubts(RuleId::A2));
  CHECK_FALSE(c.facts.doubts(RuleId::A8));
}

TEST_CASE("precision floor: a doubted rule leads to a check of the person at most", "[response][R8.4]") {
  CampusFacts facts;
  const auto caught = [&](std::vector<RuleId> doubted) {
    facts.doubted = std::move(doubted);
    World w;
    w.facts = &facts;
    w.show({.zone = "dorm", .handset = "A"});
    w.show({.zone = "canteen", .time = kNoon + seconds(1), .handset = "B"}); // A2
    w.show({.zone = "dorm", .time = kNoon + minutes(1), .handset = "A"});    // A8
    return w.a.file.finding ? w.a.file.finding->band : Band::observe;
  };
  const auto wants = [&] { return caught({}); };
  CHECK(wants() >= Band::propose);
  CHECK(caught({RuleId::A1, RuleId::A2}) == Band::challenge); // what is left, A8, is 650
  CHECK(caught({RuleId::A8}) >= Band::propose);               // 900 stands without it
}
