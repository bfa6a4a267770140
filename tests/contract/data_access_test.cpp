// Catches: data taken outside the plan that nobody hears of, an export of people who never came, ids tried out one by
// one, a planted person read unnoticed, a service accused for its ordinary work, a name in a path that comes out again.
#include "tests/contract/procedures.hpp"

#include <algorithm>
#include <set>

using namespace contract;

namespace {

using Names = std::vector<std::string>;

// people(3, 2) is s-3, s-4.
Names people(int first, int count) {
  Names out;
  for (int i = first; i < first + count; ++i) out.push_back("s-" + std::to_string(i));
  return out;
}

class Reads : public Procedure {
public:
  using Procedure::Procedure;
  std::string read(std::int64_t time, const Names& subjects, const json& more = json::object()) {
    return arrive(time, time, subjects, more);
  }
  std::string arrive(std::int64_t happened, std::int64_t arrives, const Names& subjects,
                     const json& more = json::object()) {
    const std::string id = "read/" + std::to_string(++reads_);
    json data = {{"integration", "gates"}, {"request", id},       {"endpoint", "/accounts"}, {"fields", {"account"}},
                 {"subjects", subjects},   {"operation", "read"}, {"operator", "op-1"}};
    data.update(more);
    for (auto it = data.begin(); it != data.end();) it = it->is_null() ? data.erase(it) : std::next(it);
    const std::string key = data.at("integration");
    add(line("data-access", key, event("onecode.data-access.v1", id, happened, data)));
    lines.back()["timestamp"] = epoch_ms(arrives);
    return id;
  }
  void open_all(const Names& accounts) {
    for (const auto& account : accounts) open(account);
  }
  void scan_all(const Names& accounts, const std::string& device, std::int64_t time) {
    for (const auto& account : accounts) {
      ++scans_;
      scan("scan/" + std::to_string(scans_), device, scans_, account, time += 10 * kSecond);
    }
  }

private:
  int reads_ = 0;
  int scans_ = 0;
};

Names rules_about(const Outcome& outcome, const std::string& subject) {
  std::set<std::string> rules;
  for (const auto& record : outcome.records("compliance"))
    if (record.at("key") == subject)
      rules.insert(record.at("value").at("data").at("finding_info").at("analytic").at("uid").get<std::string>());
  return {rules.begin(), rules.end()};
}

bool found(const Outcome& outcome, const std::string& rule, const std::string& subject = "gates") {
  return !outcome.findings("compliance", rule, subject).empty();
}

bool found(const Reads& reads, const std::string& rule) { return found(accepted(reads), rule); }

// The newest word on it: about this integration, in both languages, its clause, and one of these events as evidence.
void check_finding(const Outcome& outcome, const std::string& rule, const std::string& control, int score,
                   const Names& event_ids) {
  const auto findings = outcome.findings("compliance", rule, "gates");
  REQUIRE_FALSE(findings.empty());
  CHECK(findings.front().at("activity_id") == 1);
  for (std::size_t i = 1; i < findings.size(); ++i) {
    CHECK(findings[i].at("activity_id") == 2);
    CHECK(findings[i].at("finding_info").at("uid") == findings[0].at("finding_info").at("uid"));
  }
  const json& last = findings.back();
  INFO(last.dump());
  CHECK(last.at("class_uid") == 2003);
  CHECK(last.at("compliance").at("control") == control);
  const json& ours = last.at("unmapped").at("onecode");
  CHECK(ours.at("score") == score);
  CHECK(ours.at("policy") == "t-1");
  CHECK(has_chinese(ours.at("explanation").at("zh")));
  CHECK_FALSE(has_chinese(ours.at("explanation").at("en")));
  CHECK(last.at("evidences").dump().find("\"data-access\"") != std::string::npos);
  const std::string evidences = last.at("evidences").dump();
  CHECK(std::any_of(event_ids.begin(), event_ids.end(),
                    [&](const std::string& id) { return evidences.find('"' + id + '"') != std::string::npos; }));
}

std::string published(const Outcome& outcome) {
  std::string text = outcome.summary.dump() + outcome.exit.out + outcome.exit.err;
  for (const auto& [topic, records] : outcome.topics)
    if (topic != "dead-letters" && topic != "evidence")
      for (const auto& record : records) text += record.dump() + "\n";
  return text;
}

} // namespace

// ---- D10: outside the manifest

