// Catches: an account that is forgotten while somebody still has a right to it, by one person, without a reason or too early; one that
// is forgotten and comes back, or leaves its name with those whom a message reaches; a proposal that never lapses.
#include <functional>
#include <map>

#include "domain/account_machine.hpp"
#include "domain/archive.hpp"
#include "domain/device_trust.hpp"
#include "domain/handset.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

constexpr std::int64_t kKept = 400; // days, of this policy

Policy keeping() {
  Policy p = campus_policy();
  p.retention = {static_cast<int>(kKept), static_cast<int>(kKept) + 100};
  return p;
}

/// Closed in the ordinary way at noon; what `before` does happens before, on the same day.
World closed(const std::function<void(World&)>& before = [](World&) {}) {
  World w(keeping());
  w.command(HandsetBind{"h-1", false, {}});
  before(w);
  w.command(AccountClose{});
  REQUIRE(life_at(w.a, w.now) == AccountLife::expired);
  return w;
}

World& later(World& w, std::int64_t n) {
  w.now = w.now + days(n);
  return w;
}

void propose(World& w, std::string actor = "reg-1", std::string reason = "left five years ago") {
  w.command(AccountForgetPropose{}, "registrar", std::move(actor), std::move(reason));
}
void confirm(World& w, std::string actor = "ic-1", std::string reason = "looked at it") {
  w.command(AccountForgetConfirm{}, "information-centre", std::move(actor), std::move(reason));
}

/// Refused as something keeps it, with these words, and nothing changed.
void kept(World& w, const std::string& zh, const std::string& en) {
  const bool proposed = w.a.procedures->forgetting.has_value();
  proposed ? confirm(w) : propose(w);
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  REQUIRE(w.out.refusal);
  INFO(w.out.refusal->text.zh << "\n" << w.out.refusal->text.en);
  CHECK(w.out.refusal->text.zh.find(zh) != std::string::npos);
  CHECK(w.out.refusal->text.en.find(en) != std::string::npos);
  CHECK(w.out.outputs.empty());
  CHECK(w.out.sends.empty());
  CHECK(w.out.timers.empty());
  CHECK(w.a.procedures->forgetting.has_value() == proposed);
  CHECK_FALSE(w.a.profile.forgotten);
}

Posting posting(std::string id, std::string kind, std::int64_t fen, std::string cause) {
  Posting p;
  p.posting = std::move(id);
  p.kind = std::move(kind);
  p.amount = Fen{fen};
  p.cause = std::move(cause);
  return p;
}
void post(World& w, Posting p) {
  p.origin = {{Topic::ledger, 0}, ++w.offset, "bank", "p" + std::to_string(w.offset), w.now};
  w.out.clear();
  step(w.a, p, w.context(), w.out);
}

void open_case(World& w) { w.command(CaseOpen{"c-1", "lend", {}}, "security-officer", "so-1"); }
void hear(World& w) { w.command(CaseStatement{"c-1", {}, true}, "holder", "p-1"); }
void decide(World& w, const std::string& outcome) {
  w.command(CaseDecide{"c-1", outcome, "lend", "seen", {}}, "security-officer", "so-1");
}

/// Every stored byte.
std::string bytes_of(const AccountState& a) {
  std::string s;
  encode(s, a.profile);
  encode(s, a.hot);
  for (const auto& x : a.ring.sightings()) encode(s, x);
  encode(s, a.usage);
  encode(s, a.codes);
  encode(s, a.visits);
  encode(s, a.habits);
  encode(s, a.hands);
  encode(s, a.company);
  encode(s, a.file);
  encode(s, a.ledger);
  encode(s, a.postings);
  encode(s, a.procedures);
  return s;
}

World forgotten() {
  World w = closed([](World& in) {
    in.misuse(in.now - hours(3)); // evidence and a finding that closes by itself
    in.command(AccountFreeze{"protective", {}, {}, {}}, "security-officer");
    in.command(AccountLift{"protective", {}}, "security-officer");
  });
  w.fire("quiet", w.now + days(31));
  later(w, kKept);
  propose(w);
  REQUIRE(w.refusal().empty());
  confirm(w);
  REQUIRE(w.refusal().empty());
  return w;
}

} // namespace

// ---- what keeps an account, one thing a row

TEST_CASE("an account is kept as long as the policy says, counted from its end", "[account][retention]") {
  World w = closed();
  const std::string until = "2027-04-06 12:00"; // 400 days after noon on 2 March 2026
  kept(w, "保存期至 " + until, "is kept until " + until);
  kept(later(w, kKept - 1), until, until);
  later(w, 1);
  propose(w);
  CHECK(w.refusal().empty());
}

