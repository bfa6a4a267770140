// Would catch: somebody's records destroyed while they are owed something or accused of something, by one person or for no reason; a
// person who is told nothing before it; an account that comes back with its id, its holds or its score; a destruction of which
// no trace says who did it.
#include "tests/contract/procedures.hpp"

using namespace contract;

namespace {

Step close() { return {"account.close", "a-1", json::object(), "registrar", "clerk-1"}; }
Step propose(const std::string& actor = "clerk-1") {
  return {"account.forget.propose", "a-1", json::object(), "registrar", actor};
}
Step confirm(const std::string& actor = "centre-1") {
  return {"account.forget.confirm", "a-1", json::object(), "information-centre", actor};
}
Step freeze(const json& args) { return {"account.freeze", "a-1", args, "security-officer", "officer-1"}; }
Step open_again() {
  return {"account.open", "a-1", {{"category", "student"}, {"valid_from", at(0)}}, "registrar", "clerk-1"};
}

// An account that is closed at the start of the day, under a policy that keeps accounts for 40 days and cases for 60.
Procedure closed() {
  Procedure procedure;
  procedure.policy["retention"] = {{"account_days", 40}, {"case_days", 60}};
  procedure.take(close(), 0);
  return procedure;
}
Procedure proposed() { // on day 41
  Procedure procedure = closed();
  procedure.take(propose(), 41 * kDay);
  return procedure;
}
Procedure forgotten() { // on day 42
  Procedure procedure = proposed();
  procedure.take(confirm(), 42 * kDay);
  return procedure;
}

std::string refusal(const Procedure& before, const Step& step, std::int64_t time) {
  Procedure tried = before;
  tried.take(step, time);
  const Outcome outcome = tried.replay();
  const auto notices = outcome.notices(step.actor);
  REQUIRE_FALSE(notices.empty());
  return notices.back().at("text").at("zh").get<std::string>() + "\n" +
         notices.back().at("text").at("en").get<std::string>();
}

} // namespace

TEST_CASE("what keeps an account is named, with its end", "[contract][retention]") {
  const auto [what, zh, en] = GENERATE(table<std::string, std::string, std::string>({
      {"time", "保存期至 2026-04-11 08:00 止", "is kept until 2026-04-11 08:00"},
      {"hold", "保护性冻结(未解除)", "a protective hold that was not lifted"},
      {"hold with an end", "依第八条的冻结(至 2026-05-01 08:00)", "a hold under Article 8 until 2026-05-01 08:00"},
      {"case", "案件 case-1 尚未决定", "the case case-1 is not decided"},
      {"time to appeal", "案件 case-1 的申诉期至", "the case case-1 may be appealed against until"},
      {"debt", "透支款项 700 分尚未清偿", "a debt of 700 fen under Article 10 is outstanding"},
  }));
  CAPTURE(what);
  Procedure procedure = closed();
  std::int64_t time = 41 * kDay;
  if (what == "time") time = 40 * kDay - kHour;
  if (what == "hold") procedure.take(freeze({{"article", "protective"}}), kDay);
  if (what == "hold with an end") procedure.take(freeze({{"article", "8"}, {"expires", at(60 * kDay)}}), kDay);
  if (what == "case" || what == "time to appeal")
    procedure.take({"case.open", "a-1", {{"case", "case-1"}, {"act", "lend"}}, "security-officer", "officer-1"},
                   36 * kDay);
  if (what == "time to appeal")
    procedure.take({"case.decide",
                    "a-1",
                    {{"case", "case-1"}, {"outcome", "not_upheld"}, {"act", "lend"}, {"reasons", "as seen"}},
                    "security-officer",
                    "officer-1"},
                   40 * kDay);
  if (what == "debt") procedure.posting("late-1", "charge", 700, kDay, {{"cause", "outage"}});
  refused(procedure, propose(), time, "ILLEGAL_TRANSITION");
  const std::string text = refusal(procedure, propose(), time);
  CAPTURE(text);
  CHECK(text.find(zh) != std::string::npos);
  CHECK(text.find(en) != std::string::npos);
}

TEST_CASE("the built-in policy keeps an account for three years", "[contract][retention]") {
  Procedure procedure;
  procedure.take(close(), 0);
  refused(procedure, propose(), 1095 * kDay - kHour, "ILLEGAL_TRANSITION");
  procedure.take(propose(), 1095 * kDay + kHour);
  procedure.take(confirm(), 1096 * kDay);
  accepted(procedure);
}

TEST_CASE("an account in use is not forgotten", "[contract][retention]") {
  Procedure procedure;
  procedure.policy["retention"] = {{"account_days", 0}, {"case_days", 0}};
  refused(procedure, {propose(), confirm()}, kDay, {"ILLEGAL_TRANSITION"});
}

TEST_CASE("nobody forgets an account alone, or without a reason", "[contract][retention]") {
  refused(closed(), confirm(), 41 * kDay, "ILLEGAL_TRANSITION");
  refused(proposed(), confirm("clerk-1"), 42 * kDay, "SAME_PERSON");
  refused(proposed(), propose("clerk-2"), 42 * kDay, "ILLEGAL_TRANSITION");
  Procedure silent = closed();
  silent.take(propose(), 41 * kDay);
  silent.lines.back()["value"]["data"]["reason"] = " ";
  CHECK(silent.replay().dead_codes() == std::vector<std::string>{"BAD_FIELD"});
  silent.lines.back()["value"]["data"].erase("reason");
  CHECK(silent.replay().dead_codes() == std::vector<std::string>{"BAD_FIELD"});
}

