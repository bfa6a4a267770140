// Catches: evidence about a reader that names a contributing event without its id although there is room (CONTRACT §5.4), with
// the id of another, or that grows a device beyond its limit.
#include "domain/device_size.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "domain/archive.hpp"
#include "domain/device_sequence.hpp"
#include "domain/hash.hpp"
#include "domain/rules/d04_moved_device.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/rules/device_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

using Ids = std::vector<std::string>;

Policy without_quarantine() {
  Policy p = campus_policy();
  p.response.auto_quarantine = false;
  return p;
}

Ids ids_of(const std::vector<EventRef>& events) {
  Ids ids;
  for (const auto& e : events) ids.push_back(e.id);
  std::ranges::sort(ids);
  return ids;
}

/// As its store would give it back.
DeviceState woken(DeviceState& d) {
  DeviceState again;
  again.id = d.id;
  const auto copy = [](const auto& from, auto& to) {
    std::string bytes;
    encode(bytes, from);
    decode(bytes, to);
  };
  copy(d.reg, again.reg);
  copy(d.hot, again.hot);
  copy(d.reports, again.reports);
  copy(d.environment, again.environment);
  copy(d.clients, again.clients);
  copy(d.habits, again.habits);
  copy(d.neighbours, again.neighbours);
  copy(d.trust, again.trust);
  copy(d.ways, again.ways);
  copy(d.file, again.file);
  for (std::size_t w = 0; w < 2; ++w)
    for (std::size_t g = 0; g < SequenceWindow::kGroups && !d.windows[w].slots.empty(); ++g) {
      SequenceGroup to{&again.windows[w], g};
      copy(SequenceGroup{&d.windows[w], g}, to);
    }
  return again;
}

enum class IdForm { counted, other_gateway, uuid, ulid, longest };

