// Would catch: a case decided before the person was heard, a confirmed hold that runs out or is lifted over the counter,
// an innocent person whose score stays, an appeal judged by whoever decided, an account cancelled by one person alone, a
// step out of order that changes something.
#include "tests/contract/procedures.hpp"

using namespace contract;

namespace {

using Articles = std::vector<std::string>;
using Reasons = std::vector<std::string>;

// The steps of case-1 about a-1, as people take them.
Step open_case(const json& findings = json::array(), const std::string& name = "case-1") {
  json args = {{"case", name}, {"act", "lend"}};
  if (!findings.empty()) args["findings"] = findings;
  return {"case.open", "a-1", args, "security-officer", "officer-1"};
}
Step statement(const std::string& actor = "holder-1", const std::string& name = "case-1") {
  return {"case.statement", "a-1", {{"case", name}, {"text_ref", "doc-1"}}, "holder", actor};
}
Step waiver() { return {"case.statement", "a-1", {{"case", "case-1"}, {"waived", true}}, "holder", "holder-1"}; }
Step decide(const std::string& outcome, const json& more = json::object(), const std::string& name = "case-1") {
  json args = {{"case", name}, {"outcome", outcome}, {"act", "lend"}, {"reasons", "as the record shows"}};
  args.update(more);
  return {"case.decide", "a-1", args, "security-officer", "officer-2"};
}
Step appeal(const std::string& actor = "holder-1", const std::string& name = "case-1") {
  return {"appeal.file", "a-1", {{"case", name}, {"text_ref", "doc-2"}}, "holder", actor};
}
Step decide_appeal(const std::string& outcome, const std::string& actor = "reviewer-1",
                   const std::string& name = "case-1") {
  return {
      "appeal.decide", "a-1", {{"case", name}, {"outcome", outcome}, {"reasons", "read again"}}, "reviewer", actor};
}
Step apply(const std::string& actor = "holder-1") {
  return {"unfreeze.apply", "a-1", {{"article", "8"}}, "holder", actor};
}
Step review(const std::string& outcome, const std::string& actor = "reviewer-1") {
  return {"unfreeze.review",
          "a-1",
          {{"article", "8"}, {"outcome", outcome}, {"reasons", "term served"}},
          "reviewer",
          actor};
}
Step propose(const std::string& name = "case-1", const std::string& actor = "officer-2") {
  return {"account.cancel.propose",
          "a-1",
          {{"case", name}, {"reasons", "again and for money"}, {"points", 12}},
          "security-officer",
          actor};
}
Step confirm(const std::string& actor = "centre-1", const std::string& name = "case-1") {
  return {"account.cancel.confirm", "a-1", {{"case", name}, {"reasons", "agreed"}}, "information-centre", actor};
}
Step lift() { return {"account.lift", "a-1", {{"article", "8"}}, "security-officer", "officer-1"}; }

Step freeze(const json& args) { return {"account.freeze", "a-1", args, "security-officer", "officer-1"}; }

// A hold by hand and the case about it, notified at the start of the day.
Procedure notified() {
  Procedure procedure;
  procedure.take(freeze({{"article", "8"}, {"case", "case-1"}}), -kHour);
  procedure.take(open_case(), 0);
  return procedure;
}
Procedure heard() {
  Procedure procedure = notified();
  procedure.take(statement(), kHour);
  return procedure;
}
Procedure decided(const std::string& outcome, const json& more = json::object()) { // at two hours
  Procedure procedure = heard();
  procedure.take(decide(outcome, more), 2 * kHour);
  return procedure;
}
Procedure appealed() { // at one day
  Procedure procedure = decided("upheld");
  procedure.take(appeal(), kDay);
  return procedure;
}

// 965 from two families, with an automatic provisional hold; then a case about its finding, an hour later.
Procedure automatic() {
  Procedure procedure;
  procedure.policy["response"]["learning_days"] = 0;
  procedure.scan("m-1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  procedure.scan("m-2", "d-2", 1, "a-1", kSecond, {{"handset", "h-friend"}});
  procedure.scan("m-3", "d-1", 2, "a-1", 20 * kSecond, {{"handset", "h-1"}});
  const Outcome outcome = accepted(procedure);
  const json provisional = hold(outcome, "a-1", "8");
  REQUIRE(provisional.is_object());
  procedure.take(open_case(provisional.at("evidence")), kHour);
  return procedure;
}

} // namespace

// ---- the ordinary way

TEST_CASE("a case is opened, and the person is told so", "[contract][R8.3]") {
  const Outcome outcome = accepted(notified());
  const auto notices = told(outcome, "a-1", 0, kMinute);
  REQUIRE_FALSE(notices.empty());
  const json& notice = notices.back().notice;
  check_notice(notice);
  CHECK(notice.at("case") == "case-1");
  CHECK(notice.at("article") == "8");
}

TEST_CASE("after the statement the case is decided; upheld keeps the hold, and the way to appeal is told",
          "[contract][R8.3]") {
  const Outcome outcome = accepted(decided("upheld"));
  CHECK(articles(outcome, "a-1") == Articles{"8"});
  CHECK(account_state(outcome, "a-1") == "frozen");
  const json confirmed = hold(outcome, "a-1", "8");
  CHECK(confirmed.at("case") == "case-1");
  const auto notices = told(outcome, "a-1", 2 * kHour, 2 * kHour + kMinute);
  REQUIRE_FALSE(notices.empty());
  const json& notice = notices.back().notice;
  check_notice(notice);
  CHECK(notice.at("case") == "case-1");
  REQUIRE(notice.at("deadline").is_string());
  CHECK(since(notice.at("deadline")) == 2 * kHour + 10 * kDay);
}

TEST_CASE("without a statement a case waits three days", "[contract][R8.3]") {
  Procedure procedure = notified();
  refused(procedure, {decide("upheld"), decide("not_upheld")}, 3 * kDay - kMinute, {"ILLEGAL_TRANSITION"});
  procedure.take(decide("not_upheld"), 3 * kDay + kMinute);
  CHECK(account_state(accepted(procedure), "a-1") == "active");
}

TEST_CASE("who waives the statement need not wait", "[contract][R8.3]") {
  Procedure procedure = notified();
  procedure.take(waiver(), kHour);
  procedure.take(decide("not_upheld"), 2 * kHour);
  CHECK(account_state(accepted(procedure), "a-1") == "active");
}

TEST_CASE("the registrar may give the statement for the holder", "[contract][R8.3]") {
  Procedure procedure = notified();
  Step step = statement("the-registrar");
  step.role = "registrar";
  procedure.take(step, kHour);
  procedure.take(decide("upheld"), 2 * kHour);
  accepted(procedure);
}

TEST_CASE("not upheld lifts the hold of the case and nothing else", "[contract][R8.3]") {
  Procedure procedure = notified();
  procedure.take(freeze({{"article", "protective"}}), 30 * kMinute);
  procedure.take(statement(), kHour);
  procedure.take(decide("not_upheld"), 2 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"protective"});
  CHECK_FALSE(told(outcome, "a-1", 2 * kHour, 2 * kHour + kMinute).empty());
}

