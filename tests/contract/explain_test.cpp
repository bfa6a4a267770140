// `audit explain`: the explanation of one decision, hold or finding, and the replay that confirms it. Would catch: a reason that the
// record does not have or hides, points that are not those of the finding, the wrong policy version, an input that took part and is
// not named, a doctored record that is confirmed, a confirmation from a history with a hole in it.
#include "tests/contract/contract.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

using namespace contract;

namespace {

const std::vector<std::string> kUnsigned{"--unsigned-commands"};

// A campus replayed once: its inputs and what was committed, as files.
class Recorded {
public:
  explicit Recorded(const Campus& campus) {
    in = folder_.write("in.ndjson", campus.text());
    policy = folder_.write("policy.json", campus.policy.dump());
    out = folder_ / "out";
    std::vector<std::string> words{"replay",        in.string(),          "--out", out.string(), "--policy",
                                   policy.string(), "--unsigned-commands"};
    const Exit exit = onecode(words);
    INFO(exit.err);
    REQUIRE(exit.code == 0);
  }
  Exit explain(const std::string& id, std::vector<std::string> more = {}, bool outputs = true) const {
    std::vector<std::string> words{
        "audit", "explain", id, in.string(), "--policy", policy.string(), "--unsigned-commands"};
    if (outputs) words.insert(words.end(), {"--outputs", out.string()});
    words.insert(words.end(), more.begin(), more.end());
    return onecode(words);
  }
  json as_json(const std::string& id, std::vector<std::string> more = {}, bool outputs = true) const {
    more.emplace_back("--json");
    const Exit exit = explain(id, more, outputs);
    INFO(exit.err);
    REQUIRE(exit.code == 0);
    CHECK(std::count(exit.out.begin(), exit.out.end(), '\n') == 1);
    return json::parse(exit.out);
  }
  std::vector<json> lines(const std::string& topic) const {
    std::vector<json> all;
    std::istringstream text(read_file(out / (topic + ".ndjson")));
    for (std::string row; std::getline(text, row);) all.push_back(json::parse(row));
    return all;
  }
  json decision(const std::string& scan) const {
    for (const auto& row : lines("decisions"))
      if (row.at("value").at("data").at("scan").at("id") == scan) return row.at("value");
    return nullptr;
  }
  // Changes the bytes of one topic's file: the first `from` behind `after`; without `after` the last one.
  void doctor(const std::string& topic, const std::string& after, const std::string& from,
              const std::string& to) const {
    const auto path = out / (topic + ".ndjson");
    std::string text = read_file(path);
    const auto at = after.empty() ? text.rfind(from) : text.find(from, text.find(after));
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    (void)folder_.write("out/" + topic + ".ndjson", text);
  }

