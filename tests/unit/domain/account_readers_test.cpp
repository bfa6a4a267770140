// Catches: a person held, or under suspicion, by a scan whose reader was wrong, though everybody knows by now; a person of whom
// the reader has forgotten; a rule whose evidence outlives the time that it rests on (DETECTION §6, device-fault retraction).
#include "domain/account_readers.hpp"

#include <algorithm>

#include "domain/rules/rests_on.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

constexpr const char* kTimer = "readers";

/// Three handsets in turn (A8, 850), then a scan that says a time of the holder's leave (A13).
World on_leave() {
  World w;
  const char* handsets[] = {"h-1", "h-2", "h-3", "h-1"};
  for (int i = 0; i < 4; ++i) w.show({.time = kNoon + hours(i), .handset = handsets[i]});
  REQUIRE(w.weight(RuleId::A8) == 850);
  w.a.procedures.edit().absences.push_back({"leave", kNoon + hours(30), kNoon + days(5)});
  w.show({.zone = "dorm", .time = kNoon + hours(31), .handset = "h-1", .device = "d-fast"});
  REQUIRE(w.weight(RuleId::A13) == 800);
  return w;
}

std::vector<msg::ScanDoubted> told(const World& w, const std::string& device) {
  std::vector<msg::ScanDoubted> found;
  for (const auto& s : w.out.sends)
    if (const auto* x = std::get_if<msg::ScanDoubted>(&s.message); x != nullptr && s.to.id == device)
      found.push_back(*x);
  return found;
}

EventRef event(std::int64_t offset) { return {{Topic::scans, 0}, offset, {}}; }

} // namespace

TEST_CASE("Readers: a freeze by a time that was wrong ends when the reader says so", "[account][trust][A13][R8.4]") {
  World w = on_leave();
  const auto doubts = told(w, "d-fast");
  REQUIRE(doubts.size() == 1);
  CHECK(doubts[0].rule == RuleId::A13);
  CHECK(doubts[0].account == "a-1");
  CHECK(doubts[0].at == kNoon + hours(31));
  CHECK(doubts[0].partner == 0);
  REQUIRE(w.a.file.freeze_wanted);
  w.permit(true);
  REQUIRE(w.a.file.holds.all().size() == 1);
  w.withdraw(RuleId::A13, doubts[0].event, "d-fast");
  CHECK(w.weight(RuleId::A13) == 0);
  CHECK(w.weight(RuleId::A8) == 850);
  CHECK(w.a.file.holds.empty());
  const auto notices = w.all<Notice>();
  CHECK(std::ranges::any_of(notices, [](const Notice& n) {
    return n.kind == "hold-lifted" && n.text.en.find("d-fast") != std::string::npos &&
           n.text.en.find("apolog") != std::string::npos;
  }));
  REQUIRE(w.a.file.finding);
  CHECK(w.a.file.finding->rule == RuleId::A8);
  CHECK(w.last<FindingRecord>().activity == FindingActivity::update);
  CHECK(told(w, "d-fast").empty());
  CHECK(std::ranges::none_of(w.a.file.readers, [](const auto& r) { return r.device == "d-fast"; }));
}

TEST_CASE("Readers: another scan of the leave says the same", "[account][trust][A13]") {
  World w = on_leave();
  const EventRef first = told(w, "d-fast").at(0).event;
  w.show({.zone = "dorm", .time = kNoon + hours(40), .handset = "h-1", .device = "d-other"});
  const EventRef second = told(w, "d-other").at(0).event;
  w.withdraw(RuleId::A13, second, "d-other");
  CHECK(w.weight(RuleId::A13) == 800);
  REQUIRE(told(w, "d-fast").size() == 1); // it rests on that one now
  CHECK(told(w, "d-fast")[0].event == first);
  w.withdraw(RuleId::A13, first, "d-fast");
  CHECK(w.weight(RuleId::A13) == 0);
}

