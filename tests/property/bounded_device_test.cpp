// Catches: a sender who fills our memory through one reader: numbers, boots, contents, ids, zones, reports, access points,
// addresses, operators, clients and accusations without end (bounded state: 16 KiB per device).
#include <map>
#include <random>

#include "domain/archive.hpp"
#include "domain/device_sequence.hpp"
#include "domain/device_size.hpp"
#include "domain/device_trust.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

std::map<std::string, std::size_t> sizes(const DeviceState& d) {
  std::map<std::string, std::size_t> all;
  const auto take = [&](const char* name, const auto& part) {
    std::string bytes;
    encode(bytes, part);
    all[name] += bytes.size();
  };
  take("register", d.reg);
  take("hot", d.hot);
  take("reports", d.reports);
  take("environment", d.environment);
  take("clients", d.clients);
  take("habits", d.habits);
  take("neighbours", d.neighbours);
  take("trust", d.trust);
  take("ways", d.ways);
  take("findings", d.file.findings);
  take("reported", d.file.reported);
  take("outside", d.file.outside);
  take("unproven", d.file.unproven);
  const char* names[] = {"window of the newest boot", "window of the boot before"};
  for (std::size_t w = 0; w < 2; ++w)
    for (std::size_t g = 0; g < SequenceWindow::kGroups && !d.windows[w].slots.empty(); ++g)
      take(names[w], SequenceGroup{const_cast<SequenceWindow*>(&d.windows[w]), g}); // reads only
  return all;
}

std::size_t sum(const std::map<std::string, std::size_t>& sizes) {
  std::size_t n = 0;
  for (const auto& [part, size] : sizes) n += size;
  return n;
}

/// What has a limit of its own.
DeviceState without_ids(DeviceState d) {
  for (auto& window : d.windows) window.ids = {};
  for (auto& x : d.reports.streams) x.event.id.clear();
  for (auto& x : d.environment.fixes) x.event.id.clear();
  for (auto& x : d.environment.aps) x.event.id.clear();
  for (auto& f : d.file.findings) {
    f.evidence.forget_ids();
    for (auto& detail : f.details) detail.event.id.clear();
  }
  while (forget_doubt(d)) {
  }
  return d;
}

} // namespace

