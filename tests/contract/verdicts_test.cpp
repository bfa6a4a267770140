// Would catch: a person let in who has no right to, a person turned away who has one, a reason that is missing or made
// up, a life-safety exit that stays shut. One test per situation that the contract names.
#include "tests/contract/contract.hpp"

using namespace contract;

namespace {

using Reasons = std::vector<std::string>;

void denied(const Outcome& outcome, const std::string& scan, const Reasons& reasons) {
  INFO(scan);
  CHECK(outcome.verdict(scan) == "deny");
  CHECK(outcome.reasons(scan) == reasons);
}

void allowed(const Outcome& outcome, const std::string& scan) {
  INFO(scan);
  CHECK(outcome.verdict(scan) == "allow");
  CHECK(outcome.reasons(scan) == Reasons{});
}

const json kOut = {{"direction", "out"}};

} // namespace

TEST_CASE("an account that nobody opened is ACCOUNT_UNKNOWN", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-nobody", 0);
  denied(campus.replay(), "s1", {"ACCOUNT_UNKNOWN"});
}

TEST_CASE("an account counts from valid_from to valid_to, at the time of the event", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2", -kDay, {{"valid_from", at(kHour)}, {"valid_to", at(5 * kHour)}});
  campus.scan("early", "d-1", 1, "a-2", kHour - kMinute);
  campus.scan("first", "d-1", 2, "a-2", kHour + kMinute);
  campus.scan("last", "d-1", 3, "a-2", 5 * kHour - kMinute);
  campus.scan("late", "d-1", 4, "a-2", 5 * kHour + kMinute);
  campus.scan("offline", "d-1", 5, "a-2", 2 * kHour, {{"offline", true}});
  const Outcome outcome = campus.replay();
  denied(outcome, "early", {"NOT_ELIGIBLE"});
  allowed(outcome, "first");
  allowed(outcome, "last");
  denied(outcome, "late", {"ACCOUNT_EXPIRED"});
  allowed(outcome, "offline");
}

TEST_CASE("a test account is served in joint debugging only: elsewhere NOT_ELIGIBLE", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-test", -kDay, {{"test", true}});
  campus.scan("s1", "d-1", 1, "a-test", 0);
  denied(campus.replay(), "s1", {"NOT_ELIGIBLE"});
}

TEST_CASE("a temporary account needs an end date, approved-other an approver", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2", -kDay, {{"category", "temporary"}});
  campus.open("a-3", -kDay, {{"category", "approved-other"}});
  campus.open("a-4", -kDay, {{"category", "approved-other"}, {"approver", "dean-1"}});
  campus.scan("s2", "d-1", 1, "a-2", 0);
  campus.scan("s3", "d-1", 2, "a-3", kHour);
  campus.scan("s4", "d-1", 3, "a-4", 2 * kHour);
  campus.scan("s5", "d-1", 4, "a-4", 366 * kDay);
  const Outcome outcome = campus.replay();
  denied(outcome, "s2", {"ACCOUNT_UNKNOWN"});
  denied(outcome, "s3", {"ACCOUNT_UNKNOWN"});
  CHECK(outcome.verdict("s4") == "allow");
  denied(outcome, "s5", {"ACCOUNT_EXPIRED"}); // one year at most
  REQUIRE(outcome.records("dead-letters").size() == 2);
  for (const auto& code : outcome.dead_codes()) CHECK(one_of(code, {"BAD_FIELD", "MISSING_FIELD"}));
}

TEST_CASE("a function that the category lacks is NO_ENTITLEMENT", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2", -kDay, {{"category", "temporary"}, {"valid_to", at(10 * kDay)}});
  campus.scan("access", "d-1", 1, "a-2", 0);
  campus.scan("library", "d-1", 2, "a-2", kHour, {{"function", "library"}});
  campus.scan("payment", "d-1", 3, "a-2", 2 * kHour, {{"function", "payment"}, {"amount", 500}});
  campus.scan("other", "d-1", 4, "a-2", 3 * kHour, {{"function", "other:sauna"}});
  campus.scan("student", "d-1", 5, "a-1", 4 * kHour, {{"function", "library"}});
  const Outcome outcome = campus.replay();
  allowed(outcome, "access");
  denied(outcome, "library", {"NO_ENTITLEMENT"});
  denied(outcome, "payment", {"NO_ENTITLEMENT"});
  denied(outcome, "other", {"NO_ENTITLEMENT"});
  allowed(outcome, "student");
}

