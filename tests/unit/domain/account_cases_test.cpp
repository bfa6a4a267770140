// Catches: a hold that a decision confirmed ending by itself, or one that was not confirmed staying; the same person deciding
// twice; an appeal too late; a person accused again by what a case has settled; a cancellation by one person alone.
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

/// A lent code, found and frozen by the response policy.
World frozen() {
  World w;
  w.misuse();
  w.permit(true);
  REQUIRE(w.a.file.holds.all().size() == 1);
  return w;
}

void open(World& w) { w.command(CaseOpen{"c-1", "lend", {w.a.file.finding->uid}}, "security-officer", "so-1"); }

void decide(World& w, const char* outcome, std::optional<std::int64_t> term = {}) {
  w.command(CaseStatement{"c-1", "doc-1", false}, "holder", "p-1");
  w.command(CaseDecide{"c-1", outcome, "lend", "seen twice", term}, "security-officer", "so-1");
  REQUIRE(w.refusal().empty());
}

} // namespace

TEST_CASE("case: a provisional hold waits for the decision", "[account][R8.1][R8.4]") {
  World w = frozen();
  const Hold before = w.a.file.holds.all()[0];
  REQUIRE(before.expires);
  open(w);
  CHECK(w.last<FreezeRecord>().holds.at(0).case_id == "c-1");
  CHECK_FALSE(w.last<FreezeRecord>().holds.at(0).expires);
  CHECK(w.first<Notice>().kind == "case-opened");
  CHECK(w.first<Notice>().deadline == w.now + days(3));
  w.fire("hold:" + before.id, *before.expires);
  CHECK(w.a.file.holds.all().size() == 1);
}

TEST_CASE("case: upheld stands behind the hold, which then ends by application and review only",
          "[account][R8.2][R8.3]") {
  World w = frozen();
  open(w);
  decide(w, "upheld", 30);
  const Hold hold = w.last<FreezeRecord>().holds.at(0);
  CHECK_FALSE(hold.provisional);
  CHECK(hold.actor == "so-1");
  CHECK(hold.role == "security-officer");
  CHECK(hold.reason == "seen twice");
  CHECK_FALSE(hold.expires); // a gateway must not open by itself when the term is over
  CHECK(w.first<Notice>().kind == "case-decided");
  CHECK(w.first<Notice>().deadline == w.now + days(10));

  w.command(AccountLift{"8", {}}, "security-officer");
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  w.command(UnfreezeApply{"8"}, "holder", "p-1"); // neither closed nor served
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  w.fire("case-close:c-1", w.now + days(10));
  w.fire("hold:" + hold.id, w.now + days(30));
  CHECK(w.a.file.holds.all().size() == 1);
  w.command(UnfreezeReview{"8", "approved", {}}, "reviewer", "r-1"); // nobody applied
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  w.command(UnfreezeApply{"8"}, "holder", "p-1");
  CHECK(w.refusal().empty());
  w.command(UnfreezeReview{"8", "approved", {}}, "reviewer", "p-1");
  CHECK(w.refusal() == "SAME_PERSON");
  w.command(UnfreezeReview{"8", "refused", "too early"}, "reviewer", "r-1");
  CHECK(w.last<Notice>().kind == "unfreeze-refused");
  CHECK(w.a.file.holds.all().size() == 1);
  w.command(UnfreezeApply{"8"}, "registrar", "clerk-1");
  w.command(UnfreezeReview{"8", "approved", {}}, "reviewer", "r-1");
  CHECK(w.last<FreezeRecord>().state == "active");
}

TEST_CASE("case: not upheld ends the hold and its evidence does not come back", "[account][R8.1][R9.3]") {
  World w = frozen();
  const std::string uid = w.a.file.finding->uid;
  open(w);
  decide(w, "not_upheld");
  CHECK(w.last<FreezeRecord>().state == "active");
  const auto findings = w.all<FindingRecord>();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].activity == FindingActivity::close);
  CHECK(findings[0].uid == uid);
  CHECK(w.a.file.evidence.empty());
  // A late upload of the same minutes, and an ordinary scan next to them.
  CHECK(w.show({.zone = "dorm", .time = w.now - milliseconds(500), .handset = "h-2"}).score == 0);
  CHECK(w.show({.zone = "gate", .time = w.now + milliseconds(500), .handset = "h-1"}).score == 0);
  CHECK(w.show({.zone = "gate", .time = w.now + hours(1), .handset = "h-1"}).verdict == Verdict::allow);
  // What happens afterwards counts again.
  const Time later = w.now + days(2);
  w.misuse(later);
  CHECK(w.a.file.finding);
}

