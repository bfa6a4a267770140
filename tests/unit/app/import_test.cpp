// Would catch: rows fed in another order than they were collected, a lost clock that passes for midnight, a scan
// without its registration before it, a sequence number that skips, an import that gives other bytes the second time.
#include "app/import.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/replay.hpp"
#include "streams/authenticate.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;
using Json = nlohmann::json;

namespace {

const char* const kMapping = R"(
[log]
name = "doors"
source = "/imports/doors"
order = "index"
[time]
from = "{local_time}"
format = "%Y-%m-%dT%H:%M"
zone = "+08:00"
resolution_s = 60
lost = ["00:00", "n/a"]
[scan]
account = "{card}"
device = "{building}-{direction}"
integration = "gates"
direction = "{direction}"
outcome = "{allowed}"
[values.building]
"第五教学楼" = "b5"
"第六教学楼" = "b6"
[values.allowed]
"1" = "accepted"
"0" = "denied"
[register]
at = 2019-03-25T00:00:00+08:00
[accounts]
category = "student"
[devices]
zone = "{building}"
position = { lat = 29.0, lon = 113.0, accuracy_m = 100 }
[integrations.gates]
unit = "security"
owners = ["owner-1"]
plan = { purpose = "p", architecture = "a", data_security = "d", expected_effect = "e" }
[zones.b5]
lat = 29.365
lon = 113.11
[zones.b6]
lat = 29.3652
lon = 113.1102
building = "第六教学楼"
[policy]
walking_seconds = [["b6", "b5", 20]]
)";

// Out of order, a lost clock, a late batch, an exact repetition (one more passage), the same row exported twice, a
// place that the mapping does not know.
const char* const kLog =
    "index,card,local_time,building,direction,allowed,result\n"
    "12,a-1,2019-04-01T08:17,第六教学楼,in,1,允许通过\n"
    "10,a-1,2019-04-23T07:00,第五教学楼,in,1,允许通过\n"
    "11,a-2,2019-04-23T00:00,第五教学楼,in,0,禁止通过\n"
    "13,a-1,2019-04-01T08:17,第六教学楼,in,1,允许通过\n"
    "13,a-1,2019-04-01T08:17,第六教学楼,in,1,允许通过\n"
    "14,a-3,2019-04-01T09:00,体育馆,out,1,允许通过\n";

struct Imported {
  ImportSummary summary;
  std::vector<streams::FileRecord> records;
  std::vector<Json> scans, commands;
};

Imported import_text(const std::string& mapping, const std::string& log, ImportOptions options = {}) {
  Imported out;
  std::istringstream csv(log);
  const auto m = read_mapping("map.toml", mapping);
  out.summary = import_log(m, csv, "doors.csv", options, [&](streams::FileRecord&& r) {
    (r.topic == Topic::scans ? out.scans : out.commands).push_back(Json::parse(*r.value));
    out.records.push_back(std::move(r));
  });
  return out;
}

