// Would catch: a command that anybody may give, an office that cannot do its duty, an approved scheme that is still
// accused, a liability about a case that nobody knows.
#include "tests/contract/procedures.hpp"

#include <map>
#include <set>

using namespace contract;

namespace {

using Names = std::vector<std::string>;

const Names kRoles = {"registrar",          "holder", "security-officer", "reviewer",
                      "information-centre", "expert", "leading-group",    "integration-owner"};

Step project() {
  return {"project.register",
          "p-canteen",
          {{"unit", "logistics"}, {"identity", true}, {"fees", false}, {"permissions", false}},
          "information-centre",
          ""};
}
Step scheme(std::int64_t to = 300 * kDay) {
  return {"scheme.approve", "k-museum", {{"name", "museum tickets"}, {"to", at(to)}}, "leading-group", ""};
}
Step interpretation(const std::string& about = "A2") {
  return {"interpretation.issue",
          about,
          {{"note", "two readers of one hall are one place"}, {"hash", std::string(64, 'a')}},
          "information-centre",
          ""};
}
Step liability(const std::string& target = "gates", const json& about = {{"order", "o-1"}}) {
  json args = {{"party", "unit-gates"}, {"amount", 12500}, {"text_ref", "doc-9"}};
  args.update(about);
  return {"liability.record", target, args, "information-centre", ""};
}

// a-1 has case-1, gates has o-1.
Procedure with_case_and_order() {
  Procedure procedure;
  procedure.take({"case.open", "a-1", {{"case", "case-1"}, {"act", "lend"}}, "security-officer", ""}, -2 * kHour);
  procedure.take({"rectification.order",
                  "gates",
                  {{"order", "o-1"}, {"violation", "moved reader"}, {"control", "11(1)"}},
                  "information-centre",
                  ""},
                 -kHour);
  return procedure;
}

void check_accepted(Procedure procedure, const std::vector<Step>& steps) {
  std::int64_t time = 0;
  for (const Step& step : steps) procedure.take(step, time += kMinute);
  accepted(procedure);
}

// The same step in every role but those that may.
std::vector<Step> by_others(const Step& step, const std::set<std::string>& may) {
  std::vector<Step> out;
  for (const auto& role : kRoles)
    if (may.count(role) == 0) {
      out.push_back(step);
      out.back().role = role;
      out.back().actor = "the-" + role;
    }
  return out;
}

std::vector<Step> without_each(const Step& step, const Names& members) {
  std::vector<Step> out;
  for (const auto& member : members) {
    out.push_back(step);
    out.back().args.erase(member);
  }
  return out;
}

} // namespace

TEST_CASE("projects are registered by the information centre", "[contract][R2.3]") {
  Step tied = project();
  tied.target = "p-gates";
  tied.args["integration"] = "gates";
  check_accepted(Procedure(), {project(), tied});
  refused(Procedure(), by_others(project(), {"information-centre"}), 0, {"FORBIDDEN_ROLE"});
  refused(Procedure(), without_each(project(), {"unit", "identity", "fees", "permissions"}), 0, {"MISSING_FIELD"});
  Step wrong = project();
  wrong.args["identity"] = "perhaps";
  refused(Procedure(), wrong, 0, "BAD_FIELD");
}

TEST_CASE("schemes are approved by the leading group", "[contract][R2.4]") {
  check_accepted(Procedure(), {scheme()});
  refused(Procedure(), by_others(scheme(), {"leading-group"}), 0, {"FORBIDDEN_ROLE"});
  refused(Procedure(), without_each(scheme(), {"name", "to"}), 0, {"MISSING_FIELD"});
}

TEST_CASE("interpretations are issued by the information centre, on a rule or an article", "[contract][R12.1]") {
  check_accepted(Procedure(), {interpretation("A2"), interpretation("8"), interpretation("11(1)")});
  refused(Procedure(), by_others(interpretation(), {"information-centre"}), 0, {"FORBIDDEN_ROLE"});
  refused(Procedure(), without_each(interpretation(), {"note", "hash"}), 0, {"MISSING_FIELD"});
}

TEST_CASE("liability is recorded by the information centre, about a case or an order", "[contract][R11.6]") {
  const Procedure procedure = with_case_and_order();
  check_accepted(procedure, {liability(), liability("a-1", {{"case", "case-1"}})});
  refused(procedure, by_others(liability(), {"information-centre"}), 0, {"FORBIDDEN_ROLE"});
  refused(procedure, without_each(liability(), {"party", "amount", "text_ref"}), 0, {"MISSING_FIELD"});
  refused(procedure, without_each(liability(), {"order"}), 0,
          {"MISSING_FIELD", "BAD_FIELD"}); // neither case nor order
  refused(procedure, {liability("gates", {{"order", "o-1"}, {"amount", -1}})}, 0, {"BAD_FIELD"});
  refused(procedure,
          {liability("gates", {{"order", "o-9"}}), liability("a-1", {{"case", "case-9"}}),
           liability("nobody", {{"case", "case-1"}})},
          0, {"UNKNOWN_TARGET"});
}

