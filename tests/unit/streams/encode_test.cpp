// Outputs as others read them: every record parses, has its key and topic, says what the struct says, and is the same
// bytes for the same cause.
#include "streams/encode.hpp"

#include "domain/explain.hpp"
#include "streams/authenticate.hpp"
#include "streams/json_append.hpp"
#include "tests/catch.hpp"
#include "tests/unit/streams/samples.hpp"

using namespace onecode;
using namespace onecode::streams;
using namespace onecode_test;

namespace {

const Time kTurnTime{1'772'409'500'000};

OutRecord encoded(const Output& output, std::uint32_t index = 0) {
  OutRecord out;
  out.headers = {{"left", "over"}};
  out.tombstone = true;
  encode(output, {kTurnTime, {1, 2}, index}, out);
  CHECK(out.headers.empty());
  CHECK_FALSE(out.tombstone);
  CHECK(out.partition == -1);
  return out;
}

/// Parses and checks the envelope; its `data`.
Json data_of(const OutRecord& out, const std::string& type) {
  const Json e = Json::parse(out.value);
  CHECK(e["specversion"] == "1.0");
  CHECK(e["type"] == type);
  CHECK(e["source"] == "/onecode/engine");
  CHECK(e["time"] == format_time(kTurnTime));
  CHECK(e["datacontenttype"] == "application/json");
  CHECK(e["subject"] == out.key);
  const std::string id = e["id"];
  CHECK(id.size() == 32);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  return e["data"];
}

FindingRecord finding(RuleId rule) {
  FindingRecord f;
  f.activity = FindingActivity::create;
  f.uid = "f-1";
  f.subject = {Kind::account, "a-1"};
  f.subject_key = "a-1";
  f.rule = rule;
  f.band = Band::propose;
  f.score = 905;
  f.confidence = 994;
  f.action = ProposedAction::open_case;
  f.act = "lend";
  f.families = {{Family::spatial, 900}, {Family::relay, 50}};
  f.rules = {{rule, 3, 900}};
  f.events = {{{Topic::scans, 2}, 17, "e\"1"}, {{Topic::scans, 5}, 18, "e2"}};
  f.policy = "p-1";
  f.explanation = {"同时出现在两地。", "Seen in two places at once."};
  f.first_seen = Time{1000};
  f.last_seen = Time{2000};
  f.recorded = Time{3000};
  return f;
}

} // namespace

TEST_CASE("a decision") {
  Decoding d;
  REQUIRE_FALSE(d.read_scan(scan_event()));
  Decision decision;
  decision.scan = &d.scan;
  decision.verdict = Verdict::deny;
  decision.reasons.add(Reason::ACCOUNT_FROZEN);
  decision.reasons.add(Reason::OUT_OF_SCOPE);
  decision.integration = "dorm-gates";
  decision.findings = {"f-1", "f-2"};
  decision.score = 870;
  decision.policy = "p-\"7\"";
  decision.shadow = {RuleId::A1, RuleId::R6_4};
  const auto out = encoded(decision);
  CHECK(out.topic == Topic::decisions);
  CHECK(out.key == "d-0417");
  CHECK(data_of(out, "onecode.decision.v1") ==
        Json::parse(R"({"scan":{"source":"/gateways/gw-03","id":"gw-03/d-0417/3/182731"},
    "device":"d-0417","account":"a-0012345","integration":"dorm-gates","verdict":"deny","reasons":["ACCOUNT_FROZEN","OUT_OF_SCOPE"],
    "findings":["f-1","f-2"],"score":870,"policy":"p-\"7\"","shadow":["A1","R6.4"]})"));

  decision.candidate = CandidateDecision{"p-8", Verdict::challenge, Reason::CHALLENGE_REQUIRED,
                                         910,   Band::propose,      {RuleId::A2, RuleId::A8}};
  CHECK(data_of(encoded(decision), "onecode.decision.v1")["candidate"] ==
        Json::parse(R"({"policy":"p-8","verdict":"challenge","reasons":["CHALLENGE_REQUIRED"],"score":910,"band":3,
    "rules":["A2","A8"]})"));
  decision.candidate.reset();

  INFO("its id comes from the scan alone");
  const Json first = Json::parse(out.value);
  CHECK(Json::parse(encoded(decision, 9).value)["id"] == first["id"]);
  CHECK(first["id"] == hex(hash128(std::string("/gateways/gw-03") + '\0' + "gw-03/d-0417/3/182731")));
  d.scan.origin.id += "x";
  CHECK(Json::parse(encoded(decision).value)["id"] != first["id"]);
  d.scan.account.clear();
  decision.integration.clear();
  const Json nobody = data_of(encoded(decision), "onecode.decision.v1");
  CHECK(nobody["account"].is_null());
  CHECK(nobody["integration"].is_null());
}

