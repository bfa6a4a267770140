// Would catch: a policy in shadow that says nothing, says it of another version's evidence, or goes on after its time; one that
// sees less than the version in force saw before it.
#include "domain/account_candidate.hpp"

#include "domain/archive.hpp"
#include "domain/handset.hpp"
#include "domain/rules/params.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

template <class F>
Policy candidate(F&& change, std::string version = "cand-1", Time from = kNoon - days(1)) {
  Policy p = campus_policy();
  p.version = std::move(version);
  p.effective_from = from;
  p.shadow = true;
  change(p);
  return p;
}

struct CandidateWorld : World {
  explicit CandidateWorld(Policy candidate, Policy live = campus_policy()) : World(std::move(live)) {
    policies.add(std::move(candidate));
  }
  /// Of A2 alone: 900 in force.
  void two_places(Time t = kNoon) {
    show({.zone = "gate", .time = t, .handset = "h-1"});
    show({.zone = "hall", .time = t + seconds(1), .handset = "h-1"});
  }
  CandidateDecision at(Time t, const std::string& zone = "gate") {
    const auto d = show({.zone = zone, .time = t, .handset = "h-1"});
    REQUIRE(d.candidate);
    return *d.candidate;
  }
};

using Rules = std::vector<RuleId>;

const auto same = [](Policy&) {};
const auto no_a2 = [](Policy& p) { p.rule(RuleId::A2).mode = Mode::off; };

} // namespace

TEST_CASE("candidate: one that changes nothing says what is in force", "[account][candidate][R13.1]") {
  CandidateWorld w(candidate(same));
  w.two_places();
  const auto d = w.show({.zone = "hall", .time = kNoon + minutes(30), .handset = "h-1"});
  CHECK(d.verdict == Verdict::challenge);
  REQUIRE(d.candidate);
  CHECK(d.candidate->policy == "cand-1");
  CHECK(d.policy == "test-1");
  CHECK(d.candidate->verdict == Verdict::challenge);
  CHECK(d.candidate->reasons == Reasons{Reason::CHALLENGE_REQUIRED});
  CHECK(d.candidate->score == d.score);
  CHECK(d.candidate->band == Band::propose);
  CHECK(d.candidate->rules.empty());
  CHECK_FALSE(w.a.file.candidate); // nothing that it judges by itself
  CHECK(w.out.tally.candidate_hits.empty());
}

TEST_CASE("candidate: none says nothing and keeps nothing", "[account][candidate]") {
  World w;
  w.misuse();
  CHECK_FALSE(w.show({.time = kNoon + minutes(30)}).candidate);
  CHECK_FALSE(w.a.file.candidate);
}

