// Would catch: an account that cannot come back after its end or comes back without its holds, a copied code that stays
// usable or a person who stays locked out after the handset is bound anew, a carer who is taken for a lender, an exit
// that a hold closes, an officer who lifts what only a review may lift.
#include "tests/contract/procedures.hpp"

using namespace contract;

namespace {

using Articles = std::vector<std::string>;
using Reasons = std::vector<std::string>;

Step renew(const std::string& account, std::int64_t valid_to) {
  return {"account.renew", account, {{"valid_to", at(valid_to)}}, "registrar", ""};
}
Step close(const std::string& account) { return {"account.close", account, json::object(), "registrar", ""}; }
Step freeze(const json& args, const std::string& account = "a-1") {
  return {"account.freeze", account, args, "security-officer", ""};
}
Step lift(const json& args, const std::string& account = "a-1") {
  return {"account.lift", account, args, "security-officer", ""};
}
Step bind(const json& args, const std::string& actor = "holder-1") {
  return {"handset.bind", "a-1", args, "holder", actor};
}
Step unbind(const std::string& handset, const std::string& actor = "holder-1") {
  return {"handset.unbind", "a-1", {{"handset", handset}}, "holder", actor};
}
Step delegation(std::int64_t from, std::int64_t to, const json& functions = {"access", "payment"}) {
  return {
      "delegation.register",
      "a-1",
      {{"delegate", "carer-1"}, {"handset", "h-carer"}, {"from", at(from)}, {"to", at(to)}, {"functions", functions}},
      "holder",
      "holder-1"};
}

// a-2 whose account ends five hours after the start of the day.
Procedure short_account() {
  Procedure procedure;
  procedure.open("a-2", -kDay, {{"valid_to", at(5 * kHour)}, {"holder", "holder-2"}});
  return procedure;
}

// Holder and carer at two far readers at once, and handsets in turn: A2 and A8.
void holder_and_other(Procedure& procedure, const std::string& name, int seq, std::int64_t time,
                      const std::string& other, const json& more = json::object()) {
  json holder = {{"handset", "h-1"}};
  json carer = {{"handset", other}};
  holder.update(more);
  carer.update(more);
  procedure.scan(name + "-1", "d-1", seq, "a-1", time, holder);
  procedure.scan(name + "-2", "d-2", seq, "a-1", time + kSecond, carer);
  procedure.scan(name + "-3", "d-1", seq + 1, "a-1", time + 20 * kSecond, holder);
}

Procedure without_learning() {
  Procedure procedure;
  procedure.policy["response"]["learning_days"] = 0;
  return procedure;
}

} // namespace

// ---- the account's term

TEST_CASE("an account past its end is expired, and renewed it works again to its new end", "[contract][R2.1]") {
  Procedure procedure = short_account();
  procedure.scan("before", "d-1", 1, "a-2", 4 * kHour);
  procedure.scan("ended", "d-1", 2, "a-2", 6 * kHour);
  procedure.take(renew("a-2", 10 * kDay), 7 * kHour);
  procedure.scan("renewed", "d-1", 3, "a-2", 8 * kHour);
  procedure.scan("ended again", "d-1", 4, "a-2", 10 * kDay + kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.verdict("before") == "allow");
  CHECK(outcome.reasons("ended") == Reasons{"ACCOUNT_EXPIRED"});
  CHECK(outcome.verdict("renewed") == "allow");
  CHECK(outcome.reasons("ended again") == Reasons{"ACCOUNT_EXPIRED"});
  CHECK(outcome.last_freeze("a-2").is_null()); // never held
}

TEST_CASE("an account still active is renewed before its end", "[contract][R2.1]") {
  Procedure procedure = short_account();
  procedure.take(renew("a-2", 10 * kDay), kHour);
  procedure.scan("past the old end", "d-1", 1, "a-2", 6 * kHour);
  CHECK(accepted(procedure).verdict("past the old end") == "allow");
}

TEST_CASE("a renewal brings a held account back with its holds", "[contract][R2.1]") {
  Procedure procedure = short_account();
  procedure.take(freeze({{"article", "8"}}, "a-2"), kHour);
  procedure.clock(6 * kHour);
  CHECK(account_state(accepted(procedure), "a-2") == "expired");
  procedure.take(renew("a-2", 10 * kDay), 7 * kHour);
  procedure.scan("held", "d-1", 1, "a-2", 8 * kHour);
  const Outcome renewed = accepted(procedure);
  CHECK(account_state(renewed, "a-2") == "frozen");
  CHECK(articles(renewed, "a-2") == Articles{"8"});
  CHECK(renewed.reasons("held") == Reasons{"ACCOUNT_FROZEN"});
  procedure.take(lift({{"article", "8"}}, "a-2"), 9 * kHour);
  procedure.scan("free", "d-1", 2, "a-2", 10 * kHour);
  const Outcome lifted = accepted(procedure);
  CHECK(account_state(lifted, "a-2") == "active");
  CHECK(lifted.verdict("free") == "allow");
}