TEST_CASE("an account that did not end cannot be forgotten", "[account][retention]") {
  for (const auto life : {"active", "pending", "frozen"}) {
    World w(keeping());
    if (life == std::string("pending")) w.a.profile.valid_from = w.now + days(1);
    if (life == std::string("frozen")) w.command(AccountFreeze{"8", {}, {}, {}}, "security-officer");
    INFO(life);
    kept(w, "account.forget.propose", "account.forget.propose is for: expired, cancelled");
  }
}

TEST_CASE("a hold keeps the account, and names its article and its end", "[account][retention]") {
  const auto [article, zh, en] = GENERATE(table<std::string, std::string, std::string>(
      {{"8", "依第八条的冻结(未解除)", "a hold under Article 8 that was not lifted"},
       {"protective", "保护性冻结(未解除)", "a protective hold that was not lifted"}}));
  World w = closed([&](World& in) { in.command(AccountFreeze{article, {}, {}, {}}, "security-officer"); });
  later(w, 3000);
  kept(w, zh, en);
  w.command(AccountLift{article, {}}, "security-officer");
  propose(w);
  CHECK(w.refusal().empty());
}

TEST_CASE("a hold that ends by itself says when", "[account][retention]") {
  World w = closed();
  later(w, kKept);
  w.command(AccountFreeze{"8", {}, {}, w.now + days(3)}, "security-officer");
  kept(w, "依第八条的冻结(至 2027-04-09 12:00)", "a hold under Article 8 until 2027-04-09 12:00");
}

TEST_CASE("a case keeps the account in every state but closed", "[account][retention]") {
  World w = closed(open_case);
  later(w, kKept);
  w.now = w.a.procedures->cases[0].notified + days(2000);
  kept(w, "案件 c-1 尚未决定(陈述期至 2026-03-05 12:00)",
       "the case c-1 is not decided (the holder's statement: until 2026-03-05 12:00)");
  hear(w);
  kept(w, "案件 c-1 尚未决定", "the case c-1 is not decided");
  SECTION("while an appeal may be filed") {
    decide(w, "not_upheld");
    const auto closes = w.timer("case-close:c-1");
    REQUIRE(closes);
    const std::string until = "2031-09-02 12:00"; // 2,000 and 10 days
    kept(w, "案件 c-1 的申诉期至 " + until + " 止", "the case c-1 may be appealed against until " + until);
    w.fire("case-close:c-1", *closes);
    later(w, kKept + 100);
    propose(w);
    CHECK(w.refusal().empty());
  }
  SECTION("while an appeal is not answered") {
    decide(w, "upheld");
    w.command(AppealFile{"c-1", "doc-1"}, "holder", "p-1");
    kept(w, "案件 c-1 的申诉尚未答复(期限 2031-09-07 12:00)",
         "the appeal in the case c-1 is not answered (due 2031-09-07 12:00)");
  }
}

TEST_CASE("the record of a closed case is kept for its own time", "[account][retention]") {
  World w = closed([](World& in) {
    open_case(in);
    hear(in);
    decide(in, "not_upheld");
  });
  w.fire("case-close:c-1", w.now + days(10));
  later(w, kKept);
  const std::string until = "2027-07-25 12:00"; // ten and 500 days after noon
  kept(w, "案件和赔偿记录保存期至 " + until, "its cases and claims are kept until " + until);
  SECTION("and goes after it") {
    later(w, 100);
    propose(w);
    CHECK(w.refusal().empty());
  }
  SECTION("and a claim that is recorded later begins it again") {
    w.command(LiabilityRecord{"c-1", {}, "p-2", 500, "doc-2"}, "information-centre");
    later(w, 499);
    kept(w, "案件和赔偿记录", "its cases and claims");
    later(w, 1);
    propose(w);
    CHECK(w.refusal().empty());
  }
}

TEST_CASE("an application under way keeps the account", "[account][retention]") {
  World w = closed([](World& in) { in.command(AccountFreeze{"8", {}, {}, {}}, "security-officer"); });
  w.command(UnfreezeApply{"8"}, "holder", "p-1");
  REQUIRE(w.refusal().empty());
  later(w, kKept);
  kept(w, "解除冻结的申请尚待审核", "an application to end a hold waits for its review");
  w.command(UnfreezeReview{"8", "approved", {}}, "reviewer", "rev-1");
  propose(w);
  CHECK(w.refusal().empty());
}