TEST_CASE("candidate: a stricter one would ask where nobody asks", "[account][candidate][R13.1]") {
  SECTION("by its threshold alone") {
    CandidateWorld w(candidate([](Policy& p) { p.thresholds.watch = p.thresholds.challenge = 200; }));
    w.show({.zone = "gate", .time = kNoon, .handset = "h-1"});
    w.show({.zone = "gate", .time = kNoon + minutes(5), .handset = "h-1"}); // A3: 250
    const auto d = w.show({.zone = "gate", .time = kNoon + minutes(30), .handset = "h-1"});
    CHECK(d.verdict == Verdict::allow);
    CHECK(d.candidate->verdict == Verdict::challenge);
    CHECK(d.candidate->reasons == Reasons{Reason::CHALLENGE_REQUIRED});
    CHECK(d.candidate->score == d.score);
    CHECK(d.candidate->band == Band::challenge);
    CHECK(d.candidate->rules.empty());
  }
  SECTION("by a rule's weight") {
    CandidateWorld w(candidate([](Policy& p) { p.rule(RuleId::A3).weight = 800; }));
    w.show({.zone = "gate", .time = kNoon, .handset = "h-1"});
    w.show({.zone = "gate", .time = kNoon + minutes(5), .handset = "h-1"});
    CHECK(w.out.tally.candidate_hits == Rules{RuleId::A3});
    const auto d = w.show({.zone = "gate", .time = kNoon + minutes(30), .handset = "h-1"});
    CHECK(d.verdict == Verdict::allow);
    CHECK(d.candidate->verdict == Verdict::challenge);
    CHECK(d.candidate->score > 790);
    CHECK(d.candidate->rules == Rules{RuleId::A3});
  }
  SECTION("by a rule that is off in force") {
    Policy live = campus_policy();
    no_a2(live);
    CandidateWorld w(candidate(same), live);
    w.two_places();
    const auto d = w.show({.zone = "hall", .time = kNoon + minutes(30), .handset = "h-1"});
    CHECK(d.verdict == Verdict::allow);
    CHECK(d.candidate->verdict == Verdict::challenge);
    CHECK(d.candidate->rules == Rules{RuleId::A2});
  }
  SECTION("by whom it lets use what") {
    CandidateWorld w(candidate([](Policy& p) { p.categories["student"] = {"library"}; }));
    const auto d = w.show({});
    CHECK(d.verdict == Verdict::allow);
    CHECK(d.candidate->verdict == Verdict::deny);
    CHECK(d.candidate->reasons == Reasons{Reason::NO_ENTITLEMENT});
  }
  SECTION("by how long a code is good") {
    CandidateWorld w(candidate([](Policy& p) { p.rule(RuleId::A6).params[param::a6::clock_skew_ms] = 0; }));
    const auto d = w.show({.handset = "h-1", .code = Code{"n-1", seconds(63), 60}});
    CHECK(d.verdict == Verdict::allow);
    CHECK(d.candidate->verdict == Verdict::deny);
    CHECK(d.candidate->reasons == Reasons{Reason::CODE_EXPIRED});
  }
  SECTION("by places that are further apart") {
    CandidateWorld w(candidate([](Policy& p) { p.zones["hall"] = place(9000, 0); }));
    w.show({.zone = "gate", .time = kNoon, .handset = "h-1"});
    w.show({.zone = "hall", .time = kNoon + minutes(1), .handset = "h-1"});
    CHECK(w.out.tally.hits.empty());
    CHECK(w.out.tally.candidate_hits == Rules{RuleId::A1});
  }
}

TEST_CASE("candidate: a laxer one would not ask where somebody is asked", "[account][candidate][R13.1]") {
  SECTION("because the rule is off") {
    CandidateWorld w(candidate(no_a2));
    w.two_places();
    const auto d = w.show({.zone = "hall", .time = kNoon + minutes(30), .handset = "h-1"});
    CHECK(d.verdict == Verdict::challenge);
    CHECK(d.candidate->verdict == Verdict::allow);
    CHECK(d.candidate->score == 0);
    CHECK(d.candidate->band == Band::observe);
    CHECK(d.candidate->rules == Rules{RuleId::A2});
  }
  SECTION("because the rule only watches") {
    CandidateWorld w(candidate([](Policy& p) { p.rule(RuleId::A2).mode = Mode::shadow; }));
    w.two_places();
    CHECK(w.at(kNoon + minutes(30)).verdict == Verdict::allow);
    CHECK(w.out.tally.candidate_hits.empty());
  }
  SECTION("because of the threshold") {
    CandidateWorld w(candidate([](Policy& p) { p.thresholds = {950, 960, 970, 980, 2}; }));
    w.two_places();
    const auto d = w.show({.zone = "hall", .time = kNoon + minutes(30), .handset = "h-1"});
    CHECK(d.verdict == Verdict::challenge);
    CHECK(d.candidate->verdict == Verdict::allow);
    CHECK(d.candidate->rules.empty());
  }
}

TEST_CASE("candidate: what was known before it began counts, what it judges itself does not count twice",
          "[account][candidate]") {
  CandidateWorld w(candidate(no_a2, "cand-1", kNoon + hours(1)));
  w.two_places(); // before it: as if the version had come into force then
  const auto before = w.show({.zone = "gate", .time = kNoon + minutes(59), .handset = "h-1"});
  CHECK_FALSE(before.candidate);
  const auto d = w.show({.zone = "gate", .time = kNoon + hours(1), .handset = "h-1"});
  CHECK(d.verdict == Verdict::challenge);
  CHECK(d.candidate->verdict == Verdict::challenge);
  CHECK(d.candidate->score == d.score);
  // A scan of before is no event of its time, though it arrives later.
  CHECK_FALSE(w.show({.zone = "gate", .time = kNoon + minutes(58), .handset = "h-1"}).candidate);
}