std::string refusal(const std::string& mapping, const std::string& log) {
  try {
    import_text(mapping, log);
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("import: rows are fed in the order of collection, counted per device") {
  const auto r = import_text(kMapping, kLog);
  CHECK(r.summary.rows == 6);
  CHECK(r.summary.repeated == 1);
  REQUIRE(r.scans.size() == 5);
  CHECK(r.summary.scans == 5);
  const auto field = [&](const char* name) {
    std::vector<std::string> all;
    for (const auto& s : r.scans)
      all.push_back(s["data"][name].is_string() ? s["data"][name].get<std::string>() : s["data"][name].dump());
    return all;
  };
  CHECK(r.scans[0]["id"] == "doors/10");
  CHECK(r.scans[4]["id"] == "doors/14");
  CHECK(field("account") == std::vector<std::string>{"a-1", "a-2", "a-1", "a-1", "a-3"});
  CHECK(field("seq") == std::vector<std::string>{"1", "2", "1", "2", "1"});
  const auto devices = field("device");
  CHECK(devices[0] == "b5-in");
  CHECK(devices[2] == "b6-in");
  CHECK(devices[4].substr(0, 1) == "x");
  CHECK(r.summary.invented.at("building").at("体育馆") + "-out" == devices[4]);
  CHECK(field("outcome") == std::vector<std::string>{"accepted", "denied", "accepted", "accepted", "accepted"});
  CHECK(r.scans[0]["source"] == "/imports/doors");
  // What the mapping does not speak of is not in the scan: a made-up handset would be everybody's handset.
  for (const auto& s : r.scans)
    for (const char* absent : {"handset", "operator", "amount", "offline"}) CHECK_FALSE(s["data"].contains(absent));
  for (const auto& rec : r.records)
    CHECK(rec.key ==
          Json::parse(*rec.value)["data"][rec.topic == Topic::scans ? "device" : "target"].get<std::string>());
}

TEST_CASE("import: what is known of a time is said") {
  const auto r = import_text(kMapping, kLog);
  CHECK(r.scans[0]["time"] == "2019-04-23T07:00:00.000+08:00");
  CHECK(r.scans[0]["data"]["clock"] == "synced");
  CHECK(r.scans[0]["data"]["time_accuracy_ms"] == 60'000);
  CHECK(r.scans[1]["time"] == "2019-04-23T00:00:00.000+08:00");
  CHECK(r.scans[1]["data"]["clock"] == "free");
  CHECK(r.scans[1]["data"]["time_accuracy_ms"] == 86'400'000);
  CHECK(r.summary.lost_clocks == 1);

  SECTION("a row without a date stands where its device stood") {
    const auto dateless = import_text(kMapping, with(kLog, "2019-04-23T00:00", "n/a"));
    CHECK(dateless.scans[1]["time"] == "2019-04-23T07:00:00.000+08:00");
    CHECK(dateless.scans[1]["data"]["clock"] == "free");
  }
  SECTION("late batches are marked when asked for") {
    const auto late =
        import_text(with(kMapping, "resolution_s = 60", "resolution_s = 60\nlate_after_s = 3600"), kLog);
    CHECK(late.summary.late == 3);
    CHECK(late.scans[2]["data"]["offline"] == true);
    CHECK(late.scans[2]["data"]["clock"] == "synced");
    CHECK_FALSE(late.scans[0]["data"].contains("offline"));
  }
}

TEST_CASE("import: everything is registered before the first scan, by those who may") {
  const auto r = import_text(kMapping, kLog);
  CHECK(r.summary.accounts == 3);
  CHECK(r.summary.devices == 3);
  CHECK(r.summary.integrations == 1);
  REQUIRE(r.commands.size() == 1 + 3 * 4 + 3);
  for (std::size_t i = 0; i < r.commands.size(); ++i) CHECK(r.records[i].topic == Topic::commands);
  std::vector<std::string> names;
  std::set<std::string> nonces, ids;
  for (const auto& c : r.commands) {
    const auto& d = c["data"];
    names.push_back(d["command"]);
    nonces.insert(d["nonce"].get<std::string>());
    ids.insert(c["id"].get<std::string>());
    CHECK(c["time"] == "2019-03-25T00:00:00.000+08:00");
    const auto* info = std::find_if(std::begin(kCommands), std::end(kCommands),
                                    [&](const auto& k) { return k.name == names.back(); });
    REQUIRE(info != std::end(kCommands));
    CHECK(info->roles.find(d["actor"]["role"].get<std::string>()) != std::string_view::npos);
    if (d["actor"]["role"] == "integration-owner") CHECK(d["actor"]["id"] == "owner-1");
  }
  CHECK(nonces.size() == names.size());
  CHECK(ids.size() == names.size());
  CHECK(names[0] == "integration.adopt");
  CHECK(std::vector<std::string>(names.begin() + 1, names.begin() + 5) ==
        std::vector<std::string>{"device.register", "device.certify", "device.install", "device.activate"});
  const auto& manifest = r.commands[0]["data"]["args"]["manifest"];
  CHECK(manifest["devices"].size() == 3);
  CHECK(manifest["functions"] == Json{"access"});
  CHECK(r.commands[3]["data"]["args"]["position"] == Json{{"lat", 29.365}, {"lon", 113.11}, {"accuracy_m", 100}});
}

TEST_CASE("import: signed with a key that the policy beside it trusts; the same again is the same") {
  const auto key = new_signing_key("import-key");
  ImportOptions options;
  options.key = &key;
  const auto r = import_text(kMapping, kLog, options);
  const auto document = import_policy(read_mapping("map.toml", kMapping), &key);
  const auto policy = streams::read_policy(document);
  REQUIRE(policy.policy.has_value());
  CHECK(policy.policy->zones.at("b6").building == "第六教学楼");
  CHECK(policy.policy->walking_time_s("b5", "b6") == 20);
  const streams::Secrets none;
  streams::Decoder decoder(none);
  for (const auto& record : r.records) {
    if (record.topic != Topic::commands) continue;
    streams::Record raw;
    raw.key = record.key;
    raw.value = *record.value;
    streams::Event event;
    REQUIRE_FALSE(decoder.event({Topic::commands, 0}, raw, event).has_value());
    CHECK_FALSE(streams::check_signature(std::get<Command>(event), *policy.policy).has_value());
  }
  const auto again = import_text(kMapping, kLog, options);
  REQUIRE(again.records.size() == r.records.size());
  for (std::size_t i = 0; i < r.records.size(); ++i) CHECK(again.records[i].value == r.records[i].value);
}

TEST_CASE("import: bad rows are named by file and line, or left out when told") {
  const std::string bad = std::string(kLog) +
                          "15,a-1,yesterday,第五教学楼,in,1,x\n16,a-1,2019-04-02T08:00,第五教学楼,sideways,1,x\n"
                          "17,a-1\n18,,2019-04-02T08:00,第五教学楼,in,1,x\n"
                          "10,a-9,2019-04-02T08:00,第五教学楼,in,1,x\n19,a-1,2019-03-01T08:00,第五教学楼,in,1,x\n";
  const auto text = refusal(kMapping, bad);
  CHECK(text.find("doors.csv:8: the time \"yesterday\"") != std::string::npos);
  CHECK(text.find("doors.csv:9: data.direction") != std::string::npos);
  CHECK(text.find("doors.csv:10: has 2 fields instead of 7") != std::string::npos);
  CHECK(text.find("doors.csv:11: the account is empty") != std::string::npos);
  CHECK(text.find("doors.csv:12: the row '10' stands in the file twice") != std::string::npos);
  CHECK(text.find("doors.csv:13: the time \"2019-03-01T08:00\" is before register.at") != std::string::npos);
  ImportOptions options;
  options.skip_bad = true;
  const auto r = import_text(kMapping, bad, options);
  CHECK(r.summary.skipped.size() == 6);
  CHECK(r.summary.scans == 5);
  CHECK(r.summary.accounts == 3);
}

TEST_CASE("import: a mapping that does not fit is named with its line") {
  CHECK(refusal(with(kMapping, "order = \"index\"", "order = \"nr\""), kLog).find("has no column 'nr'") !=
        std::string::npos);
  CHECK(refusal(with(kMapping, "{card}", "{person}"), kLog)
            .find("map.toml:13: scan.account: doors.csv has no column 'person'") == 0);
  CHECK(refusal(with(kMapping, "outcome =", "outcom ="), kLog)
            .find("map.toml:17: scan.outcom: unknown key; did you mean outcome?") == 0);
  CHECK(refusal(with(kMapping, "unit = \"security\"\n", ""), kLog).find("integrations.gates.unit: is missing") !=
        std::string::npos);
  CHECK(refusal(with(kMapping, "\"gates\"", "\"other\""), kLog).find("[integrations.other]") != std::string::npos);
  CHECK(refusal(with(kMapping, "\"b6\", \"b5\"", "\"b6\", \"b9\""), kLog).find("there is no table [zones.b9]") !=
        std::string::npos);
}

TEST_CASE("import: repeated rows without an index can be taken for one") {
  const auto mapping = with(kMapping, "order = \"index\"", "repeated = \"drop\"");
  CHECK(import_text(mapping, kLog).summary.scans == 4);
  const auto keep = import_text(with(kMapping, "order = \"index\"", "repeated = \"keep\""), kLog);
  CHECK(keep.summary.scans == 6);
  CHECK(keep.scans[0]["id"] == "doors/2");
}

TEST_CASE("import: a payment log") {
  auto mapping =
      with(kMapping, "outcome = \"{allowed}\"",
           "outcome = \"{allowed}\"\nfunction = \"payment\"\namount = \"{result}\"\namount_unit = \"yuan\"");
  const auto r =
      import_text(mapping,
                  "index,card,local_time,building,direction,allowed,result\n"
                  "1,a-1,2019-04-01T08:17,第六教学楼,none,1,12.5\n2,a-1,2019-04-01T08:18,第六教学楼,none,1,3\n");
  CHECK(r.scans[0]["data"]["amount"] == 1250);
  CHECK(r.scans[1]["data"]["amount"] == 300);
  CHECK(refusal(mapping,
                "index,card,local_time,building,direction,allowed,result\n1,a,2019-04-01T08:17,b,none,1,1.234\n")
            .find("no amount in yuan") != std::string::npos);
}

TEST_CASE("import: clocks as other people write them") {
  const auto t = [](const char* text, const char* format) {
    const auto parsed = parse_local_time(text, format, hours(8));
    return parsed ? format_time(*parsed) : std::string("none");
  };
  CHECK(t("2019-04-01 08:17:05.25", "%Y-%m-%d %H:%M:%S.%f") == "2019-04-01T08:17:05.250+08:00");
  CHECK(t("1/4/19 8:17", "%d/%m/%y %H:%M") == "2019-04-01T08:17:00.000+08:00");
  CHECK(t("1554077820", "%s") == "2019-04-01T08:17:00.000+08:00");
  CHECK(t("20190401T001700+0000", "%Y%m%dT%H%M%S%z") == "2019-04-01T08:17:00.000+08:00");
  CHECK(t("2019-04-01T00:17:00Z", "rfc3339") == "2019-04-01T08:17:00.000+08:00");
  CHECK(t("2019-02-30 08:17", "%Y-%m-%d %H:%M") == "none");
  CHECK(t("2019-04-01 08:17x", "%Y-%m-%d %H:%M") == "none");
  CHECK(t("", "%Y") == "none");
  CHECK(t("+", "%z") == "none");
}

TEST_CASE("import: the example mapping on a real month of doors") {
  const char* given = std::getenv("ONECODE_REALDATA");
  const char* root = std::getenv("ONECODE_SOURCE_DIR");
  std::filesystem::path directory = root != nullptr ? root : ".";
  std::filesystem::path file = given != nullptr ? given : directory / "../shared/realdata";
  if (std::filesystem::is_directory(file)) file /= "campus_doors_2019_04.csv";
  if (!std::filesystem::exists(file)) SKIP("no real door log here (ONECODE_REALDATA names one)");
  const auto example = directory / "examples/campus-doors.toml";
  const auto mapping = read_mapping(example, read_file(example));
  std::ifstream csv(file, std::ios::binary);
  std::uint64_t records = 0;
  // Nobody is known to have misused a card there: whatever is found is a false alarm.
  auto policy = streams::read_policy(import_policy(mapping, nullptr)).policy;
  REQUIRE(policy);
  ReplayOptions options;
  options.policy = *policy;
  options.unsigned_commands = true;
  std::map<Topic, std::uint64_t> outputs;
  const streams::Secrets secrets;
  Replayer replayer(options, secrets, [&](const streams::OutRecord& out) { ++outputs[out.topic]; });
  const auto summary = import_log(mapping, csv, file, {}, [&](streams::FileRecord&& record) {
    ++records;
    replayer.line(std::move(record));
  });
  replayer.finish();
  CHECK(outputs[Topic::decisions] == 43'156);
  CHECK(outputs[Topic::alerts] == 0);
  CHECK(outputs[Topic::freezes] == 0);
  CHECK(outputs[Topic::dead_letters] == 0);
  CHECK(summary.rows == 43'156);
  CHECK(summary.scans == 43'156);
  CHECK(summary.accounts == 3'044);
  CHECK(summary.devices == 10);
  CHECK(summary.lost_clocks == 4'392);
  CHECK(summary.skipped.empty());
  CHECK(summary.invented.empty());
  CHECK(records == summary.scans + summary.commands);
}
