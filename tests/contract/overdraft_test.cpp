// Would catch: a debt that the school's own fault made and nobody claims, a person held for a debt that was their own
// doing, a hold lifted while money is still owed or without a review, a late debit that slips in before the review, a
// posting counted twice, a sum that disagrees with the payment system without anybody hearing of it.
#include "tests/contract/procedures.hpp"

using namespace contract;

namespace {

using Articles = std::vector<std::string>;
using Reasons = std::vector<std::string>;

const json kOutage = {{"cause", "outage"}};

Step apply(const std::string& actor = "holder-1") {
  return {"unfreeze.apply", "a-1", {{"article", "10"}}, "holder", actor};
}
Step review(const std::string& outcome, const std::string& actor = "reviewer-1") {
  return {"unfreeze.review",
          "a-1",
          {{"article", "10"}, {"outcome", outcome}, {"reasons", "account looked through"}},
          "reviewer",
          actor};
}

// 300 fen paid in, 500 charged during an outage: 200 are owed.
Procedure overdrawn() {
  Procedure procedure;
  procedure.posting("p-1", "topup", 300, 0);
  procedure.posting("p-2", "charge", 500, kHour, kOutage);
  return procedure;
}
Procedure cleared() {
  Procedure procedure = overdrawn();
  procedure.posting("p-3", "repayment", 200, 2 * kHour);
  return procedure;
}
Procedure applied() {
  Procedure procedure = cleared();
  procedure.take(apply(), 3 * kHour);
  return procedure;
}

// Can the debt be declared paid at this time? Then application and review lift the hold.
bool paid(Procedure procedure, std::int64_t time) {
  procedure.take(apply(), time);
  procedure.take(review("approved"), time + kMinute);
  return account_state(procedure.replay(), "a-1") == "active";
}

bool claims(const json& notice, const std::string& fen, const std::string& yuan) {
  for (const char* language : {"zh", "en"}) {
    const std::string text = notice.at("text").at(language);
    if (text.find(yuan) == std::string::npos && text.find(fen) == std::string::npos) return false;
  }
  return true;
}

} // namespace

// ---- when Art. 10 applies

TEST_CASE("an overdraft by anything but the person's own doing holds the account and claims the amount",
          "[contract][R10.1][R10.2]") {
  const std::string cause = GENERATE("offline_lag", "double_post", "outage", "config", "unknown");
  CAPTURE(cause);
  Procedure procedure;
  procedure.posting("p-1", "topup", 300, 0);
  procedure.posting("p-2", "charge", 500, kHour, {{"cause", cause}});
  procedure.scan("pay", "d-1", 1, "a-1", 2 * kHour,
                 {{"function", "payment"}, {"amount", 100}, {"direction", "none"}});
  procedure.scan("in", "d-1", 2, "a-1", 3 * kHour);
  procedure.scan("out", "d-1", 3, "a-1", 4 * kHour, {{"direction", "out"}});
  const Outcome outcome = accepted(procedure);
  REQUIRE(outcome.records("freezes").size() == 1);
  CHECK(account_state(outcome, "a-1") == "frozen");
  const json owed = hold(outcome, "a-1", "10");
  REQUIRE(owed.is_object());
  CHECK(owed.at("expires").is_null());
  CHECK(since(owed.at("since")) == kHour);
  CHECK(contains(owed.at("functions"), "payment"));
  CHECK(owed.at("decided_by").at("role") == "response-policy");
  CHECK(owed.at("decided_by").at("actor") == "policy:t-1");
  CHECK_FALSE(owed.at("reason").get<std::string>().empty());
  CHECK_FALSE(owed.at("remedy").get<std::string>().empty());
  CHECK(outcome.reasons("pay") == Reasons{"ACCOUNT_FROZEN"});
  CHECK(outcome.reasons("in") == Reasons{"ACCOUNT_FROZEN"});
  CHECK(outcome.verdict("out") == "allow");
  const auto notices = told(outcome, "a-1", kHour, kHour + kMinute);
  REQUIRE_FALSE(notices.empty());
  bool claimed = false;
  for (const auto& one : notices) {
    check_notice(one.notice);
    CHECK(one.notice.at("article") == "10");
    claimed = claimed || claims(one.notice, "200", "2.00");
  }
  CHECK(claimed);
}

