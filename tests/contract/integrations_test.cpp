// Would catch: an integration that skips a step of Art. 4 to 6, traffic served before an accepted inspection, a scope
// that widens by itself, access that stays open after termination or that comes back without an inspection, an owner who
// keeps power after handing over, a document that nobody misses.
#include "tests/contract/procedures.hpp"

#include <map>
#include <set>

using namespace contract;

namespace {

using Names = std::vector<std::string>;

json canteen_manifest() {
  return {{"devices", {"c-1", "c-2"}},
          {"zones", {"z-1"}},
          {"functions", {"access", "library"}},
          {"fields", {{{"name", "account"}, {"purpose", "opening doors"}, {"retention_days", 30}}}},
          {"endpoints", {"/accounts"}},
          {"volumes", {{"subjects_per_day", 1000}, {"scans_per_day", 10000}}},
          {"network", "10.0.0.0/8"}};
}

json canteen_plan() {
  return {{"purpose", "canteen doors"},
          {"architecture", "two readers and a server"},
          {"data_security", "TLS, no copies"},
          {"expected_effect", "shorter queues"}};
}

Step owner(const std::string& command, const json& args = json::object(), const std::string& actor = "owner-2") {
  return {command, "canteen", args, "integration-owner", actor};
}
Step centre(const std::string& command, const json& args = json::object()) {
  return {command, "canteen", args, "information-centre", ""};
}
Step submit(const json& manifest_changes = json::object()) {
  json manifest = canteen_manifest();
  manifest.update(manifest_changes);
  return owner("integration.plan.submit", {{"unit", "logistics"}, {"plan", canteen_plan()}, {"manifest", manifest}});
}
Step accept_plan() { return centre("integration.plan.accept"); }
Step return_plan() { return centre("integration.plan.return", {{"reasons", "say more about the data"}}); }
Step apply() { return owner("integration.apply", {{"application", "letter 2026-12"}}); }
Step review(const std::string& outcome) {
  return {"integration.review.record", "canteen", {{"outcome", outcome}, {"experts", {"e-1", "e-2"}}}, "expert", ""};
}
Step approve(const std::string& outcome) {
  return {"integration.approve", "canteen", {{"outcome", outcome}}, "leading-group", ""};
}
Step build() { return owner("integration.build.start"); }
Step joint_debug(const std::map<std::string, std::string>& results = {{"t-1", "green"}, {"t-2", "green"}}) {
  json tests = json::array();
  for (const auto& [id, result] : results) tests.push_back({{"id", id}, {"result", result}});
  return owner("integration.joint-debug.record", {{"tests", tests}});
}
Step request() { return owner("integration.acceptance.request"); }
Step accept_it() { return centre("integration.acceptance.record", {{"outcome", "accepted"}}); }
Step reject_it() {
  return centre("integration.acceptance.record",
                {{"outcome", "rejected"}, {"items", {"label the readers", "file the emergency plan"}}});
}
Step suspend() { return centre("integration.suspend", {{"reasons", "incident"}}); }
Step resume() { return centre("integration.resume", {{"reasons", "over"}}); }
Step terminate(const json& more = json::object()) {
  json args = {{"scope", "integration"}, {"control", "11(1)"}, {"reasons", "an uncertified reader"}};
  args.update(more);
  return centre("integration.terminate", args);
}
Step retire() { return centre("integration.retire"); }
Step submit_order(const std::string& order) {
  return owner("rectification.submit", {{"order", order}, {"items", {"done, with pictures"}}});
}
Step accept_order(const std::string& order) { return centre("rectification.accept", {{"order", order}}); }

Step install(const std::string& device, const std::string& actor = "owner-2") {
  return {"device.install",
          device,
          {{"integration", "canteen"},
           {"zone", "z-1"},
           {"position", {{"lat", 29.36}, {"lon", 113.1}, {"accuracy_m", 5}}},
           {"network", {{"src_ip", "10.0.0.7"}, {"vlan", "7"}}},
           {"kind", "fixed"}},
          "integration-owner",
          actor};
}
Step activate(const std::string& device) {
  return {"device.activate", device, json::object(), "integration-owner", "owner-2"};
}

// The canteen on its way; every step takes an hour, beginning at the start of the day.
class Canteen : public Procedure {
public:
  Canteen() {
    open("a-test", -90 * kDay, {{"test", true}});
    for (const char* device : {"c-1", "c-2"}) {
      command("device.register", device,
              {{"serial", std::string("serial-") + device}, {"model", "gate 2"}, {"integration", "canteen"}},
              -89 * kDay, "information-centre");
      command("device.certify", device, {{"certificate", "cert"}, {"valid_to", at(700 * kDay)}}, -88 * kDay,
              "information-centre");
    }
  }
  Canteen& now(const Step& step) {
    take(step, time);
    time += kHour;
    return *this;
  }
  Canteen& visit(const std::string& name, const std::string& account = "a-1", const std::string& device = "c-1",
                 const json& more = json::object()) {
    scan(name, device, ++seq_[device], account, time, more);
    time += kHour;
    return *this;
  }
  // Puts right whatever the newest rejection ordered.
  Canteen& rectify() {
    const std::string id = open_order(accepted(*this), "canteen");
    return now(submit_order(id)).now(accept_order(id));
  }
  std::int64_t time = 0;

private:
  std::map<std::string, int> seq_;
};

const Names kWay = {"draft",    "plan-accepted", "applied",    "review-passed", "approved",
                    "building", "joint-debug",   "acceptance", "live"};
const Names kOther = {"rectifying", "suspended", "terminated", "retired"};

Canteen in_state(const std::string& state) {
  Canteen canteen;
  if (state == "rectifying") return Canteen(in_state("acceptance").now(reject_it()));
  if (state == "suspended") return Canteen(in_state("live").now(suspend()));
  if (state == "terminated") return Canteen(in_state("live").now(terminate()));
  if (state == "retired") return Canteen(in_state("live").now(retire()));
  for (const auto& next : kWay) {
    if (next == "draft") canteen.now(submit());
    if (next == "plan-accepted") canteen.now(accept_plan());
    if (next == "applied") canteen.now(apply());
    if (next == "review-passed") canteen.now(review("passed"));
    if (next == "approved") canteen.now(approve("approved"));
    if (next == "building") canteen.now(build()).now(install("c-1")).now(install("c-2"));
    if (next == "joint-debug") canteen.now(joint_debug());
    if (next == "acceptance") canteen.now(request());
    if (next == "live") canteen.now(accept_it());
    if (next == state) return canteen;
  }
  FAIL("no such state: " << state);
  return canteen;
}

Canteen live() { return in_state("live"); }

std::string state(const Outcome& outcome) { return integration_state(outcome, "canteen"); }

// All states that the integration went through, without repetitions.
Names history(const Outcome& outcome) {
  Names out;
  for (const auto& status : outcome.data("integration-status")) {
    if (status.at("integration") != "canteen") continue;
    const std::string name = status.at("state");
    if (out.empty() || out.back() != name) out.push_back(name);
  }
  return out;
}

void denied(const Outcome& outcome, const std::string& scan, const Names& one_reason_of) {
  INFO(scan << ": " << outcome.decision(scan).dump());
  CHECK(outcome.verdict(scan) == "deny");
  bool found = false;
  for (const auto& reason : one_reason_of) found = found || contains(outcome.decision(scan).at("reasons"), reason);
  CHECK(found);
}

} // namespace

