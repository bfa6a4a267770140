// Would catch: a person frozen by a machine when they must not be (learning, one family, breaker, below 950), or not when
// the signed policy says so; a provisional hold that outlives its 72 hours; a challenge that is never asked for.
#include "tests/contract/contract.hpp"

#include <algorithm>

using namespace contract;

namespace {

// A campus where automatic freezes are possible at once.
Campus learned(int learning_days = 0) {
  Campus campus = ordinary();
  campus.policy["response"]["learning_days"] = learning_days;
  return campus;
}

// Spatial (A2) and then handset (A8) evidence against one account: 900 and 650 make 965.
void misuse(Campus& campus, const std::string& account, int seq, std::int64_t time, const std::string& name) {
  campus.scan(name + "-1", "d-1", seq, account, time, {{"handset", "h-" + account}});
  campus.scan(name + "-2", "d-2", seq, account, time + kSecond, {{"handset", "friend-" + account}});
  campus.scan(name + "-3", "d-1", seq + 1, account, time + 20 * kSecond, {{"handset", "h-" + account}});
}

const json& ours(const json& finding) { return finding.at("unmapped").at("onecode"); }

std::size_t frozen(const Outcome& outcome) {
  std::size_t count = 0;
  for (const auto& freeze : outcome.data("freezes"))
    count += freeze.at("revision") == 1 && freeze.at("state") == "frozen" ? 1 : 0;
  return count;
}

} // namespace

TEST_CASE("950 from two families freezes provisionally for 72 hours, in the name of the policy", "[contract]") {
  Campus campus = learned();
  misuse(campus, "a-1", 1, 0, "m");
  campus.scan("next", "d-1", 3, "a-1", kHour, {{"handset", "h-a-1"}});
  const Outcome outcome = campus.replay();
  REQUIRE(outcome.records("freezes").size() == 1);
  const json freeze = outcome.last_freeze("a-1");
  CHECK(freeze.at("state") == "frozen");
  REQUIRE(freeze.at("holds").size() == 1);
  const json& hold = freeze.at("holds")[0];
  CHECK(since(hold.at("since")) == 20 * kSecond);
  CHECK(since(hold.at("expires")) == 20 * kSecond + 72 * kHour);
  CHECK(hold.at("decided_by").at("role") == "response-policy");
  CHECK(hold.at("decided_by").at("actor") == "policy:t-1");
  CHECK(hold.at("decided_by").at("policy") == "t-1");
  const auto alerts = outcome.data("alerts");
  REQUIRE_FALSE(alerts.empty());
  const json& last = alerts.back();
  CHECK(hold.at("evidence") == json::array({last.at("finding_info").at("uid")}));
  CHECK(ours(last).at("score") == 965);
  CHECK(ours(last).at("band") == 4);
  CHECK(last.at("severity_id") == 5);
  CHECK(ours(last).at("families").size() == 2);
  CHECK(outcome.verdict("next") == "deny");
  CHECK(contains(outcome.decision("next").at("reasons"), "ACCOUNT_FROZEN"));
  CHECK(outcome.notices("a-1").size() == 1);
  // An account has at most one open finding.
  for (const auto& alert : alerts) CHECK(alert.at("finding_info").at("uid") == last.at("finding_info").at("uid"));
}

TEST_CASE("a freeze holds from the very next scan on, whoever decided it", "[contract][R8.2]") {
  Campus campus = learned();
  std::int64_t decided = 0;
  SECTION("the response policy") {
    misuse(campus, "a-1", 1, 0, "m");
    decided = 20 * kSecond;
  }
  SECTION("a person") {
    decided = kMinute;
    campus.command("account.freeze", "a-1", {{"article", "8"}}, decided, "security-officer");
  }
  campus.scan("next", "d-1", 9, "a-1", decided + 1, {{"handset", "h-a-1"}});
  const Outcome outcome = campus.replay();
  const auto freezes = outcome.values("freezes");
  REQUIRE(freezes.size() == 1);
  CHECK(since(freezes[0].at("time")) == decided); // in the same turn
  CHECK(outcome.verdict("next") == "deny");
}