TEST_CASE("a hold may end while the account is expired: the renewed account is then active", "[contract][R2.1]") {
  Procedure procedure = short_account();
  procedure.take(freeze({{"article", "8"}, {"expires", at(8 * kHour)}}, "a-2"), kHour);
  procedure.clock(9 * kHour);
  const Outcome expired = accepted(procedure);
  CHECK(account_state(expired, "a-2") == "expired");
  CHECK(articles(expired, "a-2").empty());
  procedure.take(renew("a-2", 10 * kDay), 10 * kHour);
  procedure.scan("free", "d-1", 1, "a-2", 11 * kHour);
  const Outcome renewed = accepted(procedure);
  CHECK(renewed.verdict("free") == "allow");
  CHECK(account_state(renewed, "a-2") == "active");
}

TEST_CASE("closing an account ends it now, for scans from then on", "[contract][R2.1]") {
  Procedure procedure;
  procedure.scan("before", "d-1", 1, "a-1", kHour);
  procedure.take(close("a-1"), 3 * kHour);
  procedure.scan("after", "d-1", 2, "a-1", 4 * kHour);
  procedure.scan("out", "d-1", 3, "a-1", 5 * kHour, {{"direction", "out"}});
  procedure.scan("late", "d-1", 4, "a-1", 2 * kHour, {{"offline", true}}); // validity at its event time
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.verdict("before") == "allow");
  CHECK(outcome.reasons("after") == Reasons{"ACCOUNT_EXPIRED"});
  CHECK(outcome.verdict("after") == "deny");
  CHECK(outcome.verdict("out") == "allow");
  CHECK(outcome.reasons("out") == Reasons{"ACCOUNT_EXPIRED"});
  CHECK(outcome.verdict("late") == "allow");
}

TEST_CASE("a closed account can be renewed, one that was held comes back held", "[contract][R2.1]") {
  Procedure procedure;
  procedure.take(freeze({{"article", "8"}}), kHour);
  procedure.take(close("a-1"), 2 * kHour);
  const Outcome closed = accepted(procedure);
  CHECK(account_state(closed, "a-1") == "expired");
  CHECK(articles(closed, "a-1") == Articles{"8"});
  procedure.take(renew("a-1", 300 * kDay), 3 * kHour);
  CHECK(account_state(accepted(procedure), "a-1") == "frozen");
  procedure.take(lift({{"article", "8"}}), 4 * kHour);
  procedure.scan("free", "d-1", 1, "a-1", 5 * kHour);
  CHECK(accepted(procedure).verdict("free") == "allow");
}

TEST_CASE("renewal and closing out of place are refused", "[contract][R2.1]") {
  Procedure procedure;
  SECTION("an account that is not yet valid cannot be renewed") {
    procedure.open("a-2", -kDay, {{"valid_from", at(30 * kDay)}});
    refused(procedure, renew("a-2", 90 * kDay), kHour, "ILLEGAL_TRANSITION");
  }
  SECTION("a closed account cannot be closed again") {
    procedure.take(close("a-1"), 0);
    refused(procedure, close("a-1"), kHour, "ILLEGAL_TRANSITION");
  }
  SECTION("an account that nobody opened") {
    refused(procedure, {renew("a-9", kDay), close("a-9")}, kHour, {"UNKNOWN_TARGET"});
  }
  SECTION("a renewal without an end") {
    refused(procedure, {"account.renew", "a-1", json::object(), "registrar", ""}, kHour, "MISSING_FIELD");
  }
  SECTION("by somebody who is no registrar") {
    refused(procedure,
            {{"account.renew", "a-1", {{"valid_to", at(kDay)}}, "holder", "holder-1"},
             {"account.close", "a-1", json::object(), "security-officer", ""}},
            kHour, {"FORBIDDEN_ROLE"});
  }
}

TEST_CASE("approved-other lasts one year at a time, renewed or not", "[contract][R2.1]") {
  Procedure procedure;
  procedure.open("a-2", 0, {{"category", "approved-other"}, {"approver", "dean-1"}});
  procedure.take(renew("a-2", 690 * kDay), 100 * kDay);
  procedure.scan("too long", "d-1", 1, "a-2", 600 * kDay);
  const Outcome outcome = procedure.replay();
  CHECK(outcome.verdict("too long") == "deny"); // whether the renewal was cut or refused
  CHECK(contains(outcome.decision("too long").at("reasons"), "ACCOUNT_EXPIRED"));
}

