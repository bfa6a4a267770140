// Would catch: a reader that serves people in maintenance or after its certification went, a window that nobody closes
// and nobody misses, a move without an order that passes for one, a quarantine that forgets where the reader was, an id
// that lives twice.
#include "tests/contract/procedures.hpp"

using namespace contract;

namespace {

using Names = std::vector<std::string>;

Step centre(const std::string& command, const json& args = json::object(), const std::string& device = "d-1") {
  return {command, device, args, "information-centre", ""};
}
Step owner(const std::string& command, const json& args = json::object(), const std::string& device = "d-1",
           const std::string& actor = "owner-1") {
  return {command, device, args, "integration-owner", actor};
}
Step enrol(const std::string& device = "d-1") {
  return centre("device.register", {{"serial", "serial-" + device}, {"model", "gate 2"}, {"integration", "gates"}},
                device);
}
Step certify(const std::string& device = "d-1") {
  return centre("device.certify", {{"certificate", "cert-new"}, {"valid_to", at(700 * kDay)}}, device);
}
Step install(const std::string& device = "d-1", const std::string& zone = "z-1") {
  return owner("device.install",
               {{"integration", "gates"},
                {"zone", zone},
                {"position", {{"lat", 29.36}, {"lon", 113.1}, {"accuracy_m", 5}}},
                {"network", {{"src_ip", "10.0.0.7"}, {"vlan", "7"}}},
                {"kind", "fixed"}},
               device);
}
Step activate(const std::string& device = "d-1") { return owner("device.activate", json::object(), device); }
Step quarantine(const std::string& device = "d-1") { return centre("device.quarantine", json::object(), device); }
Step release(const std::string& device = "d-1") { return centre("device.release", json::object(), device); }
Step revoke() { return centre("device.revoke"); }

// A maintenance order from two to six hours.
constexpr std::int64_t kFrom = 2 * kHour;
constexpr std::int64_t kTo = 6 * kHour;
Step ask(const std::string& kind = "repair", const json& more = json::object()) {
  json args = {{"order", "m-1"}, {"kind", kind}, {"from", at(kFrom)}, {"to", at(kTo)}};
  args.update(more);
  return owner("device.maintenance.request", args);
}
Step grant(const std::string& order = "m-1") { return centre("device.maintenance.approve", {{"order", order}}); }
Step finish(const json& more = json::object()) {
  json args = {{"order", "m-1"}};
  args.update(more);
  return owner("device.maintenance.close", args);
}

// Requested at the start of the day, approved an hour later.
Procedure granted(const std::string& kind = "repair", const json& more = json::object()) {
  Procedure procedure;
  procedure.open("a-test", -90 * kDay, {{"test", true}});
  procedure.take(ask(kind, more), 0);
  procedure.take(grant(), kHour);
  return procedure;
}
Procedure in_maintenance() {
  Procedure procedure = granted();
  procedure.clock(3 * kHour);
  return procedure;
}

// d-3 as far as this state, on the day before.
Procedure with_device(const std::string& state) {
  Procedure procedure;
  const Names way = {"registered", "certified", "installed", "active"};
  const std::vector<Step> steps = {enrol("d-3"), certify("d-3"), install("d-3"), activate("d-3")};
  for (std::size_t i = 0; i < way.size(); ++i) {
    procedure.take(steps[i], -kDay + static_cast<std::int64_t>(i) * kMinute);
    if (way[i] == state) break;
  }
  return procedure;
}

Names history(const Outcome& outcome, const std::string& device) {
  Names out;
  for (const auto& status : outcome.data("device-status"))
    if (status.at("device") == device && (out.empty() || out.back() != status.at("state").get<std::string>()))
      out.push_back(status.at("state").get<std::string>());
  return out;
}

// Findings opened about a reader or, since the contract does not say about whom an overrun is one, its integration.
std::size_t findings_about(const Outcome& outcome, const std::string& device) {
  std::size_t count = 0;
  for (const auto& record : outcome.records("compliance"))
    if (one_of(record.at("key"), {device, "gates"}) && record.at("value").at("data").at("activity_id") == 1) ++count;
  return count;
}

void report(Procedure& procedure, const std::string& id, std::int64_t seq, std::int64_t time, const json& more) {
  json data = {{"device", "d-1"}, {"seq", seq}};
  data.update(more);
  procedure.add(line("device-reports", "d-1", event("onecode.device-report.v1", id, time, data)));
  procedure.lines.back()["timestamp"] = epoch_ms(time);
}

} // namespace

