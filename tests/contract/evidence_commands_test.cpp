// Would catch: what people know (an absence, a challenge passed or failed, a tip-off) that has no effect on the score, or
// has one outside its time; a person who passed the challenge and is challenged again for the same thing.
#include "tests/contract/procedures.hpp"

using namespace contract;

namespace {

Step absence(const std::string& kind = "internship") {
  return {"holder.absence", "a-1", {{"kind", kind}, {"from", at(0)}, {"to", at(10 * kDay)}}, "registrar", ""};
}
Step step_up(const std::string& outcome, const std::string& kind = "face") {
  return {"step-up.result", "a-1", {{"kind", kind}, {"outcome", outcome}}, "security-officer", ""};
}
Step tip_off(int reliability) {
  return {"tipoff.file", "a-1", {{"kind", "guard"}, {"reliability", reliability}}, "security-officer", ""};
}

// 900 by A2: challenged from the next scan on.
Procedure challenged() {
  Procedure procedure;
  procedure.scan("s1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
  procedure.scan("s2", "d-2", 1, "a-1", kSecond, {{"handset", "h-1"}});
  return procedure;
}

} // namespace

TEST_CASE("A13: a code shown on campus while its holder is known to be away", "[contract][R8.1]") {
  Procedure procedure;
  procedure.take(absence(), -kDay);
  SECTION("during the absence") {
    procedure.scan("s1", "d-1", 1, "a-1", 5 * kDay);
    const Outcome outcome = accepted(procedure);
    CHECK(outcome.decision("s1").at("score") == 800);
    CHECK(outcome.findings("alerts", "A13", "a-1").size() == 1);
  }
  SECTION("before and after") {
    procedure.scan("before", "d-1", 1, "a-1", -kHour);
    procedure.scan("after", "d-1", 2, "a-1", 10 * kDay + kHour);
    CHECK(accepted(procedure).findings("alerts", "A13", "a-1").empty());
  }
  SECTION("by the time of the event, not of its arrival") {
    procedure.clock(20 * kDay);
    procedure.scan("late", "d-1", 1, "a-1", 5 * kDay, {{"offline", true}, {"clock", "synced"}});
    procedure.lines.back()["timestamp"] = epoch_ms(20 * kDay + kMinute);
    CHECK(accepted(procedure).findings("alerts", "A13", "a-1").size() == 1);
  }
}

TEST_CASE("a step-up passed clears the challenge", "[contract][R8.1]") {
  Procedure procedure = challenged();
  procedure.scan("challenge", "d-1", 2, "a-1", kHour, {{"handset", "h-1"}});
  procedure.take(step_up("passed"), kHour + kMinute);
  procedure.scan("passed", "d-1", 3, "a-1", kHour + 2 * kMinute, {{"handset", "h-1"}});
  const Outcome outcome = accepted(procedure);
  CHECK(outcome.verdict("challenge") == "challenge");
  CHECK(outcome.verdict("passed") == "allow");
}

TEST_CASE("A16: a step-up failed twice or ignored is evidence of its own family", "[contract][R8.1]") {
  Procedure procedure = challenged();
  procedure.take(step_up("failed"), kHour);
  SECTION("failed once is not yet anything") {
    procedure.scan("next", "d-1", 2, "a-1", 2 * kHour, {{"handset", "h-1"}});
    CHECK(accepted(procedure).decision("next").at("score") <= 900);
  }
  SECTION("failed twice") { // 900 and 700 make 970
    procedure.take(step_up("failed", "sms"), kHour + kMinute);
    procedure.scan("next", "d-1", 2, "a-1", 2 * kHour, {{"handset", "h-1"}});
    CHECK(accepted(procedure).decision("next").at("score") >= 965);
  }
  SECTION("ignored") {
    procedure.take(step_up("ignored"), kHour + kMinute);
    procedure.scan("next", "d-1", 2, "a-1", 2 * kHour, {{"handset", "h-1"}});
    CHECK(accepted(procedure).decision("next").at("score") >= 965);
  }
}

TEST_CASE("A17: a tip-off counts by its reliability", "[contract][R8.1]") {
  const auto score = [](int reliability) {
    Procedure procedure;
    procedure.take(tip_off(reliability), 0);
    procedure.scan("next", "d-1", 1, "a-1", kMinute, {{"handset", "h-1"}});
    return accepted(procedure).decision("next").at("score").get<int>();
  };
  const int low = score(500);
  const int high = score(950);
  CHECK(low > 0);
  CHECK(high > low);
  CHECK(high <= 950);
  Procedure procedure;
  procedure.take(tip_off(1000), 0);
  CHECK(accepted(procedure).records("freezes").empty()); // one family alone freezes nobody
}

TEST_CASE("what people know is checked before it counts", "[contract][R8.1]") {
  const Procedure procedure;
  Step backwards = absence();
  backwards.args["to"] = at(-kDay);
  refused(procedure,
          {absence("holiday"), backwards, step_up("perhaps"), step_up("passed", "palm"), tip_off(1001), tip_off(-1)},
          0, {"BAD_FIELD"});
  std::vector<Step> incomplete{absence(), step_up("passed"), tip_off(800)};
  incomplete[0].args.erase("to");
  incomplete[1].args.erase("outcome");
  incomplete[2].args.erase("reliability");
  refused(procedure, incomplete, 0, {"MISSING_FIELD"});
}