// ---- automatic provisional holds

TEST_CASE("a provisional hold waits for the decision of its case", "[contract][R8.4]") {
  Procedure procedure = automatic();
  procedure.scan("waiting", "d-1", 3, "a-1", 80 * kHour, {{"handset", "h-1"}});
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"8"});
  CHECK(outcome.verdict("waiting") == "deny");
  CHECK(contains(outcome.decision("waiting").at("reasons"), "ACCOUNT_FROZEN"));
}

TEST_CASE("upheld makes the provisional hold a confirmed one, that does not expire", "[contract][R8.4]") {
  Procedure procedure = automatic();
  procedure.take(statement(), 2 * kHour);
  procedure.take(decide("upheld"), 3 * kHour);
  procedure.scan("held", "d-1", 3, "a-1", 100 * kDay, {{"handset", "h-1"}});
  const Outcome outcome = accepted(procedure);
  const json confirmed = hold(outcome, "a-1", "8");
  REQUIRE(confirmed.is_object());
  CHECK(confirmed.at("expires").is_null());
  CHECK(confirmed.at("case") == "case-1");
  CHECK(since(confirmed.at("since")) == 20 * kSecond);
  CHECK(outcome.verdict("held") == "deny");
}

TEST_CASE("upheld after the 72 hours confirms the hold that waited", "[contract][R8.4]") {
  Procedure procedure = automatic();
  procedure.take(decide("upheld"), 76 * kHour); // no statement: three days after notice
  procedure.clock(30 * kDay);
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"8"});
  CHECK(hold(outcome, "a-1", "8").at("expires").is_null());
}