  fs::path in, policy, out;

private:
  Folder folder_;
};

// Spatial and handset evidence against a-1 within 20 s: frozen, and refused an hour later.
Campus lent() {
  Campus campus = ordinary();
  campus.policy["response"]["learning_days"] = 0;
  campus.scan("m-1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  campus.scan("m-2", "d-2", 1, "a-1", kSecond, {{"handset", "friend"}});
  campus.scan("m-3", "d-1", 2, "a-1", 20 * kSecond, {{"handset", "h-1"}});
  campus.scan("next", "d-1", 3, "a-1", kHour, {{"handset", "h-1"}});
  return campus;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<std::string> codes(const json& explanation) {
  std::vector<std::string> out;
  for (const auto& r : explanation.at("decision").at("reasons")) out.push_back(r.at("code"));
  return out;
}

bool has_input(const json& explanation, const std::string& id) {
  const auto& inputs = explanation.at("inputs");
  return std::any_of(inputs.begin(), inputs.end(), [&](const json& i) { return i.at("event_id") == id; });
}

} // namespace

TEST_CASE("the refusal of a frozen account is told with the hold, who decided it, and what to do",
          "[contract][R1.1]") {
  const Recorded record(lent());
  const json told = record.as_json("next");
  CHECK(told.at("about") == "decision");
  CHECK(told.at("from") == "committed");
  CHECK(told.at("record") == record.decision("next").at("id"));
  CHECK(told.at("decision").at("verdict") == "deny");
  CHECK(codes(told) == std::vector<std::string>{"ACCOUNT_FROZEN"});
  REQUIRE(told.at("account").at("holds").size() == 1);
  const json& hold = told.at("account").at("holds")[0];
  CHECK(hold.at("blocks_this") == true);
  CHECK(hold.at("decided_by") == json({{"actor", "policy:t-1"}, {"role", "response-policy"}, {"policy", "t-1"}}));
  const json committed = record.lines("freezes").back().at("value").at("data").at("holds").at(0);
  for (const char* member : {"id", "article", "reason", "functions", "since", "expires", "evidence", "remedy"})
    CHECK(hold.at(member) == committed.at(member));
  for (const char* language : {"zh", "en"}) {
    const std::string page = record.explain("next", {"--lang", language}).out;
    INFO(page);
    const bool zh = std::string(language) == "zh";
    CHECK(has(page, zh ? "拒绝" : "refused"));
    CHECK(has(page, zh ? "账户上有一项冻结" : "he account has a hold"));
    CHECK(has(page, zh ? "可以怎么办" : "What can be done"));
    CHECK(has(page, zh ? "申" : "object"));
    CHECK(has(page, "t-1"));
    CHECK_FALSE(has(page, zh ? "What can be done" : "可以怎么办"));
  }
  const std::string both = record.explain("next").out;
  CHECK(has(both, "可以怎么办"));
  CHECK(has(both, "What can be done"));
}

TEST_CASE("score, rules, versions and inputs are those that the engine decided by", "[contract][R9.2]") {
  const Recorded record(lent());
  const json told = record.as_json("m-3");
  const json decision = record.decision("m-3").at("data");
  CHECK(told.at("decision").at("score") == decision.at("score"));
  CHECK(told.at("account").at("score_before").get<int>() < told.at("decision").at("score").get<int>());
  REQUIRE(told.at("findings").size() == 1);
  const json& finding = told.at("findings")[0];
  json alert; // as it stood at that moment: what the breaker's permit made of it came after
  for (const auto& row : record.lines("alerts"))
    if (row.at("value").at("id") == finding.at("record")) alert = row.at("value").at("data");
  REQUIRE(alert.is_object());
  const json& ours = alert.at("unmapped").at("onecode");
  CHECK(finding.at("uid") == alert.at("finding_info").at("uid"));
  CHECK(finding.at("from") == "committed");
  CHECK(finding.at("score") == ours.at("score"));
  CHECK(finding.at("band") == ours.at("band"));
  CHECK(finding.at("evidences") == alert.at("evidences"));
  CHECK(finding.at("explanation") == ours.at("explanation"));
  // The rules of the account, each with the points that the finding gives it.
  std::map<std::string, json> points;
  for (const auto& r : told.at("rules")) points[r.at("id")] = {r.at("version"), r.at("points")};
  std::map<std::string, json> expected;
  for (const auto& r : ours.at("rules")) expected[r.at("id")] = {r.at("version"), r.at("points")};
  CHECK(points == expected);
  for (const auto& r : told.at("rules")) CHECK_FALSE(r.at("seen").at("zh").get<std::string>().empty());
  for (const char* scan : {"m-1", "m-2", "m-3"}) CHECK(has_input(told, scan));
  CHECK_FALSE(has_input(told, "next"));
}

TEST_CASE("a record is found by its own id, by its scan's, and by a finding's uid", "[contract]") {
  const Recorded record(lent());
  CHECK(record.as_json(record.decision("next").at("id")).at("scan").at("id") == "next");
  const json freeze = record.lines("freezes").back().at("value");
  const json held = record.as_json(freeze.at("id"));
  CHECK(held.at("about") == "hold");
  CHECK(held.at("account").at("holds") == freeze.at("data").at("holds"));
  CHECK(held.at("findings").size() == 1);
  const std::string uid = freeze.at("data").at("holds").at(0).at("evidence").at(0);
  const json finding = record.as_json(uid);
  CHECK(finding.at("about") == "finding");
  CHECK(finding.at("findings").at(0).at("uid") == uid);
  CHECK(has_input(finding, "m-1"));
  for (const std::string& id : {freeze.at("id").get<std::string>(), uid}) {
    CHECK(record.explain(id, {"--recompute"}).code == 0);
    CHECK(has(record.explain(id).out, "policy:t-1") == (id != uid));
  }
}

TEST_CASE("one id of two scans: the source says which", "[contract]") {
  Campus campus = ordinary();
  campus.scan("twin", "d-1", 1, "a-1", 0);
  campus.scan("twin", "d-2", 1, "a-1", 5 * kHour);
  campus.lines.back()["value"]["source"] = "/others";
  const Recorded record(campus);
  for (const bool outputs : {true, false}) {
    const Exit exit = record.explain("twin", {}, outputs);
    CHECK(exit.code == 2);
    CHECK(has(exit.err, "--source"));
    CHECK(has(exit.err, "/others"));
    CHECK(record.as_json("twin", {"--source", "/others"}, outputs).at("scan").at("device") == "d-2");
  }
}

TEST_CASE("a check of the person is told with the score before the scan and the threshold", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  campus.scan("s2", "d-2", 1, "a-1", kSecond, {{"handset", "h-1"}});
  campus.scan("s3", "d-1", 2, "a-1", kHour, {{"handset", "h-1"}});
  const Recorded record(campus);
  const json told = record.as_json("s3");
  CHECK(told.at("decision").at("verdict") == "challenge");
  CHECK(codes(told) == std::vector<std::string>{"CHALLENGE_REQUIRED"});
  CHECK(told.at("account").at("score_before").get<int>() >=
        told.at("policy").at("thresholds").at("challenge").get<int>());
  CHECK(record.explain("s3", {"--recompute"}).code == 0);
}

TEST_CASE("what is allowed is told too, with the rules in shadow that would have changed it", "[contract]") {
  Campus campus = ordinary();
  campus.policy["rules"]["A2"] = {{"mode", "shadow"}};
  campus.policy["rules"]["A1"] = {{"mode", "off"}};
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  campus.scan("s2", "d-2", 1, "a-1", kSecond, {{"handset", "h-1"}});
  campus.scan("s3", "d-1", 2, "a-1", kHour, {{"handset", "h-1"}});
  const Recorded record(campus);
  const json told = record.as_json("s3");
  CHECK(told.at("decision").at("verdict") == "allow");
  CHECK(codes(told).empty());
  REQUIRE(told.at("decision").at("shadow").size() == 1);
  CHECK(told.at("decision").at("shadow")[0].at("id") == "A2");
  CHECK(has(record.explain("s3").out, "shadow"));
  CHECK(record.explain("s3", {"--recompute"}).code == 0);
}

TEST_CASE("leaving is told as what nobody may block, with the reasons", "[contract]") {
  Campus campus = lent();
  campus.scan("out", "d-1", 4, "a-1", 2 * kHour, {{"direction", "out"}});
  const json told = Recorded(campus).as_json("out");
  CHECK(told.at("decision").at("verdict") == "allow");
  CHECK(told.at("decision").at("never_blocked") == true);
  CHECK(codes(told) == std::vector<std::string>{"ACCOUNT_FROZEN"});
}

TEST_CASE("a cloned reader's refusal names the reader's state and why, and that it is not about the person",
          "[contract][R11.1a]") {
  Campus campus = ordinary();
  const std::string rule = GENERATE("D2", "D3");
  CAPTURE(rule);
  campus.scan("s1", "d-1", 1, "a-1", 0);
  if (rule == "D2") {
    campus.open("a-2");
    campus.scan("clone", "d-1", 1, "a-2", kMinute);
  } else { // reports of two places in turn
    for (int i = 0; i < 3; ++i) {
      const json data = {{"device", "d-1"},
                         {"seq", i + 1},
                         {"kind", "heartbeat"},
                         {"network", {{"src_ip", i == 1 ? "10.9.9.9" : "10.0.0.1"}}}};
      const std::int64_t time = (i + 1) * kMinute;
      campus.add(
          line("device-reports", "d-1", event("onecode.device-report.v1", "r-" + std::to_string(i), time, data)));
      campus.lines.back()["timestamp"] = epoch_ms(time);
    }
  }
  campus.scan("s3", "d-1", 2, "a-1", kHour);
  const Recorded record(campus);
  const json told = record.as_json("s3");
  CHECK(codes(told) == std::vector<std::string>{"DEVICE_QUARANTINED"});
  CHECK(told.at("device").at("state") == "quarantined");
  const json notice = record.lines("notices").back().at("value").at("data");
  CHECK(notice.at("kind") == "device-quarantined");
  CHECK(told.at("device").at("quarantine").at("text") == notice.at("text"));
  CHECK(told.at("device").at("quarantine").at("remedy") == notice.at("remedy"));
  // The finding behind it is told with its evidence, although the refused scan did not add to it.
  const json finding = record.lines("compliance").back().at("value").at("data");
  REQUIRE(told.at("findings").size() == 1);
  CHECK(told.at("findings")[0].at("rule") == rule);
  CHECK(told.at("findings")[0].at("uid") == finding.at("finding_info").at("uid"));
  CHECK(has_input(told, rule == "D2" ? "clone" : "r-2"));
  CHECK(has(record.explain("s3").out, "This is not about you"));
  CHECK(record.explain("s3", {"--recompute"}).code == 0);
}

TEST_CASE("a late scan is judged by the policy of its own time, and told so", "[contract][R13.1]") {
  Campus campus = ordinary();
  json document = campus.policy;
  document["version"] = "t-2";
  document["effective_from"] = at(kHour);
  json published = line("policy", "t-2", event("onecode.policy.v1", "p-2", 0, document));
  campus.add(published);
  campus.scan("now", "d-1", 2, "a-1", 3 * kHour);
  campus.scan("late", "d-1", 1, "a-1", 30 * kMinute, {{"offline", true}});
  const Recorded record(campus);
  const json told = record.as_json("late");
  CHECK(told.at("scan").at("late") == true);
  CHECK(since(told.at("scan").at("time")) == 30 * kMinute);
  CHECK(since(told.at("scan").at("received")) >= 3 * kHour);
  CHECK(told.at("policy").at("version") == "t-1");
  CHECK(told.at("policy").at("version_at_receipt") == "t-2");
  CHECK(told.at("policy").at("why").at("en").get<std::string>().find("t-2") != std::string::npos);
  CHECK(record.as_json("now").at("policy").at("version") == "t-2");
  CHECK(record.as_json("now").at("scan").at("late") == false);
}

TEST_CASE("recompute confirms the identical record, and prints both digests", "[contract][R9.2]") {
  const Recorded record(lent());
  for (const char* scan : {"m-1", "m-3", "next"}) {
    const json told = record.as_json(scan, {"--recompute"});
    const json& again = told.at("recompute");
    CHECK(again.at("identical") == true);
    CHECK(again.at("committed") == again.at("replayed"));
    CHECK(again.at("committed") == told.at("sha256"));
    CHECK(has(record.explain(scan, {"--recompute"}).out, again.at("committed").get<std::string>()));
  }
}

TEST_CASE("recompute on a doctored record is exit 1 and names the field", "[contract][R9.2]") {
  const Recorded record(lent());
  struct Row {
    const char *topic, *from, *to, *named;
  };
  const auto row = GENERATE(Row{"decisions", R"("verdict":"deny")", R"("verdict":"allow")", "data.verdict"},
                            Row{"decisions", R"(["ACCOUNT_FROZEN"])", R"(["NO_ENTITLEMENT"])", "data.reasons[0]"},
                            Row{"decisions", R"("policy":"t-1")", R"("policy":"t-9")", "data.policy"},
                            Row{"alerts", R"("band":4)", R"("band":3)", "data.unmapped.onecode.band"});
  CAPTURE(row.named);
  record.doctor(row.topic, std::string(row.topic) == "decisions" ? R"("id":"next")" : "", row.from, row.to);
  const Exit exit = record.explain("next", {"--recompute"});
  CHECK(exit.code == 1);
  CHECK(has(exit.out, row.named));
  const Exit machine = record.explain("next", {"--recompute", "--json"});
  CHECK(machine.code == 1);
  CHECK(json::parse(machine.out).at("recompute").at("identical") == false);
}

TEST_CASE("recompute does not confirm from a history with a hole", "[contract][R9.2]") {
  Campus campus = lent();
  std::map<std::string, std::int64_t> next;
  for (auto& record : campus.lines) {
    record["partition"] = 0;
    record["offset"] = next[record.at("topic")]++;
  }
  SECTION("the scan itself is missing") {
    const Recorded record(campus);
    std::string text;
    for (const auto& l : campus.lines)
      if (l.at("value").at("id") != "next") text += l.dump() + "\n";
    std::ofstream(record.in, std::ios::binary) << text;
    const Exit exit = record.explain("next", {"--recompute"});
    CHECK(exit.code == 3);
    CHECK(has(exit.err, "next"));
  }
  SECTION("one that it rests on is missing") {
    const Recorded record(campus);
    std::string text;
    for (const auto& l : campus.lines)
      if (l.at("value").at("id") != "m-2") text += l.dump() + "\n";
    std::ofstream(record.in, std::ios::binary) << text;
    const Exit exit = record.explain("next", {"--recompute"});
    CHECK(exit.code == 3);
    CHECK(has(exit.err, "scans partition 0, offsets 1 to 1"));
  }
}

TEST_CASE("recompute without anything committed says what is missing", "[contract]") {
  const Recorded record(lent());
  const Exit exit = record.explain("next", {"--recompute"}, false);
  CHECK(exit.code == 3);
  CHECK(has(exit.err, "--outputs"));
  CHECK(record.as_json("next", {}, false).at("from") == "replay");
}

TEST_CASE("the committed records alone tell what they have, and what they have not", "[contract]") {
  const Recorded record(lent());
  const Exit exit = onecode({"audit", "explain", "next", "--outputs", record.out.string(), "--json"});
  REQUIRE(exit.code == 0);
  const json told = json::parse(exit.out);
  CHECK(codes(told) == std::vector<std::string>{"ACCOUNT_FROZEN"});
  CHECK(told.at("findings").size() == 1);
  CHECK(told.at("not_known").size() == 1);
  const Exit page = onecode({"audit", "explain", "next", "--outputs", record.out.string()});
  CHECK(page.code == 0);
  CHECK(has(page.out, "历史"));
}

TEST_CASE("what nobody decided is said, with exit 1", "[contract]") {
  const Recorded record(lent());
  CHECK(record.explain("nothing-such").code == 1);
  CHECK(record.explain("nothing-such", {"--recompute"}).code == 3);
  CHECK(onecode({"audit", "explain"}).code == 2);
  CHECK(record.explain("next", {"--lang", "fr"}).code == 2);
}

TEST_CASE("a scan that only looks like text for a terminal does not become one", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s\x1b[2J1", "d-1", 1, "a-1", 0);
  const Recorded record(campus);
  const std::string id =
      record.decision("s\x1b[2J1").is_null() ? "" : record.decision("s\x1b[2J1").at("id").get<std::string>();
  if (id.empty()) return; // ids with control characters may be refused
  CHECK_FALSE(has(record.explain(id).out, "\x1b"));
}