TEST_CASE("freezes, device and integration status, notices") {
  FreezeRecord f{"a-1", "frozen", 4, {}};
  Hold h;
  h.id = "h-1";
  h.article = "8";
  h.reason = "中文\n";
  h.functions = {"access in", "payment"};
  h.since = kTurnTime;
  h.actor = "policy:p-1";
  h.role = "response-policy";
  h.policy = "p-1";
  h.evidence = {"f-1"};
  h.provisional = true;
  f.holds.push_back(h);
  h.id = "h-2";
  h.expires = kTurnTime + days(3);
  h.case_id = "c-1";
  h.grounds = Grounds{950,
                      {{Family::replay, 950}},
                      {{Form::code_on_two_devices, {"d-1", "d-2"}}},
                      Band::automatic,
                      ProposedAction::freeze};
  f.holds.push_back(h);
  auto out = encoded(f);
  CHECK(out.topic == Topic::freezes);
  CHECK(out.key == "a-1");
  Json data = data_of(out, "onecode.freeze.v1");
  CHECK(data["revision"] == 4);
  CHECK(data["state"] == "frozen");
  CHECK(data["holds"].size() == 2);
  CHECK(data["holds"][0]["expires"].is_null());
  CHECK(data["holds"][0]["case"].is_null());
  CHECK(data["holds"][0]["reason"] == "中文\n");
  CHECK(data["holds"][0]["remedy"] == remedy("8"));
  // Of the engine's own hold the numbers are kept, and said in words here.
  const std::string reason = data["holds"][1]["reason"];
  CHECK(reason.find("同一动态码先后在设备 d-1 和 d-2 上出示") != std::string::npos);
  CHECK(reason.find("950 of 1000 (replay 950): one dynamic code was shown to the devices d-1 and d-2") !=
        std::string::npos);
  CHECK(data["holds"][0]["decided_by"] ==
        Json({{"actor", "policy:p-1"}, {"role", "response-policy"}, {"policy", "p-1"}}));
  CHECK(data["holds"][1]["expires"] == format_time(kTurnTime + days(3)));
  CHECK(data["holds"][1]["case"] == "c-1");
  CHECK(data["holds"][1]["functions"] == Json({"access in", "payment"}));

  out = encoded(DeviceStatusRecord{"d-1", "active", 2, "i-1", true, {}});
  CHECK(out.topic == Topic::device_status);
  CHECK(data_of(out, "onecode.device-status.v1") ==
        Json::parse(
            R"({"device":"d-1","state":"active","revision":2,"integration":"i-1","usable":true,"reasons":[]})"));

  out = encoded(IntegrationStatusRecord{"i-1",
                                        "live",
                                        "open",
                                        "u-1",
                                        {"o-1"},
                                        3,
                                        {{"r-1", "overdue", "labels", "7", kTurnTime, 1, 2}},
                                        {{"emergency-plan", kTurnTime}},
                                        {"function library"}});
  CHECK(out.topic == Topic::integration_status);
  CHECK(out.key == "i-1");
  const std::string due = format_time(kTurnTime);
  data = data_of(out, "onecode.integration-status.v1");
  CHECK(data["orders"] == Json::array({{{"id", "r-1"},
                                        {"state", "overdue"},
                                        {"violation", "labels"},
                                        {"control", "7"},
                                        {"due", due},
                                        {"extensions", 1},
                                        {"round", 2}}}));
  CHECK(data["documents"] == Json::array({{{"document", "emergency-plan"}, {"review_due", due}}}));
  data.erase("orders");
  data.erase("documents");
  CHECK(data ==
        Json::parse(R"({"integration":"i-1","state":"live","access":"open","unit":"u-1","owners":["o-1"],"revision":3,
                        "drift":["function library"]})"));

  out = encoded(Notice{"a-1", "a-1", "frozen", "8", {"已冻结", "Frozen"}, kTurnTime, "appeal", ""});
  CHECK(out.topic == Topic::notices);
  data = data_of(out, "onecode.notice.v1");
  CHECK(data["text"] == Json({{"zh", "已冻结"}, {"en", "Frozen"}}));
  CHECK(data["deadline"] == format_time(kTurnTime));
  CHECK(data["case"].is_null());
  CHECK(Json::parse(encoded(f, 0).value)["id"] != Json::parse(encoded(f, 1).value)["id"]);
  CHECK(Json::parse(encoded(f, 0).value)["id"] != Json::parse(out.value)["id"]);
}