TEST_CASE("case: its outcome counts for the rules whose evidence stood", "[account][R13.1]") {
  const std::vector<RuleId> behind{RuleId::A1, RuleId::A2, RuleId::A8};
  World w = frozen();
  open(w);
  SECTION("upheld, then overturned") {
    decide(w, "upheld");
    CHECK(w.out.tally.upheld == behind);
    CHECK(w.out.tally.not_upheld.empty());
    w.command(AppealFile{"c-1", "doc-2"}, "holder", "p-1");
    w.command(AppealDecide{"c-1", "overturned", "a twin"}, "reviewer", "rv-1");
    CHECK(w.out.tally.not_upheld == behind);
  }
  SECTION("not upheld") {
    decide(w, "not_upheld");
    CHECK(w.out.tally.not_upheld == behind);
    CHECK(w.out.tally.upheld.empty());
  }
}

TEST_CASE("case: a copied code was used by somebody else, and the record says so without being rewritten",
          "[account][R9.3]") {
  const auto attributed = [](const char* act) {
    World w;
    w.show({.zone = "gate", .time = kNoon, .handset = "h-1", .device = "d-1", .code = Code{"n-1"}});
    w.show({.zone = "gate", .time = kNoon + seconds(8), .handset = "h-1", .device = "d-2", .code = Code{"n-1"}});
    REQUIRE(w.weight(RuleId::A5) == 970);
    w.command(CaseOpen{"c-1", act, {}}, "security-officer", "so-1");
    w.command(CaseStatement{"c-1", {}, true}, "holder", "p-1");
    w.command(CaseDecide{"c-1", "upheld", act, "a copy", {}}, "security-officer", "so-1");
    REQUIRE(w.refusal().empty());
    for (const auto& notice : w.all<Notice>())
      if (notice.kind == "attribution-corrected")
        return notice.to == w.a.id && notice.text.en.find("s1, s2") != std::string::npos;
    return false;
  };
  CHECK(attributed("copy"));
  CHECK_FALSE(attributed("lend")); // Article 9: what the holder let happen is the holder's
}

TEST_CASE("case: three days for the statement, then a decision without it", "[account][R8.3]") {
  World w = frozen();
  open(w);
  const auto decision = CaseDecide{"c-1", "upheld", "lend", "seen twice", {}};
  w.now = w.now + days(3) - milliseconds(1);
  w.command(decision, "security-officer", "so-1");
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  w.now = w.now + milliseconds(1);
  w.command(decision, "security-officer", "so-1");
  CHECK(w.refusal().empty());
}

TEST_CASE("case: whoever decides names the act", "[account][R8.1]") {
  World w = frozen();
  open(w);
  w.command(CaseStatement{"c-1", {}, true}, "holder", "p-1");
  w.command(CaseDecide{"c-1", "upheld", "unknown", "seen", {}}, "security-officer", "so-1");
  CHECK(w.refusal() == "BAD_FIELD");
}

TEST_CASE("case: a protective hold becomes one of Article 8 by the decision only", "[account][R8.1]") {
  for (const auto& [act, article] : {std::pair{"lend", "8"}, std::pair{"copy", "protective"}}) {
    World w;
    w.command(AccountFreeze{"protective", {}, "c-1", {}}, "security-officer");
    w.command(CaseOpen{"c-1", "unknown", {}}, "security-officer", "so-1");
    CHECK(w.a.file.holds.all()[0].article == "protective");
    w.command(CaseStatement{"c-1", {}, true}, "holder", "p-1");
    w.command(CaseDecide{"c-1", "upheld", act, "seen", {}}, "security-officer", "so-1");
    CHECK(w.a.file.holds.all()[0].article == article);
  }
}

