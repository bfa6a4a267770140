// Would catch: a replay that is not byte-identical, output that depends on how independent records are interleaved or
// grouped, an exit code or a message that sends somebody to the wrong line, a folder of results overwritten.
#include "tests/contract/contract.hpp"

#include <algorithm>

using namespace contract;

namespace {

// Everything at once: misuse, rogue readers, garbage, commands, timers.
Campus busy() {
  Campus campus = ordinary();
  campus.policy["response"]["learning_days"] = 0;
  for (int i = 0; i < 5; ++i) campus.open("b-" + std::to_string(i));
  for (int i = 0; i < 5; ++i) {
    const std::string account = "b-" + std::to_string(i);
    const std::string name = "m" + std::to_string(i);
    campus.scan(name + "-1", "d-1", 1 + 2 * i, account, i * kHour, {{"handset", "h-" + account}});
    campus.scan(name + "-2", "d-2", 1 + i, account, i * kHour + kSecond, {{"handset", "friend-" + account}});
    campus.scan(name + "-3", "d-1", 2 + 2 * i, account, i * kHour + kMinute, {{"handset", "h-" + account}});
    campus.scan(name + "-4", "x-" + std::to_string(i), 1, account, i * kHour + 2 * kMinute);
    campus.add({{"topic", "scans"}, {"key", "d-1"}, {"value_base64", base64("garbage")}});
  }
  campus.command("account.freeze", "a-1", {{"article", "8"}, {"expires", at(9 * kHour)}}, 8 * kHour,
                 "security-officer");
  campus.scan("end", "d-2", 50, "a-1", 90 * kHour);
  return campus;
}

std::vector<std::string> decisions(const Outcome& outcome) {
  std::vector<std::string> out;
  for (const auto& data : outcome.data("decisions")) out.push_back(data.dump());
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace

TEST_CASE("the same file gives the same bytes", "[contract]") {
  const Campus campus = busy();
  const Outcome first = campus.replay();
  const Outcome second = campus.replay();
  REQUIRE(first.exit.code == 0);
  CHECK(first.records("decisions").size() == 21);
  CHECK(first.records("freezes").size() > 5);
  CHECK(first.dead_codes() == std::vector<std::string>(5, "NOT_JSON"));
  CHECK(first.files == second.files);
  CHECK(first.all_bytes == second.all_bytes);
  CHECK(first.summary.dump() == second.summary.dump());
  CHECK(first.summary.at("digest").is_string());
}

TEST_CASE("one file or several in order are the same replay", "[contract]") {
  const Campus campus = busy();
  const Folder folder;
  std::string head;
  std::string tail;
  for (std::size_t i = 0; i < campus.lines.size(); ++i)
    (i < campus.lines.size() / 2 ? head : tail) += campus.lines[i].dump() + "\n";
  const Exit exit = onecode({"replay", folder.write("1.ndjson", head).string(),
                             folder.write("2.ndjson", tail).string(), "--out", (folder / "out").string(), "--policy",
                             folder.write("p.json", campus.policy.dump()).string(), "--unsigned-commands"});
  REQUIRE(exit.code == 0);
  CHECK(json::parse(read_file(folder / "out" / "summary.json")).at("digest") == campus.replay().summary.at("digest"));
}

TEST_CASE("output files are event files: every line an object with topic, key and value", "[contract]") {
  const Outcome outcome = busy().replay();
  CHECK_FALSE(outcome.topics.empty());
  for (const auto& [topic, records] : outcome.topics)
    for (const auto& record : records) {
      CHECK(record.at("topic") == topic);
      CHECK(record.at("key").is_string());
      CHECK((record.contains("value") || record.contains("value_base64")));
    }
}

TEST_CASE("ids of outputs are distinct and derived from the input", "[contract]") {
  const Outcome outcome = busy().replay();
  std::vector<std::string> ids;
  for (const auto& [topic, records] : outcome.topics)
    if (topic != "dead-letters")
      for (const auto& record : records)
        ids.push_back(record.at("value").at("source").dump() + record.at("value").at("id").dump());
  std::sort(ids.begin(), ids.end());
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("records of independent entities may be interleaved in any way", "[contract]") {
  const auto run = [](int pattern) {
    Campus campus = ordinary();
    campus.open("a-2");
    std::vector<json> left;
    std::vector<json> right;
    for (int i = 0; i < 10; ++i) {
      campus.scan("l" + std::to_string(i), "d-1", i + 1, i % 3 == 0 ? "a-nobody" : "a-1", i * kMinute,
                  {{"handset", "h-1"}});
      left.push_back(campus.lines.back());
      campus.lines.pop_back();
      campus.scan("r" + std::to_string(i), "d-2", i + 1, "a-2", i * kMinute, {{"handset", "h-2"}});
      right.push_back(campus.lines.back());
      campus.lines.pop_back();
    }
    if (pattern == 0)
      for (std::size_t i = 0; i < 10; ++i) {
        campus.add(left[i]);
        campus.add(right[i]);
      }
    if (pattern == 1) {
      for (const auto& record : left) campus.add(record);
      for (const auto& record : right) campus.add(record);
    }
    if (pattern == 2) {
      for (const auto& record : right) campus.add(record);
      for (const auto& record : left) campus.add(record);
    }
    return decisions(campus.replay());
  };
  const auto expected = run(0);
  CHECK(expected.size() == 20);
  CHECK(run(1) == expected);
  CHECK(run(2) == expected);
}

TEST_CASE("scans grouped into one turn are decided as one by one", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2");
  const std::size_t setup = campus.lines.size();
  for (int i = 0; i < 20; ++i)
    campus.scan("s" + std::to_string(i), i % 2 == 0 ? "d-1" : "d-2", i / 2 + 1, i % 2 == 0 ? "a-1" : "a-2",
                i * kMinute);
  campus.add({{"topic", "scans"}, {"key", "d-1"}, {"value_base64", base64("garbage")}});
  const auto expected = decisions(campus.replay());
  CHECK(expected.size() == 20);
  for (std::size_t i = setup; i < campus.lines.size(); ++i) campus.lines[i]["turn"] = "n-" + std::to_string(i / 7);
  const Outcome outcome = campus.replay();
  CHECK(decisions(outcome) == expected);
  CHECK(outcome.dead_codes() == std::vector<std::string>{"NOT_JSON"});
}

TEST_CASE("records without key, partition, offset and timestamp are read", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.lines.back().erase("timestamp");
  campus.lines.back()["key"] = nullptr;
  CHECK(campus.replay().verdict("s1") == "allow");
}

TEST_CASE("other records move the clock by a day at most, those of a free clock not at all", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}, {"expires", at(10 * kDay)}}, 0, "security-officer");
  campus.open("a-2");
  const auto state_after = [&](const json& more, bool stamped) {
    Campus run = campus;
    run.scan("jump", "d-1", 1, "a-2", 100 * kDay, more);
    if (!stamped) run.lines.back().erase("timestamp");
    return run.replay().last_freeze("a-1").at("state").get<std::string>();
  };
  CHECK(state_after(json::object(), false) == "frozen");
  CHECK(state_after({{"clock", "free"}}, false) == "frozen");
  CHECK(state_after(json::object(), true) == "active"); // a timestamp moves it where there is one
}

