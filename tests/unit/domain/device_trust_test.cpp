// Catches: honest people held because one reader's clock is wrong, or stands elsewhere; a group that shares codes and so gets
// a good reader disbelieved; ways learnt from people who cannot have made them.
#include "domain/device_trust.hpp"

#include <algorithm>
#include <map>

#include "domain/hash.hpp"
#include "domain/maintenance.hpp"
#include "domain/rules/d05_inferred_location.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/rules/device_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Accusation {
  const char* account;
  const char* partner; // the other reader; empty: none
  Duration at;
  std::int64_t shift_ms = 0;
};

void accuse(DeviceWorld& w, const Accusation& x, RuleId rule = RuleId::A1) {
  const std::int64_t offset = ++w.offset;
  w.out.clear();
  step(w.d,
       msg::ScanDoubted{x.account,
                        rule,
                        hash_if_said(x.partner),
                        kNoon + x.at,
                        {{Topic::scans, 3}, offset, "s" + std::to_string(offset)},
                        x.shift_ms},
       w.context(), w.out);
}

/// How many accusations are withdrawn in all.
std::size_t withdrawn(const std::vector<Accusation>& all) {
  auto w = DeviceWorld::at_work();
  std::size_t n = 0;
  for (const auto& x : all) {
    accuse(w, x);
    n += w.messages<msg::EvidenceWithdrawn>().size();
  }
  return n;
}

bool believed(DeviceWorld& w, Duration at) {
  const auto* opinion = w.opinion({.seq = static_cast<std::uint64_t>(++w.offset) + 1000, .time = kNoon + at});
  REQUIRE(opinion != nullptr);
  REQUIRE(opinion->trusted);
  return !opinion->clock_wrong;
}

void heartbeat(DeviceWorld& w, Duration at, std::optional<std::int64_t> off_ms) {
  DeviceReport r = report_at(kNoon + at);
  r.clock_offset_ms = off_ms;
  send(w, std::move(r));
}

bool told_unit(const DeviceWorld& w) {
  for (const auto& n : w.outputs<Notice>())
    if (n.kind == "device-not-believed" && n.to == "logistics" && !n.text.en.empty() && !n.remedy.empty())
      return true;
  return false;
}

constexpr Duration before(Duration d) { return {d.ms - 1}; }
constexpr Duration after(Duration d) { return {d.ms + 1}; }

} // namespace

TEST_CASE("Device trust: when its people find out that a reader is wrong", "[device][trust][R8.1]") {
  const std::vector<Accusation> three{{"a-1", "d-2", {}}, {"a-2", "d-3", minutes(20)}, {"a-3", "d-2", minutes(40)}};
  const auto with = [&](std::size_t i, Accusation x) {
    auto all = three;
    all[i] = x;
    return all;
  };
  const auto people = [](int n, const char* partner, Duration between) {
    static const char* const names[] = {"a-1", "a-2", "a-3", "a-4", "a-5", "a-6", "a-7"};
    std::vector<Accusation> all;
    for (int i = 0; i < n; ++i) all.push_back({names[i], partner, between * i});
    return all;
  };
  CHECK(withdrawn(three) == 3);
  CHECK(withdrawn(with(2, {"a-3", "d-2", hours(1)})) == 3);
  CHECK(withdrawn(with(2, {"a-3", "d-2", after(hours(1))})) == 0); // not within an hour
  CHECK(withdrawn(with(2, {"a-1", "d-2", minutes(40)})) == 0);     // two people
  CHECK(withdrawn(with(1, {"a-2", "d-2", minutes(20)})) == 0);     // one other reader: it may be that one
  CHECK(withdrawn(with(1, {"a-2", "", minutes(20)})) == 0);
  CHECK(withdrawn(people(5, "d-2", minutes(10))) == 0);
  CHECK(withdrawn(people(6, "d-2", minutes(10))) == 6);
  CHECK(withdrawn(people(6, "", minutes(10))) == 6);     // codes made elsewhere (A4)
  CHECK(withdrawn(people(6, "d-2", seconds(119))) == 0); // while the breaker guards them
  CHECK(withdrawn(people(6, "d-2", seconds(120))) == 6);
  // Codes shown within minutes are people who share them.
  CHECK(withdrawn({{"a-1", "d-2", {}}, {"a-2", "d-3", minutes(1)}, {"a-3", "d-4", before(minutes(5))}}) == 0);
  CHECK(withdrawn({{"a-1", "d-2", {}}, {"a-2", "d-3", minutes(1)}, {"a-3", "d-4", minutes(5)}}) == 3);
  // In whichever order they come.
  CHECK(withdrawn({three[2], three[0], three[1]}) == 3);
}