TEST_CASE("findings are OCSF 1.3.0") {
  auto out = encoded(finding(RuleId::A2));
  CHECK(out.topic == Topic::alerts);
  CHECK(out.key == "a-1");
  Json o = data_of(out, "onecode.alert.v1");
  // what the class requires
  CHECK(o["activity_id"] == 1);
  CHECK(o["category_uid"] == 2);
  CHECK(o["class_uid"] == 2004);
  CHECK(o["type_uid"] == 200401);
  CHECK(o["severity_id"] == 4);
  CHECK(o["time"] == 3000);
  CHECK(o["metadata"]["version"] == "1.3.0");
  CHECK(o["metadata"]["product"]["name"] == "onecode");
  CHECK(o["metadata"]["product"].contains("vendor_name"));
  CHECK(o["finding_info"]["uid"] == "f-1");
  CHECK(o["finding_info"]["title"] == "simultaneous presence");
  // what the contract adds
  CHECK(o["finding_info"]["analytic"] ==
        Json::parse(R"({"name":"simultaneous presence","uid":"A2","version":"3","type_id":1,"type":"Rule"})"));
  CHECK(o["risk_score"] == 91);
  CHECK(o["confidence_score"] == 99);
  CHECK(o["evidences"][0]["data"] == Json::parse(R"({"topic":"scans","partition":2,"offset":17,"event_id":"e\"1"})"));
  CHECK(o["evidences"].size() == 2);
  CHECK_FALSE(o.contains("compliance"));
  CHECK(o["unmapped"]["onecode"] ==
        Json::parse(R"({"subject":"a-1","article":"8","act":"lend","score":905,"band":3,"proposed_action":"open-case",
    "families":[{"family":"spatial","points":900},{"family":"relay","points":50}],"rules":[{"id":"A2","version":3,"points":900}],
    "policy":"p-1","explanation":{"zh":"同时出现在两地。","en":"Seen in two places at once."}})"));

  for (const auto rule : {RuleId::D2, RuleId::R6_4, RuleId::R2_4}) {
    FindingRecord f = finding(rule);
    f.activity = FindingActivity::close;
    f.subject = {Kind::device, "d-1"};
    f.subject_key = "d-1";
    f.act.clear();
    f.band = Band::observe;
    out = encoded(f);
    CHECK(out.topic == Topic::compliance);
    CHECK(out.key == "d-1");
    o = data_of(out, "onecode.compliance.v1");
    CHECK(o["class_uid"] == 2003);
    CHECK(o["type_uid"] == 200303);
    CHECK(o["severity_id"] == 1);
    CHECK(o["compliance"]["standard"] == "岳阳学院校园“一码通”管理办法");
    CHECK(o["compliance"]["standards"].size() == 1);
    CHECK(o["compliance"]["status_id"] == 1);
    CHECK(o["remediation"].contains("desc"));
    CHECK(o["finding_info"]["analytic"]["uid"] == to_string(rule));
  }
  CHECK(o["compliance"]["control"] == "2");
  CHECK(data_of(encoded(finding(RuleId::D2)), "onecode.compliance.v1")["compliance"]["control"] == "11(1)");
}

TEST_CASE("text that is no text does not spoil a record") {
  std::string out;
  append_json_string(out, std::string("a\xff\"\\\b\f\n\r\t\x01\0\x7f", 12) + "中\xe4\xb8" + "é\xc0\xaf");
  CHECK(out ==
        "\"a\xef\xbf\xbd\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u0000\x7f中\xef\xbf\xbd\xef\xbf\xbdé\xef\xbf\xbd\xef\xbf\xbd"
        "\"");
  CHECK(Json::parse(out).is_string());
}

TEST_CASE("dead letters keep the original") {
  const std::string value("\xff\0bad", 5);
  Record r;
  r.offset = 77;
  r.key = "k\xfe";
  r.value = value;
  const std::vector<Header> headers = {{"ce_id", "1"}, {"topic", "theirs"}};
  r.headers = headers;
  auto d = dead_letter({Topic::scans, 3}, &r, "BAD_FIELD", "validate", "data.seq: must\nbe");
  CHECK(d.topic == Topic::dead_letters);
  CHECK(d.key == "k\xfe");
  CHECK(d.value == value);
  CHECK_FALSE(d.tombstone);
  const std::vector<std::pair<std::string, std::string>> expected = {{"error-code", "BAD_FIELD"},
                                                                     {"error-text", "data.seq: must be"},
                                                                     {"topic", "scans"},
                                                                     {"partition", "3"},
                                                                     {"offset", "77"},
                                                                     {"stage", "validate"},
                                                                     {"ce_id", "1"},
                                                                     {"original-topic", "theirs"}};
  CHECK(d.headers == expected);

  r.value.reset();
  CHECK(dead_letter({Topic::scans, 3}, &r, "BAD_ENVELOPE", "decode", "x").tombstone);

  d = dead_letter({}, nullptr, "ENTITY_FAULT", "apply", "x"); // of a timer: it came from nowhere
  CHECK(d.tombstone);
  CHECK(d.headers == std::vector<std::pair<std::string, std::string>>{
                         {"error-code", "ENTITY_FAULT"}, {"error-text", "x"}, {"stage", "apply"}});

  const std::string huge(16 * 1024 * 1024, 'x');
  r.value = huge;
  const std::string long_header(300'000, 'h');
  const std::vector<Header> many = {{"big", long_header}, {"small", "s"}};
  r.headers = many;
  d = dead_letter({Topic::ledger, 0}, &r, "TOO_LARGE", "decode", "x");
  CHECK(d.value.size() == 15 * 1024 * 1024);
  const auto header = [&](const std::string& name) -> std::string {
    for (const auto& [n, v] : d.headers)
      if (n == name) return v;
    return "none";
  };
  CHECK(header("original-bytes") == std::to_string(huge.size()));
  CHECK(header("original-sha256") == to_hex(sha256(huge)));
  CHECK(header("big") == "none");
  CHECK(header("small") == "s");
}
