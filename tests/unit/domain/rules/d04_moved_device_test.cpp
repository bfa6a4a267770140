// Catches: a fixed reader that was carried away unseen; one that is accused for a wild fix, a replaced access point, an
// approved relocation or late reports (R11.1c, D4).
#include "domain/rules/d04_moved_device.hpp"

#include <algorithm>

#include "domain/maintenance.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/rules/device_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

using Aps = std::vector<std::string>;

const RuleSettings& settings() {
  static const Policy policy = campus_policy();
  return policy.rule(RuleId::D4);
}

Position east(std::int64_t metres, std::int64_t accuracy_m = 5) {
  const Zone z = place(metres, 0);
  return {z.lat_e7, z.lon_e7, accuracy_m};
}

DeviceInstall at_the_gate(std::string kind = "fixed") {
  return {"gates", "gate", east(0), {"", "", "", "port-1", "", "", 0}, {"a", "b", "c", "d"}, std::move(kind)};
}

DeviceState reader() { return installed(at_the_gate()).d; }

struct Fix {
  int minute; // event time
  std::int64_t east_m;
  std::int64_t accuracy_m = 5;
};

/// All of them in order of arrival; the last hit.
std::optional<Hit> fixes(DeviceState& d, const std::vector<Fix>& list) {
  std::optional<Hit> last;
  std::int64_t offset = 0;
  for (const auto& f : list) {
    DeviceReport r = report_at(kNoon + minutes(f.minute), ++offset);
    r.position = east(f.east_m, f.accuracy_m);
    if (auto hit = rules::moved_device(d, r, settings())) last = std::move(hit);
  }
  return last;
}

std::vector<Fix> stays(int from, int count, std::int64_t east_m) {
  std::vector<Fix> list;
  for (int i = 0; i < count; ++i) list.push_back({from + i, east_m});
  return list;
}

std::vector<Fix> joined(std::vector<Fix> a, const std::vector<Fix>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

bool air(DeviceState& d, const std::vector<Aps>& heard, int weight = 500) {
  bool any = false;
  std::int64_t offset = 0;
  for (const auto& aps : heard) {
    ++offset;
    DeviceReport r = report_at(kNoon + minutes(offset), offset);
    r.aps = aps;
    const auto hit = rules::moved_device(d, r, settings());
    if (!hit) continue;
    any = true;
    CHECK(hit->weight == weight);
  }
  return any;
}

DeviceReport on_port(Time t, std::string port) {
  DeviceReport r = report_at(t);
  r.network = NetworkFacts{"", "", "", std::move(port), "", "", 0};
  return r;
}

/// Three reports from 900 m away, a minute apart.
void far_away(DeviceWorld& w, Time t) {
  for (int i = 0; i < 3; ++i) {
    DeviceReport r = report_at(t + minutes(i));
    r.position = east(900);
    send(w, std::move(r));
  }
}

} // namespace

