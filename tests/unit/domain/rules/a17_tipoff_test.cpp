// Catches: a slander that does something alone, and a guard's word that does nothing.
#include "domain/rules/a17_tipoff.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

World told(std::int64_t reliability, const char* kind = "lend") {
  World w;
  w.command(TipoffFile{kind, reliability, {}}, "security-officer", "so-1");
  REQUIRE(w.refusal().empty());
  return w;
}

} // namespace

TEST_CASE("A17: weighs as much as its author is reliable", "[rules][A17][R8.1]") {
  const Policy p = campus_policy();
  const RuleSettings& s = p.rule(RuleId::A17);
  const int least = static_cast<int>(s.params[0]), most = s.weight;
  REQUIRE(least < most);
  CHECK(told(1000).weight(RuleId::A17) == most);
  CHECK(told(500).weight(RuleId::A17) == (least + most) / 2);
  CHECK(told(1).weight(RuleId::A17) == least);
  CHECK(told(0).weight(RuleId::A17) == 0); // never right: nothing
}

TEST_CASE("A17: the innocent", "[rules][A17]") {
  SECTION("a slander by somebody who is seldom right asks for no check") {
    World w = told(100);
    CHECK(w.a.file.evidence.score(kNoon) < campus_policy().thresholds.challenge);
    CHECK(w.show({.time = kNoon + minutes(1)}).verdict == Verdict::allow);
  }
  SECTION("nobody is frozen by reports alone, however many and whosever") {
    World w;
    for (int i = 0; i < 5; ++i) {
      w.now = kNoon + minutes(i);
      w.command(TipoffFile{"lend", 1000, {}}, "security-officer", "so-1");
      CHECK(w.messages<msg::FreezeWanted>().empty());
    }
    CHECK(w.a.file.holds.empty());
    CHECK(w.a.file.evidence.entries().size() == 1); // they do not add up
  }
  SECTION("a cleared person is accused by a new report only") {
    World w = told(900);
    w.command(CaseOpen{"c-1", "lend", {}}, "security-officer", "so-1");
    w.command(CaseStatement{"c-1", {}, true}, "holder", "p-1");
    w.command(CaseDecide{"c-1", "not_upheld", "unknown", "slander", {}}, "security-officer", "so-1");
    CHECK(w.weight(RuleId::A17) == 0);
  }
}

TEST_CASE("A17: the act that was reported is the finding's, other words are not repeated", "[rules][A17]") {
  CHECK(told(1000, "rent").last<FindingRecord>().act == "rent");
  CHECK(told(1000, "saw Li Ming's brother").last<FindingRecord>().act == "unknown");
}
