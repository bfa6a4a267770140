// Catches: a copied code that works twice, and a holder refused or suspected for a retry.
#include "domain/rules/a05_nonce_reuse.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

TEST_CASE("A5: nonce reuse", "[rules][A5][R8.1]") {
  const Code code{"n-1"};
  const Time later = kNoon + seconds(20);
  const struct {
    const char* what;
    std::vector<Shown> shown;
    const char* reasons; // of the last decision
    int weight;
  } rows[] = {
      {"another device", {{.code = code}, {.zone = "hall", .time = later, .code = code}}, "CODE_REPLAYED", 970},
      {"another device, before the first in event time",
       {{.time = later, .code = code}, {.zone = "hall", .code = code}},
       "CODE_REPLAYED",
       970},
      {"the same device, later: refused, no evidence",
       {{.code = code}, {.time = later, .code = code}},
       "CODE_REPLAYED",
       0},
      {"another code", {{.code = code}, {.zone = "hall", .time = later, .code = Code{"n-2"}}}, "", 0},
      // false positives
      {"a retry at once", {{.code = code}, {.time = kNoon + seconds(5), .code = code}}, "", 0},
      {"not quite at once", {{.code = code}, {.time = kNoon + milliseconds(5001), .code = code}}, "CODE_REPLAYED", 0},
      {"the reader refused the first",
       {{.outcome = Outcome::denied, .code = code}, {.zone = "hall", .time = later, .code = code}},
       "",
       0},
      {"the engine refused the first",
       {{.code = code, .device_reasons = Reason::DEVICE_NOT_ACTIVE}, {.zone = "hall", .time = later, .code = code}},
       "",
       0},
      {"refused first, served second, shown a third time",
       {{.outcome = Outcome::denied, .code = code},
        {.zone = "hall", .time = later, .code = code},
        {.zone = "gate", .time = later, .device = "d-3", .code = code}},
       "CODE_REPLAYED",
       970},
      {"shown again where the copy was refused",
       {{.code = code}, {.zone = "hall", .time = later, .code = code}, {.zone = "hall", .time = later, .code = code}},
       "CODE_REPLAYED",
       970},
      {"refused first, served second, and a retry of that",
       {{.outcome = Outcome::denied, .code = code},
        {.zone = "hall", .time = later, .code = code},
        {.zone = "hall", .time = later + seconds(5), .code = code}},
       "",
       0},
      {"a free-running clock: refused, but no evidence",
       {{.code = code}, {.zone = "hall", .time = later, .code = code, .clock = Clock::free}},
       "CODE_REPLAYED",
       0},
      {"an untrusted device: refused, but no evidence",
       {{.code = code}, {.zone = "hall", .time = later, .code = code, .trusted = false}},
       "CODE_REPLAYED",
       0},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    World w;
    Decision d;
    for (const auto& s : row.shown) d = w.show(s);
    CHECK(text(d.reasons) == row.reasons);
    CHECK(w.weight(RuleId::A5) == row.weight);
  }
}

TEST_CASE("A5: a code's own validity is enforced whatever mode the rule has", "[rules][A5]") {
  for (const Mode mode : {Mode::off, Mode::shadow}) {
    Policy p = campus_policy();
    p.rule(RuleId::A5).mode = mode;
    World w(p);
    w.show({.code = Code{"n-1"}});
    const Decision d = w.show({.zone = "hall", .time = kNoon + seconds(9), .code = Code{"n-1"}});
    CHECK(d.verdict == Verdict::deny);
    CHECK(text(d.reasons) == "CODE_REPLAYED");
    CHECK(w.a.file.evidence.empty());
  }
}

TEST_CASE("A5: a nonce counts per account, and its memory is bounded", "[rules][A5]") {
  World w;
  for (int i = 0; i < 100; ++i)
    w.show({.time = kNoon + seconds(i), .code = Code{"n-" + std::to_string(i), seconds(1), 3600}});
  CHECK(w.a.usage.nonces.size() == 16);
  CHECK(
      text(w.show({.zone = "hall", .time = kNoon + seconds(120), .code = Code{"n-99", seconds(21), 3600}}).reasons) ==
      "CODE_REPLAYED");
  CHECK(
      text(w.show({.zone = "hall", .time = kNoon + seconds(120), .code = Code{"n-84", seconds(36), 3600}}).reasons) ==
      "CODE_REPLAYED"); // of more the one that ends first leaves
  w.show({.time = kNoon + hours(4), .code = Code{"n-late"}});
  CHECK(w.a.usage.nonces.size() == 1);
  for (const bool over : {false, true}) { // forgotten an hour after its end
    World hour;
    hour.show({.code = Code{"n-1", seconds(10), 60}});
    hour.show({.time = kNoon + seconds(3650) + milliseconds(over ? 1 : 0), .code = Code{"n-2"}});
    CHECK(hour.a.usage.nonces.size() == (over ? 1 : 2));
  }
}

TEST_CASE("A5: what it says names both devices and rests on both scans", "[rules][A5][R9.3]") {
  for (const bool back : {false, true}) {
    World w;
    w.show({.zone = back ? "hall" : "gate", .code = Code{"n-1"}});
    w.show({.zone = back ? "gate" : "hall", .time = kNoon + seconds(20), .code = Code{"n-1"}});
    const auto& e = w.a.file.evidence.entries().at(0);
    CHECK(e.facts.values == std::vector<std::string>{"d-gate", "d-hall"});
    CHECK(e.events.size() == 2);
    CHECK(e.at == kNoon + seconds(20));
  }
}