TEST_CASE("D4: where it says it stands", "[D4][R11.1c]") {
  const struct {
    const char* what;
    std::vector<Fix> reports; // in order of arrival
    bool hit;
    std::int64_t home_accuracy_m = 5;
  } rows[] = {
      {"at home", stays(0, 30, 0), false},
      {"two reports are not enough", stays(0, 2, 900), false},
      {"three are", stays(0, 3, 900), true},
      {"within 50 m", stays(0, 20, 48), false},
      {"beyond 50 m", stays(0, 3, 53), true},
      {"beyond it to the west", stays(0, 3, -53), true},
      {"within four sigma of the fixes", {{0, 75, 20}, {1, 75, 20}, {2, 75, 20}, {3, 75, 20}}, false},
      {"beyond four sigma", {{0, 85, 20}, {1, 85, 20}, {2, 85, 20}}, true},
      {"within four sigma of the installation", stays(0, 5, 75), false, 20},
      {"beyond these", stays(0, 3, 85), true, 20},
      {"one wild fix first", {{0, 900}, {1, 0}, {2, 0}, {3, 0}}, false},
      {"one in the middle", {{0, 0}, {1, 0}, {2, 900}, {3, 0}, {4, 0}}, false},
      {"one in the west", {{0, 0}, {1, 0}, {2, -900}, {3, 0}, {4, 0}}, false},
      {"one last", {{0, 0}, {1, 0}, {2, 0}, {3, 900}}, false},
      {"one that is sure of nothing hides no move", {{0, 900}, {1, 900, 5000}, {2, 900}, {3, 900}, {4, 900}}, true},
      {"nine of the last twenty", joined(stays(0, 20, 0), stays(20, 9, 900)), false},
      {"thirteen of the last twenty", joined(stays(0, 20, 0), stays(20, 13, 900)), true},
      {"nine in the west", joined(stays(0, 20, 0), stays(20, 9, -900)), false},
      {"thirteen in the west", joined(stays(0, 20, 0), stays(20, 13, -900)), true},
      {"only the last twenty count", joined(stays(0, 200, 0), stays(200, 13, 900)), true},
      {"back home", {{0, 0}, {1, 0}, {2, 900}, {3, 900}, {4, 0}, {5, 0}}, false},
      {"late, the earliest first", {{12, 900}, {11, 900}, {10, 900}}, true},
      {"late, the one between", {{10, 900}, {12, 900}, {11, 900}}, true},
      {"in a row by event time: home came before", {{10, 900}, {11, 900}, {5, 0}}, false},
      {"older than the twenty that are kept", joined(stays(100, 20, 0), stays(0, 50, 900)), false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    DeviceState d = reader();
    d.reg.position.accuracy_m = row.home_accuracy_m;
    const auto hit = fixes(d, row.reports);
    CHECK(hit.has_value() == row.hit);
    CHECK(d.environment.fixes.size() <= 20);
    CHECK(std::ranges::is_sorted(d.environment.fixes, {}, &DeviceState::Environment::Fix::at));
    if (!hit) continue;
    CHECK(hit->weight == 700);
    CHECK(hit->events.size() == 3);
    CHECK(hit->at == d.environment.fixes.back().at);
  }
}

TEST_CASE("D4: what is remembered does not depend on the order of arrival", "[D4]") {
  // Two at one moment: their place in the topic decides.
  std::vector<std::int64_t> order = {1, 2, 3, 4, 5};
  do {
    DeviceState d = reader();
    for (const auto i : order) {
      DeviceReport r = report_at(kNoon + minutes(i / 2), i);
      r.position = east(i);
      rules::moved_device(d, r, settings());
    }
    std::vector<std::int64_t> offsets;
    for (const auto& f : d.environment.fixes) offsets.push_back(f.event.offset);
    CHECK(offsets == std::vector<std::int64_t>{1, 2, 3, 4, 5});
  } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("D4: which access points it hears", "[D4][R11.1c]") {
  const Aps home = {"a", "b", "c"}, others = {"x", "y", "z"};
  const struct {
    const char* what;
    Aps baseline;
    std::vector<Aps> heard;
    bool hit;
  } rows[] = {
      {"those of the installation", home, {home, home, home, home}, false},
      {"others, twice", home, {others, others}, false},
      {"others, three times", home, {others, others, others}, true},
      {"not in a row", home, {others, others, home, others, others}, false},
      {"a report that hears nothing does not count", home, {others, others, {}, {}}, false},
      {"a fifth in common", home, {{"a", "x", "y"}, {"a", "x", "y"}, {"a", "x", "y"}}, false},
      {"less", home, {{"a", "x", "y", "z"}, {"a", "x", "y", "z"}, {"a", "x", "y", "z"}}, true},
      {"one heard several times is one", home, {{"a", "x", "x", "a"}, {"a", "x", "x", "a"}, {"a", "x", "x"}}, false},
      {"one of four was replaced",
       {"a", "b", "c", "d"},
       {{"a", "b", "c", "x"}, {"a", "b", "c", "x"}, {"a", "b", "c", "x"}},
       false},
      {"the only one was replaced", {"a"}, {others, others, others}, false},
      {"two are no baseline", {"a", "b"}, {others, others, others}, false},
      {"no baseline", {}, {others, others, others}, false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    DeviceState d = reader();
    d.reg.aps = row.baseline;
    CHECK(air(d, row.heard) == row.hit);
  }
}

TEST_CASE("D4: one access point that is listed three times is still one", "[D4]") {
  DeviceState d = reader();
  d.reg.aps = {"a", "a", "a"};
  CHECK_FALSE(air(d, {{"x"}, {"x"}, {"x"}}));
}

TEST_CASE("D4: in whatever order and how often a reader lists what it hears", "[D4]") {
  DeviceState d = reader();
  CHECK_FALSE(air(d, {{"d", "c", "b", "a"}, {"d", "d", "c", "b", "a"}, {"d", "c", "b", "b", "a"}}));
}

TEST_CASE("D4: of what it heard only the newest keeps its event's id, for a finding to rest on", "[D4]") {
  DeviceState d = reader();
  std::optional<Hit> hit;
  for (int i = 1; i <= 3; ++i) {
    DeviceReport r = report_at(kNoon + minutes(i), i);
    r.aps = {"x", "y", "z"};
    hit = rules::moved_device(d, r, settings());
  }
  REQUIRE(hit);
  CHECK(hit->at == kNoon + minutes(3));
  CHECK(hit->events.front().offset == 3);
  REQUIRE(d.environment.aps.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(d.environment.aps[i].event.id.empty() == (i < 2));
}

TEST_CASE("D4: a home on the equator is one", "[D4]") {
  DeviceState d = reader();
  d.reg.position.lat_e7 = 0;
  CHECK(fixes(d, stays(0, 3, 0)));
}

TEST_CASE("D4: the switch port", "[D4][R11.1c]") {
  const struct {
    const char* installed;
    const char* seen;
    bool hit;
  } rows[] = {{"port-1", "port-2", true}, {"port-1", "port-1", false}, {"", "port-2", false}, {"port-1", "", false}};
  for (const auto& row : rows) {
    INFO(row.installed << " -> " << row.seen);
    DeviceState d = reader();
    d.reg.network.switch_port = row.installed;
    const auto hit = rules::moved_device(d, on_port(kNoon, row.seen), settings());
    REQUIRE(hit.has_value() == row.hit);
    if (hit) CHECK(hit->weight == 850);
  }
}

TEST_CASE("D4: the heaviest of the three", "[D4]") {
  DeviceState d = reader();
  std::optional<Hit> hit;
  const auto next = [&](int minute, const char* port) {
    DeviceReport r = on_port(kNoon + minutes(minute), port);
    r.origin.offset = minute;
    r.position = east(900);
    r.aps = {"x", "y", "z"};
    hit = rules::moved_device(d, r, settings());
  };
  for (int i = 0; i < 3; ++i) next(i, "");
  REQUIRE(hit);
  CHECK(hit->weight == 700);
  next(3, "port-9");
  REQUIRE(hit);
  CHECK(hit->weight == 850);
}

TEST_CASE("D4: whom it does not ask", "[D4]") {
  SECTION("a mobile reader") {
    DeviceState d = installed(at_the_gate("mobile")).d;
    CHECK_FALSE(fixes(d, stays(0, 20, 900)));
    CHECK_FALSE(air(d, {{"x"}, {"x"}, {"x"}}));
    CHECK_FALSE(rules::moved_device(d, on_port(kNoon, "port-9"), settings()));
    CHECK_FALSE(d.dirty.environment);
  }
  SECTION("one that was installed without a position") {
    DeviceState d = reader();
    d.reg.position = {};
    CHECK_FALSE(fixes(d, stays(0, 20, 900)));
  }
}

TEST_CASE("D4: a finding that people look into", "[D4][R11.1c]") {
  DeviceWorld w = installed(at_the_gate());
  SECTION("by position") {
    far_away(w, kNoon + minutes(1));
    REQUIRE(w.outputs<FindingRecord>().size() == 1);
    const auto record = w.outputs<FindingRecord>()[0];
    CHECK(record.rule == RuleId::D4);
    CHECK(record.score == 700);
    CHECK(record.action == ProposedAction::inspect);
    CHECK(record.events.size() == 3);
  }
  SECTION("by port") {
    send(w, on_port(kNoon + minutes(1), "port-9"));
    REQUIRE(w.finding(RuleId::D4) != nullptr);
    CHECK(w.finding(RuleId::D4)->finding.band == Band::propose);
  }
  CHECK(w.d.reg.life == DeviceLife::active);
}

TEST_CASE("D4: reports from before the installation say nothing", "[D4]") {
  DeviceWorld w = installed(at_the_gate());
  far_away(w, kNoon - minutes(10));
  send(w, on_port(kNoon - minutes(1), "port-9"));
  CHECK(w.finding(RuleId::D4) == nullptr);
  CHECK(w.d.environment.fixes.empty());
}

TEST_CASE("D4: which work explains it, and when", "[D4][R11.1c]") {
  const Time from = kNoon + hours(1), to = kNoon + hours(3);
  const struct {
    const char* kind;
    bool approved;
    Time at; // of three reports within two minutes
    bool hit;
  } rows[] = {
      {"relocate", true, from, false},
      {"relocate", true, to - minutes(2), false},
      {"relocate", true, from - minutes(3), true},
      {"relocate", true, to + milliseconds(1), true},
      {"relocate", false, from, true},
      {"network", true, from, false},
      {"repair", true, from, false},
      {"firmware", true, from, true},
  };
  for (const auto& row : rows) {
    INFO(row.kind << " " << row.approved << " +" << (row.at - kNoon).ms << " ms");
    DeviceWorld w = installed(at_the_gate());
    ask(w, row.kind, from, to);
    if (row.approved) grant(w);
    far_away(w, row.at);
    CHECK((w.finding(RuleId::D4) != nullptr) == row.hit);
  }
}

TEST_CASE("D4: a relocation leaves a new baseline", "[D4][R11.1c]") {
  DeviceWorld w = installed(at_the_gate());
  far_away(w, kNoon + minutes(1)); // carried away before it was allowed
  REQUIRE(w.finding(RuleId::D4) != nullptr);
  ask(w, "relocate", kNoon + hours(1), kNoon + hours(3));
  grant(w);
  finish(w, {"", "canteen", east(900), {}, {}}, kNoon + hours(2));
  CHECK(w.finding(RuleId::D4) == nullptr);

  SECTION("late reports from the work, and from before it") {
    for (int i = 0; i < 5; ++i) {
      DeviceReport r = report_at(kNoon + minutes(50 + 10 * i));
      r.position = east(300 * i);
      send(w, std::move(r));
    }
    CHECK(w.finding(RuleId::D4) == nullptr);
  }
  SECTION("the new place is home") {
    far_away(w, kNoon + hours(4));
    CHECK(w.finding(RuleId::D4) == nullptr);
  }
  SECTION("the old one is not") {
    for (int i = 0; i < 3; ++i) {
      DeviceReport r = report_at(kNoon + hours(4) + minutes(i));
      r.position = east(0);
      send(w, std::move(r));
    }
    CHECK(w.finding(RuleId::D4) != nullptr);
  }
}