/// The id of the n-th event of some source.
std::string id_of(IdForm form, std::uint64_t n, std::uint32_t boot = 1) {
  const std::uint64_t a = mix64(n, boot), b = mix64(n + 1, boot + 7);
  const std::string digits = hex({a, b});
  switch (form) {
    case IdForm::counted:
      return "d-0942/s-" + std::to_string(11'475 + 7 * n + 100'000 * boot);
    case IdForm::other_gateway:
      return "gw-03/d-0417/" + std::to_string(boot) + "/" + std::to_string(182'731 + n);
    case IdForm::uuid:
      return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" +
             digits.substr(16, 4) + "-" + digits.substr(20, 12);
    case IdForm::ulid: {
      std::string id;
      for (int i = 0; i < 26; ++i) id += kUlidDigits[i < 13 ? a >> (5 * i) & 31 : b >> (5 * (i - 13)) & 31];
      id[0] = '0';
      return id;
    }
    case IdForm::longest:
      return digits.substr(0, kMaxEvidenceId);
  }
  return {};
}

/// Of a clone of this number: which ids does the finding list?
Ids clone(const DeviceWorld& at_work, std::uint64_t seq, std::uint32_t boot = 1) {
  DeviceWorld w = at_work;
  w.scan({.seq = seq, .boot = boot, .content = 99, .id = "clone"});
  const DeviceState::OpenFinding* found = w.finding(RuleId::D2);
  REQUIRE(found != nullptr);
  return ids_of(found->evidence.entries().at(0).events);
}

/// A reader in the middle of its life: everything that a busy one fills is full.
DeviceWorld busy_reader(IdForm form, std::uint32_t boots) {
  DeviceWorld w(without_quarantine());
  w.command(DeviceRegister{"SN-0011-2233", "X200 gate", "gates", "se-5511-0001", {"op-1", "op-2"}});
  auto view = live_view();
  view.scope.functions = {"access", "payment"};
  view.scope.zones = {"gate", "hall"};
  w.view(view);
  w.command(DeviceCertify{"cert-2026-0031", kNoon + days(365), "key-1"});
  const Zone home = place(0, 0);
  DeviceInstall install{"gates", "gate", {home.lat_e7, home.lon_e7, 8}, {}, {}, "fixed"};
  install.network = {"10.20.3.7", "02:1b:44:11:3a:b7", "120", "sw-07/12", "10.0.0.53", "p-4f", 0};
  install.aps = {"02:1b:44:11:3a:01", "02:1b:44:11:3a:02", "02:1b:44:11:3a:03"};
  w.command(install, "owner-1");
  w.command(DeviceActivate{}, "owner-1");
  std::mt19937_64 random(7);
  w.offset = 40'000'000;
  for (std::uint32_t boot = 1; boot <= boots; ++boot)
    for (std::uint64_t seq = 1; seq <= 600; ++seq) {
      w.now = w.now + minutes(45);
      w.offset += static_cast<std::int64_t>(random() % 900);
      Reading r{.seq = seq, .boot = boot, .time = w.now, .id = id_of(form, seq, boot)};
      r.account = "a-" + std::to_string(random() % 250);
      r.operator_id = "op-1";
      w.scan(r);
      DeviceReport report = report_at(w.now, 0);
      report.origin.id = id_of(form, 1'000 + seq, boot);
      report.origin.offset = w.offset;
      report.boot = boot;
      report.seq = seq;
      report.content = random();
      report.position = Position{home.lat_e7, home.lon_e7, 8};
      report.aps = install.aps;
      report.network = install.network;
      report.network->rtt_ms = 20;
      report.tls_fingerprint = "t";
      w.out.clear();
      step(w.d, report, w.context(), w.out);
      const std::string zone = "z-" + std::to_string(random() % 12);
      step(w.d, msg::NeighbourSeen{random(), zone, w.now, ref(report.origin), minutes(4).ms}, w.context(), w.out);
    }
  for (const auto& f : w.d.file.findings) FAIL(to_string(f.finding.rule));
  return w;
}

} // namespace

TEST_CASE("device evidence: a clone's finding names both scans", "[device][D2]") {
  for (const IdForm form : {IdForm::counted, IdForm::other_gateway, IdForm::uuid, IdForm::ulid, IdForm::longest}) {
    const std::string id = id_of(form, 1);
    INFO(id);
    DeviceWorld w = DeviceWorld::at_work(without_quarantine());
    for (std::uint64_t seq = 1; seq <= 9; ++seq) w.scan({.seq = seq, .id = id_of(form, seq)});
    for (const bool asleep : {false, true}) {
      if (asleep) w.d = woken(w.d);
      for (std::uint64_t seq = 1; seq <= 9; ++seq) {
        Ids both{"clone", id_of(form, seq)};
        std::ranges::sort(both);
        CHECK(clone(w, seq) == both);
      }
    }
  }
}

TEST_CASE("device evidence: the id is that of the scan that has the number now", "[device][D2]") {
  DeviceWorld w = DeviceWorld::at_work(without_quarantine());
  for (std::uint64_t seq = 1; seq <= 300; ++seq) w.scan({.seq = seq, .id = "a-" + std::to_string(seq)});
  CHECK(clone(w, 45) == Ids{"a-45", "clone"});
  CHECK(clone(w, 44).size() == 1); // 300 has its slot: a number gone by
  CHECK(clone(w, 300) == Ids{"a-300", "clone"});

  w.scan({.seq = 301, .id = std::string(kMaxEvidenceId + 1, 'x')}); // where 45 stood
  CHECK(clone(w, 301) == Ids{"", "clone"});
  w.scan({.seq = 400, .id = "a-400"}); // 302 to 399 did not come; they stand where 46 to 143 stood
  w.scan({.seq = 350});
  CHECK(clone(w, 350) == Ids{"", "clone"});
  w.scan({.seq = 1, .boot = 2, .id = "b-1"});
  CHECK(clone(w, 400, 1) == Ids{"a-400", "clone"});
  CHECK(clone(w, 1, 2) == Ids{"b-1", "clone"});
  w.d = woken(w.d);
  CHECK(clone(w, 400, 1) == Ids{"a-400", "clone"});
  w.scan({.seq = 1, .boot = 3, .id = "c-1"});
  CHECK(clone(w, 1, 2) == Ids{"b-1", "clone"});
  CHECK(clone(w, 1, 3) == Ids{"c-1", "clone"});
}

TEST_CASE("device evidence: two streams are named by their reports", "[device][D3]") {
  DeviceWorld w = DeviceWorld::at_work(without_quarantine());
  w.report(kNoon, "10.0.0.1");
  w.report(kNoon + seconds(10), "10.9.9.9");
  w.d = woken(w.d);
  w.report(kNoon + seconds(20), "10.0.0.1");
  Ids all;
  for (const auto& r : w.reports) all.push_back(r.origin.id);
  const auto findings = w.outputs<FindingRecord>();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == RuleId::D3);
  CHECK(ids_of(findings[0].events) == all);
}

