// Would catch: a rogue, cloned or lent reader that nobody hears of, an honest one accused, a finding that a security
// team's tools cannot read as OCSF or trace back to the records it came from.
#include "tests/contract/contract.hpp"

#include <set>

using namespace contract;

namespace {

const json& ours(const json& finding) { return finding.at("unmapped").at("onecode"); }

// CONTRACT §5.4, field by field.
void check_shape(const json& record, bool compliance) {
  const json& value = record.at("value");
  const json& data = value.at("data");
  INFO(record.dump());
  CHECK(data.at("class_uid") == (compliance ? 2003 : 2004));
  CHECK(data.at("category_uid") == 2);
  CHECK(data.at("metadata").at("version") == "1.3.0");
  CHECK(data.at("metadata").at("product").is_object());
  CHECK(data.at("type_uid") == data.at("class_uid").get<int>() * 100 + data.at("activity_id").get<int>());
  CHECK(data.at("time").is_number_integer());
  CHECK(one_of(data.at("activity_id").dump(), {"1", "2", "3"}));
  CHECK(data.at("confidence_score").get<int>() >= 0);
  CHECK(data.at("confidence_score").get<int>() <= 100);
  const json& info = data.at("finding_info");
  CHECK_FALSE(info.at("uid").get<std::string>().empty());
  CHECK(info.at("title").is_string());
  CHECK_FALSE(info.at("analytic").at("name").get<std::string>().empty());
  CHECK_FALSE(info.at("analytic").at("uid").get<std::string>().empty());
  CHECK(info.at("analytic").contains("version"));
  const json& own = ours(data);
  CHECK(own.at("subject") == record.at("key"));
  CHECK(own.at("article").is_string());
  CHECK(one_of(own.at("act"), {"lend", "rent", "transfer", "pledge", "relay", "copy", "collusion", "unknown"}));
  const int score = own.at("score");
  const int band = own.at("band");
  CHECK(score >= 0);
  CHECK(score <= 1000);
  CHECK(band >= 0);
  CHECK(band <= 4);
  CHECK(data.at("severity_id") == band + 1);
  CHECK(data.at("risk_score").get<int>() >= score / 10);
  CHECK(data.at("risk_score").get<int>() <= (score + 9) / 10);
  CHECK(one_of(own.at("proposed_action"), {"none", "watch", "challenge", "open-case", "freeze", "inspect",
                                           "quarantine", "suspend", "terminate"}));
  for (const auto& family : own.at("families")) {
    CHECK(family.at("family").is_string());
    CHECK(family.at("points").is_number_integer());
  }
  CHECK_FALSE(own.at("rules").empty());
  for (const auto& rule : own.at("rules")) {
    CHECK(rule.at("id").is_string());
    CHECK(rule.contains("version"));
    CHECK(rule.at("points").is_number_integer());
  }
  CHECK(own.at("policy") == "t-1");
  CHECK_FALSE(own.at("explanation").at("zh").get<std::string>().empty());
  CHECK_FALSE(own.at("explanation").at("en").get<std::string>().empty());
  if (compliance) {
    CHECK(data.at("compliance").at("standard") == "岳阳学院校园“一码通”管理办法");
    CHECK_FALSE(data.at("compliance").at("control").get<std::string>().empty());
  }
}

// Every contributing event by topic, partition, offset and id; this one must be among them.
bool has_evidence(const json& finding, const json& input) {
  for (const auto& evidence : finding.at("evidences")) {
    const json& data = evidence.contains("data") ? evidence.at("data") : evidence;
    if (data.dump().find(input.at("value").at("id").dump()) == std::string::npos) continue;
    CHECK(data.at("topic") == input.at("topic"));
    CHECK(data.at("partition") == input.at("partition"));
    CHECK(data.at("offset") == input.at("offset"));
    return true;
  }
  return false;
}

void place(json& record, int partition, int offset) {
  record["partition"] = partition;
  record["offset"] = offset;
}

} // namespace

