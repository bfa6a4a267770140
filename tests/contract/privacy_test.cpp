// Would catch: a phone number, a student number or a name that somebody typed into free text or that a gateway sent
// along, coming out again in a topic, a summary or on the terminal.
#include "tests/contract/contract.hpp"

using namespace contract;

namespace {

const std::string kPhone = "13812345678";
const std::string kStudent = "20230118042";
const std::string kName = "欧阳小明";

// Every output but those that the contract lets repeat what others sent.
std::string published(const Outcome& outcome) {
  std::string text = outcome.summary.dump() + outcome.exit.out + outcome.exit.err;
  for (const auto& [topic, records] : outcome.topics)
    if (topic != "dead-letters" && topic != "evidence")
      for (const auto& record : records) text += record.dump() + "\n";
  return text;
}

void nobody_named(const Outcome& outcome) {
  const std::string text = published(outcome);
  CHECK(outcome.exit.code == 0);
  CHECK(text.find(kPhone) == std::string::npos);
  CHECK(text.find(kStudent) == std::string::npos);
}

} // namespace

TEST_CASE("unknown fields of a scan go nowhere", "[contract]") {
  Campus campus = ordinary();
  campus.policy["response"]["learning_days"] = 0;
  const json extra = {
      {"name", kName}, {"phone", kPhone}, {"student_number", kStudent}, {"holder", {{"tel", kPhone}}}};
  campus.scan("s1", "d-1", 1, "a-1", 0, extra);
  campus.lines.back()["value"]["phone"] = kPhone;
  campus.lines.back()["headers"] = {{"student", kStudent}};
  json friend_scan = extra;
  friend_scan["handset"] = "h-2";
  campus.scan("s2", "d-2", 1, "a-1", kSecond, friend_scan);
  campus.scan("s3", "x-9", 1, "a-1", kHour, extra);
  campus.scan("s4", "d-1", 1, "a-1", 2 * kHour, extra); // D2
  const Outcome outcome = campus.replay();
  REQUIRE_FALSE(outcome.records("alerts").empty());
  REQUIRE_FALSE(outcome.records("compliance").empty());
  nobody_named(outcome);
  CHECK(published(outcome).find(kName) == std::string::npos);
}

TEST_CASE("numbers in the reason of a command are not repeated to anybody", "[contract]") {
  const std::string form = GENERATE("student S, phone P", "学号S,电话P", "(S/P)", "S P", "tel:+86P no.S.");
  std::string reason = form;
  reason.replace(reason.find('S'), 1, kStudent);
  reason.replace(reason.find('P'), 1, kPhone);
  CAPTURE(reason);
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  campus.lines.back()["value"]["data"]["reason"] = reason;
  campus.command("device.quarantine", "d-2", json::object(), kHour, "information-centre");
  campus.lines.back()["value"]["data"]["reason"] = reason;
  campus.scan("s1", "d-1", 1, "a-1", 2 * kHour);
  campus.command("account.lift", "a-1", {{"article", "8"}}, 3 * kHour, "security-officer");
  campus.lines.back()["value"]["data"]["reason"] = reason;
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK_FALSE(outcome.last_freeze("a-1").is_null());
  nobody_named(outcome);
}

TEST_CASE("the reason's other words survive", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  campus.lines.back()["value"]["data"]["reason"] = "reported by the library on 2026-03-01, case 2026-17";
  const std::string reason = campus.replay().last_freeze("a-1").at("holds").at(0).at("reason");
  CHECK(reason.find("reported by the library") != std::string::npos);
  CHECK(reason.find("2026-17") != std::string::npos);
}

TEST_CASE("a refused command's notice does not repeat its reason's numbers", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.lift", "a-1", {{"article", "8"}}, 0, "security-officer", "me");
  campus.lines.back()["value"]["data"]["reason"] = "call " + kPhone + " about " + kStudent;
  const Outcome outcome = campus.replay();
  CHECK(outcome.notices("me").size() == 1);
  nobody_named(outcome);
}

TEST_CASE("the error text of a dead letter does not quote personal values", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "手机 " + kPhone}});
  campus.scan("s2", "d-1", 2, kName, kHour);
  const Outcome outcome = campus.replay();
  REQUIRE(outcome.records("dead-letters").size() == 2);
  for (const auto& record : outcome.records("dead-letters")) {
    const std::string headers = record.at("headers").dump();
    CHECK(headers.find(kPhone) == std::string::npos);
    CHECK(headers.find(kName) == std::string::npos);
  }
  nobody_named(outcome);
}

TEST_CASE("the plan and manifest of an integration do not spread contact data", "[contract]") {
  Campus campus = ordinary();
  json& args = campus.lines[0]["value"]["data"]["args"];
  args["plan"]["purpose"] = "doors, contact " + kPhone;
  args["contact"] = {{"phone", kPhone}, {"student", kStudent}};
  campus.scan("s1", "d-1", 1, "a-1", 0);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("s1") == "allow");
  nobody_named(outcome);
}