TEST_CASE("Device trust: a group that shares codes does not silence the gate", "[device][trust][R8.1]") {
  auto w = DeviceWorld::at_work();
  for (int i = 0; i < 12; ++i) {
    const std::string account = "a-" + std::to_string(i), partner = "d-" + std::to_string(2 + i % 3);
    accuse(w, {account.c_str(), partner.c_str(), seconds(20) * i});
    CHECK(w.messages<msg::EvidenceWithdrawn>().empty());
    CHECK_FALSE(told_unit(w));
  }
  CHECK(believed(w, minutes(10)));
}

TEST_CASE("Device trust: what a wrong reader caused is taken back, and later scans of it are no evidence",
          "[device][trust][R8.1]") {
  auto w = DeviceWorld::at_work();
  CHECK(believed(w, minutes(1)));
  accuse(w, {"a-1", "d-2", {}});
  accuse(w, {"a-2", "d-3", minutes(20)}, RuleId::A2);
  CHECK(w.messages<msg::EvidenceWithdrawn>().empty());
  accuse(w, {"a-3", "d-2", minutes(40)}, RuleId::A4);
  std::map<std::string, RuleId> gone;
  for (const auto& s : w.out.sends)
    if (const auto* x = std::get_if<msg::EvidenceWithdrawn>(&s.message)) {
      CHECK(s.to.kind == Kind::account);
      CHECK(x->device == "d-1");
      gone[s.to.id] = x->rule;
    }
  CHECK(gone == std::map<std::string, RuleId>{{"a-1", RuleId::A1}, {"a-2", RuleId::A2}, {"a-3", RuleId::A4}});
  CHECK(told_unit(w));
  CHECK(w.d.trust.doubts.empty());

  CHECK_FALSE(believed(w, minutes(50)));
  CHECK_FALSE(believed(w, hours(-1))); // late: an hour before the first of them
  CHECK(believed(w, before(hours(-1))));
  CHECK_FALSE(believed(w, before(Duration{days(1).ms + minutes(40).ms})));
  CHECK(believed(w, {days(1).ms + minutes(40).ms}));

  // One more is taken back at once, and it is not believed for a day from then on. Nobody is told twice.
  accuse(w, {"a-4", "d-2", hours(3)});
  CHECK(w.messages<msg::EvidenceWithdrawn>().size() == 1);
  CHECK_FALSE(told_unit(w));
  CHECK_FALSE(believed(w, before(hours(27))));
  CHECK(believed(w, hours(27)));
}

TEST_CASE("Device trust: a device that nobody registered hears nothing", "[device][trust]") {
  DeviceWorld w;
  accuse(w, {"a-1", "d-2", {}});
  CHECK(w.d.trust.doubts.empty());
  CHECK_FALSE(w.d.dirty.any());
}

TEST_CASE("Device trust: the last doubts and four faults are kept", "[device][trust]") {
  auto w = DeviceWorld::at_work();
  const auto person = [](int i) { return "a-" + std::to_string(i); };
  for (int i = 0; i < 140; ++i) accuse(w, {person(i).c_str(), "d-2", hours(2) * i});
  CHECK(w.d.trust.doubts.size() == 128);
  accuse(w, {"a-1", "d-2", hours(1)});
  CHECK(w.d.trust.doubts.size() == 128);
  CHECK(w.d.trust.doubts.front().at == kNoon + hours(24));
  while (forget_doubt(w.d)) {
  }
  CHECK(w.d.trust.doubts.size() == 16); // whatever is sent
  CHECK(w.d.trust.doubts.front().at == kNoon + hours(2 * 124));
  for (int i = 0; i < 9; ++i) declare_fault(w.d, kNoon + days(i), kNoon + days(i) + hours(1), Wrong::clock, w.out);
  CHECK(w.d.trust.faults.size() == 4);
  CHECK(w.d.trust.faults.back().from == kNoon + days(8));
}

TEST_CASE("Device trust: forty people whom two rules accuse are forty doubts, and all are cleared",
          "[device][trust][R8.1]") {
  auto w = DeviceWorld::at_work();
  for (int i = 0; i < 40; ++i)
    for (const RuleId rule : {RuleId::A1, RuleId::A2}) { // of one scan
      w.out.clear();
      step(w.d,
           msg::ScanDoubted{"a-" + std::to_string(i),
                            rule,
                            hash_if_said("d-2"),
                            kNoon + minutes(31) * i,
                            {{Topic::scans, 3}, 100 + i, ""},
                            0},
           w.context(), w.out);
    }
  CHECK(w.d.trust.doubts.size() == 40);
  w.out.clear();
  declare_fault(w.d, kNoon, kNoon + days(2), Wrong::clock, w.out);
  CHECK(w.messages<msg::EvidenceWithdrawn>().size() == 40);
  CHECK(w.d.trust.doubts.empty());
}