TEST_CASE("a reader that nobody registered is DEVICE_UNKNOWN", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "x-9", 1, "a-1", 0);
  const Outcome outcome = campus.replay();
  denied(outcome, "s1", {"DEVICE_UNKNOWN"});
  CHECK(outcome.decision("s1").at("findings").size() == 1);
}

TEST_CASE("a reader that is registered, certified or installed but not active is DEVICE_NOT_ACTIVE", "[contract]") {
  const int steps = GENERATE(1, 2, 3);
  CAPTURE(steps);
  Campus campus = ordinary();
  campus.device("d-3", "gates", "z-1", json::object(), steps);
  campus.scan("s1", "d-3", 1, "a-1", 0);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("s1") == "deny");
  CHECK(contains(outcome.decision("s1").at("reasons"), "DEVICE_NOT_ACTIVE"));
}

TEST_CASE("a certificate past its end makes the reader DEVICE_NOT_ACTIVE", "[contract]") {
  Campus campus = ordinary();
  campus.device("d-3", "gates", "z-1", {{"valid_to", at(2 * kHour)}});
  campus.scan("s1", "d-3", 1, "a-1", kHour);
  campus.scan("s2", "d-3", 2, "a-1", 3 * kHour);
  const Outcome outcome = campus.replay();
  allowed(outcome, "s1");
  denied(outcome, "s2", {"DEVICE_NOT_ACTIVE"});
}

TEST_CASE("quarantine stops a reader at once, release puts it back where it was", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.command("device.quarantine", "d-1", json::object(), kHour, "information-centre");
  campus.scan("s2", "d-1", 2, "a-1", kHour + kMinute);
  campus.scan("late", "d-1", 3, "a-1", 30 * kMinute, {{"offline", true}}); // by the device as it is on arrival
  campus.command("device.release", "d-1", json::object(), 2 * kHour, "information-centre");
  campus.scan("s3", "d-1", 4, "a-1", 2 * kHour + kMinute);
  const Outcome outcome = campus.replay();
  allowed(outcome, "s1");
  denied(outcome, "s2", {"DEVICE_QUARANTINED"});
  denied(outcome, "late", {"DEVICE_QUARANTINED"});
  allowed(outcome, "s3");
}

TEST_CASE("a reader under an integration that is not live is INTEGRATION_NOT_LIVE", "[contract]") {
  Campus campus = ordinary();
  campus.device("d-3", "ghost", "z-1", json::object(), 2);
  campus.scan("s1", "d-3", 1, "a-1", 0);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("s1") == "deny");
  CHECK(contains(outcome.decision("s1").at("reasons"), "INTEGRATION_NOT_LIVE"));
}

TEST_CASE("what the manifest does not declare is OUT_OF_SCOPE", "[contract]") {
  Campus campus;
  const auto only = [&](const json& manifest, const json& scan = json::object()) {
    campus = Campus();
    campus.adopt("gates", manifest);
    campus.device("d-1");
    campus.open("a-1");
    campus.open("a-2", -kDay, {{"category", "temporary"}, {"valid_to", at(10 * kDay)}});
    campus.scan("s1", "d-1", 1, "a-1", 0, scan); // 08:00
    campus.scan("s2", "d-1", 2, "a-2", kHour, scan);
    return campus.replay();
  };
  SECTION("function") {
    const Outcome outcome = only({{"functions", {"access"}}}, {{"function", "library"}});
    denied(outcome, "s1", {"OUT_OF_SCOPE"});
  }
  SECTION("zone") { denied(only({{"zones", {"z-2"}}}), "s1", {"OUT_OF_SCOPE"}); }
  SECTION("hours") {
    const Outcome outcome = only({{"hours", {{"from", "08:30"}, {"to", "22:00"}}}});
    denied(outcome, "s1", {"OUT_OF_SCOPE"});
    allowed(outcome, "s2");
  }
  SECTION("category") {
    const Outcome outcome = only({{"categories", {"student"}}});
    allowed(outcome, "s1");
    denied(outcome, "s2", {"OUT_OF_SCOPE"});
  }
  SECTION("operator") {
    const Outcome outcome = only({{"operators", {"op-1"}}}, {{"operator", "op-9"}});
    denied(outcome, "s1", {"OUT_OF_SCOPE"});
  }
  SECTION("a declared operator is in scope") {
    const Outcome outcome = only({{"operators", {"op-1"}}}, {{"operator", "op-1"}});
    allowed(outcome, "s1");
  }
}