TEST_CASE("candidate: another one begins with an empty book, a version in force ends it",
          "[account][candidate][R13.1]") {
  const auto heavy = [](Policy& p) { p.rule(RuleId::A3).weight = 800; };
  CandidateWorld w(candidate(heavy));
  w.show({.zone = "gate", .time = kNoon, .handset = "h-1"});
  w.show({.zone = "gate", .time = kNoon + minutes(5), .handset = "h-1"});
  REQUIRE(w.a.file.candidate);
  CHECK((*w.a.file.candidate)->policy == "cand-1");

  SECTION("another candidate") {
    w.policies.add(candidate(heavy, "cand-2", kNoon + hours(1)));
    CHECK(w.at(kNoon + minutes(59)).verdict == Verdict::challenge);
    const auto d = w.at(kNoon + hours(1));
    CHECK(d.policy == "cand-2");
    CHECK(d.score < 300); // what was in force until then
    CHECK_FALSE(w.a.file.candidate);
    // The old one is over: a late scan of its time does not call it back.
    CHECK_FALSE(w.show({.zone = "dorm", .time = kNoon + minutes(20), .handset = "h-1"}).candidate);
    CHECK_FALSE(w.a.file.candidate);
  }
  SECTION("a version in force") {
    Policy live = campus_policy();
    live.version = "test-2";
    live.effective_from = kNoon + hours(1);
    w.policies.add(live);
    const auto d = w.show({.zone = "gate", .time = kNoon + hours(1), .handset = "h-1"});
    CHECK(d.policy == "test-2");
    CHECK_FALSE(d.candidate);
    CHECK_FALSE(w.a.file.candidate);
    CHECK(w.a.dirty.file);
  }
}

TEST_CASE("candidate: its book follows what becomes of the evidence", "[account][candidate][R8.4]") {
  CandidateWorld w(candidate([](Policy& p) { p.rule(RuleId::A2).weight = 950, p.rule(RuleId::A3).weight = 800; }));
  SECTION("a reader's time was wrong") {
    w.two_places();
    REQUIRE(w.a.file.candidate);
    w.withdraw(RuleId::A2, ref(w.scans.back().origin), "d-hall");
    CHECK_FALSE(w.a.file.candidate);
  }
  SECTION("what the other scans say stays") {
    w.two_places();
    w.show({.zone = "gate", .time = kNoon + seconds(2), .handset = "h-1"});
    w.withdraw(RuleId::A2, ref(w.scans.front().origin), "d-gate");
    REQUIRE(w.a.file.candidate);
    CHECK((*w.a.file.candidate)->evidence.entries().front().weight == 950);
    CHECK(w.out.tally.candidate_hits.empty()); // nothing new
  }
  SECTION("an exit that arrives late") {
    w.show({.zone = "gate", .time = kNoon, .handset = "h-1"});
    w.show({.zone = "gate", .time = kNoon + minutes(5), .handset = "h-1"});
    REQUIRE(w.a.file.candidate);
    w.show({.zone = "gate", .time = kNoon + minutes(3), .handset = "h-1", .direction = Direction::out});
    CHECK_FALSE(w.a.file.candidate);
  }
  SECTION("the finding is quiet") {
    w.two_places();
    w.fire("quiet", kNoon + days(31));
    CHECK_FALSE(w.a.file.candidate);
  }
  SECTION("a case was not upheld, and nothing of before comes back") {
    w.two_places();
    w.now = kNoon + hours(1);
    settle_evidence(w.a, {"无事。", "Nothing."}, w.context(), w.out);
    CHECK_FALSE(w.a.file.candidate);
    w.show({.zone = "dorm", .time = kNoon + seconds(1), .handset = "h-1"});
    CHECK_FALSE(w.a.file.candidate);
  }
}