// ---- handsets

TEST_CASE("a second handset that was unbound counts as a stranger's again", "[contract][R8.1]") {
  Procedure procedure;
  procedure.take(bind({{"handset", "h-2"}, {"secondary", true}}), -80 * kDay);
  const auto in_turn = [&] {
    procedure.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
    procedure.scan("s2", "d-1", 2, "a-1", kHour, {{"handset", "h-2"}});
    procedure.scan("s3", "d-1", 3, "a-1", 2 * kHour, {{"handset", "h-1"}});
    return accepted(procedure);
  };
  SECTION("bound") { CHECK(in_turn().records("alerts").empty()); }
  SECTION("unbound") {
    procedure.take(unbind("h-2"), -40 * kDay);
    const Outcome outcome = in_turn();
    CHECK(outcome.findings("alerts", "A8", "a-1").size() == 1);
    CHECK(outcome.decision("s3").at("score") >= 650);
  }
}

TEST_CASE("what is not bound cannot be unbound", "[contract][R8.1]") {
  Procedure procedure;
  SECTION("never bound") {
    refused(procedure, {unbind("h-9")}, 0, {"ILLEGAL_TRANSITION", "UNKNOWN_TARGET", "BAD_FIELD"});
  }
  SECTION("unbound before") {
    procedure.take(unbind("h-1"), 0);
    refused(procedure, {unbind("h-1")}, kHour, {"ILLEGAL_TRANSITION", "UNKNOWN_TARGET", "BAD_FIELD"});
  }
  SECTION("another's") { refused(procedure, unbind("h-1", "holder-2"), 0, "NOT_OWNER"); }
  SECTION("without naming it") {
    refused(procedure, {"handset.unbind", "a-1", json::object(), "registrar", ""}, 0, "MISSING_FIELD");
  }
  SECTION("by an officer") {
    refused(procedure, {"handset.unbind", "a-1", {{"handset", "h-1"}}, "security-officer", ""}, 0, "FORBIDDEN_ROLE");
  }
}

TEST_CASE("a copied code: the holder binds a new handset in place of the old one and is free", "[contract][R8.1]") {
  Procedure procedure;
  procedure.take(freeze({{"article", "protective"}}), 0);
  procedure.scan("held", "d-1", 1, "a-1", kHour);
  procedure.take(bind({{"handset", "h-2"}, {"replaces", "h-1"}}), 2 * kHour);
  procedure.scan("free", "d-1", 2, "a-1", 3 * kHour, {{"handset", "h-2"}});
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.reasons("held") == Reasons{"ACCOUNT_FROZEN"});
  CHECK(outcome.verdict("free") == "allow");
  CHECK(account_state(outcome, "a-1") == "active");
  const auto end = told(outcome, "a-1", 2 * kHour, 2 * kHour + kMinute);
  REQUIRE_FALSE(end.empty()); // and is told so
  CHECK(has_chinese(end.back().notice.at("text").at("zh")));
  CHECK_FALSE(end.back().notice.at("text").at("en").get<std::string>().empty());
}

TEST_CASE(
    "neither unbinding, nor a further handset, nor the replacement of a handset never bound lifts a protective hold",
    "[contract][R8.1]") {
  Procedure procedure;
  procedure.take(freeze({{"article", "protective"}}), 0);
  SECTION("unbinding") {
    procedure.take(unbind("h-1"), kHour);
    CHECK(articles(accepted(procedure), "a-1") == Articles{"protective"});
  }
  SECTION("a further handset") {
    procedure.take(bind({{"handset", "h-2"}, {"secondary", true}}), kHour);
    CHECK(articles(accepted(procedure), "a-1") == Articles{"protective"});
  }
  SECTION("in place of one that was never bound") {
    refused(procedure, {bind({{"handset", "h-2"}, {"replaces", "h-9"}})}, kHour,
            {"ILLEGAL_TRANSITION", "UNKNOWN_TARGET", "BAD_FIELD"});
  }
  SECTION("a stranger's command") {
    refused(procedure, bind({{"handset", "h-2"}, {"replaces", "h-1"}}, "stranger"), kHour, "NOT_OWNER");
  }
}

// ---- delegation