TEST_CASE("before it the person is told, and those who confirm it", "[contract][retention][R1.1]") {
  const Outcome outcome = accepted(proposed());
  for (const char* to : {"a-1", "information-centre"}) {
    const auto notices = told(outcome, to, 41 * kDay, 41 * kDay + kMinute);
    REQUIRE(notices.size() == 1);
    check_notice(notices[0].notice);
    CHECK(since(notices[0].notice.at("deadline")) == 71 * kDay);
  }
}

TEST_CASE("a proposal lapses after thirty days", "[contract][retention]") {
  Procedure procedure = proposed();
  procedure.clock(72 * kDay);
  refused(procedure, confirm(), 73 * kDay, "ILLEGAL_TRANSITION");
  const auto notices = told(accepted(procedure), "clerk-1", 71 * kDay, 72 * kDay);
  REQUIRE(notices.size() == 1);
  check_notice(notices[0].notice);
}

TEST_CASE("a proposal lapses when the account is used again", "[contract][retention]") {
  Procedure procedure = proposed();
  procedure.take({"account.renew", "a-1", {{"valid_to", at(42 * kDay + kHour)}}, "registrar", "clerk-1"}, 42 * kDay);
  CHECK(told(accepted(procedure), "clerk-1", 42 * kDay, 42 * kDay + kMinute).size() == 1);
  procedure.clock(83 * kDay);
  refused(procedure, confirm(), 84 * kDay, "ILLEGAL_TRANSITION");
}

TEST_CASE("it is told to the registrar with both commands, and not to the person", "[contract][retention]") {
  const Outcome outcome = accepted(forgotten());
  const auto notices = told(outcome, "clerk-1", 42 * kDay, 42 * kDay + kMinute);
  REQUIRE(notices.size() == 1);
  const json& notice = notices[0].notice;
  check_notice(notice);
  CHECK(notice.at("kind") == "account-forgotten");
  CHECK(notice.at("about") == "a-1");
  for (const auto& record : outcome.records("notices"))
    if (since(record.at("value").at("time")) >= 42 * kDay) CHECK(record.at("key") != "a-1");
  std::vector<std::string> ids;
  const Procedure procedure = forgotten();
  for (const auto& line : procedure.lines)
    if (line.at("value").at("data").value("command", std::string()).starts_with("account.forget."))
      ids.push_back(line.at("value").at("id"));
  REQUIRE(ids.size() == 2);
  for (const auto& id : ids) {
    CHECK(notice.at("text").at("zh").get<std::string>().find(id) != std::string::npos);
    CHECK(notice.at("text").at("en").get<std::string>().find(id) != std::string::npos);
  }
}

TEST_CASE("what stood in freezes is taken out of it", "[contract][retention]") {
  Procedure procedure = closed();
  procedure.take(freeze({{"article", "8"}}), kDay);
  procedure.take({"account.lift", "a-1", {{"article", "8"}}, "security-officer", "officer-1"}, 2 * kDay);
  CHECK(account_state(accepted(procedure), "a-1") == "expired");
  procedure.take(propose(), 41 * kDay);
  procedure.take(confirm(), 42 * kDay);
  const auto records = accepted(procedure).records("freezes");
  REQUIRE_FALSE(records.empty());
  CHECK(records.back().at("key") == "a-1");
  CHECK((!records.back().contains("value") || records.back().at("value").is_null()));
  for (const auto& record : accepted(forgotten()).records("freezes"))
    CHECK(record.at("key") != "a-1"); // it never stood there
}

TEST_CASE("a code of a forgotten account is nobody's, as one that was never registered",
          "[contract][retention][R2.1]") {
  Procedure procedure = forgotten();
  for (const char* account : {"a-1", "a-never"}) {
    procedure.scan(std::string("in ") + account, "d-1", account[2] == '1' ? 1 : 3, account, 43 * kDay,
                   {{"handset", "h-1"}});
    procedure.scan(std::string("out ") + account, "d-1", account[2] == '1' ? 2 : 4, account, 43 * kDay + kMinute,
                   {{"direction", "out"}});
  }
  const Outcome outcome = accepted(procedure);
  for (const char* way : {"in ", "out "}) {
    json gone = outcome.decision(std::string(way) + "a-1"), never = outcome.decision(std::string(way) + "a-never");
    CHECK(contains(gone.at("reasons"), "ACCOUNT_UNKNOWN"));
    for (const char* member : {"verdict", "reasons", "score", "findings"}) CHECK(gone.at(member) == never.at(member));
  }
}

TEST_CASE("the id of a forgotten account is never used again", "[contract][retention][R2.1]") {
  refused(forgotten(),
          {open_again(),
           {"account.renew", "a-1", {{"valid_to", at(90 * kDay)}}, "registrar", "clerk-1"},
           freeze({{"article", "8"}}),
           propose("clerk-2"),
           confirm("centre-2")},
          50 * kDay, {"ILLEGAL_TRANSITION"});
  Procedure procedure = forgotten();
  procedure.posting("late-1", "charge", 100, 50 * kDay);
  CHECK(procedure.replay().dead_codes() == std::vector<std::string>{"UNKNOWN_TARGET"});
}
