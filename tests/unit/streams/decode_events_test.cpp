// The other input events and commands: what sound ones become, and the field that each refusal names.
#include "streams/json_fields.hpp"
#include "tests/catch.hpp"
#include "tests/unit/streams/samples.hpp"

using namespace onecode;
using namespace onecode::streams;
using namespace onecode_test;

namespace {

void refused(const std::optional<DecodeError>& error, std::string_view code, std::string_view field) {
  REQUIRE(error);
  CAPTURE(error->text);
  CHECK(error->code == code);
  CHECK(error->text.starts_with(std::string(field) + ":"));
}

/// Each required member left out and spoiled; each pair of `bad` refused as BAD_FIELD.
void check_members(Decoding& d, Topic topic, const Json& sound, const std::vector<std::string>& required,
                   const std::vector<std::pair<std::string, Json>>& bad) {
  REQUIRE_FALSE(d.read(topic, sound));
  for (const auto& member : required) {
    Json e = sound;
    e["data"].erase(member);
    refused(d.read(topic, e), "MISSING_FIELD", "data." + member);
    CHECK(std::holds_alternative<std::monostate>(d.event));
    e["data"][member] = Json::object({{"x", 1}});
    const auto error = d.read(topic, e);
    REQUIRE(error);
    CHECK(error->text.starts_with("data." + member));
  }
  for (const auto& [member, value] : bad) {
    CAPTURE(member, value.dump());
    Json e = sound;
    e["data"][member] = value;
    const auto error = d.read(topic, e);
    REQUIRE(error);
    CAPTURE(error->text);
    CHECK(error->code == "BAD_FIELD");
    CHECK(error->text.starts_with("data." + member));
  }
}

Json report() {
  return event("onecode.device-report.v1", Json::parse(R"({"device":"d-1","seq":5,"boot":2,"kind":"heartbeat",
    "position":{"lat":29.3571,"lon":113.1290001,"accuracy_m":12.5},"aps":["aa:bb:cc:dd:ee:ff"],
    "network":{"src_ip":"10.1.2.3","gateway_mac":"aa:bb","vlan":120,"switch_port":"sw1/3","dns":["10.0.0.1","10.0.0.2"],
    "path_hash":"ff00","rtt_ms":3.5},"firmware":"1.2","secure_element":"se-1","tls_fingerprint":"ab","tamper":false,
    "uptime_s":3600,"clock_offset_ms":-20})"));
}

Json command() {
  return event("onecode.command.v1",
               Json::parse(R"({"command":"account.open","target":"a-1","args":{"category":"student",
    "valid_from":"2026-02-01T00:00:00+08:00"},"actor":{"id":"registrar-1","role":"registrar"},
    "issued_at":"2026-03-01T08:00:00.000+08:00","nonce":"n-1","reason":"new student\nsecond line"})"));
}

} // namespace

TEST_CASE("device reports") {
  Decoding d;
  REQUIRE_FALSE(d.read(Topic::device_reports, report()));
  const auto r = std::get<DeviceReport>(d.event);
  CHECK(r.device == "d-1");
  CHECK(r.seq == 5U);
  CHECK(r.boot == 2);
  CHECK(r.kind == ReportKind::heartbeat);
  CHECK(r.position->lat_e7 == 293571000);
  CHECK(r.position->lon_e7 == 1131290001);
  CHECK(r.position->accuracy_m == 13);
  CHECK(r.aps == std::vector<std::string>{"aa:bb:cc:dd:ee:ff"});
  CHECK(r.network->vlan == "120");
  CHECK(r.network->dns == "10.0.0.1,10.0.0.2");
  CHECK(r.network->rtt_ms == 4);
  CHECK(r.clock_offset_ms == -20);
  CHECK(r.content != 0);
  Json other = report();
  other["data"]["uptime_s"] = 3601;
  REQUIRE_FALSE(d.read(Topic::device_reports, other));
  CHECK(std::get<DeviceReport>(d.event).content != r.content);
  check_members(d, Topic::device_reports, report(), {"device", "kind"},
                {{"kind", "dance"},
                 {"seq", -1},
                 {"seq", 1.5},
                 {"boot", "1"},
                 {"position", 5},
                 {"position", {{"lat", 91}, {"lon", 0}}},
                 {"position", {{"lat", "x"}, {"lon", 0}}},
                 {"position", {{"lat", 1}, {"lon", -181}}},
                 {"position", {{"lat", 1}, {"lon", 1}, {"accuracy_m", -1}}},
                 {"aps", "x"},
                 {"aps", {1}},
                 {"network", {{"src_ip", 5}}},
                 {"network", {{"rtt_ms", -1}}},
                 {"tamper", "no"},
                 {"uptime_s", -1},
                 {"firmware", 5},
                 {"clock_offset_ms", "1"}});
  Json half = report();
  half["data"]["position"].erase("lon");
  refused(d.read(Topic::device_reports, half), "MISSING_FIELD", "data.position.lon");
}

