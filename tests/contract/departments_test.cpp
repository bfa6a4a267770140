// Catches: a department that never hears of what it has to do, one addressed by a name that it no longer has, a rule
// applied as nobody may look it up, a deadline of the policy that people are told but the engine does not keep.
#include "tests/contract/procedures.hpp"

#include <algorithm>

using namespace contract;

namespace {

using Names = std::vector<std::string>;

const Names kDepartments = {"finance", "information-centre", "library", "logistics-security"};
const std::string kHash(64, 'b');

Step officer(const std::string& command, const json& args, const std::string& account = "a-1") {
  return {command, account, args, "security-officer", "officer-1"};
}
Step hold_back(const Names& functions, const std::string& account = "a-1") {
  return officer("account.freeze", {{"article", "8"}, {"case", "case-1"}, {"functions", functions}}, account);
}
Step open_case(const std::string& account = "a-1") {
  return officer("case.open", {{"case", "case-1"}, {"act", "lend"}}, account);
}
Step statement() { return {"case.statement", "a-1", {{"case", "case-1"}, {"waived", true}}, "holder", "holder-1"}; }
Step decide() {
  return {"case.decide",
          "a-1",
          {{"case", "case-1"}, {"outcome", "upheld"}, {"act", "lend"}, {"reasons", "as the record shows"}},
          "security-officer",
          "officer-2"};
}
Step appeal() { return {"appeal.file", "a-1", {{"case", "case-1"}, {"text_ref", "doc-2"}}, "holder", "holder-1"}; }
Step propose(int points) {
  return {"account.cancel.propose",
          "a-1",
          {{"case", "case-1"}, {"reasons", "again and for money"}, {"points", points}},
          "security-officer",
          "officer-2"};
}
Step give(const json& more = json::object()) {
  json args = {{"order", "o-1"}, {"violation", "moved reader"}, {"control", "11(1)"}};
  args.update(more);
  return {"rectification.order", "gates", args, "information-centre", ""};
}
Step extend(int days) {
  return {"rectification.extend",
          "gates",
          {{"order", "o-1"}, {"days", days}, {"reasons", "parts are late"}},
          "information-centre",
          ""};
}

// Which departments were told something in this hour.
Names departments_told(const Outcome& outcome, std::int64_t from) {
  Names out;
  for (const auto& department : kDepartments)
    if (!told(outcome, department, from, from + kHour).empty()) out.push_back(department);
  return out;
}

json the_notice(const Outcome& outcome, const std::string& to, std::int64_t time) {
  const auto notices = told(outcome, to, time, time + kMinute);
  INFO("what " << to << " was told");
  REQUIRE(notices.size() == 1);
  check_notice(notices[0].notice);
  return notices[0].notice;
}

bool says(const json& notice, const std::string& language, const std::string& text) {
  return notice.at("text").at(language).get<std::string>().find(text) != std::string::npos;
}

json interpretation(int version, const std::string& note = "what lending is") {
  return {{"version", version}, {"note", note}, {"hash", kHash}};
}

// `of`s of the interpretations in the newest finding, sorted; "of/version" each. Their hashes must be whole.
Names interpretations(const Outcome& outcome, const std::string& topic, const std::string& subject) {
  json last;
  for (const auto& record : outcome.records(topic))
    if (record.at("key") == subject) last = record.at("value").at("data");
  REQUIRE(last.is_object());
  Names out;
  for (const auto& one : last.at("unmapped").at("onecode").value("interpretations", json::array())) {
    CHECK(one.at("hash") == kHash);
    out.push_back(one.at("of").get<std::string>() + "/" + one.at("version").dump());
  }
  std::sort(out.begin(), out.end());
  return out;
}

void publish(Procedure& procedure, const json& changes, std::int64_t from, std::int64_t time) {
  json document = procedure.policy;
  document.update(changes);
  document["version"] = "t-2";
  document["effective_from"] = at(from);
  procedure.add(line("policy", "t-2", event("onecode.policy.v1", "policy/t-2", time, document)));
}

std::string order_state(const Procedure& procedure) { return order(accepted(procedure), "gates", "o-1").at("state"); }
std::int64_t due(const Procedure& procedure) {
  return since(order(accepted(procedure), "gates", "o-1").at("due").get<std::string>());
}

Procedure upheld(const json& cases) { // at two hours
  Procedure procedure;
  procedure.policy["cases"] = cases;
  procedure.take(hold_back({"payment", "access", "library"}), -kHour);
  procedure.take(open_case(), 0);
  procedure.take(statement(), kHour);
  procedure.take(decide(), 2 * kHour);
  return procedure;
}

} // namespace

