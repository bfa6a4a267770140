// Catches: a freeze that R8.4 forbids or that never ends, a victim punished, a finding told wrongly or not at all.
#include "domain/account_response.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

bool wants_freeze(const World& w) {
  for (const auto& s : w.out.sends)
    if (std::holds_alternative<msg::FreezeWanted>(s.message)) return true;
  return false;
}

} // namespace

TEST_CASE("response: a finding opens once, is updated, and closes when it was quiet for 30 days", "[response]") {
  World w;
  w.show({.zone = "gate", .handset = "h-1"});
  w.show({.zone = "dorm", .time = kNoon + seconds(60), .handset = "h-1"}); // A1
  const auto opened = w.last<FindingRecord>();
  CHECK(opened.activity == FindingActivity::create);
  CHECK(opened.rule == RuleId::A1);
  CHECK(opened.act == "lend");
  CHECK(opened.band == Band::propose); // one grave hit
  CHECK(opened.action == ProposedAction::open_case);
  CHECK(opened.score == 850);
  CHECK(opened.confidence == 1000);
  CHECK(opened.subject == EntityId{Kind::account, "a-1"});
  CHECK(opened.subject_key == "a-1");
  CHECK(opened.events.size() == 2);
  CHECK(opened.families == std::vector<std::pair<Family, int>>{{Family::spatial, 850}});
  REQUIRE(opened.rules.size() == 1);
  CHECK(opened.rules[0].points == 850);
  CHECK(opened.policy == "test-1");
  CHECK(w.timer("quiet") == w.now + days(30));

  // Nothing new: no record.
  w.show({.zone = "dorm", .time = kNoon + minutes(30), .handset = "h-1"});
  CHECK(w.all<FindingRecord>().empty());

  // A stronger rule: the same finding, another analytic.
  w.show({.zone = "gate", .time = kNoon + minutes(30), .handset = "h-1"}); // A2
  const auto updated = w.last<FindingRecord>();
  CHECK(updated.activity == FindingActivity::update);
  CHECK(updated.uid == opened.uid);
  CHECK(updated.rule == RuleId::A2);
  CHECK(updated.first_seen == opened.first_seen);

  // A timer set before the update comes to nothing; the last one closes.
  w.fire("quiet", kNoon + seconds(60) + days(30));
  CHECK(w.out.outputs.empty());
  w.fire("quiet", kNoon + minutes(30) + days(30));
  const auto closed = w.last<FindingRecord>();
  CHECK(closed.activity == FindingActivity::close);
  CHECK(closed.uid == opened.uid);
  CHECK(closed.recorded == kNoon + minutes(30) + days(30));
  CHECK_FALSE(w.a.file.finding);
  CHECK(w.a.file.evidence.empty());
  CHECK(w.show({.time = kNoon + days(31)}).score == 0);
}

TEST_CASE("response: the texts are made of the numbers and of pseudonyms", "[response][R9.3][R1.1]") {
  World w;
  w.misuse();
  const auto finding = w.last<FindingRecord>();
  CHECK(
      finding.explanation.en ==
      "the score is 965 of 1000 (spatial 900, handset 650): the code was shown at the same moment to devices in dorm "
      "and gate; the code was shown by the handsets h-1, h-2 and h-1 again within 24 h, so a freeze is proposed for "
      "people to decide on.");
  CHECK(finding.explanation.zh.starts_with("综合评分 965(满分 1000:空间 900、手机 650):"));
  CHECK(finding.explanation.zh.ends_with(",因此建议由工作人员决定是否冻结。"));
  w.permit(true);
  const auto notice = w.last<Notice>();
  CHECK(notice.to == "a-1");
  CHECK(notice.kind == "account-held");
  CHECK(notice.article == "8");
  CHECK(notice.text.en.starts_with(
      "From 2026-03-02 12:00 on your one-code is blocked for: entry (leaving is never "
      "blocked), library, payment, until 2026-03-05 12:00. Legal basis: Article 8. Reason: "));
  CHECK(notice.text.en.find("Finding " + finding.uid) != std::string::npos);
  CHECK(notice.text.en.find("policy test-1") != std::string::npos);
  CHECK(notice.text.zh.find("第八条") != std::string::npos);
  CHECK_FALSE(notice.remedy.empty());
  CHECK(notice.deadline == w.a.file.holds.all()[0].expires);
}