TEST_CASE("a folder that is not empty is refused without --force, and left as it is", "[contract]") {
  const Folder folder;
  const std::string in = folder.write("in.ndjson", ordinary().text()).string();
  fs::create_directory(folder / "out");
  const std::string out = (folder / "out").string();
  CHECK(onecode({"replay", in, "--out", out, "--unsigned-commands"}).code == 0); // empty is fine
  const std::string before = read_file(folder / "out" / "summary.json");
  folder.write("out/mine.txt", "precious");
  const Exit refused = onecode({"replay", in, "--out", out});
  CHECK((refused.code == 2 || refused.code == 3));
  CHECK(refused.err.find("--force") != std::string::npos);
  CHECK(read_file(folder / "out" / "summary.json") == before);
  CHECK(onecode({"replay", in, "--out", out, "--unsigned-commands", "--force"}).code == 0);
}

TEST_CASE("a line that is no record is exit 3 naming file and line", "[contract]") {
  const std::string bad = GENERATE("garbage", "[1,2]", "17", "{\"topic\":\"scans\"", "{\"key\":\"a\",\"value\":{}}",
                                   "{\"topic\":5,\"value\":{}}", "{\"topic\":\"scans\",\"key\":\"d\"}",
                                   "{\"topic\":\"scans\",\"key\":\"d\",\"value_base64\":\"%%%\"}");
  CAPTURE(bad);
  const Folder folder;
  std::string text = ordinary().lines[0].dump() + "\n" + ordinary().lines[1].dump() + "\n" + bad + "\n";
  const Exit exit =
      onecode({"replay", folder.write("doors.ndjson", text).string(), "--out", (folder / "out").string()});
  CHECK(exit.code == 3);
  CHECK(exit.err.find("doors.ndjson") != std::string::npos);
  CHECK(exit.err.find(":3") != std::string::npos);
  CHECK(exit.out.empty());
}