TEST_CASE("a frozen account is denied the held functions only", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  campus.scan("in", "d-1", 1, "a-1", kHour);
  campus.scan("pay", "d-1", 2, "a-1", 2 * kHour, {{"function", "payment"}, {"amount", 100}, {"direction", "none"}});
  campus.scan("read", "d-1", 3, "a-1", 3 * kHour, {{"function", "library"}});
  campus.scan("who", "d-1", 4, "a-1", 4 * kHour, {{"function", "identity"}});
  campus.scan("out", "d-1", 5, "a-1", 5 * kHour, kOut);
  campus.scan("clinic", "d-1", 6, "a-1", 6 * kHour, {{"function", "other:clinic"}});
  const Outcome outcome = campus.replay();
  denied(outcome, "in", {"ACCOUNT_FROZEN"});
  denied(outcome, "pay", {"ACCOUNT_FROZEN"});
  denied(outcome, "read", {"ACCOUNT_FROZEN"});
  allowed(outcome, "who");
  CHECK(outcome.verdict("out") == "allow");
  CHECK(outcome.verdict("clinic") == "allow");
}

TEST_CASE("a hold on chosen functions blocks just these", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}, {"functions", {"payment"}}}, 0, "security-officer");
  campus.scan("in", "d-1", 1, "a-1", kHour);
  campus.scan("pay", "d-1", 2, "a-1", 2 * kHour, {{"function", "payment"}, {"amount", 100}});
  const Outcome outcome = campus.replay();
  allowed(outcome, "in");
  denied(outcome, "pay", {"ACCOUNT_FROZEN"});
}

TEST_CASE("a late scan is judged by the holds still in place that began before it", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 2 * kHour, "security-officer");
  campus.scan("before", "d-1", 1, "a-1", kHour, {{"offline", true}});
  campus.scan("after", "d-1", 2, "a-1", 3 * kHour, {{"offline", true}});
  campus.command("account.lift", "a-1", {{"article", "8"}}, 5 * kHour, "security-officer");
  campus.scan("lifted", "d-1", 3, "a-1", 4 * kHour, {{"offline", true}});
  const Outcome outcome = campus.replay();
  allowed(outcome, "before");
  denied(outcome, "after", {"ACCOUNT_FROZEN"});
  allowed(outcome, "lifted");
}

TEST_CASE("leaving, clinic and exam are always allowed, with the reasons still listed", "[contract]") {
  const json how =
      GENERATE(values<json>({{{"direction", "out"}}, {{"function", "other:clinic"}}, {{"function", "other:exam"}}}));
  CAPTURE(how.dump());
  Campus campus = ordinary();
  campus.open("a-old", -20 * kDay, {{"valid_to", at(-kDay)}});
  campus.open("a-temp", -kDay, {{"category", "temporary"}, {"valid_to", at(10 * kDay)}});
  campus.command("account.freeze", "a-1",
                 {{"article", "8"}, {"functions", {"payment", "access", "library", "identity"}}}, 0,
                 "security-officer");
  campus.command("device.quarantine", "d-2", json::object(), 0, "information-centre");
  campus.scan("nobody", "d-1", 1, "a-nobody", kHour, how);
  campus.scan("expired", "d-1", 2, "a-old", kHour, how);
  campus.scan("frozen", "d-1", 3, "a-1", kHour, how);
  campus.scan("quarantined", "d-2", 1, "a-1", 2 * kHour, how);
  campus.scan("unknown", "x-9", 1, "a-nobody", kHour, how);
  const Outcome outcome = campus.replay();
  for (const char* scan : {"nobody", "expired", "frozen", "quarantined", "unknown"})
    CHECK(outcome.verdict(scan) == "allow");
  CHECK(outcome.reasons("nobody") == Reasons{"ACCOUNT_UNKNOWN"});
  CHECK(outcome.reasons("expired") == Reasons{"ACCOUNT_EXPIRED"});
  CHECK(contains(outcome.decision("quarantined").at("reasons"), "DEVICE_QUARANTINED"));
  CHECK(outcome.reasons("unknown") == Reasons{"ACCOUNT_UNKNOWN", "DEVICE_UNKNOWN"});
}

TEST_CASE("several reasons are all listed", "[contract]") {
  Campus campus = ordinary();
  campus.command("device.quarantine", "d-1", json::object(), 0, "information-centre");
  campus.open("a-temp", -kDay, {{"category", "temporary"}, {"valid_to", at(10 * kDay)}});
  campus.command("account.freeze", "a-temp", {{"article", "8"}}, 0, "security-officer");
  campus.scan("s1", "d-1", 1, "a-temp", kHour, {{"function", "library"}});
  denied(campus.replay(), "s1", {"ACCOUNT_FROZEN", "DEVICE_QUARANTINED", "NO_ENTITLEMENT"});
}