// ---- R3.1: who is told

TEST_CASE("the finance office is told that a debt is claimed and that it is paid", "[contract][R3.1]") {
  Procedure procedure;
  procedure.posting("p-1", "topup", 300, 0);
  procedure.posting("p-2", "charge", 500, kHour, {{"cause", "outage"}});
  procedure.posting("p-3", "repayment", 50, 2 * kHour);
  procedure.posting("p-4", "repayment", 150, 3 * kHour);
  const Outcome outcome = accepted(procedure);
  const json claimed = the_notice(outcome, "finance", kHour);
  CHECK(claimed.at("about") == "a-1");
  CHECK(claimed.at("article") == "10");
  CHECK(says(claimed, "zh", "财务处"));
  for (const char* language : {"zh", "en"}) CHECK(says(claimed, language, "2.00"));
  for (const auto& one : told(outcome, "finance", 2 * kHour, 3 * kHour)) { // not paid yet
    CHECK(one.notice.at("kind") == claimed.at("kind"));
    CHECK(says(one.notice, "zh", "1.50"));
  }
  const json cleared = the_notice(outcome, "finance", 3 * kHour);
  CHECK(cleared.at("about") == "a-1");
  CHECK(cleared.at("kind") != claimed.at("kind"));
  CHECK(departments_told(outcome, kHour) == Names{"finance"});
  CHECK(departments_told(outcome, 3 * kHour) == Names{"finance"});
}

TEST_CASE("a debt of the person's own doing is nobody's case", "[contract][R3.1]") {
  Procedure procedure;
  procedure.posting("p-1", "charge", 500, kHour);
  procedure.posting("p-2", "repayment", 500, 2 * kHour);
  for (const auto& department : kDepartments) CHECK(accepted(procedure).notices(department).empty());
}

TEST_CASE("a case is told to those whose services it holds back", "[contract][R3.1]") {
  struct Row {
    Names functions, told;
  };
  const auto row = GENERATE(Row{{"payment", "access", "library"}, {"finance", "library", "logistics-security"}},
                            Row{{"payment"}, {"finance"}}, Row{{"access"}, {"logistics-security"}},
                            Row{{"library"}, {"library"}}, Row{{"other:gym"}, {}});
  CAPTURE(json(row.functions).dump());
  Procedure procedure;
  procedure.take(hold_back(row.functions), -kHour);
  procedure.take(open_case(), 0);
  procedure.take(statement(), kHour);
  procedure.take(decide(), 2 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(departments_told(outcome, 0) == row.told);
  CHECK(departments_told(outcome, 2 * kHour) == row.told);
  for (const auto& department : row.told) {
    const json notice = the_notice(outcome, department, 0);
    CHECK(notice.at("case") == "case-1");
    CHECK(notice.at("about") == "a-1");
  }
}

TEST_CASE("a case that holds nothing back is told to the person only", "[contract][R3.1]") {
  Procedure procedure;
  procedure.take(open_case(), 0);
  const Outcome outcome = accepted(procedure);
  CHECK(departments_told(outcome, 0).empty());
  CHECK_FALSE(outcome.notices("a-1").empty());
}

TEST_CASE("a department is called by the name that it has at the time", "[contract][R3.1]") {
  Procedure procedure;
  procedure.policy["departments"] = {
      {"logistics-security",
       {{"names",
         {{{"zh", "后勤保卫处"}, {"en", "Guards and Logistics"}, {"to", at(4 * kHour)}},
          {{"zh", "后勤管理处"}, {"en", "Logistics Management"}, {"from", at(4 * kHour)}}}},
        {"duties", {"access"}}}}};
  const bool later = GENERATE(false, true);
  CAPTURE(later);
  const std::int64_t time = later ? 4 * kHour : 4 * kHour - kSecond;
  procedure.take(hold_back({"access", "library"}), kHour);
  procedure.take(open_case(), time);
  const Outcome outcome = accepted(procedure);
  const json notice = the_notice(outcome, "logistics-security", time);
  CHECK(says(notice, "zh", "后勤管理处") == later);
  CHECK(says(notice, "zh", "后勤保卫处") != later);
  CHECK(says(notice, "en", "Logistics Management") == later);
  CHECK(says(notice, "en", "Guards and Logistics") != later);
  CHECK(says(the_notice(outcome, "library", time), "zh", "图书馆")); // not named by this policy, so as built in
}

TEST_CASE("duties can be given to another department", "[contract][R3.1]") {
  Procedure procedure;
  procedure.policy["departments"] = {
      {"finance", {{"names", {{{"zh", "财务处"}, {"en", "Finance Office"}}}}, {"duties", json::array()}}},
      {"treasury", {{"names", {{{"zh", "结算中心"}, {"en", "Treasury"}}}}, {"duties", {"payment"}}}}};
  procedure.posting("p-1", "charge", 500, kHour, {{"cause", "outage"}});
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.notices("finance").empty());
  CHECK(says(the_notice(outcome, "treasury", kHour), "zh", "结算中心"));
}