TEST_CASE("a field or an endpoint outside the manifest is found and listed as drift",
          "[contract][R11.4][R5.1][D10]") {
  struct Row {
    json access;
    const char* drift;
  };
  const auto row =
      GENERATE(Row{{{"fields", {"account", "phone"}}}, "phone"}, Row{{{"endpoint", "/exports"}}, "/exports"},
               Row{{{"endpoint", "/accountsonly"}}, "/accountsonly"});
  CAPTURE(row.access.dump());
  Reads reads;
  const std::string id = reads.read(0, {"a-1"}, row.access);
  const Outcome outcome = accepted(reads);
  check_finding(outcome, "D10", "11(4)", 1000, {id});
  const json drift = integration(outcome, "gates").at("drift");
  INFO(drift.dump());
  REQUIRE_FALSE(drift.empty());
  CHECK(drift.dump().find(row.drift) != std::string::npos);
  CHECK(rules_about(outcome, "clockwork").empty());
  CHECK(integration_state(outcome, "gates") == "live"); // what follows is for people
}

TEST_CASE("what the manifest names is read without a finding", "[contract][R11.4][R5.1][D10]") {
  const bool no_lists = GENERATE(false, true); // an empty list restricts nothing
  CAPTURE(no_lists);
  Reads reads(no_lists ? json{{"fields", json::array()}, {"endpoints", json::array()}} : json::object());
  reads.read(0, {"a-1"});
  reads.read(kMinute, {"a-1"}, {{"endpoint", "/accounts/a-1"}});
  reads.read(2 * kMinute, {"a-1"}, {{"operation", "export"}, {"operator", nullptr}});
  if (no_lists) reads.read(3 * kMinute, {"a-1"}, {{"endpoint", "/exports"}, {"fields", {"phone"}}});
  const Outcome outcome = accepted(reads);
  CHECK(outcome.records("compliance").empty());
  CHECK(integration(outcome, "gates").at("drift").empty());
}

TEST_CASE("the same excess again is the same finding, and one line of drift", "[contract][R11.4][R5.1][D10]") {
  Reads reads;
  std::string id;
  for (int i = 0; i < 5; ++i) id = reads.read(i * kHour, {"a-1"}, {{"fields", {"account", "phone"}}});
  const Outcome outcome = accepted(reads);
  std::size_t created = 0;
  for (const auto& finding : outcome.findings("compliance", "D10", "gates"))
    if (finding.at("activity_id") == 1) ++created;
  CHECK(created == 1);
  CHECK(integration(outcome, "gates").at("drift").size() == 1);
}

TEST_CASE("D10 can be switched off", "[contract][R11.4][D10]") {
  Reads reads;
  reads.policy["rules"]["D10"]["mode"] = "off";
  reads.read(0, {"a-1"}, {{"fields", {"phone"}}});
  CHECK_FALSE(found(reads, "D10"));
}

TEST_CASE("names and numbers in paths, fields and operators come out nowhere", "[contract][R11.4][D10]") {
  const std::string integration_id = GENERATE("gates", "museum"); // known and unknown
  CAPTURE(integration_id);
  const std::string phone = "13812345678", student = "20230118042", name = "欧阳小明";
  Reads reads(json{{"operators", {"op-1"}}});
  const json in = {{"integration", integration_id}};
  const auto with = [&](json more) {
    more.update(in);
    return more;
  };
  reads.read(0, {"a-1"}, with({{"endpoint", "/exports/" + phone}}));
  reads.read(kMinute, {"a-1"}, with({{"endpoint", "/students/" + student + "/phone"}}));
  reads.read(2 * kMinute, {"a-1"}, with({{"endpoint", "/people/" + name}}));
  reads.read(3 * kMinute, {"a-1"}, with({{"endpoint", "/search?name=" + name + "&tel=" + phone}}));
  reads.read(4 * kMinute, {"a-1"}, with({{"operator", name + " " + phone}}));
  reads.read(5 * kMinute, {"a-1"}, with({{"operator", student}}));
  reads.read(6 * kMinute, {"a-1"}, with({{"fields", {"account", "phone of " + name, phone, student}}}));
  reads.read(7 * kMinute, {"a-1"}, with({{"endpoint", "/exports"}, {"request", phone}}));
  const Outcome outcome = reads.replay();
  CHECK(outcome.exit.code == 0);
  CHECK_FALSE(rules_about(outcome, integration_id).empty());
  const std::string text = published(outcome);
  for (const auto& who : {phone, student, name}) {
    CAPTURE(who);
    const auto where = text.find(who);
    INFO((where == std::string::npos ? std::string() : text.substr(where < 300 ? 0 : where - 300, 400)));
    CHECK(where == std::string::npos);
  }
  for (const auto& record : outcome.records("dead-letters"))
    for (const auto& who : {phone, student, name}) CHECK(record.at("headers").dump().find(who) == std::string::npos);
}