TEST_CASE("an unknown issuer with five holders in a day is a finding, unless its scheme is approved",
          "[contract][R2.4]") {
  Procedure procedure;
  for (int i = 0; i < 5; ++i) procedure.open("b-" + std::to_string(i));
  const auto used = [&](std::int64_t time) {
    for (int i = 0; i < 5; ++i) {
      const std::int64_t when = time + i * kMinute;
      const json claims = {{"kid", "k-museum"},  {"account", "b-" + std::to_string(i)},
                           {"handset", "h-b"},   {"nonce", "n-" + std::to_string(when)},
                           {"iat", at(when)},    {"ttl_s", 60},
                           {"purpose", "access"}};
      procedure.scan("s-" + std::to_string(when), "d-1", 1 + when / kMinute, "", when,
                     {{"code", code_token(claims, "a key of their own")}});
    }
    return accepted(procedure).findings("compliance", "R2.4", "issuer:k-museum").size();
  };
  SECTION("not approved") { CHECK(used(kHour) > 0); }
  SECTION("approved") {
    procedure.take(scheme(30 * kDay), 0);
    CHECK(used(kHour) == 0);
    SECTION("until it ends") { CHECK(used(31 * kDay) > 0); }
  }
  SECTION("another scheme approved") {
    Step other = scheme();
    other.target = "k-zoo";
    procedure.take(other, 0);
    CHECK(used(kHour) > 0);
  }
}