TEST_CASE("an overdraft of the person's own doing is not Art. 10", "[contract][R10.1]") {
  Procedure procedure;
  procedure.posting("p-1", "topup", 300, 0);
  SECTION("said") { procedure.posting("p-2", "charge", 500, kHour, {{"cause", "normal"}}); }
  SECTION("by default") { procedure.posting("p-2", "charge", 500, kHour); }
  procedure.scan("pay", "d-1", 1, "a-1", 2 * kHour,
                 {{"function", "payment"}, {"amount", 100}, {"direction", "none"}});
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.records("freezes").empty());
  CHECK(outcome.verdict("pay") == "allow");
  for (const auto& notice : outcome.notices("a-1")) CHECK(notice.at("article") != "10");
}

TEST_CASE("a charge with a fault that leaves money in the account is no overdraft", "[contract][R10.1]") {
  Procedure procedure;
  procedure.posting("p-1", "topup", 500, 0);
  procedure.posting("p-2", "charge", 500, kHour, kOutage);
  CHECK(accepted(procedure).records("freezes").empty());
}

TEST_CASE("a late offline charge that overdraws is found on arrival", "[contract][R10.1]") {
  Procedure procedure;
  procedure.posting("p-1", "topup", 300, 0);
  procedure.posting("p-2", "charge", 250, 2 * kHour);
  SECTION("its cause said") {
    procedure.late_posting("p-3", "charge", 100, kHour, 5 * kHour, {{"cause", "offline_lag"}});
  }
  SECTION("only marked offline") { procedure.late_posting("p-3", "charge", 100, kHour, 5 * kHour); }
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"10"});
  const auto notices = outcome.notices("a-1");
  REQUIRE_FALSE(notices.empty());
  CHECK(claims(notices.back(), "50", "0.50"));
}

TEST_CASE("fees take and refunds give, as charges and top-ups do", "[contract][R9.3]") {
  Procedure procedure;
  procedure.posting("p-1", "refund", 300, 0);
  procedure.posting("p-2", "fee", 300, kHour, kOutage);
  CHECK(accepted(procedure).records("freezes").empty());
  procedure.posting("p-3", "fee", 1, 2 * kHour, kOutage);
  CHECK(articles(accepted(procedure), "a-1") == Articles{"10"});
}

// ---- the order of things

TEST_CASE("repaid in full, applied, reviewed, lifted", "[contract][R10.3]") {
  Procedure procedure = cleared();
  CHECK(articles(accepted(procedure), "a-1") == Articles{"10"}); // repaying alone lifts nothing
  procedure.take(apply(), 3 * kHour);
  CHECK(articles(accepted(procedure), "a-1") == Articles{"10"});
  procedure.take(review("approved"), 4 * kHour);
  procedure.scan("pay", "d-1", 1, "a-1", 5 * kHour,
                 {{"function", "payment"}, {"amount", 100}, {"direction", "none"}});
  const Outcome outcome = accepted(procedure);
  CHECK(account_state(outcome, "a-1") == "active");
  CHECK(outcome.verdict("pay") == "allow");
  const auto notices = told(outcome, "a-1", 4 * kHour, 4 * kHour + kMinute);
  REQUIRE_FALSE(notices.empty());
  CHECK(has_chinese(notices.back().notice.at("text").at("zh")));
}