TEST_CASE("leaving is never blocked by an automatic freeze", "[contract]") {
  Campus campus = learned();
  misuse(campus, "a-1", 1, 0, "m");
  campus.scan("out", "d-1", 3, "a-1", kHour, {{"direction", "out"}});
  campus.scan("clinic", "d-1", 4, "a-1", 2 * kHour, {{"function", "other:clinic"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("out") == "allow");
  CHECK(outcome.verdict("clinic") == "allow");
}

TEST_CASE("a provisional freeze ends after its 72 hours unless a person confirms it", "[contract]") {
  Campus campus = learned();
  misuse(campus, "a-1", 1, 0, "m");
  campus.open("a-2");
  campus.scan("held", "d-1", 3, "a-1", 71 * kHour);
  campus.scan("other", "d-2", 9, "a-2", 73 * kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("held") == "deny");
  REQUIRE(outcome.records("freezes").size() == 2);
  const json last = outcome.values("freezes")[1];
  CHECK(last.at("data").at("state") == "active");
  CHECK(last.at("data").at("holds") == json::array());
  CHECK(last.at("data").at("revision") == 2);
}

TEST_CASE("provisional_hours is the policy's", "[contract]") {
  Campus campus = learned();
  campus.policy["response"]["provisional_hours"] = 5;
  misuse(campus, "a-1", 1, 0, "m");
  CHECK(since(campus.replay().last_freeze("a-1").at("holds").at(0).at("expires")) == 20 * kSecond + 5 * kHour);
}

TEST_CASE("within the learning period nobody is frozen, people are asked", "[contract]") {
  Campus campus = learned(14);
  misuse(campus, "a-1", 1, 0, "m");
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("freezes").empty());
  const auto alerts = outcome.data("alerts");
  REQUIRE_FALSE(alerts.empty());
  CHECK(ours(alerts.back()).at("score") == 965);
  CHECK(ours(alerts.back()).at("band") == 3);
}

TEST_CASE("learning lasts 14 days from the account's first scan", "[contract]") {
  Campus campus = ordinary(); // built-in response
  campus.scan("first", "d-1", 1, "a-1", -15 * kDay);
  misuse(campus, "a-1", 2, 0, "m");
  CHECK(frozen(campus.replay()) == 1);
  Campus young = ordinary();
  young.scan("first", "d-1", 1, "a-1", -13 * kDay);
  misuse(young, "a-1", 2, 0, "m");
  CHECK(frozen(young.replay()) == 0);
}

TEST_CASE("one family alone freezes nobody", "[contract]") {
  Campus campus = learned();
  campus.policy["rules"]["A2"] = {{"weight", 980}};
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  campus.scan("s2", "d-2", 1, "a-1", kSecond, {{"handset", "h-1"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.decision("s2").at("score") == 980);
  CHECK(outcome.records("freezes").empty());
}

TEST_CASE("auto_freeze false leaves it to people", "[contract]") {
  Campus campus = learned();
  campus.policy["response"]["auto_freeze"] = false;
  misuse(campus, "a-1", 1, 0, "m");
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("freezes").empty());
  CHECK(ours(outcome.data("alerts").back()).at("band") == 3);
}

TEST_CASE("A8 alone is a watch, two handsets are not yet anything", "[contract]") {
  Campus campus = learned();
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  campus.scan("s2", "d-1", 2, "a-1", kHour, {{"handset", "h-2"}});
  campus.scan("s3", "d-1", 3, "a-1", 2 * kHour, {{"handset", "h-1"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.decision("s2").at("score") == 0);
  CHECK(outcome.decision("s3").at("score") == 650);
  const auto alerts = outcome.findings("alerts", "A8", "a-1");
  REQUIRE(alerts.size() == 1);
  CHECK(ours(alerts[0]).at("band") == 1);
  CHECK(alerts[0].at("severity_id") == 2);
  CHECK(outcome.verdict("s3") == "allow");
}

TEST_CASE("a registered second handset is no alternation", "[contract]") {
  Campus campus = learned();
  campus.bind("a-1", "h-2", -80 * kDay, {{"secondary", true}});
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  campus.scan("s2", "d-1", 2, "a-1", kHour, {{"handset", "h-2"}});
  campus.scan("s3", "d-1", 3, "a-1", 2 * kHour, {{"handset", "h-1"}});
  CHECK(campus.replay().records("alerts").empty());
}

TEST_CASE("from 700 on the next scan is challenged", "[contract]") {
  Campus campus = ordinary(); // learning: no freeze
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  campus.scan("s2", "d-2", 1, "a-1", kSecond, {{"handset", "h-1"}});
  campus.scan("s3", "d-1", 2, "a-1", kHour, {{"handset", "h-1"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("s3") == "challenge");
  CHECK(outcome.reasons("s3") == std::vector<std::string>{"CHALLENGE_REQUIRED"});
}

TEST_CASE("a rule in shadow or off adds no points; shadow is named where it would have changed the verdict",
          "[contract]") {
  const std::string mode = GENERATE("shadow", "off");
  CAPTURE(mode);
  Campus campus = learned();
  for (const char* rule : {"A1", "A2"}) campus.policy["rules"][rule] = {{"mode", mode}};
  misuse(campus, "a-1", 1, 0, "m");
  campus.scan("next", "d-1", 3, "a-1", kHour, {{"handset", "h-a-1"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("freezes").empty());
  CHECK(outcome.verdict("next") == "allow");
  CHECK(outcome.decision("m-3").at("score") == 650); // A8 alone
  CHECK(contains(outcome.decision("next").at("shadow"), "A2") == (mode == "shadow"));
}

TEST_CASE("the breaker stops the 21st automatic freeze within ten minutes", "[contract]") {
  Campus campus;
  campus.policy["response"]["learning_days"] = 0;
  campus.adopt("gates");
  campus.device("d-1");
  campus.device("d-2", "gates", "z-2");
  for (int i = 0; i < 25; ++i) campus.open("b-" + std::to_string(i));
  for (int i = 0; i < 25; ++i)
    misuse(campus, "b-" + std::to_string(i), 1 + 2 * i, i * 21 * kSecond, "m" + std::to_string(i));
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(frozen(outcome) == 20);
  for (int i = 0; i < 25; ++i) {
    const json freeze = outcome.last_freeze("b-" + std::to_string(i));
    INFO(i);
    CHECK(freeze.is_null() == (i >= 20));
  }
}

TEST_CASE("the breaker is the policy's, and a day has its own limit, never below `freezes`", "[contract]") {
  Campus campus;
  campus.policy["response"] = {{"learning_days", 0}, {"breaker", {{"freezes", 3}, {"minutes", 10}}}};
  campus.adopt("gates");
  campus.device("d-1");
  campus.device("d-2", "gates", "z-2");
  for (int i = 0; i < 6; ++i) campus.open("b-" + std::to_string(i));
  SECTION("within ten minutes") {
    for (int i = 0; i < 6; ++i)
      misuse(campus, "b-" + std::to_string(i), 1 + 2 * i, i * kMinute, "m" + std::to_string(i));
    CHECK(frozen(campus.replay()) == 3);
  }
  SECTION("an hour apart, but 0.2 % of six accounts a day are fewer than three") {
    for (int i = 0; i < 6; ++i)
      misuse(campus, "b-" + std::to_string(i), 1 + 2 * i, i * kHour, "m" + std::to_string(i));
    CHECK(frozen(campus.replay()) == 3);
  }
}

TEST_CASE("evidence fades with its half-life", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  campus.scan("s2", "d-2", 1, "a-1", kSecond, {{"handset", "h-1"}});
  campus.scan("s3", "d-1", 2, "a-1", 15 * kDay + kSecond, {{"handset", "h-1"}});
  campus.scan("s4", "d-1", 3, "a-1", 29 * kDay + kSecond, {{"handset", "h-1"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.decision("s2").at("score") == 900);
  CHECK(outcome.decision("s3").at("score") == 804); // 1 - 0.1^(2^(-15/30))
  CHECK(outcome.decision("s4").at("score") == 692); // 1 - 0.1^(2^(-29/30))
  CHECK(outcome.verdict("s3") == "challenge");
  CHECK(outcome.verdict("s4") == "allow");
}

TEST_CASE("a finding quiet for 30 days closes, under the same uid", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.scan("s2", "d-2", 1, "a-1", kSecond);
  campus.scan("s3", "d-1", 2, "a-1", 31 * kDay);
  const auto alerts = campus.replay().data("alerts");
  REQUIRE(alerts.size() == 2);
  CHECK(alerts[0].at("activity_id") == 1);
  CHECK(alerts[1].at("activity_id") == 3);
  CHECK(alerts[0].at("finding_info").at("uid") == alerts[1].at("finding_info").at("uid"));
}

TEST_CASE("a card shown to readers with broken or upload clocks is no simultaneous presence", "[contract]") {
  Campus campus = learned();
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"clock", "free"}});
  campus.scan("s2", "d-2", 1, "a-1", kSecond, {{"offline", true}});
  CHECK(campus.replay().records("alerts").empty());
}

TEST_CASE("buildings next door to each other are an ordinary walk", "[contract]") {
  Campus campus = learned();
  campus.device("d-3", "gates", "z-3");
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.scan("s2", "d-3", 1, "a-1", 30 * kSecond);
  CHECK(campus.replay().records("alerts").empty());
}

TEST_CASE("arrival order neither hides nor invents simultaneous presence", "[contract]") {
  std::vector<int> order{0, 1, 2};
  do {
    Campus campus = learned(14);
    for (int i : order) {
      if (i == 0) campus.scan("s0", "d-1", 1, "a-1", 0);
      if (i == 1) campus.scan("s1", "d-2", 1, "a-1", kSecond);
      if (i == 2) campus.scan("s2", "d-1", 2, "a-1", 5 * kHour);
    }
    const Outcome outcome = campus.replay();
    INFO(json(order).dump());
    REQUIRE_FALSE(outcome.records("alerts").empty());
    CHECK(outcome.data("alerts").back().at("finding_info").at("analytic").at("uid") == "A2");
    CHECK(outcome.records("decisions").size() == 3);
  } while (std::next_permutation(order.begin(), order.end()));
}
