// Would catch: a bad record that stops its partition, vanishes, takes a neighbour with it, or carries the wrong code.
#include "tests/contract/contract.hpp"

#include <algorithm>

using namespace contract;

namespace {

// A good scan before and after the bad record.
Outcome between_neighbours(const json& bad) {
  Campus campus = ordinary();
  campus.scan("before", "d-1", 1, "a-1", 0);
  campus.add(bad);
  campus.scan("after", "d-1", 3, "a-1", 2 * kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.exit.code == 0);
  CHECK(outcome.verdict("before") == "allow");
  CHECK(outcome.verdict("after") == "allow");
  CHECK(outcome.records("decisions").size() == 2);
  REQUIRE(outcome.records("dead-letters").size() == 1);
  const json headers = outcome.records("dead-letters")[0].at("headers");
  CHECK(one_of(headers.at("stage"), {"decode", "validate", "authenticate", "route", "apply"}));
  CHECK_FALSE(headers.at("error-text").get<std::string>().empty());
  CHECK(headers.at("topic") == bad.at("topic"));
  return outcome;
}

std::string code_of(const json& bad) { return between_neighbours(bad).dead_codes().at(0); }

json scan_line(const json& changes, const std::vector<std::string>& without = {}) {
  json data = {{"device", "d-1"},      {"seq", 2},          {"account", "a-1"},
               {"function", "access"}, {"auth", "present"}, {"direction", "in"}};
  if (changes.is_object()) data.update(changes);
  for (const auto& member : without) data.erase(member);
  return line("scans", "d-1", event("onecode.scan.v1", "bad", kHour, data));
}

json with(json record, const std::string& attribute, const json& value) {
  record["value"][attribute] = value;
  return record;
}

json bytes(const std::string& value) { return {{"topic", "scans"}, {"key", "d-1"}, {"value_base64", base64(value)}}; }

} // namespace

TEST_CASE("a dead letter keeps value and key, and says where it came from", "[contract]") {
  json bad = scan_line({{"function", "swimming"}});
  bad["partition"] = 5;
  bad["offset"] = 77;
  const Outcome outcome = between_neighbours(bad);
  const json record = outcome.records("dead-letters").at(0);
  CHECK(record.at("key") == "d-1");
  CHECK(record.at("value") == bad.at("value"));
  const json headers = record.at("headers");
  CHECK(headers.at("error-code") == "BAD_FIELD");
  CHECK(headers.at("topic") == "scans");
  CHECK(headers.at("partition") == "5");
  CHECK(headers.at("offset") == "77");
  CHECK(headers.at("stage") == "validate");
}

TEST_CASE("bytes that are not JSON are NOT_JSON and come back unchanged", "[contract]") {
  const std::string value =
      GENERATE(std::string("hello"), std::string("{\"specversion\":"), std::string("\x00\xff\xfe", 3));
  const Outcome outcome = between_neighbours(bytes(value));
  const json record = outcome.records("dead-letters").at(0);
  CHECK(record.at("headers").at("error-code") == "NOT_JSON");
  CHECK(record.at("headers").at("stage") == "decode");
  CHECK(record.at("value_base64") == base64(value));
}

TEST_CASE("records with a Schema Registry's prefix are read, and come back with it when they are bad", "[contract]") {
  const std::string prefix("\0\0\0\1\x2a", 5);
  Campus campus = ordinary();
  const std::string good = scan_line({}).at("value").dump();
  campus.add(bytes(prefix + good));
  const Outcome decided = campus.replay();
  CHECK(decided.verdict("bad") == "allow");
  CHECK(decided.records("dead-letters").empty());

  for (const auto& [value, code] : {std::pair{prefix + scan_line({{"seq", -2}}).at("value").dump(), "BAD_FIELD"},
                                    std::pair{prefix + "[]", "NOT_JSON"}, std::pair{prefix, "NOT_JSON"}}) {
    const Outcome outcome = between_neighbours(bytes(value));
    CHECK(outcome.dead_codes().at(0) == code);
    CHECK(outcome.records("dead-letters").at(0).at("value_base64") == base64(value));
  }
}

TEST_CASE("JSON that is no CloudEvent is BAD_ENVELOPE", "[contract]") {
  CHECK(code_of(line("scans", "d-1", json::array({1, 2}))) == "BAD_ENVELOPE");
  CHECK(code_of(line("scans", "d-1", 17)) == "BAD_ENVELOPE");
  CHECK(code_of(line("scans", "d-1", json::object())) == "BAD_ENVELOPE");
  CHECK(code_of(with(scan_line({}), "specversion", "0.3")) == "BAD_ENVELOPE");
  CHECK(code_of(with(scan_line({}), "id", 5)) == "BAD_ENVELOPE");
  CHECK(code_of(with(scan_line({}), "id", "")) == "BAD_ENVELOPE");
}

