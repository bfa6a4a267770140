// Would catch: somebody who is treated differently and not named, or named although nothing changed; a policy of the file
// that judges in place of A and B; a document that says nothing because it takes effect later; a scan that counts twice.
#include "app/backtest.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/backtest_page.hpp"
#include "app/errors.hpp"
#include "domain/hash.hpp"
#include "streams/event_file.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;
using Json = nlohmann::ordered_json;

namespace {

constexpr Time kNow{1'772'409'600'000};
constexpr Duration kSecond{1000};
constexpr int kHour = 3600;

/// A campus in a file: two readers far apart, accounts, what happened. Goes away with the object.
class Campus {
public:
  Campus() {
    std::string name = (std::filesystem::temp_directory_path() / "onecode-backtest-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    command("integration.adopt", "gates",
            {{"unit", "security"},
             {"owners", {"owner-1"}},
             {"plan", {{"purpose", "p"}, {"architecture", "a"}, {"data_security", "d"}, {"expected_effect", "e"}}},
             {"manifest", {{"devices", {"d-1", "d-2"}}, {"zones", {"z-1", "z-2"}}, {"functions", {"access"}}}}},
            "information-centre", "centre-1");
    for (const std::string n : {"1", "2"}) {
      command("device.register", "d-" + n, {{"serial", n}, {"model", "gate"}, {"integration", "gates"}},
              "information-centre", "centre-1");
      command("device.certify", "d-" + n, {{"certificate", "c-" + n}, {"valid_to", format_time(kNow + days(700))}},
              "information-centre", "centre-1");
      command("device.install", "d-" + n,
              {{"integration", "gates"},
               {"zone", "z-" + n},
               {"position", {{"lat", 29.36}, {"lon", 113.1}, {"accuracy_m", 5}}},
               {"network", {{"src_ip", "10.0.0.7"}}},
               {"kind", "fixed"}},
              "integration-owner", "owner-1");
      command("device.activate", "d-" + n, Json::object(), "integration-owner", "owner-1");
    }
    for (const char* account : {"a-1", "a-2", "a-3"})
      command("account.open", account, {{"category", "student"}, {"valid_from", format_time(kNow - days(90))}},
              "registrar", "registrar-1");
  }
  ~Campus() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Campus(const Campus&) = delete;
  Campus& operator=(const Campus&) = delete;

  std::vector<streams::FileRecord> records;

  void scan(const std::string& id, const std::string& device, const std::string& account, int after,
            const std::string& handset) {
    add(Topic::scans, device, "onecode.scan.v1", id, kNow + kSecond * after,
        {{"device", device},
         {"seq", ++sequence_[device]},
         {"account", account},
         {"function", "access"},
         {"direction", "in"},
         {"auth", "present"},
         {"handset", handset}});
    records.back().timestamp_ms = (kNow + kSecond * after).ms;
  }
  /// A1, A2 and A8, 965 together.
  void lend(const std::string& account, int after = 0) {
    scan(account + "-1", "d-1", account, after, "h-" + account);
    scan(account + "-2", "d-2", account, after + 1, "friend-" + account);
    alternate(account, after);
  }
  /// A8 alone: one reader, two handsets in turns.
  void alternate(const std::string& account, int after = 0) {
    for (int i = 3; i < 6; ++i)
      scan(account + "-" + std::to_string(i), "d-1", account, after + 20 * i,
           (i % 2 != 0 ? "h-" : "friend-") + account);
  }
  void ordinary(const std::string& account, int after) {
    scan(account + "-late", "d-1", account, after, "h-" + account);
  }

  void again(const std::string& device) { --sequence_[device]; }

  std::string path(const std::string& name = "in.ndjson") const { return (folder_ / name).string(); }
  std::string write() const {
    streams::EventFileWriter out(path());
    for (const auto& r : records) out.write(r);
    out.close();
    return path();
  }
  void add(Topic topic, const std::string& key, const std::string& type, const std::string& id, Time time,
           Json data) {
    streams::FileRecord r;
    r.topic = topic;
    r.key = key;
    r.value =
        Json{{"specversion", "1.0"},   {"id", id}, {"source", "/tests"}, {"type", type}, {"time", format_time(time)},
             {"data", std::move(data)}}
            .dump();
    records.push_back(std::move(r));
  }

private:
  void command(const std::string& name, const std::string& target, Json args, const std::string& role,
               const std::string& actor) {
    const auto time = kNow - days(80) + kSecond * ++nonce_;
    add(Topic::commands, target, "onecode.command.v1", "c-" + std::to_string(nonce_), time,
        {{"command", name},
         {"target", target},
         {"args", std::move(args)},
         {"actor", {{"id", actor}, {"role", role}}},
         {"issued_at", format_time(time)},
         {"nonce", "n-" + std::to_string(nonce_)},
         {"reason", "as agreed"}});
  }