// ---- revocation

TEST_CASE("a revoked reader is out at once, found when used, and back only by the whole way", "[contract][R11.1a]") {
  Procedure procedure;
  procedure.scan("before", "d-1", 1, "a-1", 0);
  procedure.take(revoke(), kHour);
  procedure.scan("after", "d-1", 2, "a-1", 2 * kHour);
  procedure.scan("late", "d-1", 3, "a-1", 30 * kMinute, {{"offline", true}}); // by the device as it is on arrival
  procedure.scan("out", "d-1", 4, "a-1", 3 * kHour, {{"direction", "out"}});
  const Outcome revoked = accepted(procedure);
  CHECK(revoked.verdict("before") == "allow");
  CHECK(revoked.verdict("after") == "deny");
  CHECK(contains(revoked.decision("after").at("reasons"), "DEVICE_NOT_ACTIVE"));
  CHECK(revoked.verdict("late") == "deny");
  CHECK(revoked.verdict("out") == "allow");
  CHECK(device_state(revoked, "d-1") == "registered");
  CHECK(revoked.last("device-status", "device", "d-1").at("usable") == false);
  CHECK_FALSE(revoked.findings("compliance", "D1", "d-1").empty());
  refused(procedure, {install(), activate(), enrol()}, 4 * kHour, {"ILLEGAL_TRANSITION"});
  procedure.take(certify(), 5 * kHour);
  refused(procedure, activate(), 6 * kHour, "ILLEGAL_TRANSITION");
  procedure.take(install(), 7 * kHour);
  procedure.take(activate(), 8 * kHour);
  procedure.scan("again", "d-1", 5, "a-1", 9 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.verdict("again") == "allow");
  CHECK(history(outcome, "d-1") ==
        Names{"registered", "certified", "installed", "active", "registered", "certified", "installed", "active"});
}

TEST_CASE("its unit is told that a reader is revoked or quarantined", "[contract][R1.1]") {
  Procedure procedure;
  SECTION("revoked") { procedure.take(revoke(), kHour); }
  SECTION("quarantined") { procedure.take(quarantine(), kHour); }
  const auto notices = told(accepted(procedure), "unit-gates", kHour, kHour + kMinute);
  REQUIRE_FALSE(notices.empty());
  check_notice(notices.back().notice);
}

// ---- maintenance

TEST_CASE("in its window a reader serves test accounts only, and afterwards everybody else again",
          "[contract][R6.1][R11.2]") {
  Procedure procedure = granted();
  procedure.scan("approved, not begun", "d-1", 1, "a-1", kFrom - kMinute);
  procedure.scan("person", "d-1", 2, "a-1", 3 * kHour);
  procedure.scan("test", "d-1", 3, "a-test", 3 * kHour + kMinute);
  procedure.scan("out", "d-1", 4, "a-1", 3 * kHour + 2 * kMinute, {{"direction", "out"}});
  const Outcome during = accepted(procedure);
  CHECK(during.verdict("approved, not begun") == "allow");
  CHECK(during.verdict("person") == "deny");
  CHECK(contains(during.decision("person").at("reasons"), "DEVICE_NOT_ACTIVE"));
  CHECK(during.verdict("test") == "allow");
  CHECK(during.verdict("out") == "allow");
  CHECK(device_state(during, "d-1") == "maintenance");
  CHECK(during.last("device-status", "device", "d-1").at("usable") == false);
  procedure.take(finish(), 4 * kHour);
  procedure.scan("person after", "d-1", 5, "a-1", 5 * kHour);
  procedure.scan("test after", "d-1", 6, "a-test", 5 * kHour + kMinute);
  procedure.clock(kTo + kDay);
  const Outcome outcome = accepted(procedure);
  CHECK(device_state(outcome, "d-1") == "active");
  CHECK(outcome.verdict("person after") == "allow");
  CHECK(contains(outcome.decision("test after").at("reasons"), "NOT_ELIGIBLE"));
  CHECK(findings_about(outcome, "d-1") == 0); // closed in time
  CHECK(history(outcome, "d-1").back() == "active");
  CHECK(history(outcome, "d-1").size() == 6); // four steps, maintenance, active
}