TEST_CASE("candidate: people's reports and bindings weigh what they weigh under it", "[account][candidate]") {
  CandidateWorld w(candidate([](Policy& p) {
    p.rule(RuleId::A7).params[param::a7::week_binds] = 0;
    p.rule(RuleId::A16).params[param::a16::failures] = 1;
    p.rule(RuleId::A17).weight = 990;
  }));
  w.a.profile.handsets = {{"h-1", false, kNoon - days(9), {}}};
  w.now = kNoon;
  w.command(HandsetBind{"h-2", false, "h-1"});
  CHECK(w.out.tally.candidate_hits == Rules{RuleId::A7});
  w.command(StepUpResult{"face", "failed"}, "security-officer");
  CHECK(w.out.tally.candidate_hits == Rules{RuleId::A16});
  w.command(TipoffFile{"lend", 1000, {}}, "security-officer");
  CHECK(w.out.tally.candidate_hits == Rules{RuleId::A17});
  CHECK(w.out.tally.hits == Rules{RuleId::A17});
  CHECK(w.at(kNoon + minutes(1)).rules == Rules{RuleId::A7, RuleId::A16, RuleId::A17});
}

TEST_CASE("candidate: a shared handset is counted by its window and its limits", "[handset][candidate]") {
  PolicyHistory policies{campus_policy()};
  HandsetState h;
  h.id = "h-1";
  Effects out;
  const auto use = [&](const std::string& account, Time t) {
    out.clear();
    step(h, msg::HandsetUsed{account, t, {{Topic::scans, 0}, t.ms, account}}, Context{policies, t}, out);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> told;
    for (const auto& s : out.sends)
      if (const auto* m = std::get_if<msg::HandsetCrowded>(&s.message))
        told.push_back({m->accounts, m->for_candidate});
    return told;
  };
  using Told = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
  SECTION("a longer window") {
    policies.add(candidate([](Policy& p) { p.rule(RuleId::A9).params[param::a9::window_days] = 30; }));
    CHECK(use("a-1", kNoon).empty());
    CHECK(use("a-2", kNoon + days(10)) == Told{{0, 2}, {0, 2}});
    CHECK(use("a-3", kNoon + days(11)) == Told{{2, 3}, {2, 3}});
    World w; // nothing of it is held against anybody in force
    w.out.clear();
    step(w.a, std::get<msg::HandsetCrowded>(out.sends.front().message), w.context(), w.out);
    CHECK(w.weight(RuleId::A9) == 200);
  }
  SECTION("off in force") {
    Policy live = campus_policy();
    live.rule(RuleId::A9).mode = Mode::off;
    policies = PolicyHistory(live);
    policies.add(candidate(same));
    use("a-1", kNoon);
    CHECK(use("a-2", kNoon + days(1)) == Told{{0, 2}, {0, 2}});
    CandidateWorld w(candidate(same), live);
    w.out.clear();
    step(w.a, std::get<msg::HandsetCrowded>(out.sends.front().message), w.context(), w.out);
    CHECK(w.a.file.evidence.empty());
    CHECK(w.out.tally.candidate_hits == Rules{RuleId::A9});
  }
  SECTION("alike") {
    policies.add(candidate(same));
    use("a-1", kNoon);
    CHECK(use("a-2", kNoon + days(1)) == Told{{2, 0}, {2, 0}});
  }
  SECTION("told already") {
    policies.add(candidate([](Policy& p) { p.rule(RuleId::A9).weight = 600; }));
    use("a-1", kNoon);
    CHECK(use("a-2", kNoon + days(1)) == Told{{2, 2}, {2, 2}});
    CHECK(use("a-2", kNoon + days(1) + hours(1)).empty());
  }
}

TEST_CASE("candidate: a scan that the engine failed on", "[account][candidate]") {
  CandidateWorld w(candidate([](Policy& p) { p.never_block.insert("access"); }));
  Scan scan;
  scan.origin.time = kNoon;
  scan.function = "access";
  const Decision d = engine_fault_decision(scan, {}, w.context());
  CHECK(d.verdict == Verdict::deny);
  REQUIRE(d.candidate);
  CHECK(d.candidate->verdict == Verdict::allow);
  CHECK(d.candidate->reasons == Reasons{Reason::ENGINE_FAULT});
}
