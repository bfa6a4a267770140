// Would catch: crashes and silent losses on input at the edge of what is allowed, a rule accusing people by mistake there,
// a version of the policy chosen by order of arrival instead of by time, a person frozen again for what was dealt with.
#include "tests/contract/contract.hpp"

#include <algorithm>

using namespace contract;

namespace {

Campus learned() {
  Campus campus = ordinary();
  campus.policy["response"]["learning_days"] = 0;
  return campus;
}

// Enough evidence (965, spatial and handset) for an automatic freeze.
void misuse(Campus& campus) {
  campus.scan("m1", "d-1", 100, "a-1", 0, {{"handset", "h-1"}});
  campus.scan("m2", "d-2", 100, "a-1", kSecond, {{"handset", "h-9"}});
  campus.scan("m3", "d-1", 101, "a-1", 20 * kSecond, {{"handset", "h-1"}});
}

json raw(const std::string& bytes) { return {{"topic", "scans"}, {"key", "d-1"}, {"value_base64", base64(bytes)}}; }

} // namespace

TEST_CASE("the order of members and white space do not make other content", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.add(
      raw(R"( { "type":"onecode.scan.v1", "data" : {"seq":1,"outcome":"accepted","function":"access","direction":"in",
    "device":"d-1","auth":"present","account":"a-1"}, "time":")" +
          at(0) + R"(", "source":"/tests","id":"s1","specversion":"1.0"})"));
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.records("decisions").size() == 1);
  CHECK(outcome.records("compliance").empty());
}

TEST_CASE("any id and source that CloudEvents allows comes back exactly", "[contract]") {
  const std::string id = GENERATE("a b", "扫码/1", "quote\"back\\slash", "../../etc/passwd", "%s%n", "😀");
  Campus campus = ordinary();
  campus.scan(id, "d-1", 1, "a-1", 0);
  campus.lines.back()["value"]["source"] = "/gateways/" + std::to_string(id.size());
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.decision(id).at("scan").at("source") == "/gateways/" + std::to_string(id.size()));
}

TEST_CASE("invalid UTF-8 is a dead letter and leaves the outputs readable", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"note", "XX"}});
  std::string bytes = campus.lines.back()["value"].dump();
  campus.lines.pop_back();
  bytes[bytes.find("XX")] = '\xff';
  campus.add(raw(bytes));
  campus.scan("s2", "d-1", 2, "a-1", kHour);
  const Outcome outcome = campus.replay(); // parses every line
  CHECK(outcome.exit.code == 0);
  CHECK(outcome.dead_codes() == std::vector<std::string>{"NOT_JSON"});
  CHECK(outcome.verdict("s2") == "allow");
}

TEST_CASE("a hundred thousand levels of nesting are refused without a crash", "[contract]") {
  Campus campus = ordinary();
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  campus.add(raw(deep));
  campus.add(raw("{\"a\":" + deep + "}"));
  campus.scan("s2", "d-1", 2, "a-1", kHour);
  const Folder folder; // read here by hand: a copy of such a value is too deep for the tests' own JSON library
  const Exit exit = onecode({"replay", folder.write("in.ndjson", campus.text()).string(), "--out",
                             (folder / "out").string(), "--unsigned-commands"});
  REQUIRE(exit.code == 0);
  const auto lines = [&](const std::string& file) {
    const std::string text = read_file(folder / "out" / file);
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(lines("dead-letters.ndjson") == 2);
  CHECK(lines("decisions.ndjson") == 1);
}

TEST_CASE("numbers up to 2^53 count, beyond 64 bits is BAD_FIELD", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", (std::int64_t{1} << 53) - 1, "a-1", 0);
  campus.scan("s2", "d-1", std::int64_t{1} << 53, "a-1", kHour);
  std::string bytes =
      event("onecode.scan.v1", "s3", 2 * kHour,
            {{"device", "d-1"}, {"seq", 424242}, {"account", "a-1"}, {"function", "access"}, {"auth", "present"}})
          .dump();
  bytes.replace(bytes.find("424242"), 6, "99999999999999999999999");
  campus.add(raw(bytes));
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("s1") == "allow");
  CHECK(outcome.verdict("s2") == "allow");
  CHECK(outcome.dead_codes() == std::vector<std::string>{"BAD_FIELD"});
  CHECK(outcome.records("compliance").empty());
}

