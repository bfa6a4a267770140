// Catches: a scan that is served, refused or challenged for the wrong reason; a blocked way out; a trace of a
// stranger.
#include <functional>

#include "domain/archive.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

Hold hold(std::vector<std::string> functions, Time since) {
  Hold h;
  h.id = "hold-1";
  h.article = "8";
  h.functions = std::move(functions);
  h.since = since;
  return h;
}

void give_evidence(World& w, RuleId rule, int weight) {
  w.a.file.evidence.add(Hit{rule, weight, 1000, kNoon, {}, {}}, 1, days(30));
}

} // namespace

TEST_CASE("scan: every reason, and what has none", "[account][R2.1][R2.2][R7.2][R8.2]") {
  const struct {
    const char* what;
    std::function<void(World&)> given;
    Shown shown;
    Verdict verdict;
    const char* reasons;
  } rows[] = {
      {"an ordinary scan", {}, {}, Verdict::allow, ""},
      {"nobody", [](World& w) { w.a.profile = {}; }, {}, Verdict::deny, "ACCOUNT_UNKNOWN"},
      {"not yet", [](World& w) { w.a.profile.valid_from = kNoon + seconds(1); }, {}, Verdict::deny, "NOT_ELIGIBLE"},
      {"from now on", [](World& w) { w.a.profile.valid_from = kNoon; }, {}, Verdict::allow, ""},
      {"until now", [](World& w) { w.a.profile.valid_to = kNoon; }, {}, Verdict::deny, "ACCOUNT_EXPIRED"},
      {"a moment longer", [](World& w) { w.a.profile.valid_to = kNoon + milliseconds(1); }, {}, Verdict::allow, ""},
      {"cancelled", [](World& w) { w.a.profile.cancelled = true; }, {}, Verdict::deny, "ACCOUNT_CANCELLED"},
      {"a test account out of place", [](World& w) { w.a.profile.test = true; }, {}, Verdict::deny, "NOT_ELIGIBLE"},
      {"a test account in joint debugging",
       [](World& w) { w.a.profile.test = true; },
       {.test_only = true},
       Verdict::allow,
       ""},
      {"a person in joint debugging", {}, {.test_only = true}, Verdict::deny, "NOT_ELIGIBLE"},
      {"a visitor wants a book",
       [](World& w) { w.a.profile.category = "temporary"; },
       {.function = "library"},
       Verdict::deny,
       "NO_ENTITLEMENT"},
      {"a visitor wants the laundry",
       [](World& w) { w.a.profile.category = "temporary"; },
       {.function = "other:laundry"},
       Verdict::deny,
       "NO_ENTITLEMENT"},
      {"other stands for all others", {}, {.function = "other:laundry"}, Verdict::allow, ""},
      {"a category the policy lost",
       [](World& w) { w.a.profile.category = "guest"; },
       {},
       Verdict::deny,
       "NO_ENTITLEMENT"},
      {"an integration for staff", {}, {.categories = {"staff"}}, Verdict::deny, "OUT_OF_SCOPE"},
      {"an integration for staff and students", {}, {.categories = {"staff", "student"}}, Verdict::allow, ""},
      {"held", [](World& w) { w.a.file.holds.add(hold({"access"}, kNoon)); }, {}, Verdict::deny, "ACCOUNT_FROZEN"},
      {"held for something else",
       [](World& w) { w.a.file.holds.add(hold({"payment"}, kNoon)); },
       {},
       Verdict::allow,
       ""},
      {"held since later: a late scan",
       [](World& w) { w.a.file.holds.add(hold({"access"}, kNoon + seconds(1))); },
       {},
       Verdict::allow,
       ""},
      {"held, and leaving",
       [](World& w) { w.a.file.holds.add(hold({"access"}, kNoon)); },
       {.direction = Direction::out},
       Verdict::allow,
       "ACCOUNT_FROZEN"},
      {"held, at the clinic",
       [](World& w) { w.a.file.holds.add(hold({"other"}, kNoon)); },
       {.function = "other:clinic"},
       Verdict::allow,
       "ACCOUNT_FROZEN"},
      {"a stranger leaves",
       [](World& w) { w.a.profile = {}; },
       {.direction = Direction::out},
       Verdict::allow,
       "ACCOUNT_UNKNOWN"},
      {"the device may not serve",
       {},
       {.device_reasons = Reason::DEVICE_NOT_ACTIVE},
       Verdict::deny,
       "DEVICE_NOT_ACTIVE"},
      {"several reasons at once",
       [](World& w) {
         w.a.profile.category = "temporary";
         w.a.file.holds.add(hold({"library"}, kNoon));
       },
       {.function = "library", .device_reasons = Reason::INTEGRATION_NOT_LIVE},
       Verdict::deny,
       "ACCOUNT_FROZEN NO_ENTITLEMENT INTEGRATION_NOT_LIVE"},
      {"suspected below challenge", [](World& w) { give_evidence(w, RuleId::A8, 699); }, {}, Verdict::allow, ""},
      {"suspected",
       [](World& w) { give_evidence(w, RuleId::A8, 700); },
       {},
       Verdict::challenge,
       "CHALLENGE_REQUIRED"},
      {"suspected and held",
       [](World& w) {
         give_evidence(w, RuleId::A8, 700);
         w.a.file.holds.add(hold({"access"}, kNoon));
       },
       {},
       Verdict::deny,
       "ACCOUNT_FROZEN"},
      {"suspected, and leaving",
       [](World& w) { give_evidence(w, RuleId::A8, 700); },
       {.direction = Direction::out},
       Verdict::allow,
       "CHALLENGE_REQUIRED"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    World w;
    if (row.given) row.given(w);
    const Decision d = w.show(row.shown);
    CHECK(w.all<Decision>().size() == 1);
    CHECK(to_string(d.verdict) == to_string(row.verdict));
    CHECK(text(d.reasons) == row.reasons);
    CHECK(d.policy == "test-1");
    CHECK(d.integration == "gates");
  }
}

TEST_CASE("scan: a token that is no good", "[account]") {
  const struct {
    TokenState state;
    const char* reasons;
  } rows[] = {{TokenState::none, ""},
              {TokenState::genuine, ""},
              {TokenState::malformed, "CODE_INVALID"},
              {TokenState::bad_mac, "CODE_INVALID"},
              {TokenState::unknown_issuer, "CODE_UNKNOWN_ISSUER"}};
  for (const auto& row : rows) {
    World w;
    Scan scan;
    scan.origin.time = kNoon;
    scan.function = "access";
    scan.token.state = row.state;
    scan.token.issued_at = kNoon;
    step(w.a, msg::ScanSeen{&scan, {}}, w.context(), w.out);
    CHECK(text(w.last<Decision>().reasons) == row.reasons);
  }
}

TEST_CASE("scan: a stranger leaves no trace", "[account]") {
  World w;
  w.a.profile = {};
  w.a.hot = {};
  w.misuse();
  w.show({.code = Code{"n-1", hours(1)}});
  CHECK_FALSE(w.a.dirty.any());
  CHECK(w.a.hot.scans == 0);
  CHECK(w.out.sends.empty());
}

TEST_CASE("scan: the step-up asks at the next use, and the score is the one after this scan", "[account]") {
  World w;
  w.show({.zone = "gate"});
  const Decision second = w.show({.zone = "dorm", .time = kNoon + seconds(60)}); // A1, 850
  CHECK(second.verdict == Verdict::allow);
  CHECK(second.score == 850);
  REQUIRE(second.findings.size() == 1);
  const Decision third = w.show({.zone = "dorm", .time = kNoon + minutes(9)});
  CHECK(third.verdict == Verdict::challenge);
  CHECK(third.findings == second.findings);
  const Decision much_later = w.show({.zone = "dorm", .time = kNoon + days(20)});
  CHECK(much_later.verdict == Verdict::allow);
  CHECK(much_later.score < 700);
}

TEST_CASE("scan: only the parts that changed are written", "[account]") {
  World w;
  w.show({});
  CHECK((w.a.dirty.hot && w.a.dirty.ring[0]));
  CHECK_FALSE((w.a.dirty.profile || w.a.dirty.usage || w.a.dirty.file || w.a.dirty.ring[1]));
  saved(w.a);
  w.show({.handset = "h-1"});
  CHECK(w.a.dirty.usage);
  saved(w.a);
  w.show({.time = kNoon + seconds(9), .handset = "h-1"});
  CHECK_FALSE((w.a.dirty.usage || w.a.dirty.file));
  saved(w.a);
  w.show({.trusted = false});
  CHECK(w.a.dirty.hot);
  CHECK_FALSE((w.a.dirty.ring[0] || w.a.dirty.ring[1] || w.a.dirty.usage));
  saved(w.a);
  w.show({.zone = "dorm", .time = kNoon + seconds(10)});
  CHECK(w.a.dirty.file); // A1
}

TEST_CASE("scan: the ring keeps the newest sixteen; an older scan is decided and is no evidence", "[account]") {
  World w;
  for (int i = 0; i < 20; ++i) w.show({.zone = "gate", .time = kNoon + minutes(i)});
  std::int64_t oldest = INT64_MAX;
  w.a.ring.each([&](const Sighting& s) { oldest = std::min(oldest, s.time.ms); });
  CHECK(oldest == (kNoon + minutes(4)).ms);
  const Decision late = w.show({.zone = "dorm", .time = kNoon + minutes(3)});
  CHECK(late.verdict == Verdict::allow);
  CHECK(w.a.file.evidence.empty());
  w.show({.zone = "dorm", .time = kNoon + minutes(5)}); // late as well, but within the sixteen
  CHECK(w.weight(RuleId::A2) == 900);
}

TEST_CASE("scan: a rule in shadow mode is told from what it would have done", "[account][R13.1]") {
  Policy p = campus_policy();
  p.rule(RuleId::A1).mode = Mode::shadow;
  World w(p);
  w.show({.zone = "gate"});
  const Decision hit = w.show({.zone = "dorm", .time = kNoon + seconds(60)});
  CHECK(w.out.tally.shadow_hits == std::vector<RuleId>{RuleId::A1});
  CHECK(w.out.tally.hits.empty());
  CHECK(hit.shadow.empty()); // enforced, it would have asked at the next use
  CHECK(hit.score == 0);
  CHECK_FALSE(w.a.file.finding);
  const Decision next = w.show({.zone = "dorm", .time = kNoon + minutes(9)});
  CHECK(next.verdict == Verdict::allow);
  CHECK(next.shadow == std::vector<RuleId>{RuleId::A1});
  CHECK(w.show({.zone = "dorm", .time = kNoon + minutes(10), .direction = Direction::out}).shadow.empty());
  CHECK(w.show({.zone = "dorm", .time = kNoon + minutes(11), .test_only = true}).shadow.empty()); // denied anyway

  p.rule(RuleId::A1).mode = Mode::off;
  World off(p);
  off.show({.zone = "gate"});
  off.show({.zone = "dorm", .time = kNoon + seconds(60)});
  CHECK(off.out.tally.shadow_hits.empty());
  CHECK(off.out.tally.hits.empty());
}

TEST_CASE("scan: judged by the policy in force at its own time", "[account][R13.1]") {
  World w;
  Policy strict = campus_policy();
  strict.version = "strict";
  strict.effective_from = kNoon + hours(1);
  strict.categories["student"].erase("library");
  w.policies.add(strict);
  CHECK(w.show({.time = kNoon, .function = "library"}).verdict == Verdict::allow);
  CHECK(w.show({.time = kNoon + hours(1), .function = "library"}).policy == "strict");
  CHECK(w.last<Decision>().verdict == Verdict::deny);
  const Decision late = w.show({.time = kNoon + minutes(59), .function = "library"});
  CHECK(late.policy == "test-1");
  CHECK(late.verdict == Verdict::allow);
}

TEST_CASE("scan: a fault denies, except where nothing may be blocked", "[account]") {
  World w;
  Scan scan;
  scan.origin.time = kNoon;
  scan.function = "access";
  scan.direction = Direction::in;
  DeviceOpinion opinion;
  opinion.reasons = Reason::DEVICE_NOT_ACTIVE;
  Decision d = engine_fault_decision(scan, opinion, w.context());
  CHECK(d.verdict == Verdict::deny);
  CHECK(text(d.reasons) == "DEVICE_NOT_ACTIVE ENGINE_FAULT");
  scan.direction = Direction::out;
  CHECK(engine_fault_decision(scan, opinion, w.context()).verdict == Verdict::allow);
  scan.function = "other:exam";
  scan.direction = Direction::none;
  CHECK(engine_fault_decision(scan, opinion, w.context()).verdict == Verdict::allow);
  scan.function = "payment";
  scan.direction = Direction::out; // leaving is an access, not a payment
  CHECK(engine_fault_decision(scan, opinion, w.context()).verdict == Verdict::deny);
}

TEST_CASE("code issued: for an unknown account it is refused", "[account][R2.1]") {
  World w;
  w.a.profile = {};
  CodeIssued issued;
  issued.account = "a-1";
  issued.handset = "h-1";
  step(w.a, issued, w.context(), w.out);
  CHECK(w.refusal() == "UNKNOWN_TARGET");
  CHECK(w.out.sends.empty());
  CHECK_FALSE(w.a.dirty.any());
}