TEST_CASE("an envelope without a required attribute is a dead letter", "[contract]") {
  const std::string attribute = GENERATE("specversion", "id", "source", "type", "time");
  json bad = scan_line({});
  bad["value"].erase(attribute);
  INFO(attribute);
  CHECK(code_of(bad) == "BAD_ENVELOPE");
}

TEST_CASE("a tombstone or an empty value on an input topic is BAD_ENVELOPE", "[contract]") {
  const std::string topic = GENERATE("scans", "device-reports", "codes-issued", "ledger", "data-access", "commands");
  INFO(topic);
  CHECK(code_of({{"topic", topic}, {"key", "d-1"}, {"value", nullptr}}) == "BAD_ENVELOPE");
  CHECK(code_of({{"topic", topic}, {"key", "d-1"}, {"value_base64", ""}}) == "BAD_ENVELOPE");
}

TEST_CASE("a tombstone on the policy topic is BAD_ENVELOPE too", "[contract]") {
  CHECK(code_of({{"topic", "policy"}, {"key", "t-1"}, {"value", nullptr}}) == "BAD_ENVELOPE");
}

TEST_CASE("a type nobody knows is UNKNOWN_TYPE", "[contract]") {
  CHECK(code_of(with(scan_line({}), "type", "onecode.scan.v99")) == "UNKNOWN_TYPE");
  CHECK(code_of(with(scan_line({}), "type", "com.example.hello")) == "UNKNOWN_TYPE");
}

TEST_CASE("a required scan field left out is MISSING_FIELD, named in the text", "[contract]") {
  const std::string member = GENERATE("device", "seq", "account", "function", "auth");
  INFO(member);
  const Outcome outcome = between_neighbours(scan_line({}, {member}));
  CHECK(outcome.dead_codes().at(0) == "MISSING_FIELD");
  const std::string text = outcome.records("dead-letters").at(0).at("headers").at("error-text");
  CHECK(text.find(member) != std::string::npos);
}

TEST_CASE("a payment without an amount is MISSING_FIELD", "[contract]") {
  CHECK(code_of(scan_line({{"function", "payment"}, {"direction", "none"}})) == "MISSING_FIELD");
}

TEST_CASE("a scan field of the wrong kind is BAD_FIELD", "[contract]") {
  const json change = GENERATE(values<json>({{{"seq", "2"}},
                                             {{"seq", -1}},
                                             {{"seq", 2.5}},
                                             {{"boot", -1}},
                                             {{"device", "d 1"}},
                                             {{"device", ""}},
                                             {{"device", std::string(65, 'd')}},
                                             {{"account", "张三"}},
                                             {{"account", 5}},
                                             {{"function", "swimming"}},
                                             {{"function", "other:"}},
                                             {{"auth", "magic"}},
                                             {{"direction", "up"}},
                                             {{"outcome", "maybe"}},
                                             {{"clock", "broken"}},
                                             {{"offline", "yes"}},
                                             {{"function", "payment"}, {"amount", 1.5}},
                                             {{"function", "payment"}, {"amount", -100}},
                                             {{"handset", "h/1"}}}));
  INFO(change.dump());
  CHECK(code_of(scan_line(change)) == "BAD_FIELD");
}