TEST_CASE("bounded: a hostile stream cannot make a device grow", "[bounded]") {
  const unsigned with = seed();
  INFO("ONECODE_SEED=" << with);
  std::mt19937_64 random(with);
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  const auto one_in = [&](std::uint64_t n) { return random() % n == 0; };
  const auto text = [&](std::size_t n) {
    std::string s;
    while (s.size() < n) s += static_cast<char>('a' + random() % 26);
    return s;
  };

  Policy policy = campus_policy();
  policy.response.auto_quarantine = false; // out of use it would hear less
  DeviceWorld w(policy);
  w.command(DeviceRegister{"SN-1", "X200", "gates", "se-1", {"op-1", "op-2", "op-3", "op-4"}});
  auto view = live_view();
  view.scope.functions = {"access"};
  view.scope.operators = {"op-1"};
  w.view(view);
  w.command(DeviceCertify{"cert-1", kNoon + days(9999), "key-1"});
  DeviceInstall place{"gates", "gate", {302'700'000, 1'201'300'000, 8}, {}, {}, "fixed"};
  place.network = {"10.20.3.7", "02:1b:44:11:3a:b7", "120", "sw-07/12", "10.0.0.53", "p-4f", 0};
  for (int i = 0; i < 8; ++i) place.aps.push_back("02:1b:44:11:3a:0" + std::to_string(i));
  w.command(place, "owner-1");
  w.command(DeviceActivate{}, "owner-1");
  REQUIRE(w.d.reg.life == DeviceLife::active);

  const std::vector<std::string> known = {"hall", "canteen", "dorm", "lab-a", "lab-b", "city", "hill"};
  const auto zone = [&] { return one_in(2) ? known[random() % known.size()] : text(64); };
  // The longest that evidence keeps, with nothing in common.
  const auto id = [&] { return one_in(9) ? text(300) : text(kMaxEvidenceId); };
  std::map<std::string, std::size_t> most;
  std::size_t largest = 0, named = 0;
  std::uint64_t seq = 0, number = 0;
  std::uint32_t boot = 1;
  w.offset = 9'000'000'000;
  for (int i = 0; i < 20'000; ++i) {
    w.now = w.now + milliseconds(below(300'000));
    w.offset += below(1'000'000);
    const TopicPartition at{Topic::scans, static_cast<std::int32_t>(random() % 100)};
    const bool calm = i >= 10'000; // a reader whose time and place are in order: accusations stay with it
    const Time t = w.now - (one_in(4) ? minutes(below(90)) : Duration{});
    // The numbers: on and on, with gaps, repeated, from long ago, from another world, after a restart.
    if (one_in(2'000)) ++boot, seq = number = 0;
    if (one_in(1'500)) seq += random() >> 8, number += random() >> 8;
    const bool moves_on = !one_in(5);
    if (moves_on) seq += one_in(500) ? random() % 300 : 1, number += one_in(500) ? random() % 300 : 1;

    Reading r;
    r.seq = moves_on    ? seq
            : one_in(2) ? random() % (seq + 1)
                        : seq - random() % std::min<std::uint64_t>(seq + 1, 400);
    r.boot = !moves_on && one_in(9) ? static_cast<std::uint32_t>(random() % (boot + 1)) : boot;
    r.content = random();
    r.time = t;
    r.id = id();
    r.mac = !moves_on && one_in(3) ? MacCheck::wrong : MacCheck::ok;
    r.account = "a-" + text(60);
    r.operator_id = one_in(3) ? text(64) : "op-1";
    r.integration = one_in(20) ? text(64) : "";
    r.function = one_in(20) ? "other:" + text(50) : "access";
    w.scan(r);

    DeviceReport report;
    report.origin = {{Topic::device_reports, at.partition}, w.offset, "gw", id(), t};
    report.device = w.d.id;
    report.boot = !moves_on && one_in(2) ? static_cast<std::uint32_t>(random() % (boot + 1)) : boot;
    report.seq = !moves_on ? random() % (number + 1) : number;
    report.kind = static_cast<ReportKind>(random() % 5);
    if (!calm)
      report.position = Position{302'700'000 + below(90'000'000), 1'201'300'000 - below(90'000'000), below(100'000)};
    for (int k = 0; k < 20 && !calm; ++k) report.aps.push_back(text(60));
    report.network =
        NetworkFacts{text(40), text(40), text(40), "sw-09/" + text(20), text(40), text(40), below(100'000)};
    if (calm) report.network->switch_port = place.network.switch_port;
    report.firmware = text(40);
    report.secure_element = text(40);
    report.tls_fingerprint = text(64);
    report.tamper = one_in(3);
    if (one_in(2)) report.clock_offset_ms = calm ? 0 : below(2'000'000'000) - 1'000'000'000;
    report.content = random();
    w.out.clear();
    step(w.d, report, w.context(), w.out);

    const EventRef event{at, w.offset, text(kMaxEvidenceId)};
    w.out.clear();
    if (!calm || (i > 12'000 && one_in(20))) // late and rarely enough that it is not the reader's fault
      step(w.d,
           msg::ScanDoubted{"a-" + text(62), one_in(2) ? RuleId::A1 : RuleId::A2, calm ? 0 : random(), t, event,
                            below(99'999'999)},
           w.context(), w.out);
    step(w.d, msg::NeighbourSeen{random(), zone(), t, event, below(3'600'000)}, w.context(), w.out);
    if (one_in(50))
      step(w.d, msg::SerialShared{text(64), text(64), "serial:" + text(50), t, {event, event}}, w.context(), w.out);
    if (one_in(50)) step(w.d, msg::NetworkExcused{"switch:sw-07", random()}, w.context(), w.out);
    if (i % 8 != 0) continue;
    const std::size_t now = sum(sizes(w.d));
    largest = std::max(largest, now);
    REQUIRE(now <= size_at_most(w.d));
    for (const auto& [part, size] : sizes(without_ids(w.d))) most[part] = std::max(most[part], size);
    named += !event_in(w.d.windows[0], w.d.hot.highest[0]).id.empty();
  }
  std::string parts;
  for (const auto& [part, size] : most) parts += "\n  " + part + " " + std::to_string(size);
  INFO("each part at its largest, without ids:" << parts);
  CHECK(w.d.file.findings.size() >= 6); // else it was not hostile enough
  CHECK(largest <= kMaxDeviceBytes);
  CHECK(sum(most) <= kMaxDeviceBytes); // so that there is always enough to give up
  CHECK(named > 0);
}