// ---- the whole way

TEST_CASE("from plan to live, with joint debugging by test accounts only", "[contract][R4.2][R6.1][R6.2]") {
  Canteen canteen = in_state("joint-debug");
  canteen.now(activate("c-1"));
  canteen.visit("test", "a-test").visit("person", "a-1");
  canteen.now(request()).now(accept_it());
  canteen.visit("test when live", "a-test").visit("person when live", "a-1").visit("second reader", "a-1", "c-2");
  const Outcome outcome = accepted(canteen);
  CHECK(history(outcome) == kWay);
  CHECK(outcome.verdict("test") == "allow");
  CHECK(outcome.verdict("person") == "deny");
  denied(outcome, "test when live", {"NOT_ELIGIBLE"});
  CHECK(outcome.verdict("person when live") == "allow");
  CHECK(outcome.verdict("second reader") == "allow"); // going live activates all installed devices
  const json status = integration(outcome, "canteen");
  CHECK(status.at("access") == "open");
  CHECK(status.at("unit") == "logistics");
  CHECK(status.at("owners") == json::array({"owner-2"})); // by default the sender
  CHECK(status.at("orders") == json::array());
  int revision = 0;
  for (const auto& record : outcome.records("integration-status")) {
    const json& data = record.at("value").at("data");
    CHECK(record.at("value").at("type") == "onecode.integration-status.v1");
    if (data.at("integration") == "canteen") CHECK(data.at("revision") == ++revision);
  }
}

TEST_CASE("a plan without one of its four parts is refused, naming it", "[contract][R4.1]") {
  const std::string part = GENERATE("purpose", "architecture", "data_security", "expected_effect");
  CAPTURE(part);
  Canteen canteen;
  Step step = submit();
  step.args["plan"].erase(part);
  canteen.now(step);
  const Outcome outcome = canteen.replay();
  const auto dead = outcome.records("dead-letters");
  REQUIRE(dead.size() == 1);
  CHECK(one_of(dead[0].at("headers").at("error-code"), {"MISSING_FIELD", "BAD_FIELD"}));
  CHECK(dead[0].at("headers").at("error-text").get<std::string>().find(part) != std::string::npos);
  REQUIRE(outcome.notices("owner-2").size() == 1);
  CHECK(outcome.notices("owner-2")[0].at("text").at("en").get<std::string>().find(part) != std::string::npos);
  CHECK(outcome.last("integration-status", "integration", "canteen").is_null());
}