TEST_CASE("maintenance begins at `from`, also when nothing happens then", "[contract][R11.2]") {
  Procedure procedure = granted();
  procedure.clock(kFrom - kMinute);
  CHECK(device_state(accepted(procedure), "d-1") == "active");
  procedure.clock(kFrom + kMinute);
  const Outcome outcome = accepted(procedure);
  CHECK(device_state(outcome, "d-1") == "maintenance");
  CHECK(since(outcome.values("device-status").back().at("time")) == kFrom);
}

TEST_CASE("a window approved after it began begins at once", "[contract][R11.2]") {
  Procedure procedure;
  procedure.take(ask(), 0);
  procedure.take(grant(), 3 * kHour);
  CHECK(device_state(accepted(procedure), "d-1") == "maintenance");
}

TEST_CASE("without approval there is no maintenance", "[contract][R11.2]") {
  Procedure procedure;
  procedure.take(ask(), 0);
  procedure.scan("in the window", "d-1", 1, "a-1", 3 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.verdict("in the window") == "allow");
  CHECK(device_state(outcome, "d-1") == "active");
}

TEST_CASE("maintenance past its end goes on, with a notice and a finding, until it is closed", "[contract][R11.2]") {
  Procedure procedure = granted();
  procedure.clock(kTo - kMinute);
  const Outcome before = accepted(procedure);
  CHECK(findings_about(before, "d-1") == 0);
  procedure.clock(kTo + kMinute);
  procedure.scan("person", "d-1", 1, "a-1", kTo + kHour);
  procedure.clock(kTo + 2 * kDay);
  const Outcome overrun = accepted(procedure);
  CHECK(device_state(overrun, "d-1") == "maintenance");
  CHECK(overrun.verdict("person") == "deny");
  const auto notices = told(overrun, "unit-gates", kTo, kTo + kMinute);
  REQUIRE_FALSE(notices.empty());
  CHECK(has_chinese(notices.back().notice.at("text").at("zh")));
  CHECK(findings_about(overrun, "d-1") == 1);
  procedure.take(finish(), kTo + 3 * kDay);
  procedure.scan("after", "d-1", 2, "a-1", kTo + 4 * kDay);
  const Outcome outcome = accepted(procedure);
  CHECK(device_state(outcome, "d-1") == "active");
  CHECK(outcome.verdict("after") == "allow");
}

TEST_CASE("maintenance out of order is refused", "[contract][R11.2]") {
  SECTION("approved without a request") { refused(Procedure(), grant(), 0, "UNKNOWN_TARGET"); }
  SECTION("an order nobody knows") {
    Procedure procedure = granted();
    Step step = finish();
    step.args["order"] = "m-9";
    refused(procedure, {grant("m-9"), step}, kHour + kMinute, {"UNKNOWN_TARGET"});
  }
  SECTION("approved twice") { refused(granted(), grant(), kHour + kMinute, "ILLEGAL_TRANSITION"); }
  SECTION("closed before it was approved") {
    Procedure procedure;
    procedure.take(ask(), 0);
    refused(procedure, finish(), kHour, "ILLEGAL_TRANSITION");
  }
  SECTION("closed twice") {
    Procedure procedure = in_maintenance();
    procedure.take(finish(), 4 * kHour);
    refused(procedure, {finish(), grant()}, 5 * kHour, {"ILLEGAL_TRANSITION", "UNKNOWN_TARGET"});
  }
  SECTION("asked twice under one name") {
    Procedure procedure;
    procedure.take(ask(), 0);
    refused(procedure, {ask("network")}, kHour, {"ILLEGAL_TRANSITION", "DUPLICATE_ID"});
  }
  SECTION("an end before the beginning") {
    refused(Procedure(), {ask("repair", {{"to", at(kHour)}})}, 0, {"BAD_FIELD"});
  }
  SECTION("a kind that is none") { refused(Procedure(), {ask("party")}, 0, {"BAD_FIELD"}); }
  SECTION("by a stranger") {
    Step step = ask();
    step.actor = "stranger";
    refused(Procedure(), step, 0, "NOT_OWNER");
    step = finish();
    step.actor = "stranger";
    refused(in_maintenance(), step, 4 * kHour, "NOT_OWNER");
  }
  SECTION("approved by the owner") {
    Procedure procedure;
    procedure.take(ask(), 0);
    Step step = grant();
    step.role = "integration-owner";
    step.actor = "owner-1";
    refused(procedure, step, kHour, "FORBIDDEN_ROLE");
  }
}

