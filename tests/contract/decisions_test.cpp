// Would catch: a scan with no decision or with two, a retransmission taken for a new scan or for a clone, an id used
// twice that slips through, a device that always sends 0 being accused, an envelope form that is not understood.
#include "tests/contract/contract.hpp"

using namespace contract;

TEST_CASE("every distinct scan gets exactly one decision that names it", "[contract]") {
  Campus campus = ordinary();
  for (int i = 0; i < 20; ++i) campus.scan("s" + std::to_string(i), "d-1", i + 1, "a-1", i * kHour);
  const Outcome outcome = campus.replay();
  REQUIRE(outcome.exit.code == 0);
  CHECK(outcome.records("decisions").size() == 20);
  CHECK(outcome.dead_codes().empty());
  for (int i = 0; i < 20; ++i) {
    const json decision = outcome.decision("s" + std::to_string(i));
    CHECK(decision.at("scan").at("source") == "/tests");
    CHECK(decision.at("device") == "d-1");
    CHECK(decision.at("account") == "a-1");
    CHECK(decision.at("integration") == "gates");
    CHECK(decision.at("verdict") == "allow");
    CHECK(decision.at("reasons") == json::array());
    CHECK(decision.at("findings") == json::array());
    CHECK(decision.at("score") == 0);
    CHECK(decision.at("policy") == "t-1");
    CHECK(decision.at("shadow") == json::array());
  }
}

TEST_CASE("decisions are CloudEvents keyed by the device, with distinct ids", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.scan("s2", "d-1", 2, "a-1", kHour);
  const Outcome outcome = campus.replay();
  std::vector<std::string> ids;
  for (const auto& record : outcome.records("decisions")) {
    CHECK(record.at("topic") == "decisions");
    CHECK(record.at("key") == "d-1");
    const json& value = record.at("value");
    CHECK(value.at("specversion") == "1.0");
    CHECK(value.at("type") == "onecode.decision.v1");
    CHECK(value.at("source").is_string());
    since(value.at("time")); // RFC 3339 with milliseconds
    ids.push_back(value.at("id"));
  }
  REQUIRE(ids.size() == 2);
  CHECK(ids[0] != ids[1]);
}

TEST_CASE("the same record again is a retransmission: no second decision and no finding", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.add(campus.lines.back());
  campus.scan("s2", "d-1", 2, "a-1", kMinute);
  campus.add(campus.lines[campus.lines.size() - 3]);
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("decisions").size() == 2);
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.records("compliance").empty());
}

TEST_CASE("same device, boot, number, data and time under another id is a retransmission", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  json again = campus.lines.back();
  again["value"]["id"] = "s1-resent";
  campus.add(again);
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("decisions").size() == 1);
  CHECK(outcome.records("compliance").empty());
}

TEST_CASE("a retransmission after 200 further numbers is still recognised", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s0", "d-1", 1, "a-1", 0);
  const json first = campus.lines.back();
  for (int i = 1; i <= 200; ++i) campus.scan("s" + std::to_string(i), "d-1", i + 1, "a-1", i * 10 * kMinute);
  campus.add(first);
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("decisions").size() == 201);
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.records("compliance").empty());
}

TEST_CASE("numbers that arrive out of order are all decided without a finding", "[contract]") {
  Campus campus = ordinary();
  for (int seq : {1, 2, 6, 4, 3, 5, 7}) campus.scan("s" + std::to_string(seq), "d-1", seq, "a-1", seq * kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("decisions").size() == 7);
  CHECK(outcome.records("compliance").empty());
}

TEST_CASE("a new boot starts counting again", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"boot", 1}});
  campus.scan("s2", "d-1", 2, "a-1", kHour, {{"boot", 1}});
  campus.scan("s3", "d-1", 1, "a-1", 2 * kHour, {{"boot", 2}});
  campus.scan("s4", "d-1", 2, "a-1", 3 * kHour, {{"boot", 2}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("decisions").size() == 4);
  CHECK(outcome.records("compliance").empty());
}