TEST_CASE("not upheld lifts the provisional hold and resets the score", "[contract][R8.3][R9.3]") {
  Procedure procedure = automatic();
  procedure.take(statement(), 2 * kHour);
  procedure.take(decide("not_upheld"), 3 * kHour);
  procedure.scan("free", "d-1", 3, "a-1", 4 * kHour, {{"handset", "h-1"}});
  const Outcome outcome = accepted(procedure);
  CHECK(account_state(outcome, "a-1") == "active");
  CHECK(outcome.decision("free").at("score") == 0);
  CHECK(outcome.verdict("free") == "allow");
  CHECK(outcome.reasons("free").empty());
}

TEST_CASE("a case about a copied code: a protective hold becomes Art. 8 by the decision only", "[contract][R8.3]") {
  Procedure procedure;
  procedure.take(freeze({{"article", "protective"}, {"case", "case-1"}}), -kHour);
  procedure.take(open_case(), 0);
  procedure.take(statement(), kHour);
  CHECK(articles(accepted(procedure), "a-1") == Articles{"protective"});
  procedure.take(decide("upheld"), 2 * kHour);
  CHECK(articles(accepted(procedure), "a-1") == Articles{"8"});
  procedure.bind("a-1", "h-2", 3 * kHour, {{"replaces", "h-1"}});
  CHECK(articles(accepted(procedure), "a-1") == Articles{"8"});
}

// ---- appeals

TEST_CASE("an appeal may be filed for ten days", "[contract][R1.1]") {
  Procedure procedure = decided("upheld");
  SECTION("in time") {
    procedure.take(appeal(), 2 * kHour + 10 * kDay - kMinute);
    CHECK(articles(accepted(procedure), "a-1") == Articles{"8"}); // filing lifts nothing
  }
  SECTION("too late") { refused(procedure, appeal(), 2 * kHour + 10 * kDay + kMinute, "ILLEGAL_TRANSITION"); }
}

TEST_CASE("an appeal overturned lifts the hold and resets the score", "[contract][R1.1]") {
  Procedure procedure = automatic();
  procedure.take(statement(), 2 * kHour);
  procedure.take(decide("upheld"), 3 * kHour);
  procedure.take(appeal(), kDay);
  procedure.take(decide_appeal("overturned"), 2 * kDay);
  procedure.scan("free", "d-1", 3, "a-1", 3 * kDay, {{"handset", "h-1"}});
  const Outcome outcome = accepted(procedure);
  CHECK(account_state(outcome, "a-1") == "active");
  CHECK(outcome.decision("free").at("score") == 0);
  CHECK(outcome.verdict("free") == "allow");
  CHECK_FALSE(told(outcome, "a-1", 2 * kDay, 2 * kDay + kMinute).empty());
}

TEST_CASE("an appeal upheld is final and keeps the hold", "[contract][R1.1]") {
  Procedure procedure = appealed();
  procedure.take(decide_appeal("upheld"), 2 * kDay);
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"8"});
  CHECK_FALSE(told(outcome, "a-1", 2 * kDay, 2 * kDay + kMinute).empty());
}

TEST_CASE("nobody judges the appeal against their own decision", "[contract][R1.1]") {
  refused(appealed(), decide_appeal("overturned", "officer-2"), 2 * kDay, "SAME_PERSON");
}

// ---- how a confirmed hold ends

TEST_CASE("a hold of an upheld case is not lifted over the counter, also after its term", "[contract][R8.3]") {
  Procedure procedure = decided("upheld", {{"term_days", 30}});
  refused(procedure, lift(), kDay, "ILLEGAL_TRANSITION");
  procedure.scan("served", "d-1", 1, "a-1", 40 * kDay);
  CHECK(accepted(procedure).reasons("served") == Reasons{"ACCOUNT_FROZEN"});
  refused(procedure, lift(), 41 * kDay, "ILLEGAL_TRANSITION");
  Step with_case = lift();
  with_case.args["case"] = "case-1";
  refused(procedure, with_case, 41 * kDay, "ILLEGAL_TRANSITION");
}