TEST_CASE("a repair explains an opened case, a window over explains nothing", "[contract][R11.1b]") {
  const json tamper = {{"kind", "tamper"}, {"tamper", true}};
  SECTION("no order") {
    Procedure procedure;
    report(procedure, "r-1", 1, 3 * kHour, tamper);
    CHECK_FALSE(accepted(procedure).findings("compliance", "D6", "d-1").empty());
  }
  SECTION("in the window") {
    Procedure procedure = granted("repair");
    report(procedure, "r-1", 1, 3 * kHour, tamper);
    procedure.take(finish(), 4 * kHour);
    CHECK(accepted(procedure).findings("compliance", "D6", "d-1").empty());
  }
  SECTION("after it was closed") {
    Procedure procedure = granted("repair");
    procedure.take(finish(), 4 * kHour);
    report(procedure, "r-1", 1, 5 * kHour, tamper);
    CHECK_FALSE(accepted(procedure).findings("compliance", "D6", "d-1").empty());
  }
}

TEST_CASE("an order about the network explains other networks in its window, and sets the new one when closed",
          "[contract][R11.2]") {
  const json now = {{"src_ip", "10.0.0.7"}, {"vlan", "7"}}; // as installed
  const json then = {{"src_ip", "172.16.0.9"}, {"vlan", "9"}};
  const auto seen = [](const json& network) { return json{{"kind", "network"}, {"network", network}}; };
  const auto found = [](const Procedure& procedure) {
    return !accepted(procedure).findings("compliance", "D7", "d-1").empty();
  };
  SECTION("no order") {
    Procedure procedure;
    report(procedure, "r-1", 1, kHour, seen(now));
    CHECK_FALSE(found(procedure));
    report(procedure, "r-2", 2, 3 * kHour, seen(then));
    CHECK(found(procedure));
  }
  SECTION("in the window") {
    Procedure procedure = granted("network");
    report(procedure, "r-1", 1, 3 * kHour, seen(then));
    CHECK_FALSE(found(procedure));
    SECTION("closed with the new network") {
      procedure.take(finish({{"network", then}}), 4 * kHour);
      report(procedure, "r-2", 2, 5 * kHour, seen(then));
      CHECK_FALSE(found(procedure));
      report(procedure, "r-3", 3, 6 * kHour, seen(now)); // which is no longer the approved one
      CHECK(found(procedure));
    }
    SECTION("closed without one") {
      procedure.take(finish(), 4 * kHour);
      report(procedure, "r-2", 2, 5 * kHour, seen(then));
      CHECK(found(procedure));
    }
  }
}

TEST_CASE("a fixed reader that moves is found, unless it was to be moved", "[contract][R11.1c]") {
  const json far = {{"lat", 29.387}, {"lon", 113.1}, {"accuracy_m", 5}};
  const auto moved = [&](Procedure& procedure) {
    for (int i = 1; i <= 5; ++i)
      report(procedure, "r-" + std::to_string(i), i, 3 * kHour + i * kMinute,
             {{"kind", "position"}, {"position", far}});
    return !accepted(procedure).findings("compliance", "D4", "d-1").empty();
  };
  SECTION("no order") {
    Procedure procedure;
    CHECK(moved(procedure));
  }
  SECTION("a relocation") {
    Procedure procedure = granted("relocate", {{"zone", "z-2"}});
    CHECK_FALSE(moved(procedure));
    procedure.take(finish({{"zone", "z-2"}, {"position", far}}), 4 * kHour);
    report(procedure, "r-9", 9, 5 * kHour, {{"kind", "position"}, {"position", far}});
    CHECK(accepted(procedure).findings("compliance", "D4", "d-1").empty());
  }
}