TEST_CASE("every accepted input of the other topics is quiet", "[contract]") {
  Campus campus = ordinary();
  const auto one = [&](const std::string& topic, const std::string& key, const std::string& type, const json& data) {
    campus.add(line(topic, key, event(type, topic + "/" + std::to_string(campus.lines.size()), 0, data)));
  };
  one("codes-issued", "a-1", "onecode.code-issued.v1",
      {{"account", "a-1"},
       {"handset", "h-1"},
       {"nonce", "n-1"},
       {"ttl_s", 60},
       {"ap", "ap-1"},
       {"network", "campus"},
       {"purpose", "door"}});
  one("ledger", "a-1", "onecode.ledger.v1",
      {{"account", "a-1"},
       {"posting", "p-1"},
       {"kind", "topup"},
       {"amount", 500},
       {"balance", 500},
       {"cause", "offline_lag"},
       {"offline", true}});
  one("data-access", "gates", "onecode.data-access.v1",
      {{"integration", "gates"},
       {"request", "r-1"},
       {"endpoint", "/accounts"},
       {"fields", {"account"}},
       {"subject_count", 3},
       {"operation", "read"}});
  one("device-reports", "d-1", "onecode.device-report.v1",
      {{"device", "d-1"},
       {"seq", 1},
       {"boot", 0},
       {"kind", "heartbeat"},
       {"position", {{"lat", 29.36}, {"lon", 113.1}, {"accuracy_m", 4.5}}},
       {"network", {{"src_ip", "10.0.0.7"}, {"vlan", "7"}}},
       {"firmware", "1.2"},
       {"tls_fingerprint", "ab"},
       {"uptime_s", 5},
       {"clock_offset_ms", -3}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.records("alerts").empty());
  CHECK(outcome.records("compliance").empty());
}

TEST_CASE("a command in binary mode is a command", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  json& record = campus.lines.back();
  const json value = record["value"];
  record["value"] = value["data"];
  for (const char* name : {"specversion", "id", "source", "type", "time"})
    record["headers"][std::string("ce_") + name] = value[name];
  CHECK(campus.replay().last_freeze("a-1").at("state") == "frozen");
}

TEST_CASE("a type on a topic that does not carry it is a dead letter", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.lines.back()["topic"] = "ledger";
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("dead-letters").size() == 1);
  CHECK(outcome.records("decisions").empty());
}

TEST_CASE("a command's id used again for another command is DUPLICATE_ID", "[contract]") {
  Campus campus = ordinary();
  const json id = campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer")["value"]["id"];
  campus.command("account.lift", "a-1", {{"article", "8"}}, kHour, "security-officer")["value"]["id"] = id;
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes() == std::vector<std::string>{"DUPLICATE_ID"});
  CHECK(outcome.last_freeze("a-1").at("state") == "frozen");
}

TEST_CASE("the version in force is the one whose time has come last, not the one that arrived last", "[contract]") {
  Campus campus = ordinary();
  const auto publish = [&](const std::string& version, std::int64_t from, std::int64_t time) {
    json document = policy_document();
    document["version"] = version;
    document["effective_from"] = at(from);
    campus.add(line("policy", version, event("onecode.policy.v1", "policy/" + version, time, document)));
  };
  publish("t-late", 4 * kHour, 0);
  publish("t-early", 2 * kHour, kMinute);
  campus.scan("s1", "d-1", 1, "a-1", kHour);
  campus.scan("s2", "d-1", 2, "a-1", 3 * kHour);
  campus.scan("s3", "d-1", 3, "a-1", 5 * kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.decision("s1").at("policy") == "t-1");
  CHECK(outcome.decision("s2").at("policy") == "t-early");
  CHECK(outcome.decision("s3").at("policy") == "t-late");
}

TEST_CASE("two readers in one zone at the same moment are no simultaneous presence", "[contract]") {
  Campus campus = learned();
  campus.device("d-3");
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.scan("s2", "d-3", 1, "a-1", kSecond);
  CHECK(campus.replay().records("alerts").empty());
}

TEST_CASE("a journey too fast to walk is A1, one that can be walked is nothing", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  SECTION("3 km in 150 s: 20 m/s") {
    campus.scan("s2", "d-2", 1, "a-1", 150 * kSecond);
    const Outcome outcome = campus.replay();
    CHECK(outcome.decision("s2").at("score") == 600);
    CHECK(outcome.findings("alerts", "A1", "a-1").size() == 1);
  }
  SECTION("3 km in 30 s: more than three times the limit") {
    campus.scan("s2", "d-2", 1, "a-1", 30 * kSecond);
    CHECK(campus.replay().decision("s2").at("score") == 850);
  }
  SECTION("3 km in ten minutes") {
    campus.scan("s2", "d-2", 1, "a-1", 10 * kMinute);
    CHECK(campus.replay().records("alerts").empty());
  }
}

