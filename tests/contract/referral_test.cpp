// Catches: a referral that names people who had nothing to do with it or forgets some who had, one that an authority
// cannot trace back or make again byte for byte, a claim that got lost, a typing error answered with an empty package.
#include "tests/contract/procedures.hpp"

#include <algorithm>
#include <sstream>

using namespace contract;

namespace {

using Names = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string row; std::getline(in, row);) out.push_back(row);
  return out;
}

struct Package {
  Exit exit;
  json referral;
  Names affected; // accounts of affected.csv, in order
  std::string csv, page, bytes;
  std::vector<std::string> files;
};

class Case : public Procedure {
public:
  Case() {
    for (const char* account : {"a-2", "a-3", "a-4"}) open(account);
  }
  void read(std::int64_t time, const Names& subjects, const json& more = json::object()) {
    const std::string id = "read/" + std::to_string(++reads_);
    json data = {{"integration", "gates"}, {"request", id},       {"endpoint", "/accounts"}, {"fields", {"account"}},
                 {"subjects", subjects},   {"operation", "read"}, {"operator", "op-1"}};
    data.update(more);
    const std::string key = data.at("integration");
    add(line("data-access", key, event("onecode.data-access.v1", id, time, data)));
    lines.back()["timestamp"] = epoch_ms(time);
  }
  void terminate(const std::string& control, std::int64_t time, const json& more = json::object()) {
    json args = {{"scope", "integration"}, {"control", control}, {"reasons", "found out"}};
    args.update(more);
    take({"integration.terminate", "gates", args, "information-centre", ""}, time);
  }
  void liability(const std::string& order, int amount, std::int64_t time) {
    take({"liability.record",
          "gates",
          {{"order", order}, {"party", "unit-gates"}, {"amount", amount}, {"text_ref", "doc-9"}},
          "information-centre",
          ""},
         time);
  }

private:
  int reads_ = 0;
};

Package refer(const Procedure& procedure, const std::string& order, const std::vector<std::string>& more = {},
              const std::string& integration = "gates") {
  const Folder folder;
  std::vector<std::string> arguments{"referral",
                                     folder.write("in.ndjson", procedure.text()).string(),
                                     "--integration",
                                     integration,
                                     "--order",
                                     order,
                                     "--out",
                                     (folder / "out").string(),
                                     "--policy",
                                     folder.write("policy.json", procedure.policy.dump()).string(),
                                     "--unsigned-commands"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Package package;
  package.exit = onecode(arguments);
  if (fs::exists(folder / "out"))
    for (const auto& entry : fs::directory_iterator(folder / "out"))
      package.files.push_back(entry.path().filename().string());
  std::sort(package.files.begin(), package.files.end());
  for (const auto& name : package.files) package.bytes += name + "\n" + read_file(folder / ("out/" + name));
  if (package.exit.code != 0) return package;
  package.referral = json::parse(read_file(folder / "out/referral.json"));
  package.csv = read_file(folder / "out/affected.csv");
  package.page = read_file(folder / "out/README.md");
  for (const auto& row : lines_of(package.csv)) package.affected.push_back(row.substr(0, row.find(',')));
  if (!package.affected.empty()) package.affected.erase(package.affected.begin());
  return package;
}

Package done(const Procedure& procedure, const std::string& order, const std::vector<std::string>& more = {}) {
  Package package = refer(procedure, order, more);
  INFO(package.exit.err);
  REQUIRE(package.exit.code == 0);
  CHECK(package.files == Names{"README.md", "affected.csv", "referral.json"});
  return package;
}

// People were read at 0 h; too much of them from 1 h on; found, ended at 3 h.
Case taken() {
  Case of;
  of.read(0, {"a-1"});
  of.read(kHour, {"a-2"}, {{"fields", {"account", "phone"}}});
  of.read(2 * kHour, {"a-2", "a-3"});
  of.read(2 * kHour + kMinute, {"bystander"}, {{"integration", "clockwork"}});
  of.scan("s1", "d-1", 1, "a-4", 2 * kHour + 2 * kMinute);
  of.terminate("11(4)", 3 * kHour);
  return of;
}

// d-1 is cloned from 1 h on, and taken out at 3 h.
Case cloned() {
  Case of;
  of.policy["response"]["auto_quarantine"] = false;
  of.scan("s1", "d-1", 1, "a-1", 0);
  of.scan("s2", "d-1", 2, "a-2", kHour);
  of.scan("s3", "d-1", 2, "a-3", kHour + kMinute);
  of.scan("s4", "d-1", 3, "a-2", 2 * kHour);
  of.scan("s5", "d-2", 1, "bystander", 2 * kHour + kMinute);
  of.read(2 * kHour + 2 * kMinute, {"a-4"});
  of.terminate("11(1)", 3 * kHour, {{"scope", "device"}, {"devices", {"d-1"}}});
  return of;
}

json row_of(const Package& package, const std::string& account) {
  for (const auto& one : package.referral.at("affected"))
    if (one.at("account") == account) return one;
  return nullptr;
}

} // namespace