TEST_CASE("a debt of Article 10 keeps the account until the review", "[account][retention]") {
  World w = closed([](World& in) { post(in, posting("p-1", "charge", 500, "outage")); });
  later(w, kKept);
  kept(w, "透支款项 500 分尚未清偿", "a debt of 500 fen under Article 10 is outstanding");
  post(w, posting("p-2", "repayment", 500, "normal"));
  kept(w, "透支款项已清偿,解除冻结尚待申请和审核", "is repaid");
  w.command(UnfreezeApply{"10"}, "holder", "p-1");
  kept(w, "透支款项已清偿", "not yet applied for and reviewed");
  w.command(UnfreezeReview{"10", "approved", {}}, "reviewer", "rev-1");
  propose(w);
  CHECK(w.refusal().empty());
}

TEST_CASE("an open finding with a proposal keeps the account; one that only watches does not",
          "[account][retention]") {
  World w = closed([](World& in) { in.misuse(in.now - hours(3)); });
  REQUIRE(w.a.file.finding);
  w.a.file.finding->last_hit = w.now + days(kKept);
  later(w, kKept);
  SECTION("proposed") {
    w.a.file.finding->band = Band::propose;
    const std::string until = "2027-05-06 12:00";
    kept(w, "的处置建议尚无人决定(无新情况则于 " + until + " 关闭)",
         "proposes an act that nobody decided on (closes at " + until + " if nothing follows)");
  }
  SECTION("watched: it is closed") {
    w.a.file.finding->band = Band::challenge;
    propose(w);
    CHECK(w.refusal().empty());
    confirm(w);
    CHECK(w.refusal().empty());
    const auto findings = w.all<FindingRecord>();
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].activity == FindingActivity::close);
    CHECK(findings[0].explanation.en.find("forgotten") != std::string::npos);
  }
}

TEST_CASE("everything that keeps it is named at once", "[account][retention]") {
  World w = closed([](World& in) {
    in.command(AccountFreeze{"8", {}, {}, {}}, "security-officer");
    open_case(in);
    post(in, posting("p-1", "charge", 500, "outage"));
  });
  propose(w);
  REQUIRE(w.out.refusal);
  for (const char* what :
       {"a hold under Article 8", "a hold under Article 10", "the case c-1", "a debt of 500 fen", "is kept until"})
    CHECK(w.out.refusal->text.en.find(what) != std::string::npos);
  for (const char* what : {"第八条", "第十条", "案件 c-1", "500 分", "保存期"})
    CHECK(w.out.refusal->text.zh.find(what) != std::string::npos);
}

TEST_CASE("of a cancelled account time counts from the cancellation, and its holds keep nothing",
          "[account][retention]") {
  World w(keeping());
  w.command(AccountFreeze{"8", {}, "c-1", {}}, "security-officer");
  open_case(w);
  hear(w);
  decide(w, "upheld");
  w.fire("case-close:c-1", w.now + days(10));
  w.command(CancelPropose{"c-1", "severe", 12}, "security-officer", "so-1");
  w.command(CancelConfirm{"c-1", "severe"}, "information-centre", "ic-9");
  REQUIRE(life_at(w.a, w.now) == AccountLife::cancelled);
  REQUIRE_FALSE(w.a.file.holds.empty()); // no command ends them any more
  later(w, kKept - 1);
  kept(w, "保存期", "the account ended at 2026-03-12 12:00 and is kept until 2027-04-16 12:00");
  later(w, 101);
  propose(w);
  CHECK(w.refusal().empty());
  confirm(w);
  CHECK(w.refusal().empty());
  CHECK(life_at(w.a, w.now) == AccountLife::forgotten);
}

TEST_CASE("a cancelled account that owes money is kept", "[account][retention]") {
  World w = closed([](World& in) { post(in, posting("p-1", "charge", 500, "outage")); });
  w.a.profile.cancelled = true;
  w.a.profile.cancelled_at = w.now;
  later(w, kKept);
  kept(w, "500 分", "a debt of 500 fen");
  post(w, posting("p-2", "repayment", 500, "normal")); // nobody can apply for the end of the hold any more
  propose(w);
  CHECK(w.refusal().empty());
}

// ---- two people, a reason, thirty days

