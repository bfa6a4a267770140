// Devices that are out of order, and honest: wrong clocks, lines that are down, gateways that send twice, a new switch.
#include <algorithm>
#include <set>

#include "app/simulate/stage.hpp"

namespace onecode::app::simulate {
namespace {

class Plan {
public:
  explicit Plan(Stage& s) : s_(s) {}

  void all() {
    if (s_.options.days < 3) return;
    const auto big = static_cast<std::uint32_t>(big_devices());
    // Of a hundred devices one loses its clock or its line in a month; a small campus is still to show each.
    const auto n = std::max<std::size_t>(s_.device_cases() + 1, big / 100);
    for (std::size_t i = 0; i < n; ++i) {
      // Hours until somebody notices: its battery died, it counts from where the last power cut left it.
      const auto off = s_.random.between(90, 300) * kSecond * (s_.random.permille(500) ? 1 : -1);
      fault(Device::Fault::clock, "clock-skew", big, s_.random.between(3, 9) * kHour, off, s_.random.permille(500));
      fault(Device::Fault::offline, "offline-upload", big, s_.random.between(4, 7) * kHour, 0,
            s_.random.permille(500));
      fault(Device::Fault::repeated, "duplicate-upload", big, s_.random.between(1, 3) * kHour, 0, false);
    }
    new_switch();
  }

private:
  /// Doors, rooms and tills of the big subsystems come first in the list; nothing else is told about them.
  std::size_t big_devices() const { return s_.map.venues.front().devices.front(); }

  void fault(Device::Fault::Kind kind, const char* scenario, std::uint32_t big, std::int64_t length, std::int64_t off,
             bool known) {
    std::uint32_t device = 0;
    // Where people pass: nobody would notice the others.
    for (int tries = 0; tries < 200; ++tries) {
      device = static_cast<std::uint32_t>(s_.random.below(big));
      const auto use = s_.map.zones[s_.map.devices[device].zone].use;
      if ((use == Use::dorm || use == Use::canteen || use == Use::library) && broken_.insert(device).second) break;
    }
    auto& d = s_.map.devices[device];
    const auto day = s_.random.between(1, s_.options.days - 2);
    Device::Fault f;
    f.kind = kind;
    f.from = s_.midnight(static_cast<int>(day)) + s_.random.between(6 * 60, 15 * 60) * kMinute;
    f.to = f.from + length;
    f.off = off;
    f.known = known;
    f.story = s_.story(Story::fault, scenario, "", "device:" + d.id);
    s_.seen(f.story, f.from);
    s_.seen(f.story, f.to);
    d.faults.push_back(f);
  }

  /// The switch of a building was replaced on a morning: everything in it is plugged into other sockets within minutes.
  void new_switch() {
    const auto zone = s_.random.one_of(s_.map.of(Use::canteen, 0));
    const int day = static_cast<int>(s_.random.between(1, s_.options.days - 2));
    const auto at = s_.midnight(day) + 9 * kHour + s_.random.between(0, 90) * kMinute;
    std::vector<std::pair<std::uint32_t, std::int64_t>> changes;
    for (std::uint32_t i = 0; i < s_.map.devices.size(); ++i) {
      auto& d = s_.map.devices[i];
      if (d.zone != zone || d.looks.size() > 1 || !d.registered || !d.certified) continue;
      Look look = d.looks.back();
      look.from = at + s_.random.between(0, 240) * kSecond;
      look.network_switch += 60;
      look.port = 1000 + i % 48;
      look.path += 60;
      d.looks.push_back(look);
      changes.emplace_back(i, look.from + 20 * kSecond);
      if (d.story != 0) continue; // told about otherwise
      const auto n = s_.story(Story::fault, "switch-replaced", "", "device:" + d.id);
      s_.seen(n, look.from);
      s_.seen(n, look.from + kMinute);
    }
    s_.acts.push_back([changes, day](int today, std::vector<Event>& out) {
      if (today != day) return;
      for (const auto& [device, when] : changes) {
        Event e;
        e.what = What::report;
        e.report = Report::network;
        e.device = device;
        e.at = when;
        e.amount = 0;
        out.push_back(e);
      }
    });
  }

  Stage& s_;
  std::set<std::uint32_t> broken_;
};

} // namespace

void plan_faults(Stage& stage) { Plan(stage).all(); }

} // namespace onecode::app::simulate