// ---- D11: volume

TEST_CASE("more people in a day than the manifest allows are found", "[contract][R11.4][D11]") {
  Reads reads(json{{"volumes", {{"subjects_per_day", 40}, {"scans_per_day", 100000}}}});
  SECTION("read in pieces") {
    Names ids;
    for (int i = 0; i < 10; ++i) ids.push_back(reads.read(i * 20 * kMinute, people(1000 * i, 9)));
    ids.erase(ids.begin(), ids.begin() + 3); // thirty people are no more than allowed
    check_finding(accepted(reads), "D11", "11(4)", 400, ids);
  }
  SECTION("at once, only counted") {
    reads.read(0, {}, {{"subjects", nullptr}, {"subject_count", 90}});
    CHECK(found(reads, "D11"));
  }
  SECTION("the same people again and again are not more") {
    for (int i = 0; i < 10; ++i) reads.read(i * kHour, people(0, 30));
    CHECK_FALSE(found(reads, "D11"));
  }
  SECTION("nor others on the next day") {
    reads.read(15 * kHour, people(0, 30)); // the campus day ends at 16
    reads.read(17 * kHour, people(100, 30));
    CHECK_FALSE(found(reads, "D11"));
  }
}

TEST_CASE("without a manifest volume it is three times what is usual, after a week", "[contract][R11.4][D11]") {
  Reads reads(json{{"volumes", {{"scans_per_day", 100000}}}});
  const auto usual = [&](int days) {
    for (int day = 0; day < days; ++day) reads.read(day * kDay, people(0, 20));
  };
  SECTION("five times") {
    usual(8);
    reads.read(8 * kDay, people(0, 90));
    CHECK(found(reads, "D11"));
  }
  SECTION("twice is not") {
    usual(8);
    reads.read(8 * kDay, people(0, 40));
    CHECK_FALSE(found(reads, "D11"));
  }
  SECTION("five times on the fourth day is not: nobody knows yet what is usual") {
    usual(3);
    reads.read(3 * kDay, people(0, 90));
    CHECK_FALSE(found(reads, "D11"));
  }
  SECTION("a day that is over is not counted any more") {
    usual(8);
    reads.read(8 * kDay, people(0, 20));
    reads.arrive(7 * kDay, 8 * kDay + kHour, people(1000, 90)); // neither of its own day nor of today
    reads.read(8 * kDay + 2 * kHour, people(0, 20));
    CHECK_FALSE(found(reads, "D11"));
  }
}

// ---- D12: people who never scanned there

TEST_CASE("reading a hundred people who never came is found", "[contract][R11.4][D12]") {
  Reads reads;
  const Names all = people(0, 120);
  reads.open_all(all);
  bool expected = true;
  SECTION("at once") { reads.read(0, all); }
  SECTION("in pieces") {
    for (int i = 0; i < 12; ++i) reads.read(i * kHour, people(10 * i, 10));
  }
  SECTION("who came long before") {
    reads.scan_all(all, "d-1", -40 * kDay);
    reads.read(0, all);
  }
  SECTION("who go elsewhere only") {
    reads.scan_all(all, "d-clock", -10 * kDay);
    reads.read(0, all);
  }
  SECTION("who come afterwards") {
    reads.read(0, all);
    reads.scan_all(all, "d-1", kHour);
  }
  SECTION("but not of eighty") {
    reads.read(0, people(0, 80));
    expected = false;
  }
  SECTION("nor of eighty again and again") {
    for (int i = 0; i < 5; ++i) reads.read(i * kHour, people(0, 80));
    expected = false;
  }
  SECTION("nor of those who did come") {
    reads.scan_all(all, "d-1", -10 * kDay);
    reads.read(0, all);
    expected = false;
  }
  SECTION("nor of those who came today") {
    reads.scan_all(all, "d-1", 0);
    reads.read(kHour, all);
    expected = false;
  }
  SECTION("nor where one in ten did not") {
    reads.scan_all(people(0, 108), "d-1", -10 * kDay);
    reads.read(0, all);
    expected = false;
  }
  CHECK(found(reads, "D12") == expected);
}

TEST_CASE("a third of strangers among three hundred and sixty is enough, in however many requests",
          "[contract][R11.4][D12]") {
  const int step = GENERATE(30, 120);
  CAPTURE(step);
  Reads reads;
  reads.open_all(people(0, 360));
  reads.scan_all(people(0, 240), "d-1", -10 * kDay);
  for (int i = 0; i < 360; i += step) reads.read(i * kMinute, people(i, step));
  CHECK(found(reads, "D12"));
}

