// Catches: an integration whose postings are refused by the dozen while nobody is told, a handful of refusals that passes
// for a fault, one integration accused of another's mistakes.
#include "tests/contract/procedures.hpp"

using namespace contract;

namespace {

class Exchange : public Procedure {
public:
  // So many new postings, a second apart.
  void good(int count, std::int64_t time, const std::string& integration = "gates") {
    for (int i = 0; i < count; ++i, time += kSecond)
      posting("p-" + std::to_string(++postings_), "topup", 100, time, {{"integration", integration}});
  }
  // So many that come again under a number that was used, with another amount.
  void bad(int count, std::int64_t time, const std::string& integration = "gates") {
    const json of = {{"integration", integration}};
    if (!used_) posting("p-used", "topup", 7, time - kMinute, of);
    used_ = true;
    for (int i = 0; i < count; ++i, time += kSecond) posting("p-used", "topup", 1000 + i, time, of);
    refused_ += count;
  }
  Outcome outcome() const {
    Outcome out = replay();
    REQUIRE(out.exit.code == 0);
    CHECK(out.dead_codes() ==
          std::vector<std::string>(static_cast<std::size_t>(refused_), std::string("DUPLICATE_ID")));
    return out;
  }

private:
  int postings_ = 0;
  int refused_ = 0;
  bool used_ = false;
};

bool found(const Outcome& outcome, const std::string& integration = "gates") {
  return !outcome.findings("compliance", "R5.2", integration).empty();
}

} // namespace

TEST_CASE("many refused postings in a day are one finding about their integration", "[contract][R5.2]") {
  Exchange exchange;
  exchange.good(150, 0);
  exchange.bad(40, kHour);
  exchange.bad(20, 2 * kHour);
  const Outcome outcome = exchange.outcome();
  const auto findings = outcome.findings("compliance", "R5.2", "gates");
  REQUIRE_FALSE(findings.empty());
  int created = 0;
  for (const auto& finding : findings) {
    if (finding.at("activity_id") == 1) ++created;
    CHECK(finding.at("finding_info").at("uid") == findings[0].at("finding_info").at("uid"));
  }
  CHECK(created == 1);
  const json& last = findings.back();
  INFO(last.dump());
  CHECK(last.at("class_uid") == 2003);
  CHECK(last.at("compliance").at("control").get<std::string>().rfind('5', 0) == 0);
  CHECK(last.at("evidences").dump().find("\"ledger\"") != std::string::npos);
  const json& ours = last.at("unmapped").at("onecode");
  CHECK(has_chinese(ours.at("explanation").at("zh")));
  CHECK_FALSE(has_chinese(ours.at("explanation").at("en")));
  CHECK_FALSE(found(outcome, "clockwork"));
  CHECK(integration_state(outcome, "gates") == "live");
  for (const auto& record : outcome.records("compliance")) CHECK(record.at("key") == "gates");
}

TEST_CASE("which share and number of refusals are a finding", "[contract][R5.2]") {
  struct Row {
    int good, bad;
    bool expected;
  };
  const auto row = GENERATE(Row{0, 30, true}, Row{150, 30, true}, Row{0, 15, false}, // not twenty
                            Row{20, 15, false},    // a great share, but still not twenty
                            Row{1500, 30, false}); // two in a hundred
  CAPTURE(row.good, row.bad);
  Exchange exchange;
  exchange.good(row.good, 0);
  exchange.bad(row.bad, kHour);
  CHECK(found(exchange.outcome()) == row.expected);
}

TEST_CASE("refusals count per campus day", "[contract][R5.2]") {
  Exchange exchange;
  exchange.good(10, 0);
  exchange.bad(15, 15 * kHour);
  exchange.bad(15, 17 * kHour); // after midnight on campus
  CHECK_FALSE(found(exchange.outcome()));
  exchange.bad(10, 18 * kHour);
  CHECK(found(exchange.outcome()));
}

TEST_CASE("refusals count for the integration that they name", "[contract][R5.2]") {
  Exchange exchange;
  exchange.good(200, 0);
  exchange.good(20, 0, "clockwork");
  exchange.bad(30, kHour, "clockwork");
  const Outcome outcome = exchange.outcome();
  CHECK(found(outcome, "clockwork"));
  CHECK_FALSE(found(outcome, "gates"));
}

TEST_CASE("the same posting again is no refusal", "[contract][R5.2]") {
  Exchange exchange;
  for (int i = 0; i < 50; ++i) exchange.posting("p-1", "topup", 100, i * kSecond);
  CHECK_FALSE(found(exchange.outcome()));
}

TEST_CASE("the limits are the policy's", "[contract][R5.2][R13.1]") {
  Exchange exchange;
  exchange.good(10, 0);
  bool expected = false;
  int bad = 30;
  SECTION("fewer are enough") {
    exchange.policy["rules"]["R5.2"] = {{"params", {{"rejected", 5}}}};
    bad = 8;
    expected = true;
  }
  SECTION("half may go wrong") {
    exchange.policy["rules"]["R5.2"] = {{"params", {{"rejected_permille", 900}}}};
    exchange.good(60, kMinute);
  }
  SECTION("off") { exchange.policy["rules"]["R5.2"] = {{"mode", "off"}}; }
  exchange.bad(bad, kHour);
  CHECK(found(exchange.outcome()) == expected);
}

TEST_CASE("postings to accounts that do not exist are refusals, too", "[contract][R5.2]") {
  Exchange exchange;
  for (int i = 0; i < 40; ++i)
    exchange.posting("p-" + std::to_string(i), "charge", 5, i * kSecond,
                     {{"account", "nobody-" + std::to_string(i)}});
  const Outcome outcome = exchange.replay();
  CHECK(outcome.dead("UNKNOWN_TARGET").size() == 40);
  CHECK(found(outcome));
}
