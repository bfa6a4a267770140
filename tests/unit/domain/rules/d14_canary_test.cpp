// Catches: a planted person read unnoticed, or told to whoever reads the finding; and an integration found for people who are
// real.
#include "domain/rules/d14_canary.hpp"

#include "tests/unit/domain/rules/data_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

Policy with_canaries() {
  Policy p = campus_policy();
  p.canary_subjects = {"a-000666", "nobody-7"};
  return p;
}

std::optional<Hit> judge(std::vector<std::string> subjects, const Policy& p = with_canaries()) {
  return rules::canary(reads(std::move(subjects), kNoon, 7), p.rule(RuleId::D14), p);
}

} // namespace

TEST_CASE("D14: a planted account is read, alone or among others", "[rules][D14][R11.4]") {
  std::vector<std::string> everybody;
  for (int i = 0; i < 1000; ++i) everybody.push_back(person(i));
  for (const auto& subjects :
       {std::vector<std::string>{"nobody-7"}, {"a-000001", "nobody-7", "a-000002"}, everybody}) {
    const auto hit = judge(subjects);
    REQUIRE(hit);
    CHECK(hit->rule == RuleId::D14);
    CHECK(hit->weight == 970);
    CHECK(hit->at == kNoon);
    REQUIRE(hit->events.size() == 1);
    CHECK(hit->events[0].offset == 7);
    for (const auto& value : hit->facts.values) CHECK(value.find("nobody-7") == std::string::npos);
  }
}

TEST_CASE("D14: the innocent", "[rules][D14]") {
  CHECK_FALSE(judge({"a-000001", "a-000667"}));
  CHECK_FALSE(judge({"nobody-70", "nobody-", "NOBODY-7"})); // not that one
  CHECK_FALSE(judge({}));                                   // only counted
  CHECK_FALSE(judge({"nobody-7"}, campus_policy()));        // taken off the list, or none planted
}
