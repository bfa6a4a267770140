// Catches: a limit of what people can do that is off by a moment or a metre, on either side.
#include "domain/ways.hpp"

#include "domain/rules/params.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

namespace p = param::a1;

/// 1230 s on foot are 1722 m; less 2*15 m, at 12 m/s: 141 s, and at three times that 47 s.
Policy on_foot() {
  Policy policy = campus_policy();
  policy.walking_seconds = {{{"gate", "hill"}, 1230}};
  return policy;
}

} // namespace

TEST_CASE("ways: as fast as nobody is, to the moment", "[ways][A1]") {
  const Policy policy = on_foot();
  const auto far = [&](std::int64_t ms) { return too_far("gate", "hill", ms, policy.rule(RuleId::A1), policy, {}); };
  REQUIRE(far(140'999));
  CHECK(far(140'999)->metres == 1722);
  CHECK_FALSE(far(140'999)->fastest_s);
  CHECK_FALSE(far(141'000));
  CHECK(far(46'999)->strong);
  CHECK_FALSE(far(47'000)->strong);
}

TEST_CASE("ways: nothing is too far below the smallest distance, to the metre", "[ways][A1]") {
  const Policy policy = on_foot();
  RuleSettings a1 = policy.rule(RuleId::A1);
  a1.params[p::min_distance_m] = 1722;
  CHECK(too_far("gate", "hill", 1000, a1, policy, {}));
  a1.params[p::min_distance_m] = 1723;
  CHECK_FALSE(too_far("gate", "hill", 1000, a1, policy, {}));
}

TEST_CASE("ways: what is learnt counts below seven tenths, and from the smallest distance on", "[ways][A1]") {
  const Policy policy = campus_policy();
  RuleSettings a1 = policy.rule(RuleId::A1);
  const LearnedWays learned{{hash64("gate"), 1'000'000}};
  const auto far = [&](std::int64_t ms) { return too_far("gate", "dorm", ms, a1, policy, learned); };
  REQUIRE(far(699'999));
  CHECK(far(699'999)->fastest_s == 1000);
  CHECK_FALSE(far(699'999)->strong);
  CHECK_FALSE(far(700'000));
  CHECK_FALSE(too_far("dorm", "gate", 699'999, a1, policy, learned)); // nobody knows the way back
  a1.params[p::min_distance_m] = far(699'999)->metres;
  CHECK(far(699'999));
  ++a1.params[p::min_distance_m];
  CHECK_FALSE(far(699'999));
}