TEST_CASE("degrees come out as written") {
  Decoding d;
  const std::pair<std::string, std::int64_t> pairs[] = {{"0", 0},
                                                        {"-0.0000001", -1},
                                                        {"29.9999999", 299999999},
                                                        {"90", 900000000},
                                                        {"-90", -900000000},
                                                        {"0.00000005", 1},
                                                        {"-0.00000005", -1},
                                                        {"1e1", 100000000},
                                                        {"45.1234567", 451234567}};
  for (const auto& [text, e7] : pairs) {
    CAPTURE(text);
    Json e = report();
    e["data"]["position"]["lat"] = Json::parse(text);
    REQUIRE_FALSE(d.read(Topic::device_reports, e));
    CHECK(std::get<DeviceReport>(d.event).position->lat_e7 == e7);
  }
  for (std::int64_t e7 = -900'000'000; e7 <= 900'000'000; e7 += 7'654'321) {
    std::string text;
    append_degrees(text, e7);
    Json e = report();
    e["data"]["position"]["lat"] = Json::parse(text);
    REQUIRE_FALSE(d.read(Topic::device_reports, e));
    REQUIRE(std::get<DeviceReport>(d.event).position->lat_e7 == e7);
  }
}

TEST_CASE("issued codes") {
  Decoding d;
  const Json sound =
      event("onecode.code-issued.v1", {{"account", "a-1"}, {"handset", "h-1"}, {"nonce", "n"}, {"ttl_s", 60}});
  check_members(d, Topic::codes_issued, sound, {"account", "handset", "nonce", "ttl_s"},
                {{"ttl_s", 0},
                 {"ttl_s", -1},
                 {"ttl_s", 86401},
                 {"nonce", ""},
                 {"zone", "a b"},
                 {"network", "home"},
                 {"purpose", 1}});
  REQUIRE_FALSE(d.read(Topic::codes_issued, sound));
  CHECK(std::get<CodeIssued>(d.event).network == "unknown");
}

TEST_CASE("postings") {
  Decoding d;
  const Json sound =
      event("onecode.ledger.v1",
            {{"account", "a-1"}, {"posting", "p-1"}, {"kind", "charge"}, {"amount", 100}, {"balance", -50}});
  check_members(d, Topic::ledger, sound, {"account", "posting", "kind", "amount"},
                {{"amount", 0},
                 {"amount", -1},
                 {"amount", 1.0},
                 {"amount", "1"},
                 {"kind", "gift"},
                 {"balance", "1"},
                 {"balance", 1'000'000'000'001},
                 {"cause", "bug"},
                 {"offline", 1},
                 {"integration", ""}});
  REQUIRE_FALSE(d.read(Topic::ledger, sound));
  const auto& p = std::get<Posting>(d.event);
  CHECK(p.amount.value == 100);
  CHECK(p.balance->value == -50);
  CHECK(p.cause == "normal");
  Json reversal = sound;
  reversal["data"]["kind"] = "reversal";
  refused(d.read(Topic::ledger, reversal), "MISSING_FIELD", "data.reverses");
}

TEST_CASE("data access") {
  Decoding d;
  const Json sound = event("onecode.data-access.v1", {{"integration", "i"},
                                                      {"request", "r"},
                                                      {"endpoint", "/users"},
                                                      {"fields", {"name"}},
                                                      {"subjects", {"a-1", "a-2"}},
                                                      {"operation", "read"}});
  check_members(d, Topic::data_access, sound,
                {"integration", "request", "endpoint", "fields", "subjects", "operation"},
                {{"fields", "name"},
                 {"fields", {1}},
                 {"subjects", {"a b"}},
                 {"operation", "steal"},
                 {"result_count", -1},
                 {"operator", 1}});
  REQUIRE_FALSE(d.read(Topic::data_access, sound));
  CHECK(std::get<DataAccess>(d.event).subject_count == 2);
  Json counted = sound;
  counted["data"].erase("subjects");
  counted["data"]["subject_count"] = 700;
  REQUIRE_FALSE(d.read(Topic::data_access, counted));
  CHECK(std::get<DataAccess>(d.event).subject_count == 700);
}