TEST_CASE("both say why", "[account][retention]") {
  World w = closed();
  later(w, kKept);
  for (const char* reason : {"", "  \t"}) {
    propose(w, "reg-1", reason);
    CHECK(w.refusal() == "BAD_FIELD");
    CHECK_FALSE(w.a.procedures->forgetting);
  }
  propose(w);
  confirm(w, "ic-1", "");
  CHECK(w.refusal() == "BAD_FIELD");
  CHECK_FALSE(w.a.profile.forgotten);
}

TEST_CASE("one person alone forgets nobody", "[account][retention]") {
  World w = closed();
  later(w, kKept);
  confirm(w);
  CHECK(w.refusal() == "ILLEGAL_TRANSITION"); // nobody proposed it
  propose(w, "li");
  CHECK(w.refusal().empty());
  CHECK(life_at(w.a, w.now) == AccountLife::expired); // proposing changes nothing
  propose(w, "wang");
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  confirm(w, "li");
  CHECK(w.refusal() == "SAME_PERSON");
  CHECK_FALSE(w.a.profile.forgotten);
  confirm(w, "ic-1");
  CHECK(w.refusal().empty());
  CHECK(w.a.profile.forgotten == w.now);
}

TEST_CASE("a proposal is told to those who confirm and to the person, with the day on which it lapses",
          "[account][retention][R1.1]") {
  World w = closed();
  later(w, kKept);
  propose(w, "reg-1", "left five years ago");
  const auto notices = w.all<Notice>();
  REQUIRE(notices.size() == 2);
  for (const auto& n : notices) {
    CHECK(n.kind == "forgetting-proposed");
    CHECK(n.deadline == w.now + days(30));
    CHECK_FALSE(n.remedy.empty());
  }
  CHECK(notices[0].to == "information-centre");
  CHECK(notices[0].text.en.find("left five years ago") != std::string::npos);
  CHECK(notices[1].to == "a-1");
}

TEST_CASE("a proposal lapses after thirty days, and its author hears of it", "[account][retention]") {
  World w = closed();
  later(w, kKept);
  propose(w, "reg-1");
  const auto due = w.timer("forget");
  REQUIRE(due == w.now + days(30));
  SECTION("the timer fires") {
    w.fire("forget", *due);
    CHECK_FALSE(w.a.procedures->forgetting);
    CHECK(w.first<Notice>().kind == "forgetting-lapsed");
    CHECK(w.first<Notice>().to == "reg-1");
  }
  SECTION("or is late") { later(w, 30); }
  confirm(w);
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  propose(w);
  CHECK(w.refusal().empty());
}

TEST_CASE("on the thirtieth day it still stands", "[account][retention]") {
  World w = closed();
  later(w, kKept);
  propose(w);
  w.now = w.now + days(30) - milliseconds(1);
  confirm(w);
  CHECK(w.refusal().empty());
}

TEST_CASE("an account that is used again ends the proposal", "[account][retention]") {
  World w = closed();
  later(w, kKept);
  propose(w, "reg-1");
  w.command(AccountRenew{w.now + days(1)});
  CHECK_FALSE(w.a.procedures->forgetting);
  CHECK(w.first<Notice>().kind == "forgetting-lapsed");
  CHECK(w.first<Notice>().to == "reg-1");
  REQUIRE_FALSE(w.out.timers.empty());
  CHECK_FALSE(w.timer("forget"));
  later(w, 5);
  confirm(w);
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
}

TEST_CASE("what came up since the proposal keeps the account", "[account][retention]") {
  World w = closed();
  later(w, kKept);
  propose(w);
  w.command(AccountFreeze{"8", {}, {}, {}}, "security-officer");
  kept(w, "第八条", "a hold under Article 8");
}

// ---- what is left

TEST_CASE("of a forgotten account the id and the time are left, in a few bytes", "[account][retention]") {
  const World w = forgotten();
  std::string profile;
  encode(profile, w.a.profile);
  CHECK(profile.size() <= 24);
  AccountState empty;
  empty.id = "a-1";
  empty.profile.forgotten = w.now;
  CHECK(bytes_of(w.a) == bytes_of(empty));
  CHECK(w.a.dirty.forgotten);
  CHECK(w.a.dirty.profile);
}