TEST_CASE("in this order only", "[contract][R10.3]") {
  SECTION("owing: neither application nor review") {
    refused(overdrawn(), {apply(), review("approved"), review("refused")}, 2 * kHour, {"ILLEGAL_TRANSITION"});
  }
  SECTION("partly repaid: neither") {
    Procedure procedure = overdrawn();
    procedure.posting("p-3", "repayment", 199, 2 * kHour);
    CHECK(articles(accepted(procedure), "a-1") == Articles{"10"});
    refused(procedure, {apply(), review("approved")}, 3 * kHour, {"ILLEGAL_TRANSITION"});
  }
  SECTION("repaid: no review before the application") {
    refused(cleared(), {review("approved"), review("refused")}, 3 * kHour, {"ILLEGAL_TRANSITION"});
  }
  SECTION("applied: not again") { refused(applied(), apply(), 4 * kHour, "ILLEGAL_TRANSITION"); }
  SECTION("lifted: nothing more") {
    Procedure procedure = applied();
    procedure.take(review("approved"), 4 * kHour);
    refused(procedure, {apply(), review("approved")}, 5 * kHour, {"ILLEGAL_TRANSITION"});
  }
  SECTION("never held") { refused(Procedure(), {apply(), review("approved")}, 0, {"ILLEGAL_TRANSITION"}); }
}

TEST_CASE("several partial repayments add up", "[contract][R10.3]") {
  Procedure procedure = overdrawn();
  procedure.posting("p-3", "repayment", 150, 2 * kHour);
  procedure.posting("p-4", "repayment", 49, 3 * kHour);
  CHECK_FALSE(paid(procedure, 4 * kHour));
  procedure.posting("p-5", "repayment", 1, 5 * kHour);
  CHECK(paid(procedure, 6 * kHour));
}

TEST_CASE("the reviewer is not the applicant, and holder and reviewer are who they say", "[contract][R10.3]") {
  SECTION("same person") {
    Procedure procedure = cleared();
    Step step = apply("clerk-1");
    step.role = "registrar";
    procedure.take(step, 3 * kHour);
    refused(procedure, review("approved", "clerk-1"), 4 * kHour, "SAME_PERSON");
  }
  SECTION("a stranger") { refused(cleared(), apply("stranger"), 3 * kHour, "NOT_OWNER"); }
  SECTION("an officer") {
    Step step = review("approved");
    step.role = "security-officer";
    refused(applied(), step, 4 * kHour, "FORBIDDEN_ROLE");
  }
}

TEST_CASE("a refused review keeps the hold and needs a new application", "[contract][R10.3]") {
  Procedure procedure = applied();
  procedure.take(review("refused"), 4 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"10"});
  const auto notices = told(outcome, "a-1", 4 * kHour, 4 * kHour + kMinute);
  REQUIRE_FALSE(notices.empty());
  check_notice(notices.back().notice);
  refused(procedure, review("approved"), 5 * kHour, "ILLEGAL_TRANSITION");
  CHECK(paid(procedure, 6 * kHour));
}

TEST_CASE("a late debit before the review opens the debt again", "[contract][R10.3]") {
  SECTION("between repayment and application") {
    Procedure procedure = cleared();
    procedure.late_posting("p-9", "charge", 70, kMinute, 3 * kHour, {{"cause", "offline_lag"}});
    refused(procedure, apply(), 4 * kHour, "ILLEGAL_TRANSITION");
    procedure.posting("p-10", "repayment", 70, 5 * kHour);
    CHECK(paid(procedure, 6 * kHour));
  }
  SECTION("between application and review") {
    Procedure procedure = applied();
    procedure.late_posting("p-9", "charge", 70, kMinute, 4 * kHour, {{"cause", "offline_lag"}});
    refused(procedure, review("approved"), 5 * kHour, "ILLEGAL_TRANSITION");
    const Outcome outcome = accepted(procedure);
    CHECK(articles(outcome, "a-1") == Articles{"10"});
    const auto notices = outcome.notices("a-1");
    bool claimed = false; // the new amount
    for (std::size_t i = accepted(applied()).notices("a-1").size(); i < notices.size(); ++i)
      claimed = claimed || claims(notices[i], "70", "0.70");
    CHECK(claimed);
    procedure.posting("p-10", "repayment", 70, 6 * kHour);
    refused(procedure, review("approved"), 7 * kHour, "ILLEGAL_TRANSITION"); // a new application is needed
    CHECK(paid(procedure, 8 * kHour));
  }
  SECTION("also one of the person's own doing, for the review looks at the balance now") {
    Procedure procedure = applied();
    procedure.posting("p-9", "charge", 70, 4 * kHour);
    refused(procedure, review("approved"), 5 * kHour, "ILLEGAL_TRANSITION");
  }
  SECTION("a debit that the account can bear opens nothing") {
    Procedure procedure = overdrawn();
    procedure.posting("p-3", "repayment", 500, 2 * kHour);
    procedure.take(apply(), 3 * kHour);
    procedure.posting("p-4", "charge", 70, 4 * kHour);
    procedure.take(review("approved"), 5 * kHour);
    CHECK(account_state(accepted(procedure), "a-1") == "active");
  }
}