TEST_CASE("device evidence: a reader that was moved is named by the reports that say so", "[device][D4]") {
  const Zone home = place(0, 0), away = place(900, 0);
  DeviceWorld w = installed({"gates", "gate", {home.lat_e7, home.lon_e7, 5}, {}, {"a", "b", "c", "d"}, "fixed"});
  const auto tell = [&](int minute, const Zone& zone, std::vector<std::string> aps) {
    DeviceReport r = report_at(kNoon + minutes(minute));
    r.position = Position{zone.lat_e7, zone.lon_e7, 5};
    r.aps = std::move(aps);
    send(w, r);
    w.d = woken(w.d);
  };
  SECTION("by position") {
    // The last of them comes late: which three are the newest is a matter of their own time.
    tell(0, home, {});
    for (const int minute : {1, 2, 5, 6, 4}) tell(minute, away, {});
    for (const auto& fix : w.d.environment.fixes) CHECK(fix.event.id.empty() == (fix.at < kNoon + minutes(4)));
    const auto* found = w.finding(RuleId::D4);
    REQUIRE(found != nullptr);
    const auto& events = found->evidence.entries().at(0).events;
    REQUIRE(events.size() == 3);
    for (const auto& e : events) CHECK(e.id == "r" + std::to_string(e.offset));
  }
  SECTION("by its air") {
    for (const int minute : {1, 2, 3}) tell(minute, home, {"x", "y", "z"});
    const auto* found = w.finding(RuleId::D4);
    REQUIRE(found != nullptr);
    CHECK(ids_of(found->evidence.entries().at(0).events) == Ids{w.reports.back().origin.id});
  }
}

TEST_CASE("device evidence: a day that ended is named by its last scan", "[device][D9]") {
  DeviceWorld w = DeviceWorld::at_work();
  auto view = live_view();
  view.scope.volumes = Volumes{};
  view.scope.volumes->scans_per_day = 1'000;
  w.view(view);
  w.scan({.seq = 1, .id = "s-1"});
  w.scan({.seq = 3, .time = kNoon + minutes(1), .id = "s-3"});
  w.d = woken(w.d);
  w.now = kNoon + days(1);
  w.scan({.seq = 5, .time = w.now, .id = "s-5"});
  const auto counted = w.messages<msg::DayCounted>();
  REQUIRE(counted.size() == 1);
  CHECK(counted[0].event.id == "s-3");

  // D9 itself: the newest scan before the day's end is what its finding rests on.
  w.d.habits.odd_hours = w.d.habits.odd_clients = w.d.habits.other_only = w.now;
  w.now = kNoon + days(2);
  w.scan({.seq = 6, .time = w.now, .id = "s-6"});
  const auto* found = w.finding(RuleId::D9);
  REQUIRE(found != nullptr);
  CHECK(ids_of(found->evidence.entries().at(0).events) == Ids{"s-5"});
}