TEST_CASE("it says so to its registrar, in freezes, and to whoever kept its id", "[account][retention]") {
  World w = forgotten();
  const auto notices = w.all<Notice>();
  REQUIRE(notices.size() == 1); // and not to the person
  CHECK(notices[0].kind == "account-forgotten");
  CHECK(notices[0].to == "reg-1");
  const std::string by = "c" + std::to_string(w.offset), proposal = "c" + std::to_string(w.offset - 1);
  for (const auto& id : {by, proposal}) {
    CHECK(notices[0].text.zh.find("命令 " + id) != std::string::npos);
    CHECK(notices[0].text.en.find("command " + id) != std::string::npos);
  }
  const auto records = w.all<FreezeRecord>();
  REQUIRE(records.size() == 1);
  CHECK(records[0].forgotten);
  CHECK(records[0].account == "a-1");
  std::set<std::string> told;
  for (const auto& s : w.out.sends)
    if (std::get_if<msg::AccountForgotten>(&s.message) != nullptr)
      told.insert(std::string(to_string(s.to.kind)) + " " + s.to.id);
  CHECK(told == std::set<std::string>{"handset h-1", "handset h-2", "device d-gate", "device d-dorm"});
  REQUIRE(w.messages<msg::AccountsOpened>().size() == 1);
  CHECK(w.messages<msg::AccountsOpened>()[0].count == -1);
}

TEST_CASE("an account that never stood in freezes needs no tombstone there", "[account][retention]") {
  World w = closed();
  later(w, kKept);
  propose(w);
  confirm(w);
  CHECK(w.refusal().empty());
  CHECK(w.all<FreezeRecord>().empty());
}

TEST_CASE("all its timers are taken back", "[account][retention]") {
  World w(keeping());
  std::map<std::string, Time> timers;
  const auto note = [&] {
    for (const auto& t : w.out.timers)
      t.due ? static_cast<void>(timers[t.name] = *t.due) : static_cast<void>(timers.erase(t.name));
  };
  w.command(HandsetBind{"h-1", false, {}});
  for (const auto& [zone, after] :
       {std::pair("gate", 0), std::pair("dorm", 1), std::pair("gate", 2)}) { // as misuse()
    w.show({.zone = zone, .time = kNoon + seconds(after), .handset = after == 1 ? "h-2" : "h-1"});
    note();
  }
  w.command(AccountFreeze{"protective", {}, {}, w.now + days(5000)}, "security-officer");
  note();
  w.command(CaseOpen{"c-1", "lend", {}}, "security-officer", "so-1");
  note();
  hear(w);
  decide(w, "upheld");
  note();
  CHECK(timers.contains("quiet"));
  CHECK(timers.contains("readers"));
  CHECK(timers.contains("case-close:c-1"));
  // As if each were overdue: the account goes all the same, and nothing of it fires afterwards.
  w.a.procedures.edit().cases[0].state = CaseState::closed;
  w.a.profile.cancelled = true;
  w.a.profile.cancelled_at = w.now;
  w.a.file.finding->band = Band::watch;
  later(w, 3000);
  propose(w);
  REQUIRE(w.refusal().empty());
  note();
  CHECK(timers.contains("forget"));
  confirm(w);
  REQUIRE(w.refusal().empty());
  note();
  for (const auto& [name, due] : timers) FAIL_CHECK("left: " << name);
}

TEST_CASE("nothing that comes later makes a forgotten account grow or speak", "[account][retention]") {
  World w = forgotten();
  const std::string before = bytes_of(w.a);
  saved(w.a);
  const auto silent = [&](const char* what) {
    INFO(what);
    CHECK(bytes_of(w.a) == before);
    CHECK_FALSE(w.a.dirty.any());
    CHECK(w.out.sends.empty());
    CHECK(w.out.timers.empty());
    CHECK(w.all<Notice>().empty());
    CHECK(w.all<FreezeRecord>().empty());
    CHECK(w.all<FindingRecord>().empty());
  };
  World never(keeping());
  never.a = {};
  never.a.id = "a-1";
  never.now = w.now;
  for (const auto direction : {Direction::in, Direction::out}) {
    const Shown shown{.time = w.now, .handset = "h-1", .direction = direction, .code = Code{"n-1"}};
    const Decision d = w.show(shown), as_never = never.show(shown);
    CHECK(text(d.reasons) == "ACCOUNT_UNKNOWN");
    CHECK(d.reasons == as_never.reasons);
    CHECK(d.verdict == as_never.verdict);
    silent("a scan");
  }
  w.issue({.time = w.now});
  CHECK(w.refusal() == "UNKNOWN_TARGET");
  silent("a code");
  post(w, posting("p-9", "charge", 500, "outage"));
  CHECK(w.refusal() == "UNKNOWN_TARGET");
  silent("a posting");
  for (const char* timer :
       {"quiet", "validity", "readers", "forget", "case-close:c-1", "case-answer:c-1", "hold:x"}) {
    w.fire(timer, w.now);
    silent(timer);
  }
  w.permit(true);
  silent("a permit");
  w.withdraw(RuleId::A1, EventRef{{Topic::scans, 0}, 1, {}});
  silent("a reader that was wrong");
  w.out.clear();
  step(w.a, msg::HandsetCrowded{"h-1", 9, w.now, {}, 0, {}, {}}, w.context(), w.out);
  silent("a crowded handset");
  w.out.clear();
  step(w.a, msg::WayTold{}, w.context(), w.out);
  silent("a way");
}