  std::filesystem::path folder_;
  std::map<std::string, int> sequence_;
  int nonce_ = 0;
};

std::string document(const std::string& version, const std::string& more,
                     const std::string& from = "2025-01-01T00:00:00+08:00") {
  return R"({"version":")" + version + R"(","effective_from":")" + from +
         R"(","zones":{"z-1":{"lat":29.36,"lon":113.1,"building":"B1"},"z-2":{"lat":29.387,"lon":113.1,"building":"B2"}})" +
         more + "}";
}

Policy policy(const std::string& document) {
  const auto result = streams::read_policy(document);
  INFO((result.errors.empty() ? "" : result.errors[0]));
  REQUIRE(result.policy);
  return *result.policy;
}

const std::string kLearned = R"(,"response":{"learning_days":0})";

Json compare(const std::string& file, const std::string& a, const std::string& b, std::size_t limit = 20) {
  BacktestInputs inputs;
  inputs.files = {file};
  inputs.a = policy(a);
  inputs.b = policy(b);
  inputs.unsigned_commands = true;
  inputs.limit = limit;
  return backtest(inputs);
}

std::vector<std::string> people(const Json& report) {
  std::vector<std::string> out;
  for (const auto& p : report["people"]["listed"]) out.push_back(p["account"]);
  return out;
}