TEST_CASE("commands") {
  Decoding d;
  REQUIRE_FALSE(d.read(Topic::commands, command()));
  const auto c = std::get<Command>(d.event);
  CHECK(c.name == "account.open");
  CHECK(c.info().name == "account.open");
  CHECK(c.target == "a-1");
  CHECK(c.actor == "registrar-1");
  CHECK(c.role == "registrar");
  CHECK(c.nonce == "n-1");
  CHECK(c.reason == "new student\nsecond line");
  CHECK(format_time(c.issued_at) == "2026-03-01T08:00:00.000+08:00");
  const auto& open = std::get<AccountOpen>(c.args);
  CHECK(open.category == "student");
  CHECK_FALSE(open.valid_to);
  CHECK_FALSE(open.test);
  CHECK(
      c.signed_bytes ==
      R"({"actor":{"id":"registrar-1","role":"registrar"},"args":{"category":"student","valid_from":"2026-02-01T00:00:00+08:00"},)"
      R"("command":"account.open","issued_at":"2026-03-01T08:00:00.000+08:00","nonce":"n-1","reason":"new student\nsecond line","target":"a-1"})");

  SECTION("signed bytes are without the signature and with the key, in both modes") {
    Json e = command();
    e["data"]["signature"] = "MTIz";
    e["data"]["key"] = "k-1";
    REQUIRE_FALSE(d.read(Topic::commands, e));
    const auto signed_one = std::get<Command>(d.event);
    CHECK(signed_one.signature == "123");
    CHECK(signed_one.key == "k-1");
    CHECK(signed_one.signed_bytes.find("signature") == std::string::npos);
    CHECK(signed_one.signed_bytes.find("\"key\":\"k-1\"") != std::string::npos);
    const std::vector<Header> headers = {{"ce_specversion", "1.0"},
                                         {"ce_id", "1"},
                                         {"ce_source", "s"},
                                         {"ce_type", "onecode.command.v1"},
                                         {"ce_time", "2026-03-01T08:00:00Z"}};
    const std::string data = e["data"].dump();
    REQUIRE_FALSE(d.decoder.event({Topic::commands, 0}, record_of(data, headers), d.event));
    CHECK(std::get<Command>(d.event).signed_bytes == signed_one.signed_bytes);

    INFO("a Schema Registry's prefix is not signed");
    const std::string prefix("\0\0\0\0\7", 5), framed_data = prefix + data, framed_event = prefix + e.dump();
    REQUIRE_FALSE(d.decoder.event({Topic::commands, 0}, record_of(framed_data, headers), d.event));
    CHECK(std::get<Command>(d.event).signed_bytes == signed_one.signed_bytes);
    REQUIRE_FALSE(d.decoder.event({Topic::commands, 0}, record_of(framed_event), d.event));
    CHECK(std::get<Command>(d.event).signed_bytes == signed_one.signed_bytes);
  }
  SECTION("members of the command") {
    for (const std::string member : {"command", "target", "actor", "issued_at", "nonce"}) {
      Json e = command();
      e["data"].erase(member);
      refused(d.read(Topic::commands, e), "MISSING_FIELD", "data." + member);
    }
    const std::tuple<std::string, Json, std::string, std::string> bad[] = {
        {"command", "account.fly", "BAD_FIELD", "data.command"},
        {"command", 5, "BAD_FIELD", "data.command"},
        {"target", "a b", "BAD_FIELD", "data.target"},
        {"actor", "me", "BAD_FIELD", "data.actor"},
        {"actor", {{"id", "x"}}, "MISSING_FIELD", "data.actor.role"},
        {"actor", {{"id", 5}, {"role", "registrar"}}, "BAD_FIELD", "data.actor.id"},
        {"issued_at", "yesterday", "BAD_TIME", "data.issued_at"},
        {"issued_at", "2999-01-01T00:00:00Z", "BAD_TIME", "data.issued_at"},
        {"issued_at", 5, "BAD_FIELD", "data.issued_at"},
        {"nonce", "", "BAD_FIELD", "data.nonce"},
        {"reason", std::string("a\0b", 3), "BAD_FIELD", "data.reason"},
        {"args", "x", "BAD_FIELD", "data.args"},
        {"args", Json::object(), "MISSING_FIELD", "data.args.category"},
        {"args", nullptr, "MISSING_FIELD", "data.args.category"},
    };
    for (const auto& [member, value, code, field] : bad) {
      CAPTURE(member, value.dump());
      Json e = command();
      e["data"][member] = value;
      refused(d.read(Topic::commands, e), code, field);
    }
    Json e = command();
    e["data"]["command"] = "account.fly";
    CHECK(d.read(Topic::commands, e)->text == "data.command: unknown command `account.fly`");
    std::string twice = command().dump();
    twice.replace(twice.find("\"nonce\""), 7, "\"note\":{\"a\":1,\"a\":2},\"nonce\"");
    REQUIRE(d.decoder.event({Topic::commands, 0}, record_of(twice), d.event));
  }
  SECTION("arguments by their types") {
    const std::tuple<std::string, Json, std::string> bad[] = {
        {"category", 5, "data.args.category"},
        {"category", "", "data.args.category"},
        {"valid_from", "soon", "data.args.valid_from"},
        {"valid_to", 5, "data.args.valid_to"},
        {"test", "yes", "data.args.test"},
        {"approver", {1}, "data.args.approver"},
    };
    for (const auto& [member, value, field] : bad) {
      CAPTURE(member);
      Json e = command();
      e["data"]["args"][member] = value;
      refused(d.read(Topic::commands, e), "BAD_FIELD", field);
    }
  }
}