TEST_CASE("D1: an unknown reader is one finding, created once and then updated", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "x-9", 1, "a-1", 0);
  place(campus.lines.back(), 3, 1000);
  const json input = campus.lines.back();
  campus.scan("s2", "x-9", 2, "a-1", kHour);
  place(campus.lines.back(), 3, 1001);
  const Outcome outcome = campus.replay();
  const auto findings = outcome.findings("compliance", "D1", "x-9");
  REQUIRE_FALSE(findings.empty());
  for (const auto& record : outcome.records("compliance")) check_shape(record, true);
  CHECK(findings[0].at("activity_id") == 1);
  CHECK(findings[0].at("compliance").at("control") == "11(1)");
  CHECK(has_evidence(findings[0], input));
  for (std::size_t i = 1; i < findings.size(); ++i) {
    CHECK(findings[i].at("activity_id") == 2);
    CHECK(findings[i].at("finding_info").at("uid") == findings[0].at("finding_info").at("uid"));
  }
  CHECK(contains(outcome.decision("s1").at("findings"), findings[0].at("finding_info").at("uid")));
}

TEST_CASE("D2: one number with two contents is a clone, and the reader is quarantined", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2");
  campus.scan("s1", "d-1", 1, "a-1", 0);
  place(campus.lines.back(), 4, 499);
  const json first = campus.lines.back();
  campus.scan("clone", "d-1", 1, "a-2", kMinute);
  place(campus.lines.back(), 4, 500);
  const json input = campus.lines.back();
  campus.scan("s3", "d-1", 2, "a-1", kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  const auto findings = outcome.findings("compliance", "D2", "d-1");
  REQUIRE(findings.size() == 1);
  check_shape(outcome.records("compliance").at(0), true);
  CHECK(findings[0].at("compliance").at("control") == "11(1)");
  CHECK(ours(findings[0]).at("score") == 1000);
  CHECK(has_evidence(findings[0], first));
  CHECK(has_evidence(findings[0], input));
  CHECK(outcome.records("decisions").size() == 3); // both contents are distinct scans
  CHECK(outcome.verdict("s3") == "deny");
  CHECK(contains(outcome.decision("s3").at("reasons"), "DEVICE_QUARANTINED"));
  CHECK(outcome.last("device-status", "device", "d-1").at("state") == "quarantined");
}

TEST_CASE("without auto_quarantine a clone is found but the reader goes on", "[contract]") {
  Campus campus = ordinary();
  campus.policy["response"]["auto_quarantine"] = false;
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.scan("clone", "d-1", 1, "a-1", kMinute);
  campus.scan("s3", "d-1", 2, "a-1", kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.findings("compliance", "D2", "d-1").size() == 1);
  CHECK(outcome.last("device-status", "device", "d-1").at("state") == "active");
  CHECK_FALSE(contains(outcome.decision("s3").at("reasons"), "DEVICE_QUARANTINED"));
}

TEST_CASE("D2: a number far behind the newest is a finding without certainty", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 5000, "a-1", 0);
  campus.scan("s2", "d-1", 17, "a-1", kHour);
  const Outcome outcome = campus.replay();
  const auto findings = outcome.findings("compliance", "D2", "d-1");
  REQUIRE(findings.size() == 1);
  CHECK(ours(findings[0]).at("score") == 700);
  CHECK(outcome.records("decisions").size() == 2);
}

TEST_CASE("D8: one serial number under two integrations", "[contract]") {
  Campus campus = ordinary();
  campus.adopt("shop", {{"devices", {"d-8"}}});
  campus.command("device.register", "d-8", {{"serial", "serial-d-1"}, {"model", "gate 2"}, {"integration", "shop"}},
                 0, "information-centre");
  const Outcome outcome = campus.replay();
  std::set<std::string> subjects;
  for (const auto& record : outcome.records("compliance"))
    if (record.at("value").at("data").at("finding_info").at("analytic").at("uid") == "D8") {
      check_shape(record, true);
      CHECK(record.at("value").at("data").at("compliance").at("control") == "11(3)");
      subjects.insert(record.at("key").get<std::string>());
    }
  CHECK_FALSE(subjects.empty());
  for (const auto& subject : subjects) CHECK(one_of(subject, {"d-1", "d-8"}));
}

TEST_CASE("D8: a reader of one integration that names another in its scan", "[contract]") {
  Campus campus = ordinary();
  campus.adopt("shop", {{"devices", {"d-8"}}});
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"integration", "gates"}});
  campus.scan("s2", "d-1", 2, "a-1", kHour, {{"integration", "shop"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.decision("s1").at("findings").empty());
  CHECK(outcome.findings("compliance", "D8", "d-1").size() == 1);
}

TEST_CASE("D15: a function outside the manifest is drift of the integration", "[contract]") {
  Campus campus;
  campus.adopt("gates", {{"functions", {"access"}}});
  campus.device("d-1");
  campus.open("a-1");
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"function", "library"}});
  const Outcome outcome = campus.replay();
  REQUIRE(outcome.findings("compliance", "D15", "gates").size() == 1);
  check_shape(outcome.records("compliance").at(0), true);
  const json status = outcome.last("integration-status", "integration", "gates");
  REQUIRE(status.at("drift").size() == 1);
  CHECK(status.at("drift")[0].is_string());
}