std::vector<std::string> rules(const Json& list) {
  std::vector<std::string> out;
  for (const auto& r : list) out.push_back(r["id"]);
  std::ranges::sort(out);
  return out;
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("backtest: the same policy twice treats nobody differently") {
  Campus campus;
  campus.lend("a-1");
  campus.alternate("a-2");
  campus.ordinary("a-3", 1 * kHour);
  const auto report = compare(campus.write(), document("p", kLearned), document("p", kLearned));
  CHECK(report["different"] == false);
  CHECK(report["scans"] == 9);
  CHECK(report["decisions"]["changed"] == 0);
  CHECK(report["decisions"]["a"] == report["decisions"]["b"]);
  CHECK(report["totals"]["automatic_freezes"] == Json{{"a", 1}, {"b", 1}});
  CHECK(report["totals"]["dead_letters"].empty());
  CHECK(report["policy_differences"].empty());
  CHECK(people(report).empty());
  CHECK(backtest_page(report, false).find("Nobody is treated differently.") != std::string::npos);
}

TEST_CASE("backtest: with a rule off, exactly the people it accused are named, with its reason") {
  Campus campus;
  campus.lend("a-1");
  campus.alternate("a-2", 1 * kHour);
  campus.ordinary("a-3", 2 * kHour);
  const auto file = campus.write();
  const auto report =
      compare(file, document("p", kLearned), document("q", kLearned + R"(,"rules":{"A8":{"mode":"off"}})"));
  CHECK(report["different"] == true);
  CHECK(people(report) == Names{"a-1", "a-2"}); // who was frozen comes first
  CHECK(report["people"]["worse_under_a"] == 2);
  const auto& second = report["people"]["listed"][1];
  CHECK(second["worse_under"] == "a");
  CHECK(second["a"]["band"] == 1);
  CHECK(second["b"]["band"] == 0);
  CHECK(rules(second["a"]["rules"]) == Names{"A8"});
  CHECK(second["b"]["rules"].empty());
  const auto page = backtest_page(report, false);
  CHECK(page.find("rule A8: mode enforce -> off") != std::string::npos);
  CHECK(page.find("why under A: " + second["a"]["explanation"]["en"].get<std::string>()) != std::string::npos);
  const auto chinese = backtest_page(report, true);
  CHECK(chinese.find(second["a"]["explanation"]["zh"].get<std::string>()) != std::string::npos);
  CHECK(report["totals"]["rules"]["A8"]["b"]["hits"] == 0);

  const auto shadow =
      compare(file, document("p", kLearned), document("q", kLearned + R"(,"rules":{"A8":{"mode":"shadow"}})"));
  CHECK(people(shadow) == people(report));
  CHECK(shadow["totals"]["rules"]["A8"]["b"]["shadow_hits"] == report["totals"]["rules"]["A8"]["a"]["hits"]);

  const auto first_only =
      compare(file, document("p", kLearned), document("q", kLearned + R"(,"rules":{"A8":{"mode":"off"}})"), 1);
  CHECK(people(first_only) == Names{"a-1"});
  CHECK(first_only["people"]["more"] == 1);
  CHECK(backtest_page(first_only, false).find("and 1 more") != std::string::npos);
}

TEST_CASE("backtest: a lower threshold reaches more people") {
  Campus campus;
  campus.alternate("a-2");
  campus.ordinary("a-2", 1 * kHour);
  campus.ordinary("a-3", 2 * kHour);
  const auto report = compare(campus.write(), document("p", kLearned),
                              document("q", kLearned + R"(,"thresholds":{"challenge":600})"));
  CHECK(people(report) == Names{"a-2"});
  const auto& person = report["people"]["listed"][0];
  CHECK(person["worse_under"] == "b");
  CHECK(person["b"]["band"] == 2);
  CHECK(report["decisions"]["changes"]["allow->challenge"].get<int>() >= 1);
  CHECK(report["totals"]["challenges"]["a"] == 0);
  CHECK(report["totals"]["challenges"]["b"] == report["decisions"]["changes"]["allow->challenge"]);
  CHECK(person["verdicts"] == report["decisions"]["changes"]);
  CHECK(person["first_scan"]["b"]["reasons"] == Json{"CHALLENGE_REQUIRED"});
}

TEST_CASE("backtest: a freeze under one policy only, with its rules and its time") {
  Campus campus;
  campus.lend("a-1");
  campus.ordinary("a-1", 1 * kHour);
  const std::string by_hand = R"(,"response":{"learning_days":0,"auto_freeze":false})";
  const auto report = compare(campus.write(), document("p", by_hand), document("q", kLearned));
  CHECK(people(report) == Names{"a-1"});
  const auto& person = report["people"]["listed"][0];
  CHECK(person["a"]["holds_differ"].empty());
  REQUIRE(person["b"]["holds_differ"].size() == 1);
  const auto& hold = person["b"]["holds_differ"][0];
  CHECK(hold["provisional"] == true);
  CHECK(hold["role"] == "response-policy");
  CHECK(rules(hold["rules"]) == Names{"A1", "A2", "A8"});
  CHECK(parse_time(hold["since"].get<std::string>()) == kNow + kSecond * 60);
  CHECK(hold["ended"].is_null());
  CHECK(person["a"]["band"] == 3);
  CHECK(person["b"]["band"] == 4);
  CHECK(report["totals"]["automatic_freezes"] == Json{{"a", 0}, {"b", 1}});
  CHECK(report["totals"]["proposals"] == Json{{"a", 1}, {"b", 1}});
  CHECK(person["verdicts"] == Json{{"challenge->deny", 3}});
  CHECK(report["decisions"]["changed"] == 3);
  CHECK(backtest_page(report, false).find("frozen provisionally under B only") != std::string::npos);
}

TEST_CASE("backtest: a reader that only one policy quarantines, and whom it turns away") {
  Campus campus;
  campus.ordinary("a-3", 0);
  campus.again("d-1"); // the next scan has the number of the last: a clone
  campus.scan("clone", "d-1", "a-2", 60, "h-a-2");
  campus.scan("after", "d-1", "a-3", kHour, "h-a-3");
  const auto report =
      compare(campus.write(), document("p", R"(,"response":{"auto_quarantine":false})"), document("q", ""));
  REQUIRE(report["devices"]["listed"].size() == 1);
  const auto& device = report["devices"]["listed"][0];
  CHECK(device["device"] == "d-1");
  CHECK(device["worse_under"] == "b");
  REQUIRE(device["b"]["states_differ"].size() == 1);
  CHECK(device["b"]["states_differ"][0]["state"] == "quarantined");
  CHECK(device["a"]["states_differ"].empty());
  CHECK(device["b"]["findings"][0]["rule"] == "D2");
  CHECK(device["decisions_changed"] == report["decisions"]["changed"]);
  CHECK(report["decisions"]["changes"]["allow->deny"].get<int>() >= 1);
  const auto named = people(report);
  CHECK(std::ranges::find(named, "a-3") != named.end());
  const auto page = backtest_page(report, false);
  CHECK(page.find("Devices treated differently: 1 ") != std::string::npos);
  CHECK(page.find("quarantined under B only") != std::string::npos);
  CHECK(page.find("DEVICE_QUARANTINED") != std::string::npos);
}

TEST_CASE("backtest: policies in the inputs are left out and counted, and effective_from does not matter") {
  Campus campus;
  campus.alternate("a-2");
  streams::FileRecord published;
  published.topic = Topic::policy;
  published.key = "in-file";
  published.value = streams::policy_event(
      document("in-file", R"(,"rules":{"A8":{"mode":"off"}})", "2025-02-01T00:00:00+08:00"), kNow - days(90));
  campus.records.insert(campus.records.begin(), published);
  const auto report =
      compare(campus.write(), document("p", "", "2025-03-01T00:00:00+08:00"),
              document("q", R"(,"thresholds":{"watch":660,"challenge":700})", "2099-01-01T00:00:00+08:00"));
  CHECK(report["left_out"]["policies"] == 1);
  CHECK(report["totals"]["rules"]["A8"]["a"]["hits"].get<int>() > 0);
  CHECK(people(report) == Names{"a-2"}); // B judges, although it takes effect only in 2099
  CHECK(report["people"]["listed"][0]["worse_under"] == "a");
  CHECK(backtest_page(report, false).find("policy records left out, since A and B judge: 1") != std::string::npos);
}

TEST_CASE("backtest: a scan that arrives twice is one decision") {
  Campus campus;
  campus.alternate("a-2");
  campus.ordinary("a-2", 1 * kHour);
  campus.records.push_back(campus.records.back());
  const auto report = compare(campus.write(), document("p", kLearned),
                              document("q", kLearned + R"(,"thresholds":{"challenge":600})"));
  CHECK(report["scans"] == 5);
  std::uint64_t decided = 0;
  for (const auto& [verdict, count] : report["decisions"]["b"].items()) decided += count.get<std::uint64_t>();
  CHECK(decided == 4);
  CHECK(report["decisions"]["only_under_a"] == 0);
  CHECK(report["decisions"]["only_under_b"] == 0);
}

TEST_CASE("backtest: of a history the turns give the time, and what nodes told each other is left out") {
  Campus campus;
  campus.lend("a-1");
  campus.ordinary("a-1", 80 * kHour); // the hold of 72 hours is over
  {
    streams::EventFileWriter out(campus.path());
    int n = 0;
    for (auto record : campus.records) {
      const std::string id = "n-" + std::to_string(++n);
      streams::FileTurn turn;
      turn.turn = id;
      turn.partitions = 3;
      turn.shards = {murmur2_partition(record.key, 3)};
      const auto value = Json::parse(*record.value);
      turn.now = *parse_time(value["time"].get<std::string>()) + Duration{5};
      out.write(turn);
      streams::FileRecord told;
      told.topic = Topic::inbox;
      told.partition = 1;
      told.key = "a-1";
      told.value = "{}";
      told.turn = id;
      record.timestamp_ms.reset();
      record.partition = turn.shards[0];
      record.turn = id;
      out.write(told);
      out.write(record);
    }
    out.close();
  }
  const std::string by_hand = R"(,"response":{"learning_days":0,"auto_freeze":false})";
  const auto report = compare(campus.path(), document("p", by_hand), document("q", kLearned));
  CHECK(report["left_out"]["messages"] == campus.records.size());
  CHECK(report["totals"]["dead_letters"].empty());
  REQUIRE(people(report) == Names{"a-1"});
  const auto& hold = report["people"]["listed"][0]["b"]["holds_differ"][0];
  CHECK(parse_time(hold["since"].get<std::string>()) == kNow + kSecond * 60 + Duration{5});
  CHECK(hold["ended"].is_string());
}

TEST_CASE("backtest: a broken input is named with its line") {
  Campus campus;
  std::ofstream(campus.path()) << R"({"topic":"scans","key":"d-1","value":{}})"
                               << "\nnot a line\n";
  std::string message;
  try {
    compare(campus.path(), document("p", ""), document("q", ""));
  } catch (const streams::EventFileError& e) {
    message = e.what();
  }
  CHECK(message.find("in.ndjson:2") != std::string::npos);

  std::ofstream(campus.path()) << R"({"topic":"scans","key":"d-1","value":{}})"
                               << "\n"
                               << R"({"topic":"scans","key":"d-1","partition":8,"value":{}})"
                               << "\n";
  message.clear();
  try {
    compare(campus.path(), document("p", ""), document("q", ""));
  } catch (const InputError& e) {
    message = e.what();
  }
  CHECK(message.find("in.ndjson:2: partition 8") != std::string::npos);
}