TEST_CASE("its id is never used again, whoever asks", "[account][retention][R2.1]") {
  World w = forgotten();
  w.command(AccountOpen{"student", w.now, {}, {}, {}, false});
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  CHECK(w.out.refusal->text.zh.find("已于") != std::string::npos);
  CHECK(w.out.refusal->text.en.find("was forgotten at 2027-05-07 12:00; its id is not used again") !=
        std::string::npos);
  w.command(AccountRenew{w.now + days(1)});
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  w.command(HandsetBind{"h-9", false, {}}, "holder", "");
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  CHECK(w.out.outputs.empty());
}

TEST_CASE("a tombstone that was written by this version reads back", "[account][retention]") {
  const World w = forgotten();
  std::string bytes;
  encode(bytes, w.a.profile);
  AccountState read;
  decode(bytes, read.profile);
  CHECK(read.profile.forgotten == w.a.profile.forgotten);
  CHECK(life_at(read, w.now) == AccountLife::forgotten);
}

// ---- those who remember an account for a rule

TEST_CASE("a handset forgets the account, and nobody else", "[handset][retention]") {
  const World w;
  HandsetState h;
  h.id = "h-1";
  Effects out;
  for (const char* account : {"a-1", "a-2"})
    step(h, {account, kNoon, EventRef{{Topic::scans, 0}, 1, {}}}, w.context(), out);
  h.dirty = false;
  step(h, msg::AccountForgotten{"a-1"});
  REQUIRE(h.record.users.size() == 1);
  CHECK(h.record.users[0].account == "a-2");
  CHECK(h.dirty);
  h.dirty = false;
  step(h, msg::AccountForgotten{"a-1"});
  CHECK_FALSE(h.dirty);
}

TEST_CASE("whom a handset did not show for 90 days it forgets with the next", "[handset][retention]") {
  const World w;
  HandsetState h;
  Effects out;
  const auto used = [&](const char* account, Time at) {
    step(h, {account, at, EventRef{{Topic::scans, 0}, at.ms, {}}}, w.context(), out);
  };
  used("a-1", kNoon);
  used("a-2", kNoon + days(90) - seconds(1));
  CHECK(h.record.users.size() == 2);
  used("a-2", kNoon + days(90));
  REQUIRE(h.record.users.size() == 1);
  CHECK(h.record.users[0].account == "a-2");
  used("a-3", kNoon); // late
  CHECK(h.record.users.size() == 1);
}

TEST_CASE("a reader forgets the account, and after 90 days everybody's doubts", "[device][retention]") {
  DeviceState d;
  d.id = "d-gate";
  d.reg.life = DeviceLife::active;
  Effects out;
  const auto doubted = [&](const char* account, Time at) {
    out.clear();
    doubt(d, {account, RuleId::A13, 0, at, EventRef{{Topic::scans, 0}, at.ms, {}}, 0}, out);
    REQUIRE(out.timers.size() == 1);
    return out.timers[0];
  };
  const auto due = doubted("a-1", kNoon);
  CHECK(due.name == "doubts");
  CHECK(due.due == kNoon + days(90));
  doubted("a-2", kNoon + days(1));
  doubted("a-3", kNoon + days(2));
  step(d, msg::AccountForgotten{"a-3"});
  CHECK(d.trust.doubts.size() == 2);
  const PolicyHistory policies(campus_policy());
  out.clear();
  step(d, msg::TimerFired{due.name, *due.due}, {policies, *due.due, nullptr, 1}, out);
  REQUIRE(d.trust.doubts.size() == 1);
  CHECK(d.trust.doubts[0].account == "a-2");
  REQUIRE(out.timers.size() == 1);
  CHECK(out.timers[0].due == kNoon + days(91));
  out.clear();
  step(d, msg::TimerFired{due.name, kNoon + days(91)}, {policies, kNoon + days(91), nullptr, 1}, out);
  CHECK(d.trust.doubts.empty());
  REQUIRE(out.timers.size() == 1);
  CHECK_FALSE(out.timers[0].due);
}