TEST_CASE("departments are told no names and no free text", "[contract][R3.1]") {
  Procedure procedure;
  Step held = hold_back({"payment"});
  procedure.take(held, -kHour);
  procedure.take(open_case(), 0);
  for (auto& one : procedure.lines)
    if (one.at("topic") == "commands") one["value"]["data"]["reason"] = "欧阳小明 lent it, 13812345678";
  const json notice = the_notice(accepted(procedure), "finance", 0);
  CHECK(notice.dump().find("13812345678") == std::string::npos);
  CHECK(notice.dump().find("欧阳小明") == std::string::npos);
}

// ---- R12.1: interpretations

TEST_CASE("a finding cites how its rule and its article are to be read", "[contract][R12.1]") {
  Procedure procedure;
  procedure.policy["interpretations"] = {{"D1", interpretation(5)}, {"11(1)", interpretation(2)},
                                         {"D2", interpretation(7)}, {"8", interpretation(3)},
                                         {"A2", interpretation(4)}, {"10", interpretation(9)}};
  procedure.scan("s1", "x-9", 1, "a-1", 0);
  procedure.scan("s2", "d-1", 1, "a-1", kHour, {{"handset", "h-1"}});
  procedure.scan("s3", "d-2", 1, "a-1", kHour + kSecond, {{"handset", "h-1"}});
  const Outcome outcome = accepted(procedure);
  CHECK(interpretations(outcome, "compliance", "x-9") == Names{"11(1)/2", "D1/5"});
  CHECK(interpretations(outcome, "alerts", "a-1") == Names{"8/3", "A2/4"});
}

TEST_CASE("without an interpretation nothing is cited", "[contract][R12.1]") {
  Procedure procedure;
  procedure.policy["interpretations"] = {{"D2", interpretation(7)}};
  procedure.scan("s1", "x-9", 1, "a-1", 0);
  CHECK(interpretations(accepted(procedure), "compliance", "x-9").empty());
}

TEST_CASE("an event is read by the interpretation of its time", "[contract][R12.1][R13.1]") {
  Procedure procedure;
  procedure.policy["interpretations"] = {{"D1", interpretation(1)}};
  publish(procedure, {{"interpretations", {{"D1", interpretation(2)}}}}, 2 * kHour, 0);
  const bool later = GENERATE(false, true);
  CAPTURE(later);
  procedure.scan("s1", "x-9", 1, "a-1", later ? 2 * kHour : 2 * kHour - 1);
  CHECK(interpretations(accepted(procedure), "compliance", "x-9") == Names{later ? "D1/2" : "D1/1"});
}

TEST_CASE("the person is told how Article 8 is to be read when a case is opened", "[contract][R12.1][R1.1]") {
  Procedure procedure;
  procedure.policy["interpretations"] = {{"8", interpretation(31, "lending begins with the first use")},
                                         {"10", interpretation(47, "a debt is a debt")}};
  procedure.take(open_case(), 0);
  const json notice = the_notice(accepted(procedure), "a-1", 0);
  for (const char* language : {"zh", "en"}) {
    CHECK(says(notice, language, "lending begins with the first use"));
    CHECK(says(notice, language, "31"));
    CHECK_FALSE(says(notice, language, "a debt is a debt"));
  }
}

// ---- deadlines of cases