TEST_CASE("a manifest without one of its members is refused, naming it", "[contract][R4.1]") {
  const std::string part = GENERATE("devices", "zones", "functions", "fields", "endpoints", "volumes", "network");
  CAPTURE(part);
  Canteen canteen;
  Step step = submit();
  step.args["manifest"].erase(part);
  canteen.now(step);
  const Outcome outcome = canteen.replay();
  const auto dead = outcome.records("dead-letters");
  REQUIRE(dead.size() == 1);
  CHECK(one_of(dead[0].at("headers").at("error-code"), {"MISSING_FIELD", "BAD_FIELD"}));
  CHECK(dead[0].at("headers").at("error-text").get<std::string>().find(part) != std::string::npos);
  CHECK(outcome.last("integration-status", "integration", "canteen").is_null());
}

TEST_CASE("a plan returned stays a draft and can be submitted again", "[contract][R4.2]") {
  Canteen canteen = in_state("draft");
  canteen.now(return_plan());
  CHECK(state(accepted(canteen)) == "draft");
  canteen.now(submit()).now(accept_plan());
  CHECK(state(accepted(canteen)) == "plan-accepted");
}

TEST_CASE("a rejection returns to the authoring state", "[contract][R4.2]") {
  SECTION("by the experts") {
    Canteen canteen = in_state("applied");
    canteen.now(review("failed"));
    CHECK(state(accepted(canteen)) == "draft");
    refused(canteen, {apply(), approve("approved"), build()}, canteen.time, {"ILLEGAL_TRANSITION"});
    canteen.now(submit()).now(accept_plan());
    CHECK(state(accepted(canteen)) == "plan-accepted");
  }
  SECTION("by the leading group") {
    Canteen canteen = in_state("review-passed");
    canteen.now(approve("refused"));
    CHECK(state(accepted(canteen)) == "draft");
    refused(canteen, {apply(), build(), approve("approved")}, canteen.time, {"ILLEGAL_TRANSITION"});
  }
}

TEST_CASE("every jump is refused and changes nothing", "[contract][R4.2][R6.2]") {
  // What each state allows of these; a repeated record of joint debugging is no jump.
  const std::map<std::string, std::set<std::string>> legal = {
      {"draft", {"integration.plan.accept", "integration.plan.return"}},
      {"plan-accepted", {"integration.apply"}},
      {"applied", {"integration.review.record"}},
      {"review-passed", {"integration.approve"}},
      {"approved", {"integration.build.start"}},
      {"building", {"integration.joint-debug.record"}},
      {"joint-debug", {"integration.joint-debug.record", "integration.acceptance.request"}},
      {"acceptance", {"integration.acceptance.record"}},
      {"live", {"integration.suspend", "integration.terminate"}},
      {"rectifying", {}},
      {"suspended", {"integration.resume", "integration.terminate"}},
      {"terminated", {}},
      {"retired", {}}};
  const std::string name =
      GENERATE("draft", "plan-accepted", "applied", "review-passed", "approved", "building", "joint-debug",
               "acceptance", "live", "rectifying", "suspended", "terminated", "retired");
  CAPTURE(name);
  std::vector<Step> jumps;
  for (const Step& step : {accept_plan(), return_plan(), apply(), review("passed"), review("failed"),
                           approve("approved"), approve("refused"), build(), joint_debug(), request(), accept_it(),
                           reject_it(), suspend(), resume(), terminate()})
    if (legal.at(name).count(step.command) == 0) jumps.push_back(step);
  if (name == "retired") jumps.push_back(retire());
  const Canteen canteen = in_state(name);
  CHECK(state(accepted(canteen)) == name);
  refused(canteen, jumps, canteen.time, {"ILLEGAL_TRANSITION"});
}

TEST_CASE("nothing but a plan makes an integration known", "[contract][R4.2]") {
  const Canteen canteen;
  refused(canteen,
          {accept_plan(), apply(), review("passed"), approve("approved"), build(), joint_debug(), request(),
           accept_it(), suspend(), resume(), terminate(), retire()},
          0, {"UNKNOWN_TARGET"});
}