TEST_CASE("scans and device reports count separately", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.add(
      line("device-reports", "d-1",
           event("onecode.device-report.v1", "r1", kMinute, {{"device", "d-1"}, {"seq", 1}, {"kind", "heartbeat"}})));
  campus.scan("s2", "d-1", 2, "a-1", kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("decisions").size() == 2);
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.records("compliance").empty());
}

TEST_CASE("an id used for other content is DUPLICATE_ID, not a decision", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  SECTION("another sequence number") { campus.scan("s1", "d-1", 2, "a-1", 0); }
  SECTION("another time and number") { campus.scan("s1", "d-1", 2, "a-1", kDay); }
  SECTION("another function") { campus.scan("s1", "d-1", 2, "a-1", 0, {{"function", "library"}}); }
  campus.scan("s2", "d-1", 3, "a-1", 2 * kDay);
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes() == std::vector<std::string>{"DUPLICATE_ID"});
  CHECK(outcome.verdict("s1") == "allow");
  CHECK(outcome.verdict("s2") == "allow");
  CHECK(outcome.records("decisions").size() == 2);
}

TEST_CASE("the same id from another source is another event", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.scan("s1", "d-1", 2, "a-1", kHour);
  campus.lines.back()["value"]["source"] = "/elsewhere";
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("decisions").size() == 2);
  CHECK(outcome.dead_codes().empty());
}

TEST_CASE("a device that always sends 0 has every distinct scan decided and no finding", "[contract]") {
  Campus campus = ordinary();
  for (int i = 0; i < 10; ++i) campus.scan("s" + std::to_string(i), "d-1", 0, "a-1", i * kHour);
  campus.add(campus.lines.back());
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("decisions").size() == 10);
  CHECK(outcome.records("compliance").empty());
  CHECK(outcome.records("alerts").empty());
  CHECK(outcome.dead_codes().empty());
}

TEST_CASE("binary mode: attributes in headers, the value is the data", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  json& record = campus.lines.back();
  const json envelope = record["value"];
  record["value"] = envelope["data"];
  record["headers"] = {{"content-type", "application/json"}};
  for (const char* name : {"specversion", "id", "source", "type", "time"})
    record["headers"][std::string("ce_") + name] = envelope[name];
  // The same event in structured form is the same event.
  campus.add(line("scans", "d-1", envelope));
  SECTION("with a content type") {}
  SECTION("without one") { campus.lines[campus.lines.size() - 2]["headers"].erase("content-type"); }
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.verdict("s1") == "allow");
}

TEST_CASE("structured mode with its content type, unknown headers and unknown fields is read", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"colour", "green"}, {"nested", {{"a", {1, 2}}}}});
  json& record = campus.lines.back();
  record["headers"] = {{"content-type", "application/cloudevents+json; charset=UTF-8"}, {"traceparent", "00-1-2-01"}};
  record["value"]["datacontenttype"] = "application/json";
  record["value"]["subject"] = "whatever";
  record["value"]["extension1"] = 7;
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.verdict("s1") == "allow");
}

TEST_CASE("a time with any offset is the same moment", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2", 0, {{"valid_to", at(kHour)}});
  campus.scan("s1", "d-1", 1, "a-2", 30 * kMinute);
  campus.lines.back()["value"]["time"] = "2026-03-02T00:30:00Z";
  campus.scan("s2", "d-1", 2, "a-2", 30 * kMinute + kSecond);
  campus.lines.back()["value"]["time"] = "2026-03-01T19:30:01.000-05:00";
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.verdict("s1") == "allow");
  CHECK(outcome.verdict("s2") == "allow");
}

TEST_CASE("a record with the wrong key or in the wrong partition still reaches the right device", "[contract]") {
  Campus campus = ordinary();
  for (int partition = 0; partition < 8; ++partition) {
    campus.scan("s" + std::to_string(partition), "d-1", partition + 1, "a-1", partition * kHour);
    campus.lines.back()["key"] = "someone-else";
    campus.lines.back()["partition"] = partition;
    campus.lines.back()["offset"] = 100;
  }
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  for (int partition = 0; partition < 8; ++partition)
    CHECK(outcome.verdict("s" + std::to_string(partition)) == "allow");
  for (const auto& record : outcome.records("decisions")) CHECK(record.at("key") == "d-1");
}