TEST_CASE("only access outwards is egress", "[contract]") {
  Campus campus = ordinary();
  campus.scan("pay", "d-1", 1, "a-nobody", 0, {{"function", "payment"}, {"amount", 5}, {"direction", "out"}});
  campus.scan("library", "d-1", 2, "a-nobody", kHour, {{"function", "library"}, {"direction", "out"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("pay") == "deny");
  CHECK(outcome.verdict("library") == "deny");
}

TEST_CASE("hours may pass midnight and are local, whatever the offset of the event", "[contract]") {
  Campus campus;
  campus.adopt("gates", {{"hours", {{"from", "22:00"}, {"to", "06:00"}}}});
  campus.device("d-1");
  campus.open("a-1");
  campus.scan("noon", "d-1", 1, "a-1", 4 * kHour);
  campus.scan("23:00", "d-1", 2, "a-1", 15 * kHour);
  campus.scan("05:30", "d-1", 3, "a-1", 21 * kHour + 30 * kMinute);
  campus.scan("23:00 again", "d-1", 4, "a-1", 39 * kHour);
  campus.lines.back()["value"]["time"] = "2026-03-03T15:00:00.000Z";
  const Outcome outcome = campus.replay();
  CHECK(outcome.reasons("noon") == std::vector<std::string>{"OUT_OF_SCOPE"});
  for (const char* scan : {"23:00", "05:30", "23:00 again"}) CHECK(outcome.verdict(scan) == "allow");
}

TEST_CASE("what was dealt with does not freeze again", "[contract]") {
  Campus campus = learned();
  misuse(campus);
  SECTION("a person lifted the provisional hold") {
    campus.command("account.lift", "a-1", {{"article", "8"}}, kHour, "security-officer");
    campus.scan("next", "d-1", 102, "a-1", 2 * kHour, {{"handset", "h-1"}});
  }
  SECTION("the 72 hours passed") { campus.scan("next", "d-1", 102, "a-1", 74 * kHour, {{"handset", "h-1"}}); }
  const Outcome outcome = campus.replay();
  REQUIRE(outcome.records("freezes").size() == 2);
  CHECK(outcome.last_freeze("a-1").at("state") == "active");
  CHECK(outcome.verdict("next") == "challenge"); // the evidence is still there
}

TEST_CASE("more evidence against a frozen account adds no second provisional hold", "[contract]") {
  Campus campus = learned();
  misuse(campus);
  for (int i = 0; i < 5; ++i)
    campus.scan("n" + std::to_string(i), "d-" + std::to_string(1 + i % 2), 110 + i, "a-1", kMinute + i * kSecond,
                {{"handset", "h-" + std::to_string(i % 3)}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.last_freeze("a-1").at("holds").size() == 1);
  CHECK(outcome.last_freeze("a-1").at("revision") == 1);
}

TEST_CASE("learning counts from the earliest event time seen of the account", "[contract]") {
  Campus campus = ordinary(); // 14 days
  campus.scan("old", "d-1", 1, "a-1", -20 * kDay, {{"offline", true}, {"clock", "synced"}});
  campus.lines.back()["timestamp"] = epoch_ms(-kHour);
  misuse(campus);
  CHECK(campus.replay().records("freezes").size() == 1);
}

TEST_CASE("what cannot be checked for want of a secret is never believed", "[contract]") {
  Campus campus = ordinary();
  campus.policy["trust"]["issuers"]["app-1"] = {{"alg", "hmac-sha256"}, {"secret", "issuer-1"}};
  campus.device("d-3", "gates", "z-1", {{"secret", "mac-1"}});
  const json claims = {{"kid", "app-1"}, {"account", "a-1"}, {"handset", "h-1"}, {"nonce", "n-1"},
                       {"iat", at(0)},   {"ttl_s", 60},      {"purpose", "door"}};
  campus.command("account.freeze", "a-1", {{"article", "8"}, {"functions", {"payment"}}}, 0,
                 "security-officer"); // moves the clock
  campus.scan("code", "d-1", 1, "", kSecond, {{"code", code_token(claims, "")}});
  campus.scan("mac", "d-3", 1, "a-1", kHour);
  campus.lines.back()["value"]["data"]["mac"] = scan_mac(campus.lines.back()["value"]["data"], at(kHour), "");
  const Outcome outcome = campus.replay();
  if (outcome.exit.code == 0) { // refusing to start is as good
    CHECK(outcome.verdict("code") == "deny");
    CHECK(outcome.verdict("mac") == "deny");
  } else {
    CHECK(outcome.exit.code == 3);
  }
}

TEST_CASE("a file whose last line has no line end is read whole", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  std::string text = campus.text();
  text.pop_back();
  CHECK(replay_text(text, campus.policy, {"--unsigned-commands"}).verdict("s1") == "allow");
}
