// Catches: an invalid policy that takes effect, an error nobody can find, an event judged by the wrong version
// (R13.1).
#include "domain/policy.hpp"

#include <functional>

#include "domain/rules/params.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;

TEST_CASE("policy: the built-in one is in order and enforces what is built", "[policy]") {
  const Policy p = builtin_policy();
  CHECK(check(p).empty());
  CHECK(check(test::campus_policy()).empty());
  CHECK(p.version == "builtin-1");
  for (const auto& info : rule_catalogue()) {
    CHECK(p.rule(info.id).mode == Mode::enforce);
    CHECK(p.rule(info.id).weight == info.weight);
  }
  CHECK(p.rule(RuleId::A1)[param::a1::campus_speed_mm_s] == 12'000);
  CHECK(p.rule(RuleId::A11)[param::a11::spend_warmup] == 30);
  CHECK(p.categories.size() == 5);
  CHECK(p.never_block == std::set<std::string, std::less<>>{"egress", "other:clinic", "other:exam"});
}

TEST_CASE("policy: every error is named with its member", "[policy]") {
  const struct {
    const char* path;
    std::function<void(Policy&)> spoil;
  } rows[] = {
      {"version:", [](Policy& p) { p.version = ""; }},
      {"version:", [](Policy& p) { p.version = "with space"; }},
      {"effective_from:", [](Policy& p) { p.effective_from = Time{1}; }},
      {"effective_from:", [](Policy& p) { p.effective_from = kLatestEvent + seconds(1); }},
      {"thresholds.watch:", [](Policy& p) { p.thresholds.watch = -1; }},
      {"thresholds.challenge:", [](Policy& p) { p.thresholds.challenge = 399; }},
      {"thresholds.propose:", [](Policy& p) { p.thresholds.propose = 699; }},
      {"thresholds.freeze:", [](Policy& p) { p.thresholds.freeze = 1001; }},
      {"thresholds.families:", [](Policy& p) { p.thresholds.families = 0; }},
      {"rules.A1.weight:", [](Policy& p) { p.rule(RuleId::A1).weight = 1001; }},
      {"rules.A2.version:", [](Policy& p) { p.rule(RuleId::A2).version = 0; }},
      {"rules.A6.half_life_h:", [](Policy& p) { p.rule(RuleId::A6).half_life_h = -1; }},
      {"rules.A1.params.campus_speed_mm_s:", [](Policy& p) { p.rule(RuleId::A1).params[0] = 0; }},
      {"rules.A1.params.strong_weight:", [](Policy& p) { p.rule(RuleId::A1).params[5] = 1001; }},
      {"rules.A9.params.flag_accounts:", [](Policy& p) { p.rule(RuleId::A9).params[1] = 1; }},
      {"zones.gate.lat:", [](Policy& p) { p.zones["gate"].lat_e7 = 900'000'001; }},
      {"zones.gate.lon:", [](Policy& p) { p.zones["gate"].lon_e7 = -1'800'000'001; }},
      {"zones.b c:", [](Policy& p) { p.zones["b c"] = {}; }},
      {"walking_seconds.gate.moon:",
       [](Policy& p) {
         p.walking_seconds[{"gate", "moon"}] = 10;
       }},
      {"walking_seconds.dorm.gate:",
       [](Policy& p) {
         p.walking_seconds[{"dorm", "gate"}] = 0;
       }},
      {"walking_seconds.gate.dorm:",
       [](Policy& p) {
         p.walking_seconds[{"gate", "dorm"}] = 10;
       }},
      {"walking_seconds.gate.gate:",
       [](Policy& p) {
         p.walking_seconds[{"gate", "gate"}] = 10;
       }},
      {"categories:", [](Policy& p) { p.categories.clear(); }},
      {"categories.staff:", [](Policy& p) { p.categories["staff"].insert("flying"); }},
      {"never_block:", [](Policy& p) { p.never_block.insert("ingress"); }},
      {"response.provisional_hours:", [](Policy& p) { p.response.provisional_hours = 0; }},
      {"response.learning_days:", [](Policy& p) { p.response.learning_days = -1; }},
      {"response.breaker.minutes:", [](Policy& p) { p.response.breaker.minutes = 0; }},
      {"response.breaker.daily_ppm:", [](Policy& p) { p.response.breaker.daily_ppm = 1'000'001; }},
      {"rectification.days:", [](Policy& p) { p.rectification.days = 0; }},
      {"rectification.by_violation.11(1):", [](Policy& p) { p.rectification.by_violation["11(1)"] = 0; }},
      {"rectification.reminder_days:", [](Policy& p) { p.rectification.reminder_days.insert(0); }},
      {"rectification.extensions:", [](Policy& p) { p.rectification.extensions = -1; }},
      {"rectification.escalate_days:", [](Policy& p) { p.rectification.escalate_days = 0; }},
      {"cases.statement_days:", [](Policy& p) { p.cases.statement_days = -1; }},
      {"cases.appeal_days:", [](Policy& p) { p.cases.appeal_days = 0; }},
      {"cases.answer_days:", [](Policy& p) { p.cases.answer_days = 0; }},
      {"cases.cancel_points:", [](Policy& p) { p.cases.cancel_points = 0; }},
      {"retention.account_days:", [](Policy& p) { p.retention.account_days = -1; }},
      {"retention.case_days:", [](Policy& p) { p.retention.case_days = 36'601; }},
      {"retention.evidence_days:", [](Policy& p) { p.retention.evidence_days = -1; }},
      {"departments.x.names:", [](Policy& p) { p.departments["x"]; }},
      {"departments.library.names[0]:", [](Policy& p) { p.departments["library"].names[0].zh.clear(); }},
      {"departments.library.names[0].to:",
       [](Policy& p) {
         auto& name = p.departments["library"].names[0];
         name.from = Time{2}, name.to = Time{2};
       }},
      {"departments.library.duties:", [](Policy& p) { p.departments["library"].duties.insert("flying"); }},
      {"interpretations.14:",
       [](Policy& p) {
         p.interpretations["14"] = {1, "n", "h"};
       }},
      {"interpretations.11(10):",
       [](Policy& p) {
         p.interpretations["11(10)"] = {1, "n", "h"};
       }},
      {"interpretations.A19:",
       [](Policy& p) {
         p.interpretations["A19"] = {1, "n", "h"};
       }},
      {"interpretations.8.hash:",
       [](Policy& p) {
         p.interpretations["8"] = {1, "n", ""};
       }},
      {"gate_timeout_ms:", [](Policy& p) { p.gate_timeout_ms = 0; }},
      {"canary_subjects.x y:", [](Policy& p) { p.canary_subjects.insert("x y"); }},
      {"trust.roles.king:", [](Policy& p) { p.roles["king"]; }},
      {"trust.roles.registrar[0].public:",
       [](Policy& p) {
         p.roles["registrar"] = {{"k", KeyAlgorithm::ed25519, std::string(31, 'x'), "", {}, {}}};
       }},
      {"trust.roles.registrar[0].public:",
       [](Policy& p) {
         p.roles["registrar"] = {{"k", KeyAlgorithm::sm2, std::string(32, 'x'), "", {}, {}}};
       }},
      {"trust.roles.registrar[0].to:",
       [](Policy& p) {
         p.roles["registrar"] = {{"k", KeyAlgorithm::ed25519, std::string(32, 'x'), "", Time{2}, Time{1}}};
       }},
      {"trust.issuers.i1.secret:", [](Policy& p) { p.issuers["i1"] = {}; }},
  };
  for (const auto& row : rows) {
    Policy p = test::campus_policy();
    row.spoil(p);
    const auto errors = check(p);
    INFO(row.path);
    REQUIRE_FALSE(errors.empty());
    CHECK(errors.front().rfind(row.path, 0) == 0);
  }
}

TEST_CASE("policy: all errors at once, not the first only", "[policy]") {
  Policy p = builtin_policy();
  p.version = "";
  p.gate_timeout_ms = 0;
  p.rule(RuleId::A1).weight = -1;
  CHECK(check(p).size() == 3);
}

TEST_CASE("policy: an event is judged by the version in force at its time", "[policy][R13.1]") {
  const auto version = [](std::string name, Time from) {
    Policy p = builtin_policy();
    p.version = std::move(name);
    p.effective_from = from;
    return p;
  };
  const Time march = test::kNoon, april = test::kNoon + days(30);
  PolicyHistory h;
  CHECK(h.at(march).version == "builtin-1");
  h.add(version("april", april));
  h.add(version("march", march)); // published later, in force earlier
  CHECK(h.at(march - milliseconds(1)).version == "builtin-1");
  CHECK(h.at(march).version == "march");
  CHECK(h.at(april - milliseconds(1)).version == "march");
  CHECK(h.at(april).version == "april");
  h.add(version("april-corrected", april)); // the same date: the later published
  CHECK(h.at(april).version == "april-corrected");
  CHECK(h.at(april + days(300)).version == "april-corrected");
  CHECK(h.knows("march"));
  CHECK_FALSE(h.knows("may"));

  // A first policy given by hand stands where no published one is in force, whatever its own date.
  PolicyHistory given(version("given", april + days(30)));
  given.add(version("march", march));
  CHECK(given.at(march - days(1)).version == "given");
  CHECK(given.at(april + days(60)).version == "march");
}

TEST_CASE("policy: a version in shadow is never in force", "[policy][R13.1]") {
  const auto version = [](std::string name, Time from, bool shadow) {
    Policy p = builtin_policy();
    p.version = std::move(name);
    p.effective_from = from;
    p.shadow = shadow;
    return p;
  };
  const Time march = test::kNoon, april = march + days(30), may = march + days(60), june = march + days(90);
  PolicyHistory h;
  const auto candidate = [&](Time t) {
    const Candidate* c = h.candidate_at(t);
    return c == nullptr ? std::string() : c->policy->version + " beside " + c->live->version;
  };
  CHECK(candidate(march).empty());
  h.add(version("live-1", march, false));
  h.add(version("cand-1", march, true));
  CHECK(candidate(march - milliseconds(1)).empty());
  CHECK(candidate(march) == "cand-1 beside live-1");
  CHECK(h.at(june).version == "live-1");
  h.add(version("cand-2", may, true)); // another candidate ends it
  CHECK(candidate(may - milliseconds(1)) == "cand-1 beside live-1");
  CHECK(candidate(may) == "cand-2 beside live-1");
  h.add(version("live-2", april, false)); // so does a version in force
  CHECK(candidate(april - milliseconds(1)) == "cand-1 beside live-1");
  CHECK(candidate(april).empty());
  CHECK(candidate(may) == "cand-2 beside live-2");
  CHECK(h.at(may).version == "live-2");
  h.add(version("live-3", may, false)); // of the same date the later published
  CHECK(candidate(may).empty());
  CHECK(candidate(june).empty());
  CHECK(h.at(may).version == "live-3");
  for (const char* known : {"live-1", "live-2", "live-3", "cand-1", "cand-2", "builtin-1"}) CHECK(h.knows(known));
  CHECK_FALSE(h.knows("cand-3"));

  // What is given by hand stands, whatever it says of itself.
  PolicyHistory given(version("given", april, true));
  CHECK(given.at(march).version == "given");
  CHECK(given.candidate_at(april) == nullptr);
  CHECK(given.knows("given"));
}

TEST_CASE("policy: a candidate judges by itself what it would judge otherwise", "[policy]") {
  using Rules = std::set<std::string>;
  const auto judged = [](auto&& change) {
    PolicyHistory h(test::campus_policy());
    Policy p = test::campus_policy();
    p.version = "cand-1";
    p.shadow = true;
    change(p);
    h.add(p);
    Rules out;
    for (std::size_t i = 0; i < kRuleIds; ++i)
      if (h.candidate_at(test::kNoon)->judges(static_cast<RuleId>(i)))
        out.insert(std::string(to_string(static_cast<RuleId>(i))));
    return out;
  };
  CHECK(judged([](Policy&) {}).empty());
  CHECK(judged([](Policy& p) { p.rule(RuleId::A8).weight = 1; }) == Rules{"A8"});
  CHECK(judged([](Policy& p) { p.rule(RuleId::A8).mode = Mode::off; }).empty());    // nothing to judge
  CHECK(judged([](Policy& p) { p.rule(RuleId::A8).mode = Mode::shadow; }).empty()); // for nobody
  CHECK(judged([](Policy& p) { p.rule(RuleId::A1).weight = 1; }) == Rules{"A1", "A4"});
  CHECK(judged([](Policy& p) { p.zones.erase("hall"); }) == Rules{"A1", "A2", "A4", "D5"});
  CHECK(judged([](Policy& p) { p.walking_seconds.clear(); }) == Rules{"A1", "A4"});
  CHECK(judged([](Policy& p) { p.canary_subjects.insert("a-9"); }) == Rules{"D14"});
  CHECK(judged([](Policy& p) { p.thresholds.watch = 1; }).empty());
}

TEST_CASE("policy: time on foot, in both directions", "[policy]") {
  const Policy p = test::campus_policy();
  CHECK(p.walking_time_s("gate", "hill") == 1200);
  CHECK(p.walking_time_s("hill", "gate") == 1200);
  CHECK_FALSE(p.walking_time_s("gate", "dorm"));
}