TEST_CASE("case: a hold set by hand without a case is the case's, a protective one is not", "[account][R8.1]") {
  for (const bool upheld : {true, false}) {
    World w;
    w.command(AccountFreeze{"8", {}, {}, {}}, "security-officer");
    w.command(AccountFreeze{"protective", {}, {}, {}}, "security-officer");
    w.command(CaseOpen{"c-1", "lend", {}}, "security-officer", "so-1");
    const auto holds = w.last<FreezeRecord>().holds;
    REQUIRE(holds.size() == 2);
    for (const auto& h : holds) CHECK(h.case_id == (h.article == "8" ? "c-1" : ""));
    decide(w, upheld ? "upheld" : "not_upheld");
    CHECK(w.a.file.holds.all().size() == (upheld ? 2 : 1));
    w.command(AccountLift{"8", {}}, "security-officer");
    CHECK(w.refusal() == "ILLEGAL_TRANSITION"); // confirmed, or gone
    w.command(AccountLift{"protective", {}}, "security-officer");
    CHECK(w.refusal().empty());
  }
}

TEST_CASE("appeal: ten days, somebody else, and it may take everything back", "[account][R8.3]") {
  World w = frozen();
  open(w);
  decide(w, "upheld");
  SECTION("too late, before the timer has closed the case") {
    w.now = w.now + days(10) + milliseconds(1);
    w.command(AppealFile{"c-1", "doc-2"}, "holder", "p-1");
    CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  }
  SECTION("a stranger") {
    w.command(AppealFile{"c-1", "doc-2"}, "holder", "p-9");
    CHECK(w.refusal() == "NOT_OWNER");
  }
  SECTION("decided") {
    w.now = w.now + days(10);
    w.command(AppealFile{"c-1", "doc-2"}, "holder", "p-1");
    CHECK(w.refusal().empty());
    CHECK(w.last<Notice>().deadline == w.now + days(15));
    for (const char* same : {"so-1", "p-1"}) {
      w.command(AppealDecide{"c-1", "overturned", "no proof"}, "reviewer", same);
      CHECK(w.refusal() == "SAME_PERSON");
    }
    w.command(CancelConfirm{"c-1", "severe"}, "information-centre", "ic-1"); // not while it is open
    CHECK(w.refusal() == "ILLEGAL_TRANSITION");
    SECTION("overturned") {
      w.command(AppealDecide{"c-1", "overturned", "no proof"}, "reviewer", "r-1");
      CHECK(w.last<FreezeRecord>().state == "active");
      CHECK(w.a.file.evidence.empty());
      CHECK_FALSE(w.a.file.finding);
    }
    SECTION("upheld") {
      w.command(AppealDecide{"c-1", "upheld", "seen"}, "reviewer", "r-1");
      CHECK(w.a.file.holds.all().size() == 1);
      CHECK(w.last<Notice>().kind == "appeal-decided");
    }
  }
  SECTION("not answered: extended once, then told to the centre once") {
    w.command(AppealFile{"c-1", "doc-2"}, "holder", "p-1");
    const Time filed = w.now;
    w.fire("case-answer:c-1", filed + days(15));
    CHECK(w.last<Notice>().kind == "appeal-extended");
    CHECK(w.timer("case-answer:c-1") == filed + days(30));
    w.fire("case-answer:c-1", filed + days(30));
    CHECK(w.last<Notice>().kind == "appeal-overdue");
    CHECK(w.last<Notice>().to == "information-centre");
    CHECK_FALSE(w.timer("case-answer:c-1"));
  }
}