TEST_CASE("the time for a statement is the policy's", "[contract][R13.1][R8.3]") {
  const int days = GENERATE(1, 5);
  CAPTURE(days);
  Procedure procedure;
  procedure.policy["cases"] = {{"statement_days", days}};
  procedure.take(open_case(), 0);
  CHECK(since(the_notice(accepted(procedure), "a-1", 0).at("deadline").get<std::string>()) == days * kDay);
  refused(procedure, decide(), days * kDay - kMinute, "ILLEGAL_TRANSITION");
  procedure.take(decide(), days * kDay + kMinute);
  accepted(procedure);
}

TEST_CASE("the time for an appeal is the policy's", "[contract][R13.1][R8.3]") {
  const int days = GENERATE(2, 20);
  CAPTURE(days);
  Procedure procedure = upheld({{"appeal_days", days}});
  const json notice = told(accepted(procedure), "a-1", 2 * kHour, 3 * kHour).back().notice;
  CHECK(since(notice.at("deadline").get<std::string>()) == 2 * kHour + days * kDay);
  for (const char* language : {"zh", "en"}) CHECK_FALSE(says(notice, language, "10 "));
  CHECK(notice.at("remedy").get<std::string>().find(std::to_string(days)) != std::string::npos);
  refused(procedure, appeal(), 2 * kHour + days * kDay + kMinute, "ILLEGAL_TRANSITION");
  procedure.take(appeal(), 2 * kHour + days * kDay - kMinute);
  accepted(procedure);
}

TEST_CASE("how grave a case must be for a cancellation is the policy's", "[contract][R13.1][R8.3]") {
  Procedure procedure = upheld({{"cancel_points", 10}});
  refused(procedure, {propose(9)}, kDay, {"BAD_FIELD", "ILLEGAL_TRANSITION"});
  procedure.take(propose(10), kDay);
  accepted(procedure);
}