TEST_CASE("response: an automatic freeze, from permit to end", "[response][R8.4]") {
  World w;
  w.misuse();
  REQUIRE(wants_freeze(w));
  CHECK(w.out.sends.back().to == kBreaker);
  CHECK(w.a.file.holds.empty());
  // What is not done yet is a proposal.
  CHECK(w.last<FindingRecord>().band == Band::propose);
  CHECK(w.last<FindingRecord>().action == ProposedAction::freeze);

  // Asked once.
  w.show({.zone = "dorm", .time = kNoon + seconds(40), .handset = "h-2"});
  w.show({.zone = "gate", .time = kNoon + seconds(41), .handset = "h-1"});
  CHECK_FALSE(wants_freeze(w));

  w.permit(true);
  const auto record = w.last<FreezeRecord>();
  CHECK(record.state == "frozen");
  CHECK(record.revision == 1);
  REQUIRE(record.holds.size() == 1);
  const Hold& hold = record.holds[0];
  CHECK(hold.article == "8");
  CHECK(hold.role == "response-policy");
  CHECK(hold.actor == "policy:test-1");
  CHECK(hold.provisional);
  CHECK(hold.since == w.now);
  CHECK(hold.expires == w.now + hours(72));
  CHECK(hold.functions == std::vector<std::string>{"access", "library", "payment"});
  CHECK(hold.evidence == std::vector<std::string>{w.a.file.finding->uid});
  CHECK(w.last<FindingRecord>().band == Band::automatic);
  CHECK(w.last<FindingRecord>().action == ProposedAction::freeze);
  CHECK(w.out.tally.automatic_freezes == 1);
  CHECK(w.timer("hold:" + hold.id) == hold.expires);

  CHECK(text(w.show({.time = kNoon + minutes(2)}).reasons) == "ACCOUNT_FROZEN");
  CHECK(w.show({.time = kNoon + minutes(3), .direction = Direction::out}).verdict == Verdict::allow);

  // A permit that comes twice, or for another finding, changes nothing.
  w.permit(true);
  CHECK(w.out.outputs.empty());

  const Time end = *hold.expires;
  const std::string id = hold.id;
  w.fire("hold:" + id, end - milliseconds(1));
  CHECK(w.out.outputs.empty());
  w.fire("hold:" + id, end);
  CHECK(w.last<FreezeRecord>().state == "active");
  CHECK(w.last<FreezeRecord>().holds.empty());
  CHECK(w.last<FreezeRecord>().revision == 2);
  CHECK(w.last<Notice>().kind == "hold-lifted");

  // 72 hours are not renewed by the engine: the finding stays a proposal for people.
  w.misuse(end + hours(1));
  CHECK_FALSE(w.a.file.freeze_wanted);
  CHECK(w.last<FindingRecord>().band == Band::propose);
}

TEST_CASE("response: when there is no automatic freeze", "[response][R8.4]") {
  SECTION("in the learning period, counted from the first scan by event time") {
    World w;
    w.a.hot.first_scan = kNoon - days(14) + seconds(3);
    w.misuse();
    CHECK_FALSE(wants_freeze(w));
    CHECK(w.last<FindingRecord>().band == Band::propose);
    World after;
    after.a.hot.first_scan = kNoon - days(14);
    after.misuse();
    CHECK(wants_freeze(after));
  }
  SECTION("a late scan makes the account known for longer") {
    World w;
    w.a.hot.first_scan.reset();
    w.show({.time = kNoon - days(20)});
    w.misuse();
    CHECK(wants_freeze(w));
  }
  SECTION("automatic freezing is off") {
    Policy p = campus_policy();
    p.response.auto_freeze = false;
    World w(p);
    w.misuse();
    CHECK_FALSE(wants_freeze(w));
  }
  SECTION("one family only, however strong") {
    World w;
    w.show({.zone = "gate"});
    w.show({.zone = "dorm"});
    CHECK(w.weight(RuleId::A2) == 900);
    CHECK_FALSE(wants_freeze(w));
  }
  SECTION("the breaker refuses: the proposal stands") {
    World w;
    w.misuse();
    w.permit(false);
    CHECK(w.out.outputs.empty());
    CHECK(w.a.file.holds.empty());
    CHECK_FALSE(w.a.file.freeze_wanted);
    CHECK(w.a.file.finding->band == Band::propose);
    w.misuse(kNoon + hours(2)); // new evidence may ask again
    CHECK(w.a.file.freeze_wanted);
  }
  SECTION("the finding closed before the permit came") {
    World w;
    w.misuse();
    w.fire("quiet", kNoon + days(31));
    w.permit(true);
    CHECK(w.a.file.holds.empty());
  }
  SECTION("a test account") {
    World w;
    w.a.profile.test = true;
    for (const auto& zone : {"gate", "dorm", "canteen"}) w.show({.zone = zone, .handset = zone, .test_only = true});
    CHECK(w.a.file.evidence.empty());
  }
}