TEST_CASE("after the lift a new overdraft is a new hold", "[contract][R10.3]") {
  Procedure procedure = applied();
  procedure.take(review("approved"), 4 * kHour);
  procedure.posting("p-9", "charge", 70, 5 * kHour, kOutage);
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"10"});
  CHECK(outcome.last_freeze("a-1").at("revision") == 3);
  const auto freezes = outcome.data("freezes");
  CHECK(freezes.front().at("holds").at(0).at("id") != freezes.back().at("holds").at(0).at("id"));
}

TEST_CASE("a debt that grows stays one hold", "[contract][R10.1]") {
  Procedure procedure = overdrawn();
  procedure.posting("p-3", "charge", 100, 2 * kHour, kOutage);
  CHECK(articles(accepted(procedure), "a-1") == Articles{"10"});
  procedure.posting("p-4", "repayment", 200, 3 * kHour);
  CHECK_FALSE(paid(procedure, 4 * kHour));
  procedure.posting("p-5", "repayment", 100, 5 * kHour);
  CHECK(paid(procedure, 6 * kHour));
}

TEST_CASE("an account that has ended can owe, and is held when it comes back", "[contract][R10.2]") {
  Procedure procedure;
  procedure.posting("p-1", "topup", 300, 0);
  procedure.command("account.close", "a-1", json::object(), kHour, "registrar");
  procedure.late_posting("p-2", "charge", 500, kMinute, 2 * kHour, {{"cause", "offline_lag"}});
  const Outcome closed = accepted(procedure);
  CHECK(account_state(closed, "a-1") == "expired");
  CHECK(articles(closed, "a-1") == Articles{"10"});
  procedure.command("account.renew", "a-1", {{"valid_to", at(90 * kDay)}}, 3 * kHour, "registrar");
  CHECK(account_state(accepted(procedure), "a-1") == "frozen");
  procedure.posting("p-3", "repayment", 200, 4 * kHour);
  CHECK(paid(procedure, 5 * kHour));
}

// ---- beside Art. 8

TEST_CASE("Art. 8 and Art. 10 together: repay, apply, approve lifts only Art. 10, the scan is still denied",
          "[contract][R10.3]") {
  Procedure procedure = overdrawn();
  procedure.command("account.freeze", "a-1", {{"article", "8"}}, kHour + kMinute, "security-officer");
  CHECK(articles(accepted(procedure), "a-1") == Articles{"10", "8"});
  procedure.posting("p-3", "repayment", 200, 2 * kHour);
  procedure.take(apply(), 3 * kHour);
  procedure.take(review("approved"), 4 * kHour);
  procedure.scan("denied", "d-1", 1, "a-1", 5 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"8"});
  CHECK(account_state(outcome, "a-1") == "frozen");
  CHECK(outcome.verdict("denied") == "deny");
  CHECK(outcome.reasons("denied") == Reasons{"ACCOUNT_FROZEN"});
}

TEST_CASE("a new handset does not pay a debt", "[contract][R10.3]") {
  Procedure procedure = overdrawn();
  procedure.bind("a-1", "h-2", 2 * kHour, {{"replaces", "h-1"}});
  CHECK(articles(accepted(procedure), "a-1") == Articles{"10"});
}

// ---- postings: once, undone, reconciled