TEST_CASE("help with consent: a registered delegation silences the rules in its window", "[contract][R8.1]") {
  Procedure procedure = without_learning();
  procedure.take(delegation(-kHour, 4 * kHour), -2 * kHour);
  SECTION("in the window") {
    holder_and_other(procedure, "m", 1, 0, "h-carer");
    procedure.scan("next", "d-1", 9, "a-1", kHour, {{"handset", "h-1"}});
    const Outcome outcome = accepted(procedure);
    CHECK(outcome.findings("alerts", "A2", "a-1").empty());
    CHECK(outcome.findings("alerts", "A8", "a-1").empty());
    CHECK(outcome.records("freezes").empty());
    CHECK(outcome.decision("m-3").at("score") == 0);
    CHECK(outcome.verdict("next") == "allow");
  }
  SECTION("uploaded after the window, but done in it") {
    procedure.clock(5 * kHour);
    holder_and_other(procedure, "m", 1, 0, "h-carer", {{"offline", true}, {"clock", "synced"}});
    const Outcome outcome = accepted(procedure);
    CHECK(outcome.records("alerts").empty());
    CHECK(outcome.records("freezes").empty());
  }
  SECTION("after the window") {
    holder_and_other(procedure, "m", 1, 5 * kHour, "h-carer");
    CHECK(articles(accepted(procedure), "a-1") == Articles{"8"});
  }
  SECTION("before the window") {
    procedure.lines.pop_back();
    procedure.take(delegation(kHour, 4 * kHour), -2 * kHour);
    holder_and_other(procedure, "m", 1, 0, "h-carer");
    CHECK(articles(accepted(procedure), "a-1") == Articles{"8"});
  }
  SECTION("another handset than the delegate's") {
    holder_and_other(procedure, "m", 1, 0, "h-stranger");
    CHECK_FALSE(accepted(procedure).records("alerts").empty());
  }
  SECTION("another function than the delegated ones") {
    holder_and_other(procedure, "m", 1, 0, "h-carer", {{"function", "library"}, {"direction", "none"}});
    CHECK_FALSE(accepted(procedure).records("alerts").empty());
  }
}

TEST_CASE("a delegation opens nothing: holds and entitlement stay", "[contract][R8.1]") {
  Procedure procedure;
  procedure.take(delegation(-kHour, 4 * kHour), -2 * kHour);
  procedure.take(freeze({{"article", "8"}}), -kHour);
  procedure.scan("held", "d-1", 1, "a-1", 0, {{"handset", "h-carer"}});
  CHECK(accepted(procedure).reasons("held") == Reasons{"ACCOUNT_FROZEN"});
}

TEST_CASE("only the holder or the registrar registers a delegation, with a window that is one", "[contract][R8.1]") {
  const Procedure procedure;
  Step step = delegation(0, kHour);
  SECTION("the registrar for the holder") {
    Procedure fine;
    step.role = "registrar";
    step.actor = "the-registrar";
    fine.take(step, 0);
    accepted(fine);
  }
  SECTION("a stranger") {
    step.actor = "stranger";
    refused(procedure, step, 0, "NOT_OWNER");
  }
  SECTION("an officer") {
    step.role = "security-officer";
    refused(procedure, step, 0, "FORBIDDEN_ROLE");
  }
  SECTION("a window that ends before it begins") {
    step.args["to"] = at(-kHour);
    refused(procedure, step, 0, "BAD_FIELD");
  }
  SECTION("a function that is none") {
    step.args["functions"] = {"swimming"};
    refused(procedure, step, 0, "BAD_FIELD");
  }
  for (const char* member : {"delegate", "handset", "from", "to", "functions"}) {
    SECTION(std::string("without ") + member) {
      step.args.erase(member);
      refused(procedure, step, 0, "MISSING_FIELD");
    }
  }
}

// ---- what is never blocked

TEST_CASE("leaving, clinic and exam stay open under every hold together, also for a closed account",
          "[contract][R8.2]") {
  const json everything = {"payment", "access", "library", "identity", "other:clinic", "other:exam", "other:sauna"};
  Procedure procedure;
  procedure.take(freeze({{"article", "8"}, {"functions", everything}}), 0);
  procedure.take(freeze({{"article", "protective"}, {"functions", everything}}), kMinute);
  procedure.posting("p-1", "charge", 500, 2 * kMinute, {{"cause", "outage"}});
  procedure.scan("sauna", "d-1", 1, "a-1", kHour, {{"function", "other:sauna"}, {"direction", "none"}});
  procedure.scan("in", "d-1", 2, "a-1", 2 * kHour);
  procedure.scan("out", "d-1", 3, "a-1", 3 * kHour, {{"direction", "out"}});
  procedure.scan("clinic", "d-1", 4, "a-1", 4 * kHour, {{"function", "other:clinic"}, {"direction", "none"}});
  procedure.scan("exam", "d-1", 5, "a-1", 5 * kHour, {{"function", "other:exam"}, {"direction", "none"}});
  procedure.take(close("a-1"), 6 * kHour);
  procedure.scan("out after the end", "d-1", 6, "a-1", 7 * kHour, {{"direction", "out"}});
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.verdict("sauna") == "deny");
  CHECK(outcome.verdict("in") == "deny");
  for (const char* scan : {"out", "clinic", "exam", "out after the end"}) {
    INFO(scan);
    CHECK(outcome.verdict(scan) == "allow");
  }
  CHECK(contains(outcome.decision("out after the end").at("reasons"), "ACCOUNT_EXPIRED"));
}