TEST_CASE("data taken: those are affected whose data were read since it began", "[contract][R11.6]") {
  const Case of = taken();
  const std::string id = open_order(accepted(of), "gates");
  const Package package = done(of, id);
  CHECK(package.affected == Names{"a-2", "a-3"});
  const json a2 = row_of(package, "a-2");
  REQUIRE(a2.is_object());
  CHECK(a2.at("reads") == 2);
  CHECK(a2.at("scans") == 0);
  CHECK(since(a2.at("first").get<std::string>()) == kHour);
  CHECK(since(a2.at("last").get<std::string>()) == 2 * kHour);
  CHECK(package.csv.rfind("account,scans,reads,first,last\n", 0) == 0);
  CHECK(package.csv.find("a-2,0,2," + at(kHour) + "," + at(2 * kHour) + "\n") != std::string::npos);
}

TEST_CASE("the package has the order, its finding with evidence, and what was told", "[contract][R11.6]") {
  const Case of = taken();
  const Outcome outcome = accepted(of);
  const std::string id = open_order(outcome, "gates");
  const json referral = done(of, id).referral;
  CHECK(referral.at("integration") == "gates");
  CHECK(referral.at("unit") == "unit-gates");
  CHECK(referral.at("order").at("id") == id);
  CHECK(referral.at("order").at("control") == "11(4)");
  CHECK(referral.at("order").at("due") == order(outcome, "gates", id).at("due"));
  const auto found = outcome.findings("compliance", "D10", "gates");
  REQUIRE_FALSE(found.empty());
  REQUIRE(referral.at("findings").size() == 1);
  const json& finding = referral.at("findings")[0];
  CHECK(finding.at("uid") == found.back().at("finding_info").at("uid"));
  CHECK(finding.at("rule") == "D10");
  CHECK(finding.at("evidences") == found.back().at("evidences"));
  REQUIRE_FALSE(referral.at("notices").empty());
  for (const auto& notice : referral.at("notices")) {
    CHECK(has_chinese(notice.at("text").at("zh").get<std::string>()));
    CHECK_FALSE(has_chinese(notice.at("text").at("en").get<std::string>()));
  }
  CHECK(referral.at("liabilities").empty());
}

TEST_CASE("the page says it to people in both languages, and names nobody", "[contract][R11.6]") {
  Case of = taken();
  of.liability("termination-1", 12500, 4 * kHour);
  for (auto& one : of.lines)
    if (one.at("topic") == "commands") one["value"]["data"]["reason"] = "欧阳小明, 13812345678";
  const Package package = done(of, open_order(accepted(of), "gates"));
  CHECK(has_chinese(package.page));
  CHECK(package.page.find("11(4)") != std::string::npos);
  for (const char* word : {"gates", "unit-gates", "D10", "affected.csv", "referral.json", "12500"})
    CHECK(package.page.find(word) != std::string::npos);
  CHECK(package.bytes.find("13812345678") == std::string::npos);
  CHECK(package.bytes.find("欧阳小明") == std::string::npos);
}

TEST_CASE("a reader outside the rules: those are affected who used it", "[contract][R11.6]") {
  const Case of = cloned();
  const Package package = done(of, open_order(accepted(of), "gates"));
  CHECK(package.affected == Names{"a-2", "a-3"});
  CHECK(row_of(package, "a-3").at("scans") == 1);
  CHECK(row_of(package, "a-3").at("reads") == 0);
  for (const auto& finding : package.referral.at("findings")) CHECK(finding.at("subject") == "d-1");
}

// `--from` is by default the first evidence; the first of the two scans with one number is evidence.
TEST_CASE("affected since the first evidence, not since it was noticed", "[contract][R11.6]") {
  const Case of = cloned();
  CHECK(row_of(done(of, open_order(accepted(of), "gates")), "a-2").at("scans") == 2);
}

TEST_CASE("the time may be said", "[contract][R11.6]") {
  const Case of = taken();
  const std::string id = open_order(accepted(of), "gates");
  CHECK(done(of, id, {"--from", at(-kHour)}).affected == Names{"a-1", "a-2", "a-3"});
  CHECK(done(of, id, {"--to", at(90 * kMinute)}).affected == Names{"a-2"});
  CHECK(done(of, id, {"--from", at(2 * kHour - kMinute)}).affected == Names{"a-2", "a-3"});
  CHECK(done(of, id, {"--from", at(2 * kHour + 30 * kMinute)}).affected.empty());
  CHECK(refer(of, id, {"--from", "yesterday"}).exit.code == 2);
}