TEST_CASE("D15: a reader that the manifest does not name is drift too", "[contract]") {
  Campus campus;
  campus.adopt("gates", {{"devices", {"d-1"}}});
  campus.device("d-1");
  campus.device("d-2");
  campus.open("a-1");
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.scan("s2", "d-2", 1, "a-1", kHour);
  CHECK(campus.replay().findings("compliance", "D15", "gates").size() == 1);
}

TEST_CASE("R6.4: traffic of an integration that is not live", "[contract]") {
  Campus campus = ordinary();
  campus.device("d-3", "ghost", "z-1", json::object(), 2);
  campus.scan("s1", "d-3", 1, "a-1", 0);
  const Outcome outcome = campus.replay();
  const auto findings = outcome.findings("compliance", "R6.4", "ghost");
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].at("finding_info").at("analytic").at("uid") == "R6.4");
  for (const auto& record : outcome.records("compliance")) check_shape(record, true);
}

TEST_CASE("A2: the same code at two far readers at once is an alert about the account", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  place(campus.lines.back(), 1, 11);
  const json first = campus.lines.back();
  campus.scan("s2", "d-2", 1, "a-1", kSecond, {{"handset", "h-1"}});
  place(campus.lines.back(), 2, 22);
  const json second = campus.lines.back();
  const Outcome outcome = campus.replay();
  const auto findings = outcome.findings("alerts", "A2", "a-1");
  REQUIRE(findings.size() == 1);
  check_shape(outcome.records("alerts").at(0), false);
  CHECK(findings[0].at("activity_id") == 1);
  CHECK(ours(findings[0]).at("article") == "8");
  CHECK(ours(findings[0]).at("score") == 900);
  CHECK(ours(findings[0]).at("band") == 3);
  CHECK(one_of(ours(findings[0]).at("proposed_action"), {"open-case", "freeze"}));
  CHECK(has_evidence(findings[0], first));
  CHECK(has_evidence(findings[0], second));
  CHECK(outcome.decision("s2").at("score") == 900);
  CHECK(outcome.last_freeze("a-1").is_null());
}

TEST_CASE("device-status tells each step of a reader's life", "[contract]") {
  Campus campus = ordinary();
  campus.command("device.quarantine", "d-1", json::object(), 0, "information-centre");
  campus.command("device.release", "d-1", json::object(), kHour, "information-centre");
  std::vector<std::string> states;
  int revision = 0;
  for (const auto& record : campus.replay().records("device-status")) {
    const json& status = record.at("value").at("data");
    if (status.at("device") != "d-1") continue;
    CHECK(record.at("key") == "d-1");
    CHECK(record.at("value").at("type") == "onecode.device-status.v1");
    CHECK(status.at("revision") == ++revision);
    CHECK(status.at("integration") == "gates");
    CHECK(status.at("usable") == (status.at("state") == "active"));
    CHECK(status.at("reasons").empty() == status.at("usable").get<bool>());
    states.push_back(status.at("state"));
  }
  CHECK(states ==
        std::vector<std::string>{"registered", "certified", "installed", "active", "quarantined", "active"});
}

TEST_CASE("integration-status tells state, access, owners and orders", "[contract]") {
  const Outcome outcome = ordinary().replay();
  REQUIRE_FALSE(outcome.records("integration-status").empty());
  CHECK(outcome.records("integration-status")[0].at("key") == "gates");
  const json status = outcome.last("integration-status", "integration", "gates");
  CHECK(status.at("state") == "live");
  CHECK(status.at("access") == "open");
  CHECK(status.at("unit") == "unit-gates");
  CHECK(status.at("owners") == json::array({"owner-1"}));
  CHECK(status.at("revision").is_number_integer());
  CHECK(status.at("orders") == json::array());
  CHECK(status.at("documents") == json::array());
  CHECK(status.at("drift") == json::array());
}