TEST_CASE("a posting counts once, however often it is sent", "[contract][R9.1]") {
  SECTION("a charge: 200 are owed, not 700") {
    Procedure procedure = overdrawn();
    procedure.posting("p-2", "charge", 500, kHour, kOutage); // another event id, the same posting
    procedure.add(procedure.lines.back());                   // and the very same record
    procedure.posting("p-3", "repayment", 200, 2 * kHour);
    accepted(procedure);
    CHECK(paid(procedure, 3 * kHour));
  }
  SECTION("a repayment: 100 are paid, not 200") {
    Procedure procedure = overdrawn();
    procedure.posting("p-3", "repayment", 100, 2 * kHour);
    procedure.posting("p-3", "repayment", 100, 2 * kHour);
    accepted(procedure);
    CHECK_FALSE(paid(procedure, 3 * kHour));
  }
}

TEST_CASE("a posting id again with other content is DUPLICATE_ID and counts for nothing", "[contract][R9.1]") {
  Procedure procedure = overdrawn();
  procedure.posting("p-3", "repayment", 100, 2 * kHour);
  SECTION("another amount") { procedure.posting("p-3", "repayment", 900, 3 * kHour); }
  SECTION("another kind") { procedure.posting("p-3", "topup", 100, 3 * kHour); }
  CHECK(procedure.replay().dead_codes() == std::vector<std::string>{"DUPLICATE_ID"});
  CHECK_FALSE(paid(procedure, 4 * kHour));
  procedure.posting("p-4", "repayment", 100, 5 * kHour);
  CHECK(paid(procedure, 6 * kHour));
}

TEST_CASE("a reversal undoes its posting", "[contract][R9.1]") {
  SECTION("of the charge: nothing is owed, the hold waits for its review") {
    Procedure procedure = overdrawn();
    procedure.posting("r-2", "reversal", 500, 2 * kHour, {{"reverses", "p-2"}});
    CHECK(articles(accepted(procedure), "a-1") == Articles{"10"});
    CHECK(paid(procedure, 3 * kHour));
  }
  SECTION("of the repayment: it is owed again") {
    Procedure procedure = cleared();
    procedure.posting("r-3", "reversal", 200, 3 * kHour, {{"reverses", "p-3"}, {"cause", "config"}});
    refused(procedure, apply(), 4 * kHour, "ILLEGAL_TRANSITION");
  }
  SECTION("of a top-up, by a fault of the system: an overdraft") {
    Procedure procedure;
    procedure.posting("p-1", "topup", 300, 0);
    procedure.posting("p-2", "charge", 250, kHour);
    procedure.posting("r-1", "reversal", 300, 2 * kHour, {{"reverses", "p-1"}, {"cause", "double_post"}});
    const Outcome outcome = accepted(procedure);
    CHECK(articles(outcome, "a-1") == Articles{"10"});
    REQUIRE_FALSE(outcome.notices("a-1").empty());
    CHECK(claims(outcome.notices("a-1").back(), "250", "2.50"));
  }
  SECTION("once only") {
    Procedure procedure = overdrawn();
    procedure.posting("r-2", "reversal", 500, 2 * kHour, {{"reverses", "p-2"}});
    procedure.posting("r-2", "reversal", 500, 2 * kHour, {{"reverses", "p-2"}}); // sent again
    procedure.posting("p-3", "charge", 400, 3 * kHour, kOutage);                 // 300 - 400
    accepted(procedure);
    CHECK_FALSE(paid(procedure, 4 * kHour));
    procedure.posting("p-4", "repayment", 100, 5 * kHour);
    CHECK(paid(procedure, 6 * kHour));
  }
}

TEST_CASE("a reversal names what it reverses", "[contract][R9.1]") {
  Procedure procedure = overdrawn();
  procedure.posting("r-2", "reversal", 500, 2 * kHour);
  const auto codes = procedure.replay().dead_codes();
  REQUIRE(codes.size() == 1);
  CHECK(one_of(codes[0], {"MISSING_FIELD", "BAD_FIELD"}));
  CHECK_FALSE(paid(procedure, 3 * kHour));
}

