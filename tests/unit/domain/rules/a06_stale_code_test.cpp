// Catches: an expired code that still opens doors, and a holder refused because two clocks differ by seconds.
#include "domain/rules/a06_stale_code.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

TEST_CASE("A6: stale code", "[rules][A6][R8.1]") {
  const struct {
    const char* what;
    Shown shown;
    const char* reasons;
    int weight;
  } rows[] = {
      {"fresh", {.code = Code{"n", seconds(60), 60}}, "", 0},
      {"within the skew", {.code = Code{"n", seconds(65), 60}}, "", 0},
      {"beyond the skew", {.code = Code{"n", milliseconds(65'001), 60}}, "CODE_EXPIRED", 150},
      {"a cached screen of an hour", {.code = Code{"n", hours(1), 60}}, "CODE_EXPIRED", 150},
      {"the phone's clock a little ahead", {.code = Code{"n", seconds(-5), 60}}, "", 0},
      {"made in the future", {.code = Code{"n", milliseconds(-5001), 60}}, "CODE_INVALID", 150},
      {"minute resolution of the reader stretches no code",
       {.code = Code{"n", seconds(90), 60}, .accuracy_ms = 30'000},
       "CODE_EXPIRED",
       150},
      {"a reader that runs free: refused, but no evidence",
       {.code = Code{"n", hours(1), 60}, .clock = Clock::free},
       "CODE_EXPIRED",
       0},
      {"an absurd lifetime does not overflow", {.code = Code{"n", seconds(10), INT64_MAX}}, "", 0},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    World w;
    CHECK(text(w.show(row.shown).reasons) == row.reasons);
    CHECK(w.weight(RuleId::A6) == row.weight);
  }
}

TEST_CASE("A6: enforced on the code whatever mode the rule has", "[rules][A6]") {
  Policy p = campus_policy();
  p.rule(RuleId::A6).mode = Mode::off;
  World w(p);
  CHECK(w.show({.code = Code{"n", hours(1), 60}}).verdict == Verdict::deny);
  CHECK(w.a.file.evidence.empty());
}

TEST_CASE("A6: what it says", "[rules][A6][R9.3]") {
  World old;
  old.show({.code = Code{"n", hours(1), 60}});
  CHECK(old.a.file.evidence.entries().at(0).facts.form == Form::code_stale);
  CHECK(old.a.file.evidence.entries().at(0).facts.values == std::vector<std::string>{"3600", "60"});
  World early;
  early.show({.code = Code{"n", seconds(-6), 60}});
  CHECK(early.a.file.evidence.entries().at(0).facts.form == Form::code_early);
  CHECK(early.a.file.evidence.entries().at(0).facts.values == std::vector<std::string>{"6"});
}