TEST_CASE("traffic in every state but live is denied with a finding", "[contract][R6.4]") {
  const std::string name =
      GENERATE("none", "draft", "plan-accepted", "applied", "review-passed", "approved", "building", "joint-debug",
               "acceptance", "rectifying", "suspended", "terminated", "retired");
  CAPTURE(name);
  Canteen canteen = name == "none" ? Canteen() : in_state(name);
  CHECK(accepted(canteen).findings("compliance", "R6.4", "canteen").empty());
  canteen.visit("in").visit("out", "a-1", "c-1", {{"direction", "out"}});
  const Outcome outcome = accepted(canteen);
  denied(outcome, "in", {"INTEGRATION_NOT_LIVE", "INTEGRATION_TERMINATED"});
  if (name == "terminated") denied(outcome, "in", {"INTEGRATION_TERMINATED"});
  if (name == "suspended" || name == "acceptance" || name == "draft") denied(outcome, "in", {"INTEGRATION_NOT_LIVE"});
  CHECK(outcome.verdict("out") == "allow");
  const auto findings = outcome.findings("compliance", "R6.4", "canteen");
  REQUIRE_FALSE(findings.empty());
  CHECK(findings[0].at("activity_id") == 1);
}

TEST_CASE("live traffic is no finding", "[contract][R6.4]") {
  Canteen canteen = live();
  canteen.visit("in");
  const Outcome outcome = accepted(canteen);
  CHECK(outcome.verdict("in") == "allow");
  CHECK(outcome.records("compliance").empty());
}

// ---- joint debugging and acceptance

TEST_CASE("acceptance is requested only when all tests are green", "[contract][R6.1][R6.2]") {
  Canteen canteen = in_state("building");
  canteen.now(joint_debug({{"t-1", "green"}, {"t-2", "red"}}));
  CHECK(state(accepted(canteen)) == "joint-debug");
  refused(canteen, request(), canteen.time, "ILLEGAL_TRANSITION");
  SECTION("the red one passes later") {
    canteen.now(joint_debug({{"t-2", "green"}})).now(request());
    CHECK(state(accepted(canteen)) == "acceptance");
  }
  SECTION("another test does not stand in for it") {
    canteen.now(joint_debug({{"t-3", "green"}}));
    refused(canteen, request(), canteen.time, "ILLEGAL_TRANSITION");
  }
  SECTION("a green one that fails later counts as red") {
    canteen.now(joint_debug({{"t-1", "red"}, {"t-2", "green"}}));
    refused(canteen, request(), canteen.time, "ILLEGAL_TRANSITION");
  }
}

TEST_CASE("acceptance is requested only with devices installed", "[contract][R6.2]") {
  Canteen canteen = in_state("approved");
  canteen.now(build()).now(joint_debug());
  refused(canteen, request(), canteen.time, "ILLEGAL_TRANSITION");
  canteen.now(install("c-1")).now(install("c-2")).now(request());
  CHECK(state(accepted(canteen)) == "acceptance");
}

TEST_CASE("a reader is activated in joint debugging, acceptance or live only", "[contract][R6.1]") {
  SECTION("not while building") {
    const Canteen canteen = in_state("building");
    refused(canteen, activate("c-1"), canteen.time, "ILLEGAL_TRANSITION");
  }
  SECTION("acceptance") {
    Canteen canteen = in_state("acceptance");
    canteen.now(activate("c-1"));
    CHECK(device_state(accepted(canteen), "c-1") == "active");
  }
}

TEST_CASE("a rejected inspection makes an itemised order that must close before the next request",
          "[contract][R6.3]") {
  Canteen canteen = in_state("acceptance");
  const std::int64_t rejected = canteen.time;
  canteen.now(reject_it());
  const Outcome outcome = accepted(canteen);
  CHECK(state(outcome) == "rectifying");
  const std::string id = open_order(outcome, "canteen");
  const json first = order(outcome, "canteen", id);
  CHECK(first.at("state") == "ordered");
  CHECK(since(first.at("due")) >= rejected + 15 * kDay);
  CHECK(since(first.at("due")) <= rejected + 16 * kDay);
  const auto notices = outcome.notices("logistics");
  REQUIRE_FALSE(notices.empty());
  check_notice(notices.back());
  CHECK(notices.back().at("text").at("en").get<std::string>().size() > 20);
  refused(canteen, {request(), accept_it()}, canteen.time, {"ILLEGAL_TRANSITION"});
  canteen.now(submit_order(id));
  refused(canteen, {request(), accept_it()}, canteen.time, {"ILLEGAL_TRANSITION"});
  canteen.now(accept_order(id));
  CHECK(order(accepted(canteen), "canteen", id).at("state") == "closed");
  canteen.now(request());
  CHECK(state(accepted(canteen)) == "acceptance");
}

TEST_CASE("a rejection without items is refused", "[contract][R6.3]") {
  Canteen canteen = in_state("acceptance");
  refused(canteen, {centre("integration.acceptance.record", {{"outcome", "rejected"}})}, canteen.time,
          {"MISSING_FIELD", "BAD_FIELD"});
}