TEST_CASE("device size: a busy reader has room for the ids of all its numbers", "[device]") {
  const struct {
    IdForm form;
    std::uint32_t boots;
  } rows[] = {{IdForm::counted, 2}, {IdForm::other_gateway, 2}, {IdForm::uuid, 1},
              {IdForm::uuid, 2},    {IdForm::ulid, 2},          {IdForm::longest, 1}};
  for (const auto& row : rows) {
    DeviceWorld w = busy_reader(row.form, row.boots);
    INFO(id_of(row.form, 1) << ", boots " << row.boots << ", at most " << size_at_most(w.d));
    std::size_t named = 0;
    for (std::uint64_t seq = 600 - 255; seq <= 600; ++seq)
      named += event_in(w.d.windows[0], seq).id == id_of(row.form, seq, row.boots);
    CHECK(named == 256);
    CHECK(clone(w, 400, row.boots).size() == 2);
  }
}

TEST_CASE("device size: the ids of the oldest scans are given up first, their places never", "[device]") {
  DeviceWorld w = busy_reader(IdForm::counted, 2);
  const auto named = [&](std::size_t window) {
    std::vector<bool> ids;
    for (std::uint64_t seq = 600 - 255; seq <= 600; ++seq) {
      const EventRef e = event_in(w.d.windows[window], seq);
      CHECK(e.offset > 40'000'000);
      ids.push_back(!e.id.empty());
    }
    return ids;
  };
  // Operators are the only thing here that has no limit of its own.
  const auto grow_to = [&](std::size_t room) {
    saved(w.d);
    w.d.dirty.reg = true;
    w.d.reg.operators = {"op-1"};
    const std::size_t now = size_at_most(w.d);
    w.d.reg.operators.emplace_back(room - now, 'o');
    keep_small(w.d);
    CHECK(size_at_most(w.d) <= kMaxDeviceBytes);
  };
  // The group that the newest number stands in has the oldest ones as well, and goes last.
  const auto in_order = [](const std::vector<bool>& ids) {
    return std::is_sorted(ids.begin() + SequenceWindow::kGroup, ids.end());
  };
  const auto count = [](const std::vector<bool>& ids) { return std::ranges::count(ids, true); };
  REQUIRE(count(named(0)) == 256);

  grow_to(kMaxDeviceBytes + 200);
  CHECK(in_order(named(1)));
  CHECK(count(named(1)) > 0);
  CHECK(count(named(1)) < 256);
  CHECK(count(named(0)) == 256);
  CHECK(std::ranges::any_of(w.d.dirty.groups[1], [](bool g) { return g; }));
  CHECK_FALSE(std::ranges::any_of(w.d.dirty.groups[0], [](bool g) { return g; }));

  grow_to(kMaxDeviceBytes + 2'500);
  CHECK(count(named(1)) == 0);
  CHECK(count(named(0)) < 256);
  CHECK(count(named(0)) > 0);
  CHECK(in_order(named(0)));
  CHECK_FALSE(w.d.reports.streams.front().event.id.empty());
  CHECK_FALSE(w.d.environment.fixes.back().event.id.empty());

  w.d.reg.operators.emplace_back(kMaxDeviceBytes, 'o'); // no room at all
  keep_small(w.d);
  CHECK(count(named(0)) == 0);
  CHECK(w.d.reports.streams.front().event.id.empty());
  CHECK(w.d.environment.fixes.back().event.id.empty());
  CHECK(w.d.dirty.reports);
  CHECK(w.d.dirty.environment);
}

TEST_CASE("device size: is the same for a reader that has slept", "[device]") {
  DeviceWorld w = busy_reader(IdForm::uuid, 2);
  DeviceState again = woken(w.d);
  CHECK(size_at_most(again) == size_at_most(w.d));
  w.scan({.seq = 1'000, .boot = 2, .id = "s-1000"}); // empties slots
  w.scan({.seq = 900, .boot = 2});
  again = woken(w.d);
  CHECK(size_at_most(again) == size_at_most(w.d));
  for (std::size_t i = 0; i < 2; ++i) CHECK(window_bytes(again.windows[i]) == window_bytes(w.d.windows[i]));
}