TEST_CASE("exit codes: usage 2, bad input or configuration 3", "[contract]") {
  const Folder folder;
  const std::string in = folder.write("in.ndjson", "").string();
  const std::string out = (folder / "out").string();
  CHECK(onecode({"replay"}).code == 2);
  CHECK(onecode({"replay", in}).code == 2);
  CHECK(onecode({"replay", in, "--out", out, "--no-such-option"}).code == 2);
  CHECK(onecode({"no-such-verb"}).code == 2);
  CHECK(onecode({"command", "account.praise", "--target", "a-1", "--dry-run"}).code == 2);
  CHECK(onecode({"replay", (folder / "nowhere.ndjson").string(), "--out", out}).code == 3);
  const std::string policy = folder.write("bad.json", "{\"version\":\"x\"}").string();
  CHECK(onecode({"replay", in, "--out", out, "--policy", policy}).code == 3);
  const std::string secrets = folder.write("secrets.json", "[]").string();
  CHECK(onecode({"replay", in, "--out", out, "--secrets", secrets}).code == 3);
  CHECK(onecode({"tail", "no-such-topic", "--brokers", "127.0.0.1:1"}).code == 2);
  CHECK(onecode({"config", "check", (folder / "nowhere.toml").string()}).code == 3);
  CHECK(
      onecode({"command", "account.freeze", "--unsigned", "--actor", "x", "--arg", "article=8", "--dry-run"}).code ==
      2); // no target
  const std::string key = (folder / "key.json").string();
  CHECK(onecode({"keys", "new", "--out", key}).code == 0);
  const std::string kept = read_file(key);
  CHECK(onecode({"keys", "new", "--out", key}).code != 0); // a key is not overwritten
  CHECK(read_file(key) == kept);
  CHECK(onecode({"--help"}).code == 0);
  CHECK(onecode({"replay", "--help"}).code == 0);
}

TEST_CASE("an empty event file is a replay of nothing, dead letters are exit 0, --json is JSON", "[contract]") {
  const Folder folder;
  const Exit exit =
      onecode({"replay", folder.write("in.ndjson", "").string(), "--out", (folder / "out").string(), "--json"});
  CHECK(exit.code == 0);
  CHECK(json::parse(exit.out).is_object());
  CHECK(json::parse(read_file(folder / "out" / "summary.json")).is_object());
  CHECK(replay_text("{\"topic\":\"scans\",\"key\":\"d\",\"value\":7}\n", policy_document()).exit.code == 0);
}

TEST_CASE("the lines of a history file set the engine's time, turns without records are timers", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}, {"expires", at(2 * kHour)}}, 0, "security-officer");
  json all = json::array();
  for (int shard = 0; shard < 8; ++shard) all.push_back(shard);
  const auto turn = [&](int number, std::int64_t now) {
    return json({{"turn", "node-" + std::to_string(number)},
                 {"partitions", 8},
                 {"shards", all},
                 {"now", at(now)},
                 {"policy_offset", nullptr}});
  };
  std::vector<json> lines;
  int number = 0;
  for (const auto& record : campus.lines) {
    lines.push_back(turn(++number, since(record.at("value").at("time"))));
    lines.back().erase("policy_offset");
    lines.push_back(record);
    lines.back()["turn"] = "node-" + std::to_string(number);
  }
  campus.lines = lines;
  CHECK(campus.replay().last_freeze("a-1").at("state") == "frozen");
  campus.add(turn(++number, 3 * kHour));
  campus.lines.back().erase("policy_offset");
  const Outcome outcome = campus.replay();
  CHECK(outcome.exit.code == 0);
  CHECK(outcome.last_freeze("a-1").at("state") == "active");
}