TEST_CASE("rejected three rounds and then accepted", "[contract][R6.3]") {
  Canteen canteen = in_state("acceptance");
  for (int round = 1; round <= 3; ++round) {
    canteen.now(reject_it()).visit("denied-" + std::to_string(round));
    canteen.rectify().now(request());
  }
  canteen.now(accept_it()).visit("served");
  const Outcome outcome = accepted(canteen);
  for (int round = 1; round <= 3; ++round) CHECK(outcome.verdict("denied-" + std::to_string(round)) == "deny");
  CHECK(outcome.verdict("served") == "allow");
  Names expected = kWay;
  expected.pop_back();
  for (int round = 1; round <= 3; ++round) expected.insert(expected.end(), {"rectifying", "acceptance"});
  expected.push_back("live");
  CHECK(history(outcome) == expected);
  const json status = integration(outcome, "canteen");
  REQUIRE(status.at("orders").size() == 3);
  std::set<std::string> ids;
  for (const auto& one : status.at("orders")) {
    CHECK(one.at("state") == "closed");
    ids.insert(one.at("id").get<std::string>());
  }
  CHECK(ids.size() == 3);
}

// ---- suspension, termination, readmission

TEST_CASE("a suspended integration is not served until it is resumed", "[contract][R11.5]") {
  Canteen canteen = live();
  canteen.now(suspend()).visit("suspended");
  const Outcome suspended = accepted(canteen);
  CHECK(state(suspended) == "suspended");
  CHECK(integration(suspended, "canteen").at("access") == "suspended");
  denied(suspended, "suspended", {"INTEGRATION_NOT_LIVE"});
  const auto notices = suspended.notices("logistics");
  REQUIRE_FALSE(notices.empty());
  check_notice(notices.back());
  canteen.now(resume()).visit("resumed");
  const Outcome resumed = accepted(canteen);
  CHECK(state(resumed) == "live");
  CHECK(integration(resumed, "canteen").at("access") == "open");
  CHECK(resumed.verdict("resumed") == "allow");
}

TEST_CASE("termination ends access at once, with an order and its deadline, and says so", "[contract][R11.5]") {
  Canteen canteen = live();
  const std::int64_t when = canteen.time;
  std::int64_t days = 15;
  SECTION("by default") { canteen.now(terminate()); }
  SECTION("in ten days") {
    days = 10;
    canteen.now(terminate({{"days", 10}}));
  }
  canteen.visit("in");
  const Outcome outcome = accepted(canteen);
  CHECK(state(outcome) == "terminated");
  CHECK(integration(outcome, "canteen").at("access") == "terminated");
  denied(outcome, "in", {"INTEGRATION_TERMINATED"});
  const json ordered = order(outcome, "canteen", open_order(outcome, "canteen"));
  CHECK(ordered.at("state") == "ordered");
  CHECK(ordered.at("control") == "11(1)");
  CHECK(since(ordered.at("due")) >= when + days * kDay);
  CHECK(since(ordered.at("due")) <= when + (days + 1) * kDay);
  const auto notices = told(outcome, "logistics", when, when + kMinute);
  REQUIRE_FALSE(notices.empty());
  bool deadline = false;
  for (const auto& one : notices) {
    check_notice(one.notice);
    deadline = deadline || one.notice.at("deadline") == ordered.at("due");
  }
  CHECK(deadline);
}

TEST_CASE("a suspended integration can be terminated too", "[contract][R11.5]") {
  Canteen canteen = in_state("suspended");
  canteen.now(terminate());
  CHECK(state(accepted(canteen)) == "terminated");
}

TEST_CASE("readmission after termination: rectify, inspection, live", "[contract][R11.5]") {
  Canteen canteen = in_state("terminated");
  const std::string id = open_order(accepted(canteen), "canteen");
  refused(canteen, {request(), accept_it(), resume()}, canteen.time, {"ILLEGAL_TRANSITION"});
  canteen.now(submit_order(id));
  CHECK(state(accepted(canteen)) == "rectifying");
  refused(canteen, {request(), accept_it(), resume()}, canteen.time, {"ILLEGAL_TRANSITION"});
  canteen.now(accept_order(id)).visit("not yet");
  canteen.now(request()).visit("nor yet");
  canteen.now(accept_it()).visit("back");
  const Outcome outcome = accepted(canteen);
  CHECK(state(outcome) == "live");
  CHECK(integration(outcome, "canteen").at("access") == "open");
  CHECK(outcome.verdict("not yet") == "deny");
  CHECK(outcome.verdict("nor yet") == "deny");
  CHECK(outcome.verdict("back") == "allow");
}

TEST_CASE("every order of a terminated integration must close before it may ask again", "[contract][R11.5]") {
  Canteen canteen = live();
  canteen.now(
      centre("rectification.order", {{"order", "o-9"}, {"violation", "labels missing"}, {"control", "11(1)"}}));
  canteen.now(terminate());
  std::string of_termination;
  const json status = integration(accepted(canteen), "canteen");
  for (const auto& one : status.at("orders"))
    if (one.at("id") != "o-9") of_termination = one.at("id");
  canteen.now(submit_order(of_termination)).now(accept_order(of_termination));
  refused(canteen, request(), canteen.time, "ILLEGAL_TRANSITION");
  canteen.now(submit_order("o-9")).now(accept_order("o-9")).now(request());
  CHECK(state(accepted(canteen)) == "acceptance");
}