TEST_CASE("term served, application, review by another person, lift: in this order only", "[contract][R8.3]") {
  Procedure procedure = decided("upheld", {{"term_days", 30}});
  procedure.clock(31 * kDay);
  refused(procedure, {review("approved"), review("refused")}, 32 * kDay, {"ILLEGAL_TRANSITION"});
  procedure.take(apply(), 33 * kDay);
  CHECK(articles(accepted(procedure), "a-1") == Articles{"8"});
  refused(procedure, lift(), 34 * kDay, "ILLEGAL_TRANSITION");
  procedure.take(review("approved"), 35 * kDay);
  procedure.scan("free", "d-1", 1, "a-1", 36 * kDay);
  const Outcome outcome = accepted(procedure);
  CHECK(account_state(outcome, "a-1") == "active");
  CHECK(outcome.verdict("free") == "allow");
  refused(procedure, {apply(), review("approved")}, 37 * kDay, {"ILLEGAL_TRANSITION"});
}

TEST_CASE("a refused application keeps the hold; a new one is possible, the old one is spent", "[contract][R8.3]") {
  Procedure procedure = decided("upheld", {{"term_days", 30}});
  procedure.take(apply(), 33 * kDay);
  procedure.take(review("refused"), 34 * kDay);
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"8"});
  const auto notices = told(outcome, "a-1", 34 * kDay, 34 * kDay + kMinute);
  REQUIRE_FALSE(notices.empty());
  check_notice(notices.back().notice);
  refused(procedure, review("approved"), 35 * kDay, "ILLEGAL_TRANSITION");
  procedure.take(apply(), 36 * kDay);
  procedure.take(review("approved"), 37 * kDay);
  CHECK(account_state(accepted(procedure), "a-1") == "active");
}

TEST_CASE("nobody reviews their own application", "[contract][R8.3]") {
  Procedure procedure = decided("upheld", {{"term_days", 30}});
  Step step = apply("clerk-1"); // a registrar applies for the holder
  step.role = "registrar";
  procedure.take(step, 33 * kDay);
  refused(procedure, review("approved", "clerk-1"), 34 * kDay, "SAME_PERSON");
}

// ---- cancellation

TEST_CASE("two people cancel an account for good", "[contract][R8.3]") {
  Procedure procedure = decided("upheld");
  procedure.take(propose(), 20 * kDay);
  CHECK(account_state(accepted(procedure), "a-1") == "frozen"); // proposing changes nothing
  procedure.take(confirm(), 21 * kDay);
  procedure.scan("in", "d-1", 1, "a-1", 22 * kDay);
  procedure.scan("out", "d-1", 2, "a-1", 22 * kDay + kHour, {{"direction", "out"}});
  const Outcome outcome = accepted(procedure);
  CHECK(account_state(outcome, "a-1") == "cancelled");
  CHECK(articles(outcome, "a-1") == Articles{"8"}); // keeps its holds
  CHECK(outcome.verdict("in") == "deny");
  CHECK(contains(outcome.decision("in").at("reasons"), "ACCOUNT_CANCELLED"));
  CHECK(outcome.verdict("out") == "allow");
  CHECK(contains(outcome.decision("out").at("reasons"), "ACCOUNT_CANCELLED"));
  const auto notices = told(outcome, "a-1", 21 * kDay, 21 * kDay + kMinute);
  REQUIRE_FALSE(notices.empty());
  check_notice(notices.back().notice);
  refused(procedure,
          {{"account.renew", "a-1", {{"valid_to", at(600 * kDay)}}, "registrar", ""},
           {"account.close", "a-1", json::object(), "registrar", ""},
           {"account.open", "a-1", {{"category", "student"}, {"valid_from", at(0)}}, "registrar", ""},
           {"account.cancel.confirm", "a-1", {{"case", "case-1"}, {"reasons", "again"}}, "information-centre", ""},
           freeze({{"article", "protective"}}),
           {"handset.bind", "a-1", {{"handset", "h-5"}}, "registrar", ""}},
          23 * kDay, {"ILLEGAL_TRANSITION"});
}

TEST_CASE("a cancelled account is written down even if it was never held", "[contract][R8.3]") {
  Procedure procedure;
  procedure.take(open_case(), 0);
  procedure.take(waiver(), kHour);
  procedure.take(decide("upheld"), 2 * kHour);
  procedure.take(propose(), 20 * kDay);
  procedure.take(confirm(), 21 * kDay);
  CHECK(account_state(accepted(procedure), "a-1") == "cancelled");
}