TEST_CASE("every command is read from what the printer writes") {
  Decoding d;
  const Time t{1'772'409'492'345};
  const NetworkFacts network{"10.0.0.1", "aa", "12", "p1", "1.1.1.1", "ff", 3};
  const Manifest manifest{{"d-1"},      {"z-1"},
                          {"access"},   {{"name", "roll call", 30}},
                          {"/users"},   Volumes{5, std::nullopt},
                          "10.0.0.0/8", Hours{"06:00", "23:00"},
                          {"student"},  {"op"}};
  const CommandArgs all[] = {AccountOpen{"student", t, t, "x", "y", true},
                             HandsetBind{"h-1", true, "h-0"},
                             AccountFreeze{"8", {"payment"}, "c-1", t},
                             AccountLift{"protective", std::nullopt},
                             DeviceRegister{"s", "m", "i", "se", {"o"}},
                             DeviceCertify{"c", t, "derive:m/d-1"},
                             DeviceInstall{"i", "z", {293571000, 1131290001, 5}, network, {"ap"}, "fixed"},
                             DeviceActivate{},
                             DeviceQuarantine{},
                             DeviceRelease{},
                             IntegrationAdopt{"unit", {"o-1"}, {"p", "a", "d", "e"}, manifest}};
  for (const auto& args : all) {
    const std::string name(kCommands[args.index()].name);
    const std::string json = to_json(args);
    CAPTURE(name, json);
    Json e = command();
    e["data"]["command"] = name;
    e["data"]["args"] = Json::parse(json);
    REQUIRE_FALSE(d.read(Topic::commands, e));
    const auto& c = std::get<Command>(d.event);
    CHECK(c.name == name);
    CHECK(to_json(c.args) == json);
    std::string sent, read;
    encode(sent, args);
    encode(read, c.args);
    CHECK(sent == read);
  }
  Json e = command();
  e["data"]["command"] = "device.install";
  e["data"]["args"] = Json::parse(to_json(all[6]));
  e["data"]["args"]["kind"] = "flying";
  refused(d.read(Topic::commands, e), "BAD_FIELD", "data.args.kind");
  e["data"]["args"]["kind"] = "fixed";
  e["data"]["args"]["position"].erase("lat");
  refused(d.read(Topic::commands, e), "MISSING_FIELD", "data.args.position.lat");
  e["data"]["command"] = "integration.adopt";
  e["data"]["args"] = Json::parse(to_json(all[10]));
  e["data"]["args"]["manifest"]["fields"][0].erase("retention_days");
  refused(d.read(Topic::commands, e), "MISSING_FIELD", "data.args.manifest.fields[0].retention_days");
  e["data"]["args"].erase("manifest");
  refused(d.read(Topic::commands, e), "MISSING_FIELD", "data.args.manifest");
}

TEST_CASE("topics without events are refused, not guessed") {
  Decoding d;
  for (const auto topic : {Topic::inbox, Topic::policy, Topic::decisions}) REQUIRE(d.read(topic, scan_event()));
}