TEST_CASE("termination of a device or a subsystem stops the named readers and no other", "[contract][R11.5]") {
  const std::string scope = GENERATE("device", "subsystem");
  CAPTURE(scope);
  Canteen canteen = live();
  canteen.now(terminate({{"scope", scope}, {"devices", {"c-1"}}}));
  canteen.visit("stopped", "a-1", "c-1").visit("served", "a-1", "c-2");
  const Outcome outcome = accepted(canteen);
  CHECK(state(outcome) == "live");
  CHECK(integration(outcome, "canteen").at("access") == "open");
  CHECK(device_state(outcome, "c-1") == "quarantined");
  const json device = outcome.last("device-status", "device", "c-1");
  CHECK(device.at("usable") == false);
  CHECK(contains(device.at("reasons"), "INTEGRATION_TERMINATED"));
  denied(outcome, "stopped", {"INTEGRATION_TERMINATED", "DEVICE_QUARANTINED"});
  CHECK(outcome.verdict("served") == "allow");
  const Step release = {"device.release", "c-1", json::object(), "information-centre", ""};
  const std::string id = open_order(outcome, "canteen");
  refused(canteen, release, canteen.time, "ILLEGAL_TRANSITION");
  canteen.now(submit_order(id));
  CHECK(state(accepted(canteen)) == "live");
  refused(canteen, release, canteen.time, "ILLEGAL_TRANSITION");
  canteen.now(accept_order(id)).now(release).visit("again", "a-1", "c-1");
  const Outcome released = accepted(canteen);
  CHECK(device_state(released, "c-1") == "active");
  CHECK(released.verdict("again") == "allow");
}

TEST_CASE("a termination that does not say what is refused", "[contract][R11.5]") {
  const Canteen canteen = live();
  Step no_reasons = terminate();
  no_reasons.args.erase("reasons");
  Step no_control = terminate();
  no_control.args.erase("control");
  refused(canteen,
          {terminate({{"scope", "device"}}), terminate({{"scope", "subsystem"}}), terminate({{"scope", "campus"}}),
           no_reasons, no_control},
          canteen.time, {"MISSING_FIELD", "BAD_FIELD"});
}

TEST_CASE("a retired integration is served no more", "[contract][R4.2]") {
  const std::string name = GENERATE("draft", "building", "live", "suspended", "terminated");
  CAPTURE(name);
  Canteen canteen = in_state(name);
  canteen.now(retire()).visit("in");
  const Outcome outcome = accepted(canteen);
  CHECK(state(outcome) == "retired");
  denied(outcome, "in", {"INTEGRATION_NOT_LIVE", "INTEGRATION_TERMINATED"});
}

// ---- scope and amendment

TEST_CASE("a narrower scope holds from then on", "[contract][R7.2]") {
  Canteen canteen = live();
  canteen.visit("before", "a-1", "c-1", {{"function", "library"}, {"direction", "none"}});
  SECTION("functions") {
    canteen.now(owner("integration.scope.set", {{"scope", {{"functions", {"access"}}}}}));
    canteen.visit("after", "a-1", "c-1", {{"function", "library"}, {"direction", "none"}}).visit("inside");
    const Outcome outcome = accepted(canteen);
    CHECK(outcome.verdict("before") == "allow");
    denied(outcome, "after", {"OUT_OF_SCOPE"});
    CHECK(outcome.verdict("inside") == "allow");
    CHECK(state(outcome) == "live");
  }
  SECTION("categories") {
    canteen.open("a-temp", 0, {{"category", "temporary"}, {"valid_to", at(100 * kDay)}});
    canteen.visit("temporary before", "a-temp");
    canteen.now(owner("integration.scope.set", {{"scope", {{"categories", {"student"}}}}}));
    canteen.visit("temporary after", "a-temp").visit("student after");
    const Outcome outcome = accepted(canteen);
    CHECK(outcome.verdict("temporary before") == "allow");
    denied(outcome, "temporary after", {"OUT_OF_SCOPE"});
    CHECK(outcome.verdict("student after") == "allow");
  }
  SECTION("hours") {
    canteen.now(owner("integration.scope.set", {{"scope", {{"hours", {{"from", "06:00"}, {"to", "09:00"}}}}}}));
    canteen.time = 10 * kDay + 30 * kMinute; // 08:30
    canteen.visit("inside");
    canteen.time = 11 * kDay + 3 * kHour; // 11:00
    canteen.visit("outside");
    const Outcome outcome = accepted(canteen);
    CHECK(outcome.verdict("inside") == "allow");
    denied(outcome, "outside", {"OUT_OF_SCOPE"});
  }
}

