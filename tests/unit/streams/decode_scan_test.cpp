// Scans: what a sound one becomes, and the code and field of everything that is wrong with another. Would catch a
// record that stops the decoder, an error without its field, and a scan that lets through what the contract forbids.
#include <cstdlib>
#include <iostream>
#include <random>

#include "domain/ids.hpp"
#include "streams/authenticate.hpp"
#include "tests/catch.hpp"
#include "tests/unit/streams/samples.hpp"

using namespace onecode;
using namespace onecode::streams;
using namespace onecode_test;

namespace {

/// CHECKs the code and that the text names `field`.
void refused(const std::optional<DecodeError>& error, std::string_view code, std::string_view field) {
  REQUIRE(error);
  CAPTURE(error->text);
  CHECK(error->code == code);
  CHECK(error->text.starts_with(std::string(field) + ":"));
  const bool decode = code == "NOT_JSON" || code == "TOO_LARGE" || code == "BAD_ENVELOPE" || code == "UNKNOWN_TYPE";
  CHECK(error->stage == (decode ? "decode" : "validate"));
}

Json with(const std::string& member, Json value) {
  Json e = scan_event();
  e["data"][member] = std::move(value);
  return e;
}

Json without(const std::string& member) {
  Json e = scan_event();
  e["data"].erase(member);
  return e;
}

/// The sample with the text `from` replaced: for what a JSON library would not write.
std::string spoiled(std::string_view from, std::string_view to) {
  std::string text = scan_event().dump();
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string nested(int depth) {
  return spoiled("\"seq\"", "\"x\":" + std::string(static_cast<std::size_t>(depth), '[') +
                                std::string(static_cast<std::size_t>(depth), ']') + ",\"seq\"");
}

const std::vector<Header> kHeaders = {
    {"content-type", "application/json"}, {"ce_specversion", "1.0"},
    {"ce_id", "gw-03/d-0417/3/182731"},   {"ce_source", "/gateways/gw-03"},
    {"ce_type", "onecode.scan.v1"},       {"ce_time", "2026-03-02T07:58:12.345+08:00"}};

} // namespace

TEST_CASE("a sound scan is decoded whole") {
  Decoding d;
  REQUIRE_FALSE(d.read_scan(scan_event()));
  const Scan& s = d.scan;
  CHECK(s.origin.at == TopicPartition{Topic::scans, 3});
  CHECK(s.origin.offset == 42);
  CHECK(s.origin.id == "gw-03/d-0417/3/182731");
  CHECK(s.origin.source == "/gateways/gw-03");
  CHECK(format_time(s.origin.time) == "2026-03-02T07:58:12.345+08:00");
  CHECK(s.time_text == "2026-03-02T07:58:12.345+08:00");
  CHECK(s.device == "d-0417");
  CHECK(s.boot == 3);
  CHECK(s.seq == 182731);
  CHECK(s.account == "a-0012345");
  CHECK(s.function == "access");
  CHECK(s.auth == "present");
  CHECK(s.direction == Direction::in);
  CHECK(s.direction_given);
  CHECK(s.outcome == Outcome::accepted);
  CHECK(s.outcome_given);
  CHECK_FALSE(s.amount);
  CHECK(s.handset == "h-77");
  CHECK(s.integration == "dorm-gates");
  CHECK_FALSE(s.offline);
  CHECK(s.clock == Clock::synced);
  CHECK(s.mac == "123");
  CHECK(s.content != 0);
  CHECK(s.token.state == TokenState::none);
}

TEST_CASE("a decoder leaves nothing of one scan in the next") {
  Decoding d;
  Json full = scan_event();
  full["data"]["amount"] = 1250;
  full["data"]["operator"] = "op-1";
  full["data"]["offline"] = true;
  full["data"]["time_accuracy_ms"] = 60000;
  REQUIRE_FALSE(d.read_scan(full));
  CHECK(d.scan.amount->value == 1250);
  CHECK(d.scan.clock == Clock::free);
  CHECK(d.scan.time_accuracy_ms == 60000);
  Json code = without("account");
  code["data"]["code"] = "OC1.nonsense";
  REQUIRE_FALSE(d.read_scan(code));
  CHECK(d.scan.token.state == TokenState::malformed);
  CHECK(d.scan.account.empty());
  const Json small =
      event("onecode.scan.v1",
            {{"device", "d"}, {"seq", 0}, {"account", "a"}, {"function", "library"}, {"auth", "password"}});
  REQUIRE_FALSE(d.read_scan(small));
  CHECK_FALSE(d.scan.amount);
  CHECK(d.scan.operator_id.empty());
  CHECK(d.scan.handset.empty());
  CHECK(d.scan.integration.empty());
  CHECK(d.scan.mac.empty());
  CHECK(d.scan.code.empty());
  CHECK(d.scan.boot == 0);
  CHECK(d.scan.time_accuracy_ms == 0);
  CHECK_FALSE(d.scan.offline);
  CHECK(d.scan.clock == Clock::synced);
  CHECK_FALSE(d.scan.direction_given);
  CHECK_FALSE(d.scan.outcome_given);
  CHECK(d.scan.token.state == TokenState::none);
}

TEST_CASE("what is no JSON is NOT_JSON") {
  Decoding d;
  const std::string sound = scan_event().dump();
  std::vector<std::string> bad = {"hello",
                                  "{",
                                  "}",
                                  "{}x",
                                  "[1,2",
                                  " ",
                                  std::string("\0", 1),
                                  sound + std::string("\0", 1),
                                  sound + sound,
                                  spoiled("182731", "NaN"),
                                  spoiled("182731", "Infinity"),
                                  spoiled("182731", "0182731"),
                                  spoiled("182731", "+1"),
                                  spoiled("182731", "1."),
                                  spoiled("182731", ".5"),
                                  spoiled("182731", "0x10"),
                                  spoiled("182731", "'1'"),
                                  spoiled("h-77", "h\n77"),
                                  spoiled("h-77", std::string("h\0", 2)),
                                  spoiled("h-77", "\xff\xfe"),
                                  spoiled("h-77", "\xc0\xaf"),
                                  spoiled("h-77", "\xed\xa0\x80"),
                                  spoiled("h-77", "\\x41"),
                                  spoiled("\"seq\":", "\"seq\""),
                                  std::string("\xef\xbb\xbf") + "nope",
                                  std::string(100'000, '['),
                                  std::string(100'000, '{'),
                                  nested(31),
                                  nested(1000)};
  for (std::size_t n = 1; n < sound.size(); n += 7) bad.push_back(sound.substr(0, n));
  for (const auto& text : bad) {
    CAPTURE(text.substr(0, 200));
    refused(d.read_scan(text), "NOT_JSON", "value");
  }
  INFO("the decoder goes on");
  CHECK_FALSE(d.read_scan(sound));
}

// Would catch: a serializer of a Schema Registry whose records are all dead letters, and bytes that only look like its
// prefix taken for one.
TEST_CASE("the prefix of a Schema Registry stands before JSON") {
  Decoding d;
  const std::string sound = scan_event().dump();
  REQUIRE_FALSE(d.read_scan(sound));
  const auto content = d.scan.content;
  const std::string prefix("\0\0\0\1\x2a", 5);
  for (const auto& id :
       {std::string("\0\0\1\x2a", 4), std::string(4, '\0'), std::string("\xff\xff\xff\xff"), std::string("{\"{\"")}) {
    CHECK_FALSE(d.read_scan(std::string(1, '\0') + id + sound));
    CHECK(d.scan.content == content);
  }
  CHECK_FALSE(d.read_scan(prefix + " \r\n\t" + sound));
  CHECK_FALSE(d.read_scan(prefix + scan_event()["data"].dump(), kHeaders));
  CHECK(d.scan.content == content);

  INFO("whatever else begins with a zero byte is no JSON, as before");
  for (const auto& bad :
       {std::string("\0{", 2), prefix, prefix.substr(0, 4), prefix + " ", prefix + "[]", prefix + "7",
        prefix + "hello", prefix + prefix + sound, prefix.substr(0, 4) + sound, prefix + sound.substr(1),
        prefix + "{", "\1" + prefix.substr(1) + sound, prefix.substr(1) + sound, " " + prefix + sound})
    refused(d.read_scan(bad), "NOT_JSON", "value");
  refused(d.read_scan(prefix + "{}"), "BAD_ENVELOPE", "specversion");
  refused(d.read_scan(prefix + std::string(kMaxValueBytes - 4, ' ')), "TOO_LARGE", "value");
}

TEST_CASE("nesting is counted exactly") {
  Decoding d;
  // the value and `data` are two levels
  CHECK_FALSE(d.read_scan(nested(29)));
  CHECK_FALSE(d.read_scan(nested(30)));
  const auto full = spoiled("\"seq\"", "\"x\":" + std::string(30, '[') + "1" + std::string(30, ']') + ",\"seq\"");
  CHECK_FALSE(d.read_scan(full));
  CHECK(d.scan.seq == 182731);
  refused(d.read_scan(nested(31)), "NOT_JSON", "value");
}

TEST_CASE("size, tombstone and empty value") {
  Decoding d;
  refused(d.read_scan(std::nullopt), "BAD_ENVELOPE", "value");
  refused(d.read_scan(std::string()), "BAD_ENVELOPE", "value");
  refused(d.read_scan(std::string(10 * 1024 * 1024, 'x')), "TOO_LARGE", "value");
  refused(d.read_scan(std::string(kMaxValueBytes + 1, ' ')), "TOO_LARGE", "value");
  Json large = with("note", std::string(900'000, 'x'));
  CHECK_FALSE(d.read_scan(large));
  std::string padded = scan_event().dump();
  padded.append(kMaxValueBytes - padded.size(), ' ');
  CHECK_FALSE(d.read_scan(padded));
}

TEST_CASE("the envelope must be whole") {
  Decoding d;
  for (const std::string text : {"[]", "1", "\"x\"", "null", "true"})
    refused(d.read_scan(text), "BAD_ENVELOPE", "value");
  for (const std::string member : {"specversion", "id", "source", "type", "time", "data"}) {
    CAPTURE(member);
    Json e = scan_event();
    e.erase(member);
    refused(d.read_scan(e), "BAD_ENVELOPE", member);
    e[member] = nullptr;
    refused(d.read_scan(e), "BAD_ENVELOPE", member);
    e[member] = 7;
    refused(d.read_scan(e), "BAD_ENVELOPE", member);
    if (member == "data") continue;
    e[member] = "";
    refused(d.read_scan(e), "BAD_ENVELOPE", member);
    e[member] = std::string(513, 'x');
    refused(d.read_scan(e), "BAD_ENVELOPE", member);
    e[member] = std::string("a\0b", 3);
    refused(d.read_scan(e), "BAD_ENVELOPE", member);
  }
  Json e = scan_event();
  e["specversion"] = "0.3";
  refused(d.read_scan(e), "BAD_ENVELOPE", "specversion");
  refused(d.read_scan(spoiled("\"source\"", "\"id\":\"other\",\"source\"")), "BAD_ENVELOPE", "id");
  Json longest = scan_event();
  longest["id"] = std::string(512, 'x');
  CHECK_FALSE(d.read_scan(longest));
}

TEST_CASE("the type must be the topic's") {
  Decoding d;
  for (const std::string type : {"onecode.scan.v2", "onecode.ledger.v1", "x", "onecode.scan.v1 "}) {
    Json e = scan_event();
    e["type"] = type;
    refused(d.read_scan(e), "UNKNOWN_TYPE", "type");
  }
}

TEST_CASE("times without sense are BAD_TIME") {
  Decoding d;
  for (const std::string time :
       {"1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "2014-12-31T23:59:59.999Z", "2100-01-01T00:00:00.001Z",
        "2026-03-02T07:58:12.345", "2026-03-02 07:58:12Z", "2026-02-30T07:58:12Z", "2026-03-02T25:58:12Z",
        "yesterday", "2026-03-02T07:58:12.345+0800", "1772409492345"}) {
    CAPTURE(time);
    Json e = scan_event();
    e["time"] = time;
    refused(d.read_scan(e), "BAD_TIME", "time");
  }
  for (const std::string time :
       {"2015-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "2026-03-02T07:58:12+08:00", "2026-03-02t07:58:12.1z"}) {
    CAPTURE(time);
    Json e = scan_event();
    e["time"] = time;
    CHECK_FALSE(d.read_scan(e));
  }
}

TEST_CASE("required fields of a scan") {
  Decoding d;
  for (const std::string member : {"device", "seq", "account", "function", "auth"}) {
    CAPTURE(member);
    const auto error = d.read_scan(without(member));
    REQUIRE(error);
    CHECK(error->code == "MISSING_FIELD");
    CHECK(error->text.starts_with("data." + member + ":"));
    Json e = scan_event();
    e["data"][member] = nullptr;
    REQUIRE(d.read_scan(e));
    CHECK(d.read_scan(e)->code == "MISSING_FIELD");
  }
  Json payment = with("function", "payment");
  refused(d.read_scan(payment), "MISSING_FIELD", "data.amount");
  payment["data"]["amount"] = 0;
  CHECK_FALSE(d.read_scan(payment));
}

TEST_CASE("wrong fields of a scan") {
  Decoding d;
  const std::pair<std::string, Json> bad[] = {
      {"device", 7},
      {"device", ""},
      {"device", "d 1"},
      {"device", "d/1"},
      {"device", "门"},
      {"device", std::string(65, 'd')},
      {"device", Json::array({"d"})},
      {"device", std::string("d\0", 2)},
      {"boot", -1},
      {"boot", "3"},
      {"boot", 4294967296},
      {"boot", 1.5},
      {"seq", "182731"},
      {"seq", -1},
      {"seq", 182731.0},
      {"seq", 18446744073709551615ULL},
      {"seq", true},
      {"seq", Json::object()},
      {"account", 12},
      {"account", "a b"},
      {"code", ""},
      {"code", 5},
      {"code", std::string(2049, 'x')},
      {"function", "fly"},
      {"function", ""},
      {"function", "other:"},
      {"function", std::string("other:a\0b", 9)},
      {"function", "ACCESS"},
      {"function", 1},
      {"auth", "none"},
      {"auth", "other:"},
      {"direction", "up"},
      {"direction", false},
      {"outcome", "maybe"},
      {"outcome", 1},
      {"amount", -1},
      {"amount", "12"},
      {"amount", 12.5},
      {"amount", 1'000'000'000'001},
      {"handset", ""},
      {"handset", "h\n77"},
      {"operator", 5},
      {"operator", std::string("a\0b", 3)},
      {"operator", std::string(513, 'x')},
      {"integration", "dorm gates"},
      {"offline", "false"},
      {"offline", 0},
      {"clock", "wrong"},
      {"clock", 1},
      {"time_accuracy_ms", -1},
      {"time_accuracy_ms", 86'400'001},
      {"mac", 5},
      {"mac", std::string("a\0b", 3)},
      {"mac", std::string(200, 'A')},
  };
  for (const auto& [member, value] : bad) {
    CAPTURE(member, value.dump());
    refused(d.read_scan(with(member, value)), "BAD_FIELD", "data." + member);
  }
  for (const std::string number : {"1e999", "-1e999", "18446744073709551616", "-9223372036854775809"}) {
    CAPTURE(number);
    refused(d.read_scan(spoiled("182731", number)), "BAD_FIELD", "data.seq");
  }
  refused(d.read_scan(spoiled("182731", "1.0")), "BAD_FIELD", "data.seq");
  refused(d.read_scan(spoiled("182731", "1e3")), "BAD_FIELD", "data.seq");
  refused(d.read_scan(spoiled("h-77", "h\\u0000")), "BAD_FIELD", "data.handset");
  refused(d.read_scan(spoiled("\"boot\"", "\"seq\":1,\"boot\"")), "BAD_FIELD", "data.seq");
  refused(d.read_scan(with("code", "OC1.a.b")), "BAD_FIELD", "data.code");
  for (const std::string data : {"[]", "7", "\"x\"", "true"}) {
    Json e = scan_event();
    e["data"] = Json::parse(data);
    refused(d.read_scan(e), "BAD_ENVELOPE", "data");
  }
}

TEST_CASE("a MAC that is no base64url is a wrong MAC, not a wrong record") {
  Decoding d;
  const Secrets secrets(std::map<std::string, std::string>{{"k", "key"}});
  for (const std::string mac : {"…", "***", "MTIzNA==", "x"}) {
    CAPTURE(mac);
    REQUIRE_FALSE(d.read_scan(with("mac", mac)));
    CHECK(check_scan_mac(d.scan, "k", secrets) == MacCheck::wrong);
  }
  REQUIRE_FALSE(d.read_scan(with("mac", "")));
  CHECK(check_scan_mac(d.scan, "k", secrets) == MacCheck::missing);
}

TEST_CASE("unknown fields are ignored, and null is the same as absent") {
  Decoding d;
  REQUIRE_FALSE(d.read_scan(scan_event()));
  const auto content = d.scan.content;
  Json e = with("colour", Json::parse(R"({"a":[1,2,{"b":null}],"device":"x"})"));
  e["traceparent"] = "00-1";
  e["data"]["amount"] = nullptr;
  e["data"]["operator"] = nullptr;
  REQUIRE_FALSE(d.read_scan(e));
  CHECK(d.scan.content == content);
  CHECK_FALSE(d.scan.amount);
}

TEST_CASE("binary mode means the same scan") {
  Decoding d;
  REQUIRE_FALSE(d.read_scan(scan_event()));
  const Scan structured = d.scan;
  REQUIRE_FALSE(d.read_scan(scan_event()["data"].dump(), kHeaders));
  CHECK(d.scan.content == structured.content);
  CHECK(d.scan.origin.id == structured.origin.id);
  CHECK(d.scan.origin.source == structured.origin.source);
  CHECK(d.scan.origin.time == structured.origin.time);
  CHECK(d.scan.time_text == structured.time_text);
  CHECK(scan_mac_text(d.scan) == scan_mac_text(structured));

  SECTION("each missing header is named") {
    for (std::size_t i = 1; i < kHeaders.size(); ++i) {
      auto headers = kHeaders;
      const std::string name(headers[i].name);
      headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(i));
      refused(d.read_scan(scan_event()["data"].dump(), headers), "BAD_ENVELOPE", name);
      auto empty = kHeaders;
      empty[i].value = "";
      refused(d.read_scan(scan_event()["data"].dump(), empty), "BAD_ENVELOPE", name);
    }
  }
  SECTION("wrong headers") {
    const std::tuple<std::size_t, std::string_view, std::string_view> bad[] = {
        {1, "2.0", "BAD_ENVELOPE"},
        {2, "\xff", "BAD_ENVELOPE"},
        {4, "onecode.ledger.v1", "UNKNOWN_TYPE"},
        {5, "now", "BAD_TIME"},
        {5, "1970-01-01T00:00:00Z", "BAD_TIME"}};
    for (const auto& [i, value, code] : bad) {
      auto headers = kHeaders;
      headers[i].value = value;
      refused(d.read_scan(scan_event()["data"].dump(), headers), code, headers[i].name);
    }
  }
  SECTION("fields are named as in structured mode") {
    Json data = scan_event()["data"];
    data["amount"] = -5;
    refused(d.read_scan(data.dump(), kHeaders), "BAD_FIELD", "data.amount");
    refused(d.read_scan(std::string(R"({"seq":1e999})"), kHeaders), "BAD_FIELD", "data.seq");
    refused(d.read_scan(std::string("[]"), kHeaders), "BAD_ENVELOPE", "data");
    refused(d.read_scan(std::string("{"), kHeaders), "NOT_JSON", "value");
  }
  SECTION("a stray ce_ header does not turn a structured event into a binary one") {
    CHECK_FALSE(d.read_scan(scan_event().dump(), {{"ce_traceparent", "00-1"}}));
    CHECK_FALSE(d.read_scan(scan_event().dump(), {{"content-type", "application/cloudevents+json; charset=UTF-8"},
                                                  {"ce_specversion", "1.0"}}));
    refused(d.read_scan(scan_event()["data"].dump(), {{"ce_id", "1"}}), "BAD_ENVELOPE", "ce_specversion");
  }
}

TEST_CASE("content tells a retransmission from other content") {
  Decoding d;
  REQUIRE_FALSE(d.read_scan(scan_event()));
  const auto content = d.scan.content;
  SECTION("order of members and white space are nothing") {
    const Json e = scan_event();
    REQUIRE_FALSE(d.read_scan(e.dump(4)));
    CHECK(d.scan.content == content);
    nlohmann::ordered_json reversed, data;
    for (auto it = e["data"].rbegin(); it != e["data"].rend(); ++it) data[it.key()] = *it;
    reversed["data"] = data;
    for (auto it = e.rbegin(); it != e.rend(); ++it)
      if (it.key() != "data") reversed[it.key()] = *it;
    REQUIRE_FALSE(d.read_scan(reversed.dump()));
    CHECK(d.scan.content == content);
  }
  SECTION("another id is the same content: a gateway sends it anew") {
    Json e = scan_event();
    e["id"] = "another";
    REQUIRE_FALSE(d.read_scan(e));
    CHECK(d.scan.content == content);
  }
  SECTION("every known field counts") {
    const std::pair<std::string, Json> changes[] = {{"device", "d-0418"},
                                                    {"boot", 4},
                                                    {"seq", 182732},
                                                    {"account", "a-2"},
                                                    {"function", "library"},
                                                    {"auth", "password"},
                                                    {"direction", "out"},
                                                    {"outcome", "denied"},
                                                    {"amount", 1},
                                                    {"handset", "h-78"},
                                                    {"operator", "o"},
                                                    {"offline", true},
                                                    {"integration", "other"},
                                                    {"clock", "free"},
                                                    {"time_accuracy_ms", 60000},
                                                    {"mac", "MTI0"}};
    for (const auto& [member, value] : changes) {
      CAPTURE(member);
      REQUIRE_FALSE(d.read_scan(with(member, value)));
      CHECK(d.scan.content != content);
    }
    Json e = scan_event();
    e["time"] = "2026-03-02T07:58:12.346+08:00";
    REQUIRE_FALSE(d.read_scan(e));
    CHECK(d.scan.content != content);
  }
}

TEST_CASE("no mutation of a sound record crashes or becomes an invalid scan") {
  const char* given = std::getenv("ONECODE_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20260302;
  std::cout << "mutation seed " << seed << '\n';
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Decoding d;
  const std::string sound = scan_event().dump();
  int accepted = 0;
  std::string value;
  for (int i = 0; i < 60'000; ++i) {
    value = sound;
    for (auto n = 1 + random() % 4; n > 0 && !value.empty(); --n) {
      const auto at = random() % value.size();
      switch (random() % 5) {
        case 0:
          value[at] = static_cast<char>(random());
          break;
        case 1:
          value[at] = static_cast<char>(value[at] ^ (1 << (random() % 8)));
          break;
        case 2:
          value.erase(at, 1 + random() % 8);
          break;
        case 3:
          value.insert(at, 1, "\"{}[],:0-e\\"[random() % 11]);
          break;
        default:
          value.insert(at, value.substr(random() % value.size(), random() % 40));
      }
    }
    const auto error = d.read_scan(value);
    if (error) {
      if (error->code.empty() || error->text.find(':') == std::string::npos) FAIL(value);
      continue;
    }
    ++accepted;
    const Scan& s = d.scan;
    const bool valid = valid_id(s.device) && (valid_id(s.account) || !s.code.empty()) && !s.function.empty() &&
                       !s.auth.empty() && (s.handset.empty() || valid_id(s.handset)) &&
                       (s.integration.empty() || valid_id(s.integration)) && s.origin.time >= kEarliestEvent &&
                       s.origin.time <= kLatestEvent && !s.origin.id.empty() && (!s.amount || s.amount->value >= 0) &&
                       s.content != 0;
    if (!valid) FAIL(value);
  }
  CHECK(accepted > 100);
}