TEST_CASE("nobody confirms their own proposal", "[contract][R8.3]") {
  Procedure procedure = decided("upheld");
  procedure.take(propose("case-1", "chief-1"), 20 * kDay);
  refused(procedure, confirm("chief-1"), 21 * kDay, "SAME_PERSON");
}

TEST_CASE("a cancellation needs an upheld case in which the person was heard", "[contract][R8.3]") {
  SECTION("not decided") { refused(heard(), {propose(), confirm()}, 2 * kHour, {"ILLEGAL_TRANSITION"}); }
  SECTION("not upheld") { refused(decided("not_upheld"), {propose(), confirm()}, 20 * kDay, {"ILLEGAL_TRANSITION"}); }
  SECTION("upheld without a statement") {
    Procedure procedure = notified();
    procedure.take(decide("upheld"), 4 * kDay);
    refused(procedure, {propose(), confirm()}, 20 * kDay, {"ILLEGAL_TRANSITION"});
  }
  SECTION("overturned") {
    Procedure procedure = appealed();
    procedure.take(decide_appeal("overturned"), 2 * kDay);
    refused(procedure, {propose(), confirm()}, 20 * kDay, {"ILLEGAL_TRANSITION"});
  }
  SECTION("not proposed") { refused(decided("upheld"), confirm(), 20 * kDay, "ILLEGAL_TRANSITION"); }
  SECTION("without the rubric") {
    Step step = propose();
    step.args.erase("points");
    refused(decided("upheld"), step, 20 * kDay, "MISSING_FIELD");
  }
}

// ---- out of order, by the wrong person, about nothing

TEST_CASE("every step of a case out of order is refused and changes nothing", "[contract][R8.3]") {
  SECTION("notified") {
    refused(notified(), {open_case(), appeal(), decide_appeal("overturned"), propose(), confirm()}, kHour,
            {"ILLEGAL_TRANSITION"});
  }
  SECTION("heard") {
    refused(heard(), {open_case(), appeal(), decide_appeal("overturned"), propose(), confirm()}, 2 * kHour,
            {"ILLEGAL_TRANSITION"});
  }
  SECTION("upheld") {
    refused(decided("upheld"),
            {open_case(), statement(), waiver(), decide("not_upheld"), decide_appeal("overturned"), confirm()}, kDay,
            {"ILLEGAL_TRANSITION"});
  }
  SECTION("not upheld") {
    refused(decided("not_upheld"),
            {open_case(), statement(), decide("upheld"), decide_appeal("upheld"), propose(), confirm()}, kDay,
            {"ILLEGAL_TRANSITION"});
  }
  SECTION("appealed") {
    refused(appealed(), {open_case(), statement(), decide("not_upheld"), appeal(), confirm()}, 2 * kDay,
            {"ILLEGAL_TRANSITION"});
  }
  SECTION("final") {
    Procedure procedure = appealed();
    procedure.take(decide_appeal("upheld"), 2 * kDay);
    refused(procedure,
            {open_case(), statement(), decide("not_upheld"), appeal(), decide_appeal("overturned", "reviewer-2"),
             confirm()},
            3 * kDay, {"ILLEGAL_TRANSITION"});
  }
  SECTION("closed by time") {
    refused(decided("upheld"),
            {open_case(), statement(), decide("not_upheld"), appeal(), decide_appeal("overturned"), confirm()},
            12 * kDay, {"ILLEGAL_TRANSITION"});
  }
}

TEST_CASE("a case that nobody opened for this account is UNKNOWN_TARGET", "[contract][R8.3]") {
  const std::vector<Step> steps{statement("holder-1", "case-9"),
                                decide("upheld", json::object(), "case-9"),
                                appeal("holder-1", "case-9"),
                                decide_appeal("upheld", "reviewer-1", "case-9"),
                                propose("case-9"),
                                confirm("centre-1", "case-9")};
  SECTION("no such case") { refused(decided("upheld"), steps, kDay, {"UNKNOWN_TARGET"}); }
  SECTION("a case of somebody else") {
    Procedure procedure = decided("upheld");
    procedure.open("a-2", kDay);
    Step other = open_case(json::array(), "case-9");
    other.target = "a-2";
    procedure.take(other, kDay);
    refused(procedure, steps, 2 * kDay, {"UNKNOWN_TARGET"});
  }
  SECTION("no such account") {
    std::vector<Step> nobody{open_case(), decide("upheld"), decide_appeal("upheld"), propose(), confirm()};
    for (auto& step : nobody) step.target = "a-9";
    refused(Procedure(), nobody, 0, {"UNKNOWN_TARGET"});
  }
}