TEST_CASE("cancellation: an upheld case, a statement, a rubric, two people", "[account][R8.3]") {
  World w;
  w.command(CaseOpen{"c-1", "rent", {}}, "security-officer", "so-1");
  SECTION("without a statement") {
    w.now = w.now + days(3);
    w.command(CaseDecide{"c-1", "upheld", "rent", "seen", {}}, "security-officer", "so-1");
    w.command(CancelPropose{"c-1", "severe", 12}, "security-officer", "so-1");
    CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  }
  SECTION("not upheld") {
    decide(w, "not_upheld");
    w.command(CancelPropose{"c-1", "severe", 12}, "security-officer", "so-1");
    CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  }
  SECTION("in order") {
    decide(w, "upheld");
    w.command(CancelConfirm{"c-1", "severe"}, "information-centre", "ic-1");
    CHECK(w.refusal() == "ILLEGAL_TRANSITION");
    w.command(CancelPropose{"c-1", "severe", 0}, "security-officer", "so-1");
    CHECK(w.refusal() == "BAD_FIELD");
    w.command(CancelPropose{"c-1", "severe", 12}, "security-officer", "so-1");
    CHECK(w.refusal().empty());
    w.command(CancelConfirm{"c-1", "severe"}, "information-centre", "so-1");
    CHECK(w.refusal() == "SAME_PERSON");
    w.command(CancelConfirm{"c-1", "severe"}, "information-centre", "ic-1");
    CHECK(w.last<FreezeRecord>().state == "cancelled");
    CHECK(w.show({.time = w.now + hours(1)}).verdict == Verdict::deny);
    CHECK(w.show({.time = w.now + hours(1), .direction = Direction::out}).verdict == Verdict::allow);
  }
}

TEST_CASE("holds of Article 8 and 10 end each on its own path", "[account][R10.3][R8.2]") {
  World w = frozen();
  const auto post = [&](const char* id, const char* kind, std::int64_t fen, const char* cause) {
    Posting p;
    p.origin = {{Topic::ledger, 0}, ++w.offset, "bank", id, w.now};
    p.posting = id;
    p.kind = kind;
    p.amount = Fen{fen};
    p.cause = cause;
    w.out.clear();
    step(w.a, p, w.context(), w.out);
  };
  post("p-1", "charge", 1500, "double_post");
  CHECK(w.a.file.holds.all().size() == 2);
  CHECK(w.all<Notice>().front().kind == "account-held");
  CHECK(w.last<Notice>().kind == "debt-claimed");
  CHECK(w.last<Notice>().text.en.find("15.00 yuan") != std::string::npos);
  w.command(AccountLift{"10", {}}, "security-officer");
  CHECK_FALSE(w.refusal().empty());
  w.command(AccountLift{"8", {}}, "security-officer");
  CHECK(w.last<FreezeRecord>().holds.at(0).article == "10");
  post("p-2", "topup", 1499, "normal");
  w.command(UnfreezeApply{"10"}, "holder", "p-1");
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  CHECK(w.out.refusal->text.en.find("1 fen") != std::string::npos);
  post("p-3", "topup", 1, "normal");
  w.command(UnfreezeApply{"10"}, "holder", "p-1");
  w.command(UnfreezeReview{"10", "approved", {}}, "reviewer", "p-1");
  CHECK(w.refusal() == "SAME_PERSON");
  post("p-4", "charge", 10, "normal"); // a late debit between application and review
  w.command(UnfreezeReview{"10", "approved", {}}, "reviewer", "r-1");
  CHECK(w.refusal() == "ILLEGAL_TRANSITION");
  CHECK(w.a.file.holds.all().size() == 1);
}

TEST_CASE("a delegated handset in its window is no evidence, outside it is", "[account][R8.1]") {
  for (const bool inside : {true, false}) {
    World w;
    const Time from = inside ? kNoon - hours(1) : kNoon + hours(1);
    w.command(DelegationRegister{"p-2", "h-2", from, from + hours(8), {}}, "holder", "p-1");
    w.misuse();
    CHECK(w.a.file.evidence.empty() == inside);
  }
}

TEST_CASE("a passed check answers what is known, new evidence asks again", "[account][R8.1]") {
  World w;
  w.show({.zone = "gate"});
  w.show({.zone = "dorm", .time = kNoon + seconds(1)});
  CHECK(w.show({.zone = "dorm", .time = kNoon + minutes(50)}).verdict == Verdict::challenge);
  w.command(StepUpResult{"face", "passed"}, "security-officer");
  CHECK(w.show({.zone = "dorm", .time = kNoon + minutes(51)}).verdict == Verdict::allow);
  w.show({.zone = "gate", .time = kNoon + hours(2)});
  w.show({.zone = "dorm", .time = kNoon + hours(2) + seconds(1)});
  CHECK(w.show({.zone = "dorm", .time = kNoon + hours(3)}).verdict == Verdict::challenge);
}