// DETECTION section 4: reads of people without a scan / all reads > 20 %, and at least a hundred people read.
TEST_CASE("ninety strangers among a hundred and fifty people are enough", "[contract][R11.4][D12]") {
  Reads reads;
  reads.open_all(people(0, 150));
  reads.scan_all(people(0, 60), "d-1", -10 * kDay);
  reads.read(0, people(0, 150));
  CHECK(found(reads, "D12"));
}

TEST_CASE("a large export is not less than the same in pieces", "[contract][R11.4][D12]") {
  const int pieces = GENERATE(6, 1);
  CAPTURE(pieces);
  Reads reads;
  reads.open_all(people(0, 600));
  reads.scan_all(people(0, 420), "d-1", -10 * kDay);
  for (int i = 0; i < pieces; ++i) reads.read(i * kMinute, people(i * (600 / pieces), 600 / pieces));
  CHECK(found(reads, "D12"));
}

TEST_CASE("the finding about strangers says so in the form of the others", "[contract][R11.4][D12]") {
  Reads reads;
  reads.open_all(people(0, 120));
  const std::string id = reads.read(0, people(0, 120));
  check_finding(accepted(reads), "D12", "11(4)", 600, {id});
}

// ---- D13: enumeration

TEST_CASE("ids tried out in a row are found", "[contract][R11.4][D13]") {
  Reads reads;
  struct Row {
    int count, step, each; // look-ups, between numbers, subjects of one request
    std::int64_t pace;
    bool expected;
  };
  const auto row =
      GENERATE(Row{60, 1, 1, 5 * kSecond, true}, Row{60, -1, 1, 5 * kSecond, true}, Row{60, 3, 1, 5 * kSecond, true},
               Row{50, 1, 1, 10 * kSecond, true}, Row{60, 7, 1, 5 * kSecond, false}, // not in a row
               Row{48, 1, 1, 5 * kSecond, false},                                    // not enough
               Row{60, 1, 1, kMinute, false},                                        // slowly: ten in ten minutes
               Row{15, 6, 6, 5 * kSecond, false});                                   // a synchronisation that pages
  CAPTURE(row.count, row.step, row.each, row.pace);
  Names ids;
  for (int i = 0; i < row.count; ++i) ids.push_back(reads.read(i * row.pace, people(5000 + i * row.step, row.each)));
  const Outcome outcome = accepted(reads);
  CHECK(found(outcome, "D13") == row.expected);
  if (row.expected) check_finding(outcome, "D13", "11(4)", 700, ids);
}

TEST_CASE("the evidence of an enumeration is its first look-up and its last", "[contract][R11.4][D13]") {
  Reads reads;
  for (int i = 0; i < 60; ++i) reads.read(i * 5 * kSecond, people(5000 + i, 1));
  const auto findings = accepted(reads).findings("compliance", "D13", "gates");
  REQUIRE_FALSE(findings.empty());
  CHECK(findings[0].at("evidences").size() == 2);
}

TEST_CASE("look-ups that find nobody are found when they are many of many", "[contract][R11.4][D13]") {
  struct Row {
    int count, missing_of_ten;
    std::int64_t pace;
    bool expected;
  };
  const auto row = GENERATE(Row{60, 5, 5 * kSecond, true}, Row{60, 1, 5 * kSecond, false},
                            Row{30, 9, 5 * kSecond, false}, Row{60, 5, kMinute, false});
  CAPTURE(row.count, row.missing_of_ten, row.pace);
  Reads reads;
  for (int i = 0; i < row.count; ++i) {
    const bool missing = i % 10 < row.missing_of_ten;
    reads.read(i * row.pace, people(i * 7919 % 10007, 1),
               {{"result_count", missing ? 0 : 1}, {"not_found_count", missing ? 1 : 0}});
  }
  CHECK(found(reads, "D13") == row.expected);
}

TEST_CASE("two integrations that count in turns are not one that enumerates", "[contract][R11.4][D13]") {
  Reads reads;
  for (int i = 0; i < 60; ++i)
    reads.read(i * 5 * kSecond, people(5000 + i, 1), {{"integration", i < 30 ? "gates" : "clockwork"}});
  const Outcome outcome = accepted(reads);
  CHECK_FALSE(found(outcome, "D13"));
  CHECK_FALSE(found(outcome, "D13", "clockwork"));
}