TEST_CASE("a wider scope is refused", "[contract][R7.2]") {
  Canteen canteen = live();
  const auto scope = [](const json& members) { return owner("integration.scope.set", {{"scope", members}}); };
  const Names codes = {"ILLEGAL_TRANSITION", "BAD_FIELD"};
  refused(canteen,
          {scope({{"functions", {"access", "library", "payment"}}}), scope({{"functions", {"payment"}}}),
           scope({{"zones", {"z-1", "z-2"}}}), scope({{"devices", {"c-1", "c-2", "c-3"}}}),
           scope({{"endpoints", {"/accounts", "/transactions"}}}),
           scope({{"volumes", {{"subjects_per_day", 2000}, {"scans_per_day", 10000}}}})},
          canteen.time, codes);
  canteen.now(scope({{"functions", {"access"}}}));
  refused(canteen, {scope({{"functions", {"access", "library"}}})}, canteen.time, codes); // no way back
  refused(canteen, {scope({{"colour", "green"}})}, canteen.time, codes);
}

TEST_CASE("a live integration with a new plan stays live under the old one until it is approved",
          "[contract][R4.2][R7.2]") {
  const json wider = {{"functions", {"access", "library", "other:laundry"}}};
  const json laundry = {{"function", "other:laundry"}, {"direction", "none"}};
  Canteen canteen = live();
  int visits = 0;
  const auto still_old = [&](const Step& step) {
    canteen.now(step)
        .visit("in-" + std::to_string(visits))
        .visit("new-" + std::to_string(visits), "a-1", "c-1", laundry);
    const Outcome outcome = accepted(canteen);
    INFO(step.command);
    CHECK(state(outcome) == "live");
    CHECK(outcome.verdict("in-" + std::to_string(visits)) == "allow");
    denied(outcome, "new-" + std::to_string(visits), {"OUT_OF_SCOPE"});
    ++visits;
  };
  still_old(submit(wider));
  refused(canteen, {apply(), review("passed"), approve("approved"), build()}, canteen.time, {"ILLEGAL_TRANSITION"});
  still_old(accept_plan());
  refused(canteen, {review("passed"), approve("approved"), build()}, canteen.time, {"ILLEGAL_TRANSITION"});
  still_old(apply());
  refused(canteen, {approve("approved"), build()}, canteen.time, {"ILLEGAL_TRANSITION"});
  still_old(review("passed"));
  SECTION("approved") {
    canteen.now(approve("approved")).visit("in").visit("new", "a-1", "c-1", laundry);
    const Outcome outcome = accepted(canteen);
    CHECK(state(outcome) == "live");
    CHECK(outcome.verdict("in") == "allow");
    CHECK(outcome.verdict("new") == "allow");
  }
  SECTION("refused") { still_old(approve("refused")); }
}

// ---- hand-over and owners

TEST_CASE("a hand-over names the one responsible unit anew, and its owners", "[contract][R4.3]") {
  Canteen canteen = live();
  canteen.now(centre("integration.handover", {{"unit", "catering"}, {"owners", {"owner-3"}}})).visit("in");
  const Outcome outcome = accepted(canteen);
  const json status = integration(outcome, "canteen");
  CHECK(status.at("unit") == "catering");
  CHECK(status.at("owners") == json::array({"owner-3"}));
  CHECK(status.at("state") == "live");
  CHECK(outcome.verdict("in") == "allow");
  const json document = {{"document", "security-system"}, {"review_due", at(300 * kDay)}};
  refused(canteen, owner("integration.document.file", document), canteen.time, "NOT_OWNER");
  canteen.now(owner("integration.document.file", document, "owner-3"));
  CHECK(integration(accepted(canteen), "canteen").at("documents").size() == 1);
  refused(
      canteen,
      {centre("integration.handover", {{"unit", "x"}}), centre("integration.handover", {{"owners", {"owner-9"}}})},
      canteen.time, {"MISSING_FIELD"});
}

TEST_CASE("only its owners act for an integration", "[contract][R4.3]") {
  const auto stranger = [](Step step) {
    step.actor = "owner-1"; // who owns gates
    return step;
  };
  SECTION("draft") {
    const Canteen canteen = in_state("draft");
    refused(canteen, stranger(submit()), canteen.time, "NOT_OWNER");
  }
  SECTION("application") {
    const Canteen canteen = in_state("plan-accepted");
    refused(canteen, stranger(apply()), canteen.time, "NOT_OWNER");
  }
  SECTION("building") {
    const Canteen canteen = in_state("building");
    refused(canteen, stranger(joint_debug()), canteen.time, "NOT_OWNER");
  }
  SECTION("acceptance") {
    const Canteen canteen = in_state("joint-debug");
    refused(canteen, {stranger(request()), stranger(activate("c-1"))}, canteen.time, {"NOT_OWNER"});
  }
  SECTION("live") {
    const Canteen canteen = live();
    refused(canteen,
            {stranger(owner("integration.scope.set", {{"scope", {{"functions", {"access"}}}}})),
             stranger(owner("integration.document.file", {{"document", "x"}, {"review_due", at(kDay * 90)}})),
             stranger(submit())},
            canteen.time, {"NOT_OWNER"});
  }
}