TEST_CASE("what was claimed for the order is in the package", "[contract][R11.6]") {
  Case of = taken();
  of.take({"rectification.order",
           "gates",
           {{"order", "o-other"}, {"violation", "labels"}, {"control", "11(2)"}},
           "information-centre",
           ""},
          3 * kHour + kMinute);
  of.take({"case.open", "a-1", {{"case", "case-1"}, {"act", "lend"}}, "security-officer", ""}, 3 * kHour + kMinute);
  of.liability("termination-1", 12500, 4 * kHour);
  of.liability("termination-1", 300, 5 * kHour);
  of.liability("o-other", 77, 6 * kHour);
  const json claims = done(of, "termination-1").referral.at("liabilities");
  REQUIRE(claims.size() == 2);
  CHECK(claims[0].at("amount") == 12500);
  CHECK(claims[0].at("party") == "unit-gates");
  CHECK(claims[0].at("text_ref") == "doc-9");
  CHECK(since(claims[0].at("at").get<std::string>()) == 4 * kHour);
  CHECK(claims[1].at("amount") == 300);
  CHECK(done(of, "o-other").referral.at("liabilities").size() == 1);
}

TEST_CASE("the same record gives the same bytes", "[contract][R11.6]") {
  Case of = taken();
  of.liability("termination-1", 12500, 4 * kHour);
  const Package first = done(of, "termination-1");
  CHECK(first.bytes == done(of, "termination-1").bytes);
  const Package said = done(of, "termination-1", {"--json"});
  CHECK(said.bytes == first.bytes);
  CHECK(json::parse(said.exit.out) == first.referral);
  CHECK(std::count(said.exit.out.begin(), said.exit.out.end(), '\n') == 1);
}

TEST_CASE("a closed order can be referred, too", "[contract][R11.6]") {
  Case of = taken();
  of.take({"rectification.submit",
           "gates",
           {{"order", "termination-1"}, {"items", {"deleted"}}},
           "integration-owner",
           "owner-1"},
          kDay);
  of.take({"rectification.accept", "gates", {{"order", "termination-1"}}, "information-centre", ""}, 2 * kDay);
  of.read(3 * kDay, {"a-4"});
  const Package package = done(of, "termination-1");
  CHECK(package.referral.at("order").at("state") == "closed");
  CHECK(package.affected == Names{"a-2", "a-3"}); // until the order's end
}

TEST_CASE("an unknown order or integration is said, and nothing is written", "[contract][R11.6]") {
  const Case of = taken();
  struct Row {
    std::string order, integration;
  };
  const auto row = GENERATE(Row{"o-9", "gates"}, Row{"termination-1", "museum"}, Row{"termination-1", "clockwork"});
  CAPTURE(row.order, row.integration);
  const Package package = refer(of, row.order, {}, row.integration);
  CHECK(package.exit.code == 3);
  CHECK(package.exit.out.empty());
  CHECK(package.exit.err.find(row.integration) != std::string::npos);
  CHECK(package.files.empty());
}

TEST_CASE("a folder that is not empty is kept, unless told otherwise", "[contract][R11.6]") {
  const Case of = taken();
  const Folder folder;
  const std::string in = folder.write("in.ndjson", of.text()).string();
  const std::string policy = folder.write("policy.json", of.policy.dump()).string();
  const Folder out;
  (void)out.write("mine.txt", "mine");
  std::vector<std::string> words{"referral",           in,      "--integration",     "gates",    "--order",
                                 "termination-1",      "--out", (out / "").string(), "--policy", policy,
                                 "--unsigned-commands"};
  const Exit refused = onecode(words);
  CHECK(one_of(std::to_string(refused.code), {"2", "3"}));
  CHECK(refused.err.find("--force") != std::string::npos);
  CHECK_FALSE(fs::exists(out / "referral.json"));
  words.emplace_back("--force");
  CHECK(onecode(words).code == 0);
  CHECK(fs::exists(out / "referral.json"));
  CHECK(read_file(out / "mine.txt") == "mine");
}

TEST_CASE("a record that is no event file is said with its line", "[contract][R11.6]") {
  const Folder folder;
  const std::string in = folder.write("in.ndjson", taken().text() + "not json\n").string();
  const Exit exit = onecode({"referral", in, "--integration", "gates", "--order", "termination-1", "--out",
                             (folder / "out").string(), "--unsigned-commands"});
  CHECK(exit.code == 3);
  CHECK(exit.err.find("in.ndjson") != std::string::npos);
  CHECK(onecode({"referral", in}).code == 2);
}