TEST_CASE("response: whoever's code was copied is protected, not punished", "[response][R8.4]") {
  World w;
  const Code code{"n-1"};
  w.show({.zone = "gate", .handset = "h-1", .code = code});
  w.show({.zone = "hall", .time = kNoon + seconds(20), .handset = "h-1", .code = code}); // A5: 970, one family
  CHECK_FALSE(wants_freeze(w));
  CHECK(w.last<FindingRecord>().act == "copy");
  w.show({.zone = "hall", .time = kNoon + minutes(1), .handset = "h-2"});
  w.show({.zone = "hall", .time = kNoon + minutes(2), .handset = "h-1"}); // A8: a second family
  REQUIRE(wants_freeze(w));
  w.permit(true);
  REQUIRE(w.a.file.holds.all().size() == 1);
  const Hold& hold = w.a.file.holds.all()[0];
  CHECK(hold.article == "protective");
  CHECK(w.last<Notice>().text.en.find("no sanction") != std::string::npos);
  const std::string timer = "hold:" + hold.id;

  w.a.profile.handsets = {{"h-1", false, kNoon - days(9), {}}};
  w.command(HandsetBind{"h-3", false, "h-1"});
  CHECK(w.a.file.holds.empty());
  CHECK(w.last<FreezeRecord>().state == "active");
  CHECK(w.out.timers.size() == 1);
  CHECK(w.out.timers[0].name == timer);
  CHECK_FALSE(w.out.timers[0].due);
}

TEST_CASE("response: holds are a set, and the record says what holds (CONTRACT 5.2)", "[response][R8.2]") {
  World w;
  w.a.profile.valid_to = kNoon + days(2);
  w.misuse();
  w.permit(true);
  CHECK(w.timer("validity") == kNoon + days(2));
  const std::string automatic = w.a.file.holds.all()[0].id;
  w.command(AccountFreeze{"8", {}, "case-1", {}}, "security-officer");
  CHECK(w.last<FreezeRecord>().holds.size() == 2);
  CHECK(w.last<FreezeRecord>().revision == 2);
  // The account expires and keeps its holds.
  w.fire("validity", kNoon + days(2));
  CHECK(w.last<FreezeRecord>().state == "expired");
  CHECK(w.last<FreezeRecord>().holds.size() == 2);
  CHECK(w.last<FreezeRecord>().revision == 3);
  // Lifting one leaves the other.
  w.fire("hold:" + automatic, kNoon + hours(73));
  CHECK(w.last<FreezeRecord>().holds.size() == 1);
  CHECK(w.last<FreezeRecord>().holds[0].case_id == "case-1");
  w.fire("no-such-timer", kNoon + days(9));
  CHECK(w.out.outputs.empty());
}

TEST_CASE("finding: hints at the act, never more", "[account][R8.1]") {
  World w;
  w.command(HandsetBind{"h-1", false, {}});
  const auto hint = [&] { return w.last<FindingRecord>().act; };
  const auto at_once = [&](const char* other, Time t) { // the holder here, somebody else there
    w.show({.zone = "gate", .time = t, .handset = "h-1"});
    w.show({.zone = "dorm", .time = t + seconds(1), .handset = other});
  };
  SECTION("one other: lent") {
    at_once("h-2", kNoon);
    CHECK(hint() == "lend");
  }
  SECTION("several who take turns: rented") {
    at_once("h-2", kNoon);
    at_once("h-3", kNoon + hours(2));
    CHECK(hint() == "rent");
  }
  SECTION("somebody else for more than a week: transferred") {
    for (int day = 0; day < 9; ++day) w.show({.zone = "gate", .time = kNoon + days(day), .handset = "h-2"});
    w.show({.zone = "dorm", .time = kNoon + days(8) + seconds(1), .handset = "h-2", .device = "d-9"});
    CHECK(hint() == "transfer");
  }
  SECTION("nobody bound: the two that were seen are the holder's and one more") {
    w.a.profile.handsets.clear();
    at_once("h-2", kNoon);
    CHECK(hint() == "lend");
  }
  SECTION("a tip-off names it, also what no scan shows") {
    w.command(TipoffFile{"pledge", 900, {}}, "security-officer");
    CHECK(hint() == "pledge");
    World other;
    other.command(TipoffFile{"guard", 900, {}}, "security-officer");
    CHECK(other.last<FindingRecord>().act == "unknown");
  }
}