TEST_CASE("case: a cancellation takes nobody's appeal away", "[account][R8.3]") {
  World w = frozen();
  open(w);
  decide(w, "upheld");
  w.command(CancelPropose{"c-1", "severe", 12}, "security-officer", "so-1");
  w.command(CancelConfirm{"c-1", "severe"}, "information-centre", "ic-1");
  REQUIRE(w.a.profile.cancelled);
  w.command(AppealFile{"c-1", "doc-2"}, "holder", "p-1");
  CHECK(w.refusal().empty());
  w.command(AppealDecide{"c-1", "overturned", "a twin"}, "reviewer", "rv-1");
  CHECK(w.refusal().empty());
  CHECK(w.first<Notice>().text.en.find("the registrar opens a new one") != std::string::npos);
  CHECK(w.a.profile.cancelled); // for good
}

TEST_CASE("case: an application is about the holds of its day, and goes with them", "[account][R8.2]") {
  World w = frozen();
  open(w);
  decide(w, "upheld", 1);
  w.now = w.now + days(2);
  w.command(UnfreezeApply{"8"}, "holder", "p-1");
  REQUIRE(w.refusal().empty());
  SECTION("a hold that came afterwards stays") {
    w.command(AccountFreeze{"8", {}, {}, {}}, "security-officer", "so-2");
    const std::size_t holds = w.a.file.holds.all().size();
    w.command(UnfreezeReview{"8", "approved", {}}, "reviewer", "rv-1");
    CHECK(w.refusal().empty());
    CHECK(w.a.file.holds.all().size() == holds - 1);
  }
  SECTION("overturned meanwhile: nothing is left to review, and the next one is new") {
    w.command(AppealFile{"c-1", "doc-2"}, "holder", "p-1");
    w.command(AppealDecide{"c-1", "overturned", "a twin"}, "reviewer", "rv-1");
    w.command(UnfreezeReview{"8", "approved", {}}, "reviewer", "rv-2");
    CHECK(w.refusal() == "ILLEGAL_TRANSITION");
    w.command(AccountFreeze{"8", {}, {}, {}}, "security-officer", "so-2");
    w.command(UnfreezeReview{"8", "approved", {}}, "reviewer", "rv-2");
    CHECK(w.refusal() == "ILLEGAL_TRANSITION"); // nobody applied for this one
    w.command(UnfreezeApply{"8"}, "holder", "p-1");
    CHECK(w.refusal().empty());
  }
}

TEST_CASE("case: findings are ids, and few", "[account][R8.3]") {
  World w = frozen();
  w.command(CaseOpen{"c-1", "lend", {"Li Lei, room 402"}}, "security-officer", "so-1");
  CHECK(w.refusal() == "BAD_FIELD");
  w.command(CaseOpen{"c-1", "lend", std::vector<std::string>(17, "f-1")}, "security-officer", "so-1");
  CHECK(w.refusal() == "BAD_FIELD");
}

TEST_CASE("case: a term without a hold to confirm begins with the decision", "[account][R8.2][R3.1]") {
  World w;
  w.command(CaseOpen{"c-1", "lend", {}}, "security-officer", "so-1");
  w.command(CaseStatement{"c-1", {}, true}, "holder", "p-1");
  SECTION("with a term") {
    w.command(CaseDecide{"c-1", "upheld", "lend", "seen twice", 10}, "security-officer", "so-1");
    REQUIRE(w.a.file.holds.all().size() == 1);
    const Hold& hold = w.a.file.holds.all()[0];
    CHECK(hold.article == "8");
    CHECK(hold.case_id == "c-1");
    std::set<std::string> told;
    for (const auto& n : w.all<Notice>())
      if (n.kind == "case-decided") told.insert(n.to);
    CHECK(told == std::set<std::string>{"a-1", "finance", "library", "logistics-security"});
  }
  SECTION("without one nothing is held") {
    w.command(CaseDecide{"c-1", "upheld", "lend", "seen twice", {}}, "security-officer", "so-1");
    CHECK(w.refusal().empty());
    CHECK(w.a.file.holds.all().empty());
  }
}