TEST_CASE("a relocation ends with the new place as the baseline", "[contract][R11.1c]") {
  Procedure procedure = granted("relocate", {{"zone", "z-2"}});
  procedure.take(finish({{"zone", "z-2"}, {"position", {{"lat", 29.387}, {"lon", 113.1}, {"accuracy_m", 5}}}}),
                 4 * kHour);
  procedure.scan("s1", "d-1", 1, "a-1", 5 * kHour, {{"handset", "h-1"}});
  procedure.scan("s2", "d-2", 1, "a-1", 5 * kHour + kSecond, {{"handset", "h-1"}}); // next to it now
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.verdict("s1") == "allow");
  CHECK(outcome.records("alerts").empty());
  // Where it stood before, the two readers were kilometres apart.
  Procedure unmoved;
  unmoved.scan("s1", "d-1", 1, "a-1", 5 * kHour, {{"handset", "h-1"}});
  unmoved.scan("s2", "d-2", 1, "a-1", 5 * kHour + kSecond, {{"handset", "h-1"}});
  CHECK_FALSE(accepted(unmoved).records("alerts").empty());
}

// ---- quarantine

TEST_CASE("quarantine and release lead back to where the reader was", "[contract][R11.1a]") {
  const std::string state = GENERATE("registered", "certified", "installed", "active");
  CAPTURE(state);
  Procedure procedure = with_device(state);
  CHECK(device_state(accepted(procedure), "d-3") == state);
  procedure.take(quarantine("d-3"), kHour);
  CHECK(device_state(accepted(procedure), "d-3") == "quarantined");
  refused(procedure, {quarantine("d-3"), enrol("d-3"), certify("d-3"), install("d-3"), activate("d-3")}, 2 * kHour,
          {"ILLEGAL_TRANSITION"});
  procedure.take(release("d-3"), 3 * kHour);
  procedure.scan("after", "d-3", 1, "a-1", 4 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(device_state(outcome, "d-3") == state);
  CHECK((outcome.verdict("after") == "allow") == (state == "active"));
}

TEST_CASE("a reader quarantined in maintenance is in maintenance when released", "[contract][R11.1a]") {
  Procedure procedure = in_maintenance();
  procedure.take(quarantine(), 4 * kHour);
  procedure.scan("test", "d-1", 1, "a-test", 4 * kHour + kMinute);
  procedure.take(release(), 5 * kHour);
  procedure.scan("test again", "d-1", 2, "a-test", 5 * kHour + kMinute);
  const Outcome outcome = accepted(procedure);
  CHECK(contains(outcome.decision("test").at("reasons"), "DEVICE_QUARANTINED"));
  CHECK(outcome.verdict("test again") == "allow");
  CHECK(device_state(outcome, "d-1") == "maintenance");
}

TEST_CASE("what is not in quarantine cannot be released", "[contract][R11.1a]") {
  const std::string state = GENERATE("registered", "certified", "installed", "active");
  CAPTURE(state);
  refused(with_device(state), release("d-3"), kHour, "ILLEGAL_TRANSITION");
}

TEST_CASE("quarantine after a clone is the policy's, release is the centre's", "[contract][R11.1a]") {
  Procedure procedure;
  procedure.scan("s1", "d-1", 1, "a-1", 0);
  procedure.scan("clone", "d-1", 1, "a-1", kMinute, {{"direction", "none"}, {"function", "identity"}});
  CHECK(device_state(accepted(procedure), "d-1") == "quarantined");
  Step step = release();
  step.role = "integration-owner";
  step.actor = "owner-1";
  refused(procedure, step, kHour, "FORBIDDEN_ROLE");
  procedure.take(release(), 2 * kHour);
  procedure.scan("after", "d-1", 2, "a-1", 3 * kHour);
  CHECK(accepted(procedure).verdict("after") == "allow");
}

// ---- retirement, and every step out of order

TEST_CASE("a retired reader is gone for good, and its id is never used again", "[contract][R11.1a]") {
  const std::string state = GENERATE("registered", "certified", "installed", "active", "quarantined");
  CAPTURE(state);
  Procedure procedure = with_device(state == "quarantined" ? "active" : state);
  if (state == "quarantined") procedure.take(quarantine("d-3"), -kHour);
  procedure.take(centre("device.retire", json::object(), "d-3"), 0);
  procedure.scan("after", "d-3", 1, "a-1", kHour);
  procedure.scan("out", "d-3", 2, "a-1", 2 * kHour, {{"direction", "out"}});
  const Outcome outcome = accepted(procedure);
  CHECK(device_state(outcome, "d-3") == "retired");
  CHECK(outcome.last("device-status", "device", "d-3").at("usable") == false);
  CHECK(outcome.verdict("after") == "deny");
  CHECK(outcome.verdict("out") == "allow");
  refused(procedure,
          {enrol("d-3"), certify("d-3"), install("d-3"), activate("d-3"), quarantine("d-3"), release("d-3"),
           centre("device.revoke", json::object(), "d-3"), centre("device.retire", json::object(), "d-3")},
          3 * kHour, {"ILLEGAL_TRANSITION"});
}

TEST_CASE("a step of a reader's life out of order is refused and changes nothing", "[contract][R11.1a]") {
  SECTION("registered") {
    refused(with_device("registered"), {enrol("d-3"), install("d-3"), activate("d-3")}, 0, {"ILLEGAL_TRANSITION"});
  }
  SECTION("certified") {
    refused(with_device("certified"), {enrol("d-3"), activate("d-3")}, 0, {"ILLEGAL_TRANSITION"});
  }
  SECTION("installed") { refused(with_device("installed"), {enrol("d-3")}, 0, {"ILLEGAL_TRANSITION"}); }
  SECTION("active") { // moving it takes a maintenance order
    refused(with_device("active"), {enrol("d-3"), install("d-3", "z-2"), activate("d-3")}, 0, {"ILLEGAL_TRANSITION"});
  }
  SECTION("in maintenance") {
    refused(in_maintenance(), {enrol(), install(), activate()}, 4 * kHour, {"ILLEGAL_TRANSITION"});
  }
}

TEST_CASE("a reader that nobody registered is UNKNOWN_TARGET", "[contract][R11.1a]") {
  refused(Procedure(),
          {certify("d-9"), quarantine("d-9"), release("d-9"), centre("device.revoke", json::object(), "d-9"),
           centre("device.retire", json::object(), "d-9"), install("d-9")},
          0, {"UNKNOWN_TARGET"});
}

TEST_CASE("closing an order changes only what it was approved for", "[contract][R11.1c][R11.2]") {
  const json place = {{"lat", 29.387}, {"lon", 113.1}, {"accuracy_m", 5}};
  const json network = {{"src_ip", "172.16.0.9"}};
  const auto closes = [&](const std::string& kind, const json& with, const json& asked = json::object()) {
    Procedure procedure = granted(kind, asked);
    Step step = finish(with);
    procedure.take(step, 4 * kHour);
    return procedure.replay().records("dead-letters").empty();
  };
  CHECK(closes("relocate", {{"zone", "z-2"}, {"position", place}, {"network", network}}, {{"zone", "z-2"}}));
  CHECK_FALSE(closes("relocate", {{"zone", "z-3"}}, {{"zone", "z-2"}})); // another than was approved
  CHECK(closes("network", {{"network", network}}));
  CHECK_FALSE(closes("network", {{"zone", "z-2"}}));
  CHECK_FALSE(closes("network", {{"position", place}}));
  CHECK(closes("repair", {{"position", place}, {"network", network}}));
  CHECK_FALSE(closes("repair", {{"zone", "z-2"}}));
  CHECK_FALSE(closes("firmware", {{"network", network}}));
  CHECK(closes("firmware", json::object()));
}

TEST_CASE("a firmware update settles no opened case and no other network", "[contract][R11.1b][R11.2]") {
  Procedure procedure;
  report(procedure, "r-1", 1, kMinute, {{"kind", "network"}, {"network", {{"src_ip", "172.16.0.9"}}}});
  procedure.take(ask("firmware"), 10 * kMinute);
  procedure.take(grant(), 20 * kMinute);
  procedure.take(finish(), 4 * kHour);
  const auto findings = accepted(procedure).findings("compliance", "D7", "d-1");
  REQUIRE_FALSE(findings.empty());
  for (const auto& f : findings) CHECK(f.at("activity_id") != 3);
}

TEST_CASE("a reader in quarantine comes back to its maintenance, which can still be closed", "[contract][R11.1a]") {
  Procedure procedure = granted("repair");
  procedure.take(quarantine("d-1"), 2 * kHour + kMinute);
  procedure.clock(40 * kDay); // the window passes meanwhile
  procedure.take(release("d-1"), 41 * kDay);
  procedure.take(finish(), 42 * kDay);
  CHECK(device_state(accepted(procedure), "d-1") == "active");
}