TEST_CASE("identifiers of 64 characters with every allowed sign are accepted", "[contract]") {
  Campus campus = ordinary();
  std::string id = "aZ09._:-";
  while (id.size() < 64) id += "x";
  campus.open(id);
  campus.scan("s1", "d-1", 1, id, 0, {{"handset", id}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.verdict("s1") == "allow");
}

TEST_CASE("a time that is none, or outside 2015 to 2100, is BAD_TIME", "[contract]") {
  const std::string time =
      GENERATE("yesterday", "2026-13-02T08:00:00.000+08:00", "2026-03-02T08:00:00", "2014-12-31T23:59:59.999Z",
               "2100-01-01T12:00:00.000Z", "1970-01-01T00:00:00Z", "2026-02-30T08:00:00.000+08:00");
  INFO(time);
  CHECK(code_of(with(scan_line({}), "time", time)) == "BAD_TIME");
}

TEST_CASE("a value of one MiB is read, one byte more is TOO_LARGE", "[contract]") {
  json record = scan_line({});
  record["value"]["id"] = "big";
  record["value"]["data"]["padding"] = "";
  const std::size_t empty = record["value"].dump().size();
  record["value"]["data"]["padding"] = std::string((1U << 20U) - empty, 'x');
  Campus campus = ordinary();
  campus.add(bytes(record["value"].dump()));
  CHECK(campus.replay().verdict("big") == "allow");
  record["value"]["data"]["padding"] = std::string((1U << 20U) - empty + 1, 'x');
  CHECK(code_of(bytes(record["value"].dump())) == "TOO_LARGE");
}

TEST_CASE("an original beyond 16 MiB is cut, with its size and hash", "[contract]") {
  const std::string value(17U << 20U, 'x');
  const Outcome outcome = between_neighbours(bytes(value));
  const json headers = outcome.records("dead-letters").at(0).at("headers");
  CHECK(headers.at("error-code") == "TOO_LARGE");
  CHECK(headers.at("original-bytes") == std::to_string(value.size()));
  CHECK(headers.at("original-sha256").get<std::string>().size() >= 43);
}

TEST_CASE("32 levels of nesting are read, a thousand are a dead letter", "[contract]") {
  const auto nested = [](int levels) {
    json value = 1;
    for (int i = 0; i < levels; ++i) value = json::array({value});
    return value;
  };
  Campus campus = ordinary();
  campus.add(scan_line({{"deep", nested(30)}})); // the envelope and `data` are the first two
  CHECK(campus.replay().verdict("bad") == "allow");
  between_neighbours(scan_line({{"deep", nested(31)}}));
  between_neighbours(scan_line({{"deep", nested(1000)}}));
}

TEST_CASE("many bad records of every topic leave all good ones decided", "[contract]") {
  Campus campus = ordinary();
  std::size_t bad = 0;
  for (int i = 0; i < 30; ++i) {
    for (const char* topic :
         {"scans", "ledger", "data-access", "codes-issued", "device-reports", "commands", "policy"}) {
      campus.add({{"topic", topic}, {"key", "k"}, {"value_base64", base64("garbage " + std::to_string(i))}});
      ++bad;
    }
    campus.scan("s" + std::to_string(i), "d-1", i + 1, "a-1", i * kHour);
  }
  const Outcome outcome = campus.replay();
  CHECK(outcome.exit.code == 0);
  CHECK(outcome.records("decisions").size() == 30);
  CHECK(outcome.records("dead-letters").size() == bad);
  CHECK(outcome.dead("NOT_JSON").size() + outcome.dead("BAD_POLICY").size() ==
        bad); // the contract does not say which for `policy`
  for (int i = 0; i < 30; ++i) CHECK(outcome.verdict("s" + std::to_string(i)) == "allow");
}

TEST_CASE("ledger and data-access records are checked against their fields", "[contract]") {
  const json posting = {{"account", "a-1"}, {"posting", "p-1"}, {"kind", "charge"}, {"amount", 100}};
  const auto ledger = [&](const json& changes, const std::string& without = "") {
    json data = posting;
    if (changes.is_object()) data.update(changes);
    data.erase(without);
    return line("ledger", "a-1", event("onecode.ledger.v1", "posting", kHour, data));
  };
  CHECK(code_of(ledger({}, "posting")) == "MISSING_FIELD");
  CHECK(code_of(ledger({}, "kind")) == "MISSING_FIELD");
  CHECK(code_of(ledger({{"amount", 0}})) == "BAD_FIELD");
  CHECK(code_of(ledger({{"kind", "gift"}})) == "BAD_FIELD");
  CHECK(code_of(ledger({{"cause", "weather"}})) == "BAD_FIELD");
  CHECK(code_of(line("data-access", "gates",
                     event("onecode.data-access.v1", "read", kHour,
                           {{"integration", "gates"},
                            {"request", "r-1"},
                            {"endpoint", "/accounts"},
                            {"subjects", {"a-1"}},
                            {"operation", "read"}}))) == "MISSING_FIELD"); // fields
}

TEST_CASE("a ledger event with other content under the same id is DUPLICATE_ID, the same again is silent",
          "[contract]") {
  Campus campus = ordinary();
  json data = {{"account", "a-1"}, {"posting", "p-1"}, {"kind", "charge"}, {"amount", 100}};
  campus.add(line("ledger", "a-1", event("onecode.ledger.v1", "l-1", 0, data)));
  campus.add(line("ledger", "a-1", event("onecode.ledger.v1", "l-1", 0, data)));
  CHECK(campus.replay().dead_codes().empty());
  data["amount"] = 200;
  campus.add(line("ledger", "a-1", event("onecode.ledger.v1", "l-1", 0, data)));
  CHECK(campus.replay().dead_codes() == std::vector<std::string>{"DUPLICATE_ID"});
}
