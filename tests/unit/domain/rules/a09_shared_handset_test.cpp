// Catches: a lending ring on one phone unnoticed, and a couple accused.
#include "domain/rules/a09_shared_handset.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

TEST_CASE("A9: shared handset", "[rules][A9][R8.1]") {
  const struct {
    std::uint32_t accounts;
    int weight;
    bool finding;
  } rows[] = {{0, 0, false}, {1, 0, false}, {2, 200, false}, {3, 500, true}, {64, 500, true}};
  for (const auto& row : rows) {
    World w;
    step(w.a, msg::HandsetCrowded{"h-9", row.accounts, kNoon, {{{Topic::scans, 0}, 5, "s5"}}}, w.context(), w.out);
    CAPTURE(row.accounts);
    CHECK(w.weight(RuleId::A9) == row.weight);
    CHECK(w.a.file.finding.has_value() == row.finding); // two accounts alone are no finding
    CHECK(w.all<FindingRecord>().size() == (row.finding ? 1 : 0));
    // The same again says nothing new.
    w.out.clear();
    step(w.a, msg::HandsetCrowded{"h-9", row.accounts, kNoon, {{{Topic::scans, 0}, 5, "s5"}}}, w.context(), w.out);
    CHECK(w.all<FindingRecord>().empty());
  }
}

TEST_CASE("A9: the handset hears of an account the first time and then at most daily", "[rules][A9]") {
  World w;
  const auto told = [&](const char* handset, Duration after) {
    w.show({.time = kNoon + after, .handset = handset});
    return w.out.sends.size();
  };
  CHECK(told("h-1", {}) == 1);
  CHECK(w.out.sends[0].to == EntityId{Kind::handset, "h-1"});
  CHECK(std::get<msg::HandsetUsed>(w.out.sends[0].message).account == "a-1");
  CHECK(told("h-1", hours(23)) == 0);
  CHECK(told("h-1", hours(2)) == 0); // late
  CHECK(told("h-1", hours(24)) == 1);
  CHECK(told("h-2", hours(24)) == 1);
  CHECK(told("", hours(25)) == 0);
  for (int i = 0; i < 20; ++i) told(("x-" + std::to_string(i)).c_str(), hours(30));
  CHECK(w.a.usage.handsets.size() == 8);

  World silent; // no evidence from a clock that runs free, from an untrusted device or about a test account
  silent.show({.handset = "h-1", .clock = Clock::free});
  CHECK(silent.out.sends.empty());
  silent.show({.handset = "h-1", .trusted = false});
  CHECK(silent.out.sends.empty());
  silent.a.profile.test = true;
  silent.show({.handset = "h-1", .test_only = true});
  CHECK(silent.out.sends.empty());

  World issued;
  CodeIssued code;
  code.origin = {{Topic::codes_issued, 0}, 1, "issuer", "i1", kNoon};
  code.account = "a-1";
  code.handset = "h-1";
  step(issued.a, code, issued.context(), issued.out);
  CHECK(issued.out.sends.size() == 1);
}