TEST_CASE("each command is its roles', and nobody else's", "[contract]") {
  using Roles = std::set<std::string>;
  const Roles registrar{"registrar"};
  const Roles holder{"registrar", "holder"};
  const Roles officer{"security-officer"};
  const Roles reviewer{"reviewer"};
  const Roles centre{"information-centre"};
  const Roles owner{"integration-owner"};
  const json place = {{"lat", 29.36}, {"lon", 113.1}, {"accuracy_m", 5}};
  const json when = {{"from", at(kHour)}, {"to", at(2 * kHour)}};
  const auto with = [](json args, const json& more) {
    args.update(more);
    return args;
  };
  const json plan = {
      {"unit", "u"},
      {"plan", {{"purpose", "p"}, {"architecture", "a"}, {"data_security", "d"}, {"expected_effect", "e"}}},
      {"manifest",
       {{"devices", {"d-1"}},
        {"zones", {"z-1"}},
        {"functions", {"access"}},
        {"fields", {{{"name", "account"}, {"purpose", "doors"}, {"retention_days", 30}}}},
        {"endpoints", {"/accounts"}},
        {"volumes", {{"subjects_per_day", 10}, {"scans_per_day", 100}}},
        {"network", "10.0.0.0/8"}}}};
  struct Row {
    Step step;
    Roles may;
  };
  const auto row = [](const std::string& command, const std::string& target, const json& args, const Roles& may) {
    return Row{{command, target, args, "", ""}, may};
  };
  const json none = json::object();
  const std::vector<Row> rows = {
      row("account.open", "a-5", {{"category", "student"}, {"valid_from", at(0)}}, registrar),
      row("account.renew", "a-1", {{"valid_to", at(90 * kDay)}}, registrar),
      row("account.close", "a-1", none, registrar),
      row("holder.absence", "a-1", with(when, {{"kind", "leave"}}), registrar),
      row("handset.bind", "a-1", {{"handset", "h-5"}}, holder),
      row("handset.unbind", "a-1", {{"handset", "h-1"}}, holder),
      row("delegation.register", "a-1",
          with(when, {{"delegate", "c-1"}, {"handset", "h-9"}, {"functions", {"access"}}}), holder),
      row("unfreeze.apply", "a-1", {{"article", "8"}}, holder),
      row("appeal.file", "a-1", {{"case", "case-1"}, {"text_ref", "doc"}}, holder),
      row("case.statement", "a-1", {{"case", "case-1"}, {"text_ref", "doc"}}, holder),
      row("account.freeze", "a-1", {{"article", "8"}}, officer),
      row("account.lift", "a-1", {{"article", "8"}}, officer),
      row("case.open", "a-1", {{"case", "case-2"}, {"act", "lend"}}, officer),
      row("case.decide", "a-1", {{"case", "case-1"}, {"outcome", "upheld"}, {"act", "lend"}, {"reasons", "r"}},
          officer),
      row("tipoff.file", "a-1", {{"kind", "guard"}, {"reliability", 800}}, officer),
      row("step-up.result", "a-1", {{"kind", "face"}, {"outcome", "passed"}}, officer),
      row("account.cancel.propose", "a-1", {{"case", "case-1"}, {"reasons", "r"}, {"points", 9}}, officer),
      row("account.cancel.confirm", "a-1", {{"case", "case-1"}, {"reasons", "r"}}, centre),
      row("unfreeze.review", "a-1", {{"article", "8"}, {"outcome", "approved"}}, reviewer),
      row("appeal.decide", "a-1", {{"case", "case-1"}, {"outcome", "upheld"}, {"reasons", "r"}}, reviewer),
      row("device.register", "d-5", {{"serial", "s"}, {"model", "m"}, {"integration", "gates"}}, centre),
      row("device.certify", "d-1", {{"certificate", "c"}, {"valid_to", at(90 * kDay)}}, centre),
      row("device.revoke", "d-1", none, centre),
      row("device.quarantine", "d-1", none, centre),
      row("device.release", "d-1", none, centre),
      row("device.retire", "d-1", none, centre),
      row("device.maintenance.approve", "d-1", {{"order", "m-1"}}, centre),
      row("device.maintenance.request", "d-1", with(when, {{"order", "m-1"}, {"kind", "repair"}}), owner),
      row("device.maintenance.close", "d-1", {{"order", "m-1"}}, owner),
      row("device.install", "d-1",
          {{"integration", "gates"},
           {"zone", "z-1"},
           {"position", place},
           {"network", {{"vlan", "7"}}},
           {"kind", "fixed"}},
          owner),
      row("device.activate", "d-1", none, owner),
      row("integration.adopt", "museum", with(plan, {{"owners", {"owner-1"}}}), centre),
      row("integration.plan.submit", "museum", plan, owner),
      row("integration.plan.accept", "gates", none, centre),
      row("integration.plan.return", "gates", {{"reasons", "r"}}, centre),
      row("integration.apply", "gates", {{"application", "letter"}}, owner),
      row("integration.review.record", "gates", {{"outcome", "passed"}, {"experts", {"e-1"}}}, {"expert"}),
      row("integration.approve", "gates", {{"outcome", "approved"}}, {"leading-group"}),
      row("integration.build.start", "gates", none, owner),
      row("integration.joint-debug.record", "gates", {{"tests", {{{"id", "t-1"}, {"result", "green"}}}}}, owner),
      row("integration.acceptance.request", "gates", none, owner),
      row("integration.acceptance.record", "gates", {{"outcome", "accepted"}}, centre),
      row("integration.suspend", "gates", {{"reasons", "r"}}, centre),
      row("integration.resume", "gates", {{"reasons", "r"}}, centre),
      row("integration.terminate", "gates", {{"scope", "integration"}, {"control", "11(1)"}, {"reasons", "r"}},
          centre),
      row("integration.document.file", "gates", {{"document", "x"}, {"review_due", at(90 * kDay)}}, owner),
      row("integration.scope.set", "gates", {{"scope", {{"functions", {"access"}}}}}, owner),
      row("integration.handover", "gates", {{"unit", "u"}, {"owners", {"o"}}}, centre),
      row("integration.retire", "gates", none, centre),
      row("rectification.order", "gates", {{"order", "o-2"}, {"violation", "v"}, {"control", "11(1)"}}, centre),
      row("rectification.extend", "gates", {{"order", "o-1"}, {"days", 3}, {"reasons", "r"}}, centre),
      row("rectification.submit", "gates", {{"order", "o-1"}, {"items", {"done"}}}, owner),
      row("rectification.accept", "gates", {{"order", "o-1"}}, centre),
      row("rectification.reject", "gates", {{"order", "o-1"}, {"reasons", "r"}}, centre),
  };
  // All in one replay: nothing of it may have an effect.
  Procedure procedure;
  const Outcome before = accepted(procedure);
  Names expected;
  for (const Row& one : rows)
    for (const Step& step : by_others(one.step, one.may)) {
      procedure.take(step, 0);
      expected.push_back(step.command + " by " + step.role + ": FORBIDDEN_ROLE");
    }
  const Outcome outcome = procedure.replay();
  std::map<std::string, std::string> codes; // by nonce
  for (const auto& record : outcome.records("dead-letters"))
    codes[record.at("value").at("data").at("nonce")] = record.at("headers").at("error-code");
  Names got;
  for (std::size_t i = procedure.lines.size() - expected.size(); i < procedure.lines.size(); ++i) {
    const json& data = procedure.lines[i].at("value").at("data");
    const auto code = codes.find(data.at("nonce").get<std::string>());
    got.push_back(data.at("command").get<std::string>() + " by " + data.at("actor").at("role").get<std::string>() +
                  ": " + (code == codes.end() ? "accepted" : code->second));
  }
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(got[i] == expected[i]);
  CHECK(outcome.data("freezes") == before.data("freezes"));
  CHECK(outcome.data("device-status") == before.data("device-status"));
  CHECK(outcome.data("integration-status") == before.data("integration-status"));
}

TEST_CASE("a registrar may do for holders what holders may", "[contract]") {
  check_accepted(
      Procedure(),
      {{"handset.bind", "a-1", {{"handset", "h-2"}, {"secondary", true}}, "registrar", ""},
       {"handset.unbind", "a-1", {{"handset", "h-2"}}, "registrar", ""},
       {"delegation.register",
        "a-1",
        {{"delegate", "c-1"}, {"handset", "h-9"}, {"from", at(0)}, {"to", at(kDay)}, {"functions", {"access"}}},
        "registrar",
        ""},
       {"holder.absence",
        "a-1",
        {{"kind", "leave"}, {"from", at(10 * kDay)}, {"to", at(20 * kDay)}},
        "registrar",
        ""}});
}