TEST_CASE("strangers act for nobody", "[contract][R8.3]") {
  SECTION("statement") { refused(notified(), statement("stranger"), kHour, "NOT_OWNER"); }
  SECTION("appeal") { refused(decided("upheld"), appeal("stranger"), kDay, "NOT_OWNER"); }
  SECTION("application") {
    refused(decided("upheld", {{"term_days", 5}}), apply("stranger"), 20 * kDay, "NOT_OWNER");
  }
  SECTION("an account that names no holder") {
    Procedure procedure;
    Step step = open_case();
    step.target = "bystander";
    procedure.take(step, 0);
    step = statement("holder-1");
    step.target = "bystander";
    refused(procedure, step, kHour, "NOT_OWNER");
  }
}

TEST_CASE("each step of a case belongs to its role", "[contract][R8.3]") {
  const auto by = [](Step step, const std::string& role, const std::string& actor) {
    step.role = role;
    step.actor = actor;
    return step;
  };
  SECTION("open, decide") {
    refused(heard(),
            {by(open_case(json::array(), "case-2"), "reviewer", "reviewer-1"),
             by(decide("upheld"), "information-centre", "centre-1"), by(decide("upheld"), "holder", "holder-1")},
            2 * kHour, {"FORBIDDEN_ROLE"});
  }
  SECTION("appeal") {
    refused(appealed(),
            {by(decide_appeal("overturned"), "security-officer", "officer-1"),
             by(decide_appeal("overturned"), "holder", "holder-1")},
            2 * kDay, {"FORBIDDEN_ROLE"});
    refused(decided("upheld"), by(appeal(), "reviewer", "reviewer-1"), kDay, "FORBIDDEN_ROLE");
  }
  SECTION("cancellation") {
    Procedure procedure = decided("upheld");
    refused(procedure, by(propose(), "information-centre", "centre-2"), 20 * kDay, "FORBIDDEN_ROLE");
    procedure.take(propose(), 20 * kDay);
    refused(procedure, by(confirm(), "security-officer", "officer-3"), 21 * kDay, "FORBIDDEN_ROLE");
  }
}

TEST_CASE("a case step with wrong arguments is refused", "[contract][R8.3]") {
  const auto without = [](Step step, const std::string& member) {
    step.args.erase(member);
    return step;
  };
  const auto with = [](Step step, const std::string& member, const json& value) {
    step.args[member] = value;
    return step;
  };
  SECTION("missing") {
    refused(
        heard(),
        {without(open_case(json::array(), "case-2"), "act"), without(open_case(), "case"),
         without(decide("upheld"), "outcome"), without(decide("upheld"), "reasons"), without(statement(), "case")},
        2 * kHour, {"MISSING_FIELD"});
  }
  SECTION("a statement with neither text nor waiver") {
    refused(notified(), {without(statement(), "text_ref")}, kHour, {"MISSING_FIELD", "BAD_FIELD"});
  }
  SECTION("wrong") {
    refused(heard(),
            {with(open_case(json::array(), "case-2"), "act", "theft"), decide("perhaps"),
             decide("upheld", {{"term_days", -1}}), decide("upheld", {{"act", "theft"}})},
            2 * kHour, {"BAD_FIELD"});
    refused(appealed(), decide_appeal("not_upheld"), 2 * kDay, "BAD_FIELD");
  }
}

TEST_CASE("two cases about one account are decided each for itself", "[contract][R8.3]") {
  Procedure procedure;
  procedure.take(freeze({{"article", "8"}, {"case", "case-1"}}), -2 * kHour);
  procedure.take(freeze({{"article", "8"}, {"case", "case-2"}}), -kHour);
  for (const char* name : {"case-1", "case-2"}) {
    procedure.take(open_case(json::array(), name), 0);
    procedure.take(statement("holder-1", name), kHour);
  }
  procedure.take(decide("upheld", json::object(), "case-1"), 2 * kHour);
  procedure.take(decide("not_upheld", json::object(), "case-2"), 3 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"8"});
  CHECK(hold(outcome, "a-1", "8").at("case") == "case-1");
}