TEST_CASE("owners may be named, all of them act", "[contract][R4.3]") {
  Canteen canteen;
  Step step = submit();
  step.args["owners"] = {"owner-2", "owner-4"};
  canteen.now(step).now(accept_plan());
  step = apply();
  step.actor = "owner-4";
  canteen.now(step);
  CHECK(state(accepted(canteen)) == "applied");
}

// ---- documents

TEST_CASE("documents are listed with their review dates, reminded of, and found when overdue", "[contract][R7.1]") {
  Canteen canteen = live();
  const std::int64_t due = 60 * kDay;
  canteen.now(owner("integration.document.file", {{"document", "security-system"}, {"review_due", at(due)}}));
  canteen.now(owner("integration.document.file", {{"document", "emergency-plan"}, {"review_due", at(400 * kDay)}}));
  const Outcome filed = accepted(canteen);
  const json documents = integration(filed, "canteen").at("documents");
  REQUIRE(documents.size() == 2);
  for (const auto& one : documents)
    CHECK(since(one.at("review_due")) == (one.at("document") == "security-system" ? due : 400 * kDay));
  canteen.clock(due - kHour);
  const Outcome before = accepted(canteen);
  CHECK(before.findings("compliance", "R7.1", "canteen").empty());
  CHECK(before.notices("logistics").size() > filed.notices("logistics").size()); // reminders
  canteen.clock(due + kHour);
  canteen.clock(due + 2 * kDay);
  const Outcome overdue = accepted(canteen);
  const auto findings = overdue.findings("compliance", "R7.1", "canteen");
  REQUIRE_FALSE(findings.empty());
  int created = 0;
  for (const auto& one : findings) created += one.at("activity_id") == 1 ? 1 : 0;
  CHECK(created == 1);
  CHECK(overdue.verdict("tick-1") == "allow");
  CHECK(integration(overdue, "canteen").at("state") == "live"); // a finding, no more
}

TEST_CASE("a document filed anew has a new review date and is overdue no more", "[contract][R7.1]") {
  Canteen canteen = live();
  canteen.now(owner("integration.document.file", {{"document", "emergency-plan"}, {"review_due", at(60 * kDay)}}));
  canteen.time = 50 * kDay;
  canteen.now(owner("integration.document.file", {{"document", "emergency-plan"}, {"review_due", at(400 * kDay)}}));
  canteen.clock(70 * kDay);
  const Outcome outcome = accepted(canteen);
  const json documents = integration(outcome, "canteen").at("documents");
  REQUIRE(documents.size() == 1);
  CHECK(since(documents[0].at("review_due")) == 400 * kDay);
  CHECK(outcome.findings("compliance", "R7.1", "canteen").empty());
}

// ---- adoption

TEST_CASE("what existed before is adopted once, by the information centre", "[contract][R4.2]") {
  const Canteen canteen = live();
  Step adopt = centre("integration.adopt", submit().args);
  refused(canteen, adopt, canteen.time, "ILLEGAL_TRANSITION");
  adopt.target = "museum";
  adopt.role = "integration-owner";
  adopt.actor = "owner-2";
  refused(canteen, adopt, canteen.time, "FORBIDDEN_ROLE");
}

TEST_CASE("a narrower number of subjects leaves the number of scans as it was", "[contract][R7.2][R5.1]") {
  Procedure procedure;
  const auto limit = [&](const char* member, int n) {
    return Step{
        "integration.scope.set", "gates", {{"scope", {{"volumes", {{member, n}}}}}}, "integration-owner", "owner-1"};
  };
  refused(procedure, limit("scans_per_day", 1'000'000'000), 0, {"BAD_FIELD"});
  procedure.take(limit("subjects_per_day", 1), 0);
  refused(procedure, limit("scans_per_day", 1'000'000'000), kMinute, {"BAD_FIELD"}); // still what the manifest says
}

TEST_CASE("an overdue document stays found until it is reviewed", "[contract][R7.1]") {
  Procedure procedure;
  const auto filed = [&](std::int64_t time, std::int64_t due) {
    procedure.take({"integration.document.file",
                    "gates",
                    {{"document", "emergency-plan"}, {"review_due", at(due)}},
                    "integration-owner",
                    "owner-1"},
                   time);
  };
  filed(0, 2 * kDay);
  procedure.clock(70 * kDay);
  const auto closed = [&] {
    bool any = false;
    for (const auto& f : accepted(procedure).findings("compliance", "R7.1", "gates"))
      any = any || f.at("activity_id") == 3;
    return any;
  };
  CHECK_FALSE(closed());
  filed(71 * kDay, 100 * kDay);
  CHECK(closed());
}