TEST_CASE("what is never blocked is the policy's", "[contract][R8.2]") {
  Procedure procedure;
  procedure.policy["never_block"] = {"egress", "other:sauna"};
  procedure.take(freeze({{"article", "8"}, {"functions", {"access", "other:sauna", "other:clinic"}}}), 0);
  procedure.scan("sauna", "d-1", 1, "a-1", kHour, {{"function", "other:sauna"}, {"direction", "none"}});
  procedure.scan("clinic", "d-1", 2, "a-1", 2 * kHour, {{"function", "other:clinic"}, {"direction", "none"}});
  procedure.scan("out", "d-1", 3, "a-1", 3 * kHour, {{"direction", "out"}});
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.verdict("sauna") == "allow");
  CHECK(outcome.verdict("clinic") == "deny");
  CHECK(outcome.verdict("out") == "allow");
}

// ---- account.lift

TEST_CASE("an officer lifts an automatic provisional hold", "[contract][R8.4]") {
  Procedure procedure = without_learning();
  holder_and_other(procedure, "m", 1, 0, "h-friend");
  CHECK(articles(accepted(procedure), "a-1") == Articles{"8"});
  procedure.take(lift({{"article", "8"}}), kHour);
  procedure.clock(80 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(account_state(outcome, "a-1") == "active");
  CHECK(outcome.last_freeze("a-1").at("revision") == 2); // and nothing expires afterwards
}

TEST_CASE("an officer never lifts Art. 10, and a hold of Art. 8 beside it only by itself", "[contract][R10.3]") {
  Procedure procedure;
  procedure.posting("p-1", "charge", 500, 0, {{"cause", "outage"}});
  procedure.take(freeze({{"article", "8"}}), kHour);
  CHECK(articles(accepted(procedure), "a-1") == Articles{"10", "8"});
  refused(procedure, {lift({{"article", "10"}})}, 2 * kHour, {"BAD_FIELD", "ILLEGAL_TRANSITION"});
  procedure.take(lift({{"article", "8"}}), 2 * kHour);
  procedure.scan("still held", "d-1", 1, "a-1", 3 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"10"});
  CHECK(account_state(outcome, "a-1") == "frozen");
  CHECK(outcome.reasons("still held") == Reasons{"ACCOUNT_FROZEN"});
  refused(procedure, lift({{"article", "8"}}), 4 * kHour, "ILLEGAL_TRANSITION");
}

TEST_CASE("a lift for one case leaves the hold of another", "[contract][R8.2]") {
  Procedure procedure;
  procedure.take(freeze({{"article", "8"}, {"case", "case-1"}}), 0);
  procedure.take(freeze({{"article", "8"}, {"case", "case-2"}}), kHour);
  CHECK(articles(accepted(procedure), "a-1") == Articles{"8", "8"});
  refused(procedure, {lift({{"article", "8"}, {"case", "case-9"}})}, 2 * kHour,
          {"ILLEGAL_TRANSITION", "UNKNOWN_TARGET"});
  procedure.take(lift({{"article", "8"}, {"case", "case-1"}}), 2 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(articles(outcome, "a-1") == Articles{"8"});
  CHECK(hold(outcome, "a-1", "8").value("case", std::string()) == "case-2");
}

TEST_CASE("only a security officer freezes and lifts", "[contract][R8.2]") {
  Procedure procedure;
  procedure.take(freeze({{"article", "8"}}), 0);
  std::vector<Step> steps;
  for (const char* role : {"registrar", "reviewer", "information-centre", "integration-owner", "expert"}) {
    steps.push_back({"account.lift", "a-1", {{"article", "8"}}, role, ""});
    steps.push_back({"account.freeze", "a-1", {{"article", "protective"}}, role, ""});
  }
  steps.push_back({"account.lift", "a-1", {{"article", "8"}}, "holder", "holder-1"});
  refused(procedure, steps, kHour, {"FORBIDDEN_ROLE"});
}