// ---- D14: a planted person

TEST_CASE("whoever reads a planted person is found at once", "[contract][R11.4][D14]") {
  Reads reads;
  reads.policy["canary_subjects"] = {"nobody-7"};
  SECTION("alone") {
    const std::string id = reads.read(0, {"nobody-7"});
    const Outcome outcome = accepted(reads);
    check_finding(outcome, "D14", "11(4)", 970, {id});
    CHECK(rules_about(outcome, "clockwork").empty());
  }
  SECTION("among others, to keep") {
    reads.read(0, {"a-1", "bystander", "nobody-7", "s-1"}, {{"operation", "store"}});
    CHECK(found(reads, "D14"));
  }
  SECTION("but nobody else's reader") {
    reads.read(0, {"a-1", "nobody-70", "nobody"});
    CHECK(accepted(reads).records("compliance").empty());
  }
}

TEST_CASE("a planted person counts by the policy of the time of the access", "[contract][R11.4][D14][R13.1]") {
  Reads reads;
  json next = policy_document();
  next["version"] = "t-2";
  next["effective_from"] = at(2 * kHour);
  next["canary_subjects"] = {"nobody-7"};
  reads.add(line("policy", "t-2", event("onecode.policy.v1", "policy/2", 0, next)));
  reads.read(kHour, {"nobody-7"});
  CHECK_FALSE(found(reads, "D14"));
  reads.read(3 * kHour, {"nobody-7"});
  CHECK(found(reads, "D14"));
}

// ---- R6.4: whose access is not open

TEST_CASE("data access of an integration that is not live is traffic while not live", "[contract][R6.4][R11.4]") {
  Reads reads;
  const auto centre = [&](const std::string& command, const json& args) {
    reads.take({command, "gates", args, "information-centre", ""}, kHour);
  };
  std::string who = "gates";
  bool expected = true;
  SECTION("suspended") { centre("integration.suspend", {{"reasons", "r"}}); }
  SECTION("terminated") {
    centre("integration.terminate", {{"scope", "integration"}, {"control", "11(4)"}, {"reasons", "r"}});
  }
  SECTION("retired") { centre("integration.retire", json::object()); }
  SECTION("unknown") { who = "museum"; }
  SECTION("not yet there") {
    who = "museum";
    json args = reads.lines[0].at("value").at("data").at("args");
    reads.take({"integration.plan.submit", who, args, "integration-owner", "owner-1"}, kHour);
  }
  SECTION("resumed") {
    centre("integration.suspend", {{"reasons", "r"}});
    centre("integration.resume", {{"reasons", "r"}});
    expected = false;
  }
  reads.read(2 * kHour, {"a-1"}, {{"integration", who}});
  const Outcome outcome = accepted(reads);
  const auto findings = outcome.findings("compliance", "R6.4", who);
  REQUIRE(findings.empty() != expected);
  if (!expected) return;
  CHECK(findings[0].at("compliance").at("control") == "6");
  CHECK(findings[0].at("unmapped").at("onecode").at("score") == 1000);
}

// ---- D15: volumes

TEST_CASE("volumes above the manifest are drift", "[contract][R5.1][D15]") {
  Reads reads(json{{"volumes", {{"subjects_per_day", 40}, {"scans_per_day", 40}}}});
  reads.open_all(people(0, 90));
  bool expected = true;
  SECTION("of people read") { reads.read(0, people(0, 90)); }
  SECTION("of scans") { reads.scan_all(people(0, 90), "d-1", 0); }
  SECTION("of scans at its readers together") {
    reads.scan_all(people(0, 30), "d-1", 0);
    reads.scan_all(people(30, 30), "d-2", kHour);
  }
  SECTION("but not less than that") {
    reads.read(0, people(0, 30));
    reads.scan_all(people(0, 30), "d-1", 0);
    expected = false;
  }
  SECTION("nor as much on two days") {
    reads.read(15 * kHour, people(0, 30));
    reads.read(17 * kHour, people(30, 30));
    reads.scan_all(people(0, 30), "d-1", 15 * kHour);
    reads.scan_all(people(0, 30), "d-1", 17 * kHour);
    expected = false;
  }
  for (int day = 2; day < 4; ++day) // a day is counted when the next has begun
    for (const char* device : {"d-1", "d-2"}) reads.scan_all({"a-1"}, device, day * kDay);
  const Outcome outcome = accepted(reads);
  CHECK(found(outcome, "D15") == expected);
  CHECK(integration(outcome, "gates").at("drift").empty() != expected);
}