TEST_CASE("a case is judged by the policy of the time when it is opened", "[contract][R13.1]") {
  Procedure procedure;
  publish(procedure, {{"cases", {{"statement_days", 9}}}}, 2 * kHour, 0);
  procedure.take(open_case("a-1"), 2 * kHour - 1);
  procedure.take(open_case("bystander"), 2 * kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(since(the_notice(outcome, "a-1", 2 * kHour - 1).at("deadline").get<std::string>()) ==
        2 * kHour - 1 + 3 * kDay);
  CHECK(since(the_notice(outcome, "bystander", 2 * kHour).at("deadline").get<std::string>()) == 2 * kHour + 9 * kDay);
}

// ---- deadlines of orders

TEST_CASE("the deadline of an order goes by its violation or its clause", "[contract][R13.1][R11.5]") {
  Procedure procedure;
  procedure.policy["rectification"] = {{"days", 30}, {"by_violation", {{"11(1)", 6}}}};
  const bool named = GENERATE(false, true);
  CAPTURE(named);
  procedure.take(give({{"control", named ? "11(1)" : "11(2)"}}), 0);
  const std::int64_t days = named ? 6 : 30;
  CHECK(due(procedure) >= days * kDay);
  CHECK(due(procedure) <= (days + 1) * kDay);
}

TEST_CASE("how often an order is extended is the policy's", "[contract][R13.1][R11.5]") {
  const int extensions = GENERATE(0, 1, 3);
  CAPTURE(extensions);
  Procedure procedure;
  procedure.policy["rectification"] = {{"extensions", extensions}};
  procedure.take(give(), 0);
  for (int i = 1; i <= extensions; ++i) procedure.take(extend(2), i * kHour);
  CHECK(order(accepted(procedure), "gates", "o-1").at("extensions") == extensions);
  refused(procedure, extend(2), kDay, "ILLEGAL_TRANSITION");
}

TEST_CASE("when an order is reminded of is the policy's", "[contract][R13.1][R11.5]") {
  Procedure procedure;
  procedure.policy["rectification"] = {{"reminder_days", {5, 2}}};
  procedure.take(give(), 0);
  const std::int64_t end = due(procedure);
  procedure.clock(end - kMinute);
  const auto notices = told(accepted(procedure), "unit-gates", kMinute, end);
  REQUIRE(notices.size() == 2);
  CHECK(notices[0].time == end - 5 * kDay);
  CHECK(notices[1].time == end - 2 * kDay);
}

TEST_CASE("when an overdue order is escalated is the policy's", "[contract][R13.1][R11.5]") {
  const int days = GENERATE(2, 30);
  CAPTURE(days);
  Procedure procedure;
  procedure.policy["rectification"] = {{"escalate_days", days}};
  procedure.take(give(), 0);
  const std::int64_t end = due(procedure) + days * kDay;
  procedure.clock(end - kMinute);
  CHECK(order_state(procedure) == "overdue");
  procedure.clock(end + kMinute);
  CHECK(order_state(procedure) == "escalated");
}

TEST_CASE("an order is judged by the policy of the time when it is given", "[contract][R13.1][R11.5]") {
  Procedure procedure;
  publish(procedure, {{"rectification", {{"days", 40}}}}, 2 * kHour, 0);
  const bool later = GENERATE(false, true);
  CAPTURE(later);
  procedure.take(give(), later ? 2 * kHour : 2 * kHour - 1);
  CHECK((due(procedure) > 39 * kDay) == later);
}

// ---- what is no policy

TEST_CASE("times and departments that make no sense are no policy", "[contract][R13.1][R3.1]") {
  const auto department = [](const json& changes) {
    json one = {{"names", {{{"zh", "财务处"}, {"en", "Finance Office"}}}}, {"duties", {"payment"}}};
    one.update(changes);
    return json{{"departments", {{"finance", one}}}};
  };
  const auto reading = [](const std::string& of, const json& changes) {
    json one = interpretation(1);
    one.update(changes);
    return json{{"interpretations", {{of, one}}}};
  };
  const std::vector<json> nonsense = {
      {{"cases", {{"appeal_days", 0}}}},
      {{"cases", {{"appeal_days", -1}}}},
      {{"cases", {{"appeal_days", "ten"}}}},
      {{"cases", {{"answer_days", 0}}}},
      {{"cases", {{"statement_days", -1}}}},
      {{"cases", {{"cancel_points", 0}}}},
      {{"retention", {{"account_days", -1}}}},
      {{"retention", {{"case_days", "ten"}}}},
      {{"rectification", {{"days", 0}}}},
      {{"rectification", {{"extensions", -1}}}},
      {{"rectification", {{"escalate_days", -1}}}},
      {{"rectification", {{"reminder_days", {7, 0}}}}},
      {{"rectification", {{"by_violation", {{"11(1)", 0}}}}}},
      department({{"names", json::array()}}),
      department({{"names", {{{"zh", "财务处"}}}}}),
      department({{"names", {{{"zh", "财务处"}, {"en", "Finance"}, {"from", at(kDay)}, {"to", at(0)}}}}}),
      department({{"duties", {"jumping"}}}),
      {{"departments", {{"no id", department(json::object()).at("departments").at("finance")}}}},
      reading("A99", json::object()),
      reading("8", {{"version", 0}}),
      reading("8", {{"hash", ""}}),
      reading("8", {{"note", ""}}),
  };
  Folder folder;
  for (const json& changes : nonsense) {
    json document = policy_document();
    document.update(changes);
    INFO(changes.dump());
    const Exit checked = onecode({"policy", "check", folder.write("policy.json", document.dump()).string()});
    CHECK(checked.code == 1);
    const std::string member = changes.begin().key();
    CHECK((checked.out + checked.err).find(member + ".") != std::string::npos);
  }
  json sound = policy_document();
  sound["cases"] = {{"statement_days", 0}, {"appeal_days", 30}, {"answer_days", 7}, {"cancel_points", 12}};
  sound["rectification"] = {{"days", 5}, {"extensions", 0}, {"escalate_days", 1}, {"reminder_days", json::array()}};
  sound["retention"] = {{"account_days", 0}, {"case_days", 36600}, {"evidence_days", 400}};
  sound.update(department(json::object()));
  sound.update(reading("11(1)", json::object()));
  CHECK(onecode({"policy", "check", folder.write("policy.json", sound.dump()).string()}).code == 0);
}

TEST_CASE("a published policy with such a time is refused, and the old one stays", "[contract][R13.1]") {
  Procedure procedure;
  publish(procedure, {{"cases", {{"statement_days", 9}, {"appeal_days", 0}}}}, 0, -kHour);
  procedure.take(open_case(), kHour);
  const Outcome outcome = procedure.replay();
  CHECK(outcome.dead_codes() == Names{"BAD_POLICY"});
  CHECK(since(the_notice(outcome, "a-1", kHour).at("deadline").get<std::string>()) == kHour + 3 * kDay);
}