TEST_CASE("Device trust: what rests on a reader without contradicting it", "[device][trust][R8.1]") {
  auto w = DeviceWorld::at_work();
  constexpr const char* people[] = {"a-1", "a-2", "a-3", "a-4", "a-5", "a-6", "a-7"};
  for (int i = 0; i < 7; ++i) accuse(w, {people[i], "", minutes(8) * i}, RuleId::A13);
  CHECK(w.messages<msg::EvidenceWithdrawn>().empty()); // seven people on leave say nothing of a clock
  CHECK(believed(w, minutes(60)));
  CHECK(w.d.trust.doubts.size() == 7);
  SECTION("is taken back like all else") {
    heartbeat(w, minutes(30), 300'000);
    CHECK(w.messages<msg::EvidenceWithdrawn>().size() == 7);
    CHECK(w.d.trust.doubts.empty());
    const Time until = w.d.trust.faults.front().to;
    accuse(w, {"a-9", "", hours(2)}, RuleId::A13);
    CHECK(w.messages<msg::EvidenceWithdrawn>().size() == 1);
    CHECK(w.d.trust.faults.front().to == until);
  }
  SECTION("makes way for what contradicts it, and never the other way round") {
    for (int i = 0; i < 200; ++i) {
      const std::string account = "b-" + std::to_string(i);
      accuse(w, {account.c_str(), "d-2", hours(2 * i)});
    }
    CHECK(std::ranges::none_of(w.d.trust.doubts, [](const auto& x) { return x.rule == RuleId::A13; }));
    accuse(w, {"a-1", "", hours(500)}, RuleId::A13);
    CHECK(w.d.trust.doubts.size() == 128);
    CHECK(std::ranges::none_of(w.d.trust.doubts, [](const auto& x) { return x.rule == RuleId::A13; }));
    for (int i = 0; i < 3; ++i) accuse(w, {"b-199", "d-2", hours(398)});
    accuse(w, {"b-199", "", hours(398)}, RuleId::A13);
    CHECK(w.d.trust.doubts.back().rule == RuleId::A1);
  }
}

TEST_CASE("Device trust: an account that asks again about one whom the reader has forgotten",
          "[device][trust][R8.1]") {
  auto w = DeviceWorld::at_work();
  const msg::ScanDoubted first{"a-1", RuleId::A1, hash_if_said("d-2"), kNoon, {{Topic::scans, 3}, 7, ""}, 290'000};
  const msg::ScanDoubted again{"a-1", RuleId::A1, 0, kNoon, {{Topic::scans, 3}, 7, ""}, 0};
  const auto hears = [&](const msg::ScanDoubted& x) {
    w.out.clear();
    step(w.d, x, w.context(), w.out);
    return w.messages<msg::EvidenceWithdrawn>().size();
  };
  CHECK(hears(first) == 0);
  CHECK(hears(again) == 0);
  REQUIRE(w.d.trust.doubts.size() == 1);
  CHECK(w.d.trust.doubts[0].partner != 0); // what it knows stays
  CHECK(w.d.trust.doubts[0].shift_s == 290);
  w.d.trust.doubts.clear();
  declare_fault(w.d, kNoon - hours(1), kNoon + hours(1), Wrong::clock, w.out);
  CHECK(hears(again) == 1);
}

TEST_CASE("Device trust: a reader that stands elsewhere may know the time", "[device][trust]") {
  auto w = DeviceWorld::at_work();
  declare_fault(w.d, kNoon, kNoon + hours(2), Wrong::place, w.out);
  CHECK(times_wrong(w.d, kNoon));
  CHECK_FALSE(clock_wrong(w.d, kNoon));
  declare_fault(w.d, kNoon + hours(1), kNoon + hours(3), Wrong::clock, w.out); // not the same fault
  CHECK_FALSE(clock_wrong(w.d, kNoon));
  CHECK(clock_wrong(w.d, kNoon + hours(1)));
  CHECK(w.d.trust.faults.size() == 2);
}

TEST_CASE("Device trust: one person does not push the others out", "[device][trust]") {
  auto w = DeviceWorld::at_work();
  accuse(w, {"a-1", "d-2", {}});
  accuse(w, {"a-2", "d-3", minutes(1)});
  for (int i = 0; i < 40; ++i) accuse(w, {"a-3", "d-2", seconds(120 + i)});
  CHECK(w.d.trust.doubts.size() == 5);
  accuse(w, {"a-4", "d-2", minutes(6)});
  CHECK(w.messages<msg::EvidenceWithdrawn>().size() == 6);
}

TEST_CASE("Device trust: a heartbeat says that the clock is off by five minutes", "[device][trust][R8.1]") {
  for (const std::int64_t off : {300'000, -300'000, 3'001, -3'001}) {
    auto w = DeviceWorld::at_work();
    accuse(w, {"a-1", "d-2", minutes(30)});
    heartbeat(w, {}, 0);
    heartbeat(w, hours(1), off);
    CHECK(told_unit(w));
    REQUIRE(w.messages<msg::EvidenceWithdrawn>().size() == 1);
    const std::int64_t error = off < 0 ? -off : off; // of its own times as well
    CHECK(believed(w, {-error - 1}));                // right until then
    CHECK_FALSE(believed(w, {}));
    CHECK_FALSE(believed(w, hours(25)));
    CHECK(believed(w, hours(26))); // it said nothing for a day
    heartbeat(w, hours(2), off);
    CHECK_FALSE(told_unit(w)); // once
    accuse(w, {"a-2", "d-2", hours(2)});
    CHECK(w.messages<msg::EvidenceWithdrawn>().size() == 1);
    heartbeat(w, hours(3), 0);
    CHECK_FALSE(believed(w, before(hours(3))));
    CHECK(believed(w, hours(3)));
    accuse(w, {"a-2", "d-2", hours(2)}); // late, of the time when it was wrong
    CHECK(w.messages<msg::EvidenceWithdrawn>().size() == 1);
    CHECK(believed(w, hours(3)));
    accuse(w, {"a-3", "d-2", hours(4)});
    CHECK(w.messages<msg::EvidenceWithdrawn>().empty());
  }
}

TEST_CASE("Device trust: a clock within the skew is right, and a heartbeat may say nothing of it",
          "[device][trust]") {
  for (const std::int64_t off : {0, 3'000, -3'000}) {
    auto w = DeviceWorld::at_work();
    heartbeat(w, {}, off);
    CHECK(w.d.trust.faults.empty());
    CHECK(w.d.trust.right == kNoon);
    CHECK(believed(w, hours(1)));
  }
  auto w = DeviceWorld::at_work();
  heartbeat(w, {}, {});
  CHECK_FALSE(w.d.dirty.trust);
  CHECK(w.d.trust.faults.empty());
  CHECK_FALSE(w.d.trust.right);
  heartbeat(w, hours(1), 300'000); // it never said that it was right: wrong for an hour at least
  CHECK_FALSE(believed(w, {}));
  CHECK(believed(w, {-300'001}));
  heartbeat(w, hours(2), {}); // says nothing: still wrong
  CHECK_FALSE(believed(w, hours(3)));
}

TEST_CASE("Device trust: heartbeats that come late", "[device][trust]") {
  auto w = DeviceWorld::at_work();
  heartbeat(w, hours(2), 0);
  heartbeat(w, hours(1), 300'000); // of before: whatever it was, it is over
  CHECK(believed(w, hours(3)));
  heartbeat(w, hours(4), 300'000);
  heartbeat(w, hours(1), 0); // says nothing of now
  CHECK_FALSE(believed(w, hours(4)));
  end_faults(w.d, kNoon + hours(5)); // people set it right: what it says next counts
  CHECK(believed(w, hours(6)));
  heartbeat(w, hours(7), 300'000);
  CHECK_FALSE(believed(w, hours(7)));
}

TEST_CASE("Device trust: a fault that is declared again lasts longer", "[device][trust]") {
  auto w = DeviceWorld::at_work();
  accuse(w, {"a-1", "d-2", hours(4)});
  declare_fault(w.d, kNoon, kNoon + hours(2), Wrong::clock, w.out);
  w.out.clear();
  declare_fault(w.d, kNoon + hours(1), kNoon + hours(5), Wrong::clock, w.out);
  CHECK(w.messages<msg::EvidenceWithdrawn>().size() == 1);
  CHECK(w.d.trust.faults.size() == 1);
  CHECK_FALSE(believed(w, before(hours(5))));
  CHECK(believed(w, hours(5)));
  declare_fault(w.d, kNoon + hours(1), kNoon + hours(2), Wrong::clock, w.out); // never shorter
  CHECK_FALSE(believed(w, before(hours(5))));
}

TEST_CASE("Device trust: most heartbeats change nothing", "[device][trust]") {
  auto w = DeviceWorld::at_work();
  heartbeat(w, {}, 0);
  saved(w.d);
  heartbeat(w, minutes(49), 0);
  CHECK_FALSE(w.d.dirty.trust);
  heartbeat(w, minutes(50), 0);
  CHECK(w.d.dirty.trust);
  CHECK(w.d.trust.right == kNoon + minutes(50));
}

TEST_CASE("Device trust: an approved repair whose window begins in the past", "[device][trust][R8.1]") {
  for (const char* kind : {"repair", "firmware", "network", "relocate"}) {
    auto w = DeviceWorld::at_work();
    w.now = kNoon + hours(5);
    accuse(w, {"a-1", "d-2", minutes(30)});
    accuse(w, {"a-2", "d-2", hours(2)});
    ask(w, kind, kNoon + hours(1), kNoon + hours(8));
    CHECK(w.messages<msg::EvidenceWithdrawn>().empty()); // anybody may ask
    grant(w);
    const auto gone = w.messages<msg::EvidenceWithdrawn>();
    if (std::string(kind) != "repair") {
      CHECK(gone.empty());
      continue;
    }
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].event.offset == w.offset - 2); // the second accusation, two commands ago
    CHECK(w.d.trust.doubts.size() == 1);         // of before the window
    CHECK(times_wrong(w.d, kNoon + hours(1)));
    CHECK_FALSE(times_wrong(w.d, kNoon + hours(1) - milliseconds(1)));
    // Done sooner than planned: believed from then on.
    finish(w, {}, kNoon + hours(6));
    CHECK(times_wrong(w.d, kNoon + hours(6) - milliseconds(1)));
    CHECK_FALSE(times_wrong(w.d, kNoon + hours(6)));
  }
}

TEST_CASE("Device trust: a moved device is no witness", "[device][trust][D4][R8.1]") {
  const Zone home = place(0, 0), away = place(900, 0);
  auto w = installed({"gates", "gate", Position{home.lat_e7, home.lon_e7, 5}, {}, {}, "fixed"});
  w.now = kNoon + hours(5);
  accuse(w, {"a-1", "d-2", hours(4)});
  std::size_t gone = 0;
  for (int i = 0; i < 3; ++i) {
    DeviceReport r = report_at(kNoon + hours(5) + minutes(i));
    r.position = Position{away.lat_e7, away.lon_e7, 5};
    send(w, std::move(r));
    gone += w.messages<msg::EvidenceWithdrawn>().size();
  }
  REQUIRE(w.finding(RuleId::D4) != nullptr);
  CHECK(gone == 1);
  CHECK(times_wrong(w.d, kNoon + hours(4)));
  CHECK(times_wrong(w.d, kNoon + hours(5)));
}

TEST_CASE("Device trust: in quarantine, what it caused the day before is taken back", "[device][trust][R8.1]") {
  auto w = DeviceWorld::at_work();
  w.now = kNoon + hours(30);
  accuse(w, {"a-1", "d-2", hours(6)});
  accuse(w, {"a-2", "d-2", before(hours(6))});
  w.command(DeviceQuarantine{}, "centre-1", "it was found open");
  REQUIRE(w.refused().empty());
  CHECK(w.messages<msg::EvidenceWithdrawn>().size() == 1);
  CHECK(w.d.trust.doubts.size() == 1);
}

TEST_CASE("Device trust: the account lets go of what is withdrawn, with an apology", "[account][trust][R8.4]") {
  World w;
  w.misuse(); // gate, dorm, gate within two seconds, by two handsets
  REQUIRE(w.a.file.freeze_wanted);
  w.permit(true);
  REQUIRE(w.a.file.holds.all().size() == 1);
  std::vector<std::pair<RuleId, EventRef>> asked;
  World again; // the same once more, to hear what the readers are told
  again.show({.zone = "gate", .handset = "h-1"});
  again.show({.zone = "dorm", .time = kNoon + seconds(1), .handset = "h-2"});
  for (const auto& s : again.out.sends)
    if (const auto* x = std::get_if<msg::ScanDoubted>(&s.message)) {
      CHECK(s.to.kind == Kind::device);
      CHECK(x->partner == hash_if_said(s.to.id == "d-gate" ? "d-dorm" : "d-gate"));
      if (s.to.id == "d-dorm") asked.emplace_back(x->rule, x->event);
    }
  REQUIRE(asked.size() == 2); // A1 and A2
  bool apology = false;
  for (const auto& [rule, event] : asked) {
    w.withdraw(rule, event, "d-dorm");
    for (const auto& n : w.all<Notice>())
      apology |= n.kind == "hold-lifted" && n.text.en.find("apolog") != std::string::npos;
  }
  CHECK(w.weight(RuleId::A1) == 0);
  CHECK(w.weight(RuleId::A2) == 0);
  CHECK(w.weight(RuleId::A8) == 0); // whose handset came between is not known any more
  CHECK(w.a.file.holds.empty());
  CHECK(apology);
  // The scan that is left does not accuse again, whoever comes next.
  w.show({.zone = "canteen", .time = kNoon + seconds(40), .handset = "h-2"});
  CHECK(w.a.file.evidence.entries().size() == 1);        // the canteen against the gate
  w.withdraw(asked[0].first, asked[0].second, "d-dorm"); // nothing is left to take back
  CHECK(w.out.outputs.empty());
}

// ---- learned ways ------------------------------------------------------------------------------------------------

namespace {
void comes(DeviceState& d, std::int64_t ms, const std::string& zone = "dorm", int times = 1) {
  for (int i = 0; i < times; ++i) learn_way(d, {1, zone, kNoon, {}, ms});
}
std::int64_t learned(const DeviceState& d, const std::string& zone = "dorm") {
  for (const auto& w : learned_ways(d))
    if (w.zone == hash64(zone)) return w.ms;
  return 0;
}
} // namespace

TEST_CASE("Learned ways: of two hundred at least, the fastest of a thousand", "[device][ways][A1]") {
  DeviceState d;
  comes(d, 600'000, "dorm", 198);
  comes(d, 300'000);
  CHECK(learned(d) == 0);
  comes(d, 0); // not to be learnt from
  CHECK(learned(d) == 0);
  comes(d, 600'000);
  CHECK(learned(d) == 300'000);
  comes(d, 600'000, "dorm", 799);
  CHECK(learned(d) == 300'000); // 999
  comes(d, 600'000);
  CHECK(learned(d) == 600'000); // one of a thousand may be a mistake
  comes(d, 300'001);
  CHECK(learned(d) == 300'001);
  CHECK(learned(d, "canteen") == 0);
}

TEST_CASE("Learned ways: they grow old, and stay small", "[device][ways][property]") {
  DeviceState d;
  for (int i = 0; i < 30'000; ++i) comes(d, 600'000 + i);
  CHECK(d.ways.list.size() == 1);
  CHECK(d.ways.list[0].count < 4000);
  CHECK(d.ways.list[0].least.size() <= 4);
  CHECK(learned(d) > 600'003); // the first ones are forgotten
  for (int i = 0; i < 12; ++i) comes(d, 500'000, "z-" + std::to_string(i), 10);
  CHECK(d.ways.list.size() == 12);
  for (int i = 0; i < 2000; ++i) comes(d, 500'000, "once-" + std::to_string(i));
  CHECK(d.ways.list.size() == 12);
  CHECK(learned(d) != 0); // a frequent zone is not crowded out
}

TEST_CASE("Learned ways: a few strangers take the place of no frequent zone", "[device][ways]") {
  DeviceState d;
  for (int i = 0; i < 12; ++i) comes(d, 500'000, "z-" + std::to_string(i), 10);
  for (int i = 0; i < 9; ++i) comes(d, 500'000, "new-" + std::to_string(i));
  for (int i = 0; i < 12; ++i) {
    const auto zone = hash64("z-" + std::to_string(i));
    CHECK(std::ranges::find(d.ways.list, zone, &DeviceState::Ways::Way::zone) != d.ways.list.end());
  }
}

TEST_CASE("Learned ways: below seven tenths of them is too soon", "[ways][A1][R8.1]") {
  const Policy p = campus_policy();
  const LearnedWays ways{{hash64("gate"), 1'000'000}};
  const auto far = [&](std::int64_t ms, const char* from = "gate", const char* to = "dorm") {
    return too_far(from, to, ms, p.rule(RuleId::A1), p, ways).has_value();
  };
  CHECK(far(699'999));
  CHECK_FALSE(far(700'000));
  CHECK_FALSE(far(699'999, "canteen"));
  CHECK_FALSE(far(699'999, "gate", "hall"));    // 140 m are next door
  CHECK_FALSE(far(699'999, "gate", "nowhere")); // without coordinates
  const auto said = too_far("gate", "dorm", 699'999, p.rule(RuleId::A1), p, ways);
  REQUIRE(said);
  CHECK(said->fastest_s == 1000);
  CHECK_FALSE(said->strong);
  // What nobody can do is said first, and as before.
  CHECK_FALSE(too_far("gate", "dorm", 60'000, p.rule(RuleId::A1), p, ways)->fastest_s);

  World w;
  w.show({.zone = "gate"});
  w.show({.zone = "dorm", .time = kNoon + seconds(600), .ways = ways});
  CHECK(w.weight(RuleId::A1) == 600);
  World slow;
  slow.show({.zone = "gate"});
  slow.show({.zone = "dorm", .time = kNoon + seconds(697), .ways = ways}); // 3 s are for the clocks
  CHECK(slow.weight(RuleId::A1) == 0);
}

TEST_CASE("Learned ways: readers learn from ordinary ways only", "[account][ways][A1]") {
  const auto told = [](Shown first, Shown second, bool accused = false) {
    World w;
    // A quarter of the accounts votes on a day.
    for (int i = 0; !rules::votes(hash64(w.a.id), campus_day(kNoon)); ++i) w.a.id = "a-" + std::to_string(i);
    if (accused) w.a.file.finding = Finding{"f-1", RuleId::A8, Band::watch, kNoon, kNoon};
    w.show(first);
    w.show(second);
    const auto seen = w.messages<msg::NeighbourSeen>();
    if (seen.empty()) return std::int64_t{0};
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].apart_ms == seen[1].apart_ms);
    return seen[0].apart_ms;
  };
  const Shown dorm{.zone = "dorm", .time = kNoon + minutes(9)};
  CHECK(told({}, dorm) == minutes(9).ms);
  CHECK(told(dorm, {}) == minutes(9).ms);
  CHECK(told({}, {.zone = "dorm", .time = kNoon + seconds(100)}) == 0); // nobody is there before 194.5 s
  CHECK(told({}, {.zone = "dorm", .time = kNoon + seconds(200)}) == 200'000);
  CHECK(told({}, dorm, true) == 0);
  CHECK(told({}, {.zone = "gate", .time = kNoon + minutes(9), .device = "d-2"}) == 0);
  CHECK(told({.clock_wrong = true}, dorm) == 0);
  CHECK(told({}, {.zone = "dorm", .time = kNoon + minutes(9), .clock_wrong = true}) == 0);
  CHECK(told({.accuracy_ms = 500}, {.zone = "dorm", .time = kNoon + minutes(9), .accuracy_ms = 500}) != 0);
  CHECK(told({.accuracy_ms = 501}, {.zone = "dorm", .time = kNoon + minutes(9), .accuracy_ms = 500}) == 0);
}

TEST_CASE("Evidence taken back: nothing is left, and the watch threshold is zero", "[account][trust]") {
  Policy p = campus_policy();
  p.thresholds.watch = 0;
  World w(p);
  w.show({.zone = "gate"});
  w.show({.zone = "dorm", .time = kNoon + seconds(100)});
  REQUIRE(w.a.file.finding);
  const auto& scan = w.a.ring.sightings().front();
  w.withdraw(RuleId::A1, scan.event);
  CHECK(w.weight(RuleId::A1) == 0);
  CHECK_FALSE(w.a.file.finding);
}

TEST_CASE("Learned ways: from another place they are other ways", "[device][ways]") {
  auto w = DeviceWorld::at_work();
  for (int i = 0; i < 200; ++i) learn_way(w.d, {1, "dorm", kNoon, {}, 900'000});
  REQUIRE(learned_ways(w.d).size() == 1);
  new_baseline(w.d, kNoon, "network", {"", ""}, w.context(), w.out);
  CHECK(learned_ways(w.d).size() == 1);
  new_baseline(w.d, kNoon, "relocate", {"", ""}, w.context(), w.out);
  CHECK(learned_ways(w.d).empty());
}

TEST_CASE("Device trust: how wrong the clock is, by several people", "[device][trust][R8.1]") {
  auto w = DeviceWorld::at_work();
  SECTION("the median of one error of each, the least") {
    accuse(w, {"a-1", "d-2", {}, 900'000});
    accuse(w, {"a-1", "d-2", minutes(1), 290'000});
    accuse(w, {"a-2", "d-3", minutes(10), 250'000});
    CHECK_FALSE(w.d.trust.clock);
    accuse(w, {"a-3", "d-3", minutes(20), 310'000});
    REQUIRE(w.d.trust.clock);
    CHECK(w.d.trust.clock->offset_ms == 290'000);
    CHECK(w.d.trust.clock->uncertain_ms == 40'000);
    CHECK(w.d.trust.clock->people == 3);
    const auto notices = w.outputs<Notice>();
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].text.en.find("about +290 s, ±40 s") != std::string::npos);
    CHECK(notices[0].text.zh.find("约 +290 秒,±40 秒") != std::string::npos);
    CHECK_FALSE(believed(w, minutes(30))); // told, and corrects nothing
    heartbeat(w, hours(1), 0);
    CHECK_FALSE(w.d.trust.clock);
  }
  SECTION("what they do not say is not made up") {
    for (const auto& x : {Accusation{"a-1", "d-2", {}, 290'000}, Accusation{"a-2", "d-3", minutes(10), 0},
                          Accusation{"a-3", "d-3", minutes(20), -200'000}})
      accuse(w, x);
    CHECK_FALSE(believed(w, minutes(30)));
    CHECK_FALSE(w.d.trust.clock);
  }
  SECTION("a heartbeat is closer") {
    heartbeat(w, hours(-1), -120'000);
    REQUIRE(w.d.trust.clock);
    CHECK(w.d.trust.clock->offset_ms == -120'000);
    CHECK(w.d.trust.clock->people == 0);
    heartbeat(w, hours(-2), -60'000); // late
    CHECK(w.d.trust.clock->offset_ms == -120'000);
    heartbeat(w, hours(1), 0);
    CHECK_FALSE(w.d.trust.clock);
  }
}

namespace {

/// Open from six to ten in the evening, and at most so many scans a day.
DeviceWorld planned() {
  auto w = DeviceWorld::at_work();
  auto view = live_view();
  view.scope.hours = Hours{"06:00", "22:00"};
  view.scope.volumes = Volumes{};
  view.scope.volumes->scans_per_day = 1'000;
  w.view(view);
  return w;
}

void scan_at(DeviceWorld& w, Time at) {
  w.now = std::max(w.now, at);
  w.scan({.seq = static_cast<std::uint64_t>(++w.offset) + 1000, .time = at});
}

} // namespace

TEST_CASE("Device trust: what an integration was told by a clock that was wrong", "[device][trust][R5.1][R7.2]") {
  const Time night = campus_day(kNoon) + hours(3);
  auto w = planned();
  scan_at(w, night);
  auto told = w.messages<msg::DriftSeen>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].by_clock);
  CHECK(told[0].detail == "hours outside 06:00-22:00");
  scan_at(w, night + minutes(5)); // once a day
  CHECK(w.messages<msg::DriftSeen>().empty());

  SECTION("by its clock: it says so, and may say it again at the right time") {
    declare_fault(w.d, night - hours(1), night + hours(1), Wrong::clock, w.out);
    const auto gone = w.messages<msg::TimesWithdrawn>();
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].device == w.d.id);
    CHECK(gone[0].from == night - hours(1));
    CHECK(gone[0].to == night + hours(1));
    scan_at(w, night + minutes(10)); // not believed
    CHECK(w.messages<msg::DriftSeen>().empty());
    scan_at(w, night + hours(2));
    CHECK(w.messages<msg::DriftSeen>().size() == 1);
  }
  SECTION("a reader that stood elsewhere knew the time") {
    declare_fault(w.d, night - hours(1), night + hours(1), Wrong::place, w.out);
    CHECK(w.messages<msg::TimesWithdrawn>().empty());
  }
  SECTION("a fault that turns out longer") {
    declare_fault(w.d, night - hours(2), night - hours(1), Wrong::clock, w.out);
    CHECK(w.messages<msg::TimesWithdrawn>().size() == 1); // it does not know what it said before the last time
    w.out.clear();
    declare_fault(w.d, night - hours(2), night, Wrong::clock, w.out);
    CHECK(w.messages<msg::TimesWithdrawn>().empty()); // nothing was said meanwhile
    declare_fault(w.d, night - hours(2), night + hours(1), Wrong::clock, w.out);
    const auto gone = w.messages<msg::TimesWithdrawn>();
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].from == night); // the rest was withdrawn
    CHECK(gone[0].to == night + hours(1));
  }
}

TEST_CASE("Device trust: a day that was counted by a clock that was wrong", "[device][trust][R5.1]") {
  const Time today = campus_day(kNoon);
  auto w = planned();
  for (int day = 0; day < 10; ++day) scan_at(w, kNoon + days(day)); // nine days are over
  REQUIRE(w.d.file.days.size() == 7);
  w.out.clear();

  declare_fault(w.d, kNoon + days(4), kNoon + days(5), Wrong::clock, w.out);
  const auto back = w.messages<msg::DayCounted>();
  REQUIRE(back.size() == 2);
  CHECK(back[0].day == today + days(4));
  CHECK(back[0].scans == -1);
  CHECK(back[1].day == today + days(5));
  CHECK(w.d.file.days.size() == 5);

  w.out.clear();
  declare_fault(w.d, kNoon + days(4), kNoon + days(6), Wrong::clock, w.out); // each day once
  REQUIRE(w.messages<msg::DayCounted>().size() == 1);
  CHECK(w.messages<msg::DayCounted>()[0].day == today + days(6));

  w.out.clear(); // of a day that is wrong in part nothing is told
  declare_fault(w.d, kNoon + days(9) - hours(2), kNoon + days(9) - hours(1), Wrong::clock, w.out);
  scan_at(w, kNoon + days(10));
  CHECK(w.messages<msg::DayCounted>().empty());
  scan_at(w, kNoon + days(11));
  CHECK(w.messages<msg::DayCounted>().size() == 1);
}

TEST_CASE("Device trust: a doubt about a time by which a fault turns out longer", "[device][trust]") {
  auto w = DeviceWorld::at_work();
  declare_fault(w.d, kNoon, kNoon + hours(1), Wrong::clock, w.out);
  accuse(w, {"a-1", "d-2", hours(2)});
  CHECK(w.messages<msg::EvidenceWithdrawn>().empty());
  accuse(w, {"a-2", "d-2", minutes(30)}); // of its people again: a day longer
  CHECK(w.messages<msg::EvidenceWithdrawn>().size() == 2);
}