TEST_CASE("Readers: every rule that rests on a reader lets go, and no other", "[account][trust][R8.1]") {
  std::size_t resting = 0;
  for (const RuleInfo& rule : rule_catalogue()) {
    if (to_string(rule.id)[0] != 'A') continue;
    INFO(to_string(rule.id));
    World w;
    w.a.file.evidence.add({rule.id, 900, 1000, kNoon, {Form::own, {"", ""}}, {event(5)}}, 1, days(30));
    w.a.file.finding = Finding{"f-1", rule.id, Band::propose, kNoon, kNoon};
    w.withdraw(rule.id, event(6));
    CHECK(w.weight(rule.id) == 900);
    w.withdraw(rule.id, event(5));
    CHECK((w.weight(rule.id) == 0) == rules::rests_on_reader(rule.id));
    CHECK(w.a.file.finding.has_value() != rules::rests_on_reader(rule.id));
    if (!rules::rests_on_reader(rule.id)) continue;
    ++resting;
    REQUIRE(w.all<FindingRecord>().size() == 1);
    CHECK(w.first<FindingRecord>().activity == FindingActivity::close);
    CHECK(w.first<FindingRecord>().explanation.en.find("d-gate was wrong") != std::string::npos);
  }
  CHECK(resting == 14);
  // What no clock can make wrong: whose code and handset it was, what people found.
  for (const RuleId rule : {RuleId::A5, RuleId::A9, RuleId::A16, RuleId::A17})
    CHECK_FALSE(rules::rests_on_reader(rule));
}

TEST_CASE("Readers: asked again ever less often while the finding stands", "[account][trust][R8.1]") {
  World w = on_leave();
  w.permit(false);
  const Time hit = kNoon + hours(31);
  CHECK(w.a.file.ask == kNoon + hours(4)); // of A8, found before
  Time due = hit + hours(1);
  std::vector<std::int64_t> lies_back;
  for (int i = 0; i < 8; ++i) {
    w.fire(kTimer, due);
    REQUIRE(told(w, "d-fast").size() == 1);
    CHECK(told(w, "d-fast")[0].rule == RuleId::A13);
    CHECK(told(w, "d-gate").size() == 3); // A8's
    const auto next = w.timer(kTimer);
    REQUIRE(next);
    CHECK(*next == w.a.file.ask);
    lies_back.push_back((*next - due).ms / hours(1).ms);
    due = *next;
  }
  CHECK(std::ranges::is_sorted(lies_back));
  CHECK(lies_back.front() == 1);
  CHECK(lies_back.back() == 24);
  // It is over: nobody is asked any more.
  w.fire("quiet", w.a.file.finding->last_hit + kQuiet);
  REQUIRE_FALSE(w.a.file.finding);
  w.fire(kTimer, due + days(30));
  CHECK(w.out.sends.empty());
  CHECK_FALSE(w.timer(kTimer));
}

TEST_CASE("Readers: asked each hour while the account is held", "[account][trust][R8.4]") {
  World w = on_leave();
  Time due = kNoon + hours(32);
  for (int i = 0; i < 5; ++i) {
    w.fire(kTimer, due);
    due = w.a.file.ask;
  }
  REQUIRE(due > w.now + hours(1));
  w.a.file.freeze_wanted = true;
  w.permit(true);
  CHECK(w.timer(kTimer) == w.now + hours(1));
  w.fire(kTimer, w.now + hours(1));
  CHECK(w.timer(kTimer) == w.now + hours(1));
}

TEST_CASE("Readers: hits without end do not put the question off", "[account][trust]") {
  World w = on_leave();
  const Time due = w.a.file.ask;
  w.show({.zone = "dorm", .time = kNoon + hours(31) + minutes(30), .handset = "h-1"});
  CHECK(w.a.file.ask == due);
}

TEST_CASE("Readers: of what nothing follows from nobody is told, until something does", "[account][trust]") {
  World w;
  w.a.procedures.edit().absences.push_back({"leave", kNoon, kNoon + days(5)});
  Policy p = campus_policy();
  p.version = "weak";
  p.effective_from = kNoon - days(1);
  for (auto& r : p.rules)
    if (&r == &p.rules[static_cast<std::size_t>(RuleId::A13)]) r.weight = p.thresholds.watch - 100;
  w.policies.add(std::move(p));
  w.show({.handset = "h-1", .device = "d-1"});
  REQUIRE(w.weight(RuleId::A13) > 0);
  REQUIRE_FALSE(w.a.file.finding);
  CHECK(w.a.file.readers.size() == 1);
  CHECK(told(w, "d-1").empty());
  CHECK_FALSE(w.timer(kTimer));
  const msg::HandsetCrowded crowded{"h-1", 9, kNoon, {event(77)}, 0};
  w.out.clear();
  step(w.a, crowded, w.context(), w.out);
  REQUIRE(w.a.file.finding);
  CHECK(told(w, "d-1").size() == 1);
  CHECK(w.timer(kTimer) == w.now + hours(1));
}