TEST_CASE("the payment system's balance is adopted; where it differs, R5.2 is found at the integration",
          "[contract][R5.2]") {
  Procedure procedure;
  procedure.posting("p-1", "topup", 1000, 0, {{"balance", 1000}});
  SECTION("no difference, no finding") {
    procedure.posting("p-2", "charge", 100, kHour, {{"balance", 900}});
    procedure.posting("p-3", "charge", 100, 2 * kHour);
    procedure.posting("p-4", "charge", 100, 3 * kHour, {{"balance", 700}});
    CHECK(accepted(procedure).records("compliance").empty());
  }
  SECTION("a difference") {
    procedure.posting("p-2", "charge", 100, kHour, {{"balance", 800}}); // 900 by our sum
    const Outcome found = accepted(procedure);
    const auto findings = found.findings("compliance", "R5.2", "gates");
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].at("activity_id") == 1);
    CHECK(found.records("compliance").at(0).at("key") == "gates");
    CHECK(found.records("compliance").size() == 1);
    procedure.posting("p-3", "charge", 850, 2 * kHour, kOutage); // 800 - 850
    const Outcome outcome = accepted(procedure);
    CHECK(articles(outcome, "a-1") == Articles{"10"});
    REQUIRE_FALSE(outcome.notices("a-1").empty());
    CHECK(claims(outcome.notices("a-1").back(), "50", "0.50"));
  }
  SECTION("each integration answers for its own") {
    procedure.posting("p-2", "charge", 100, kHour, {{"balance", 800}, {"integration", "clockwork"}});
    const Outcome outcome = accepted(procedure);
    CHECK(outcome.findings("compliance", "R5.2", "gates").empty());
    CHECK(outcome.findings("compliance", "R5.2", "clockwork").size() == 1);
  }
}

TEST_CASE("the sum starts at the first balance that is said", "[contract][R5.2]") {
  Procedure procedure;
  procedure.posting("p-1", "charge", 100, 0, {{"balance", 900}});
  CHECK(accepted(procedure).records("compliance").empty());
  procedure.posting("p-2", "charge", 950, kHour, kOutage);
  CHECK(articles(accepted(procedure), "a-1") == Articles{"10"});
}

TEST_CASE("a balance below zero as the payment system saw it is an overdraft", "[contract][R10.1]") {
  Procedure procedure;
  procedure.posting("p-1", "charge", 100, 0, {{"balance", -40}, {"cause", "offline_lag"}});
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"10"});
  REQUIRE_FALSE(outcome.notices("a-1").empty());
  CHECK(claims(outcome.notices("a-1").back(), "40", "0.40"));
}

TEST_CASE("a posting without what it needs is a dead letter and counts for nothing", "[contract][R9.1]") {
  Procedure procedure = overdrawn();
  procedure.posting("p-3", "repayment", 200, 2 * kHour);
  json& data = procedure.lines.back()["value"]["data"];
  std::string code = "BAD_FIELD";
  SECTION("nothing") { data["amount"] = 0; }
  SECTION("less than nothing") { data["amount"] = -200; }
  SECTION("half a fen") { data["amount"] = 200.5; }
  SECTION("an unknown kind") { data["kind"] = "gift"; }
  SECTION("an unknown cause") { data["cause"] = "weather"; }
  for (const char* member : {"posting", "kind", "amount"}) {
    SECTION(std::string("without ") + member) {
      data.erase(member);
      code = "MISSING_FIELD";
    }
  }
  CHECK(procedure.replay().dead_codes() == std::vector<std::string>{code});
  CHECK_FALSE(paid(procedure, 3 * kHour));
}

TEST_CASE("money that comes in never opens Article 10, whatever its cause", "[contract][R10.1]") {
  Procedure procedure;
  procedure.posting("p-1", "charge", 5000, kMinute, {{"balance", -5000}}); // the user's own doing
  const auto posting =
      GENERATE(json{{"kind", "refund"}, {"cause", "double_post"}}, json{{"kind", "topup"}, {"offline", true}},
               json{{"kind", "topup"}, {"cause", "outage"}});
  CAPTURE(posting);
  json rest = posting;
  rest.erase("kind");
  procedure.posting("p-2", posting.at("kind").get<std::string>(), 300, 2 * kMinute, rest);
  CHECK(accepted(procedure).records("freezes").empty());
  procedure.posting("p-3", "charge", 100, 3 * kMinute, {{"cause", "double_post"}}); // this one did
  CHECK(accepted(procedure).records("freezes").size() == 1);
}
