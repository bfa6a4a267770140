// What merchants do with their tills, each a merchant that nothing else is told about; and the relocations that were asked for.
#include <fmt/format.h>

#include <algorithm>

#include "app/simulate/stage.hpp"
#include "app/simulate/words.hpp"

namespace onecode::app::simulate {
namespace {

class Plan {
public:
  explicit Plan(Stage& s) : s_(s) {}

  void all() {
    each("uncertified", [&](Venue& v, int day) { uncertified(v, day); });
    each("cloned", [&](Venue& v, int day) { cloned(v, day); });
    each("premature", [&](Venue& v, int day) { premature(v, day); });
    each("tampered", [&](Venue& v, int day) { tampered(v, day); });
    each("moved", [&](Venue& v, int day) { moved(v, day); });
    each("rerouted", [&](Venue& v, int day) { rerouted(v, day); });
    each("lent-device", [&](Venue& v, int day) { lent(v, day); });
    for (std::size_t i = 0; i < s_.device_cases() && s_.options.days > 6; ++i)
      if (auto* v = take()) relocated(*v, static_cast<int>(s_.random.between(4, s_.options.days - 2)));
  }

private:
  template <class F>
  void each(const char* kind, F&& tell) {
    for (std::size_t i = 0; i < s_.device_cases(); ++i) {
      const int day = s_.pick_day(4);
      if (!s_.wants(kind)) continue;
      if (auto* v = take()) tell(*v, day);
    }
  }
  Venue* take() {
    auto& list = s_.map.venues;
    const auto first = s_.random.below(s_.map.merchants);
    for (std::size_t i = 0; i < s_.map.merchants; ++i) {
      auto& v = list[(first + i) % s_.map.merchants];
      if (v.taken) continue;
      v.taken = true;
      return &v;
    }
    return nullptr;
  }
  std::uint32_t misuse(const char* kind, const char* clause, const std::string& device) {
    return s_.story(Story::misuse, kind, clause, "device:" + device);
  }
  void tell(Device& d, std::uint32_t number, std::int64_t from, std::int64_t to) {
    d.story = number;
    d.story_from = from;
    d.story_to = to;
  }
  std::uint32_t other_zone(const Venue& v) {
    // A better place on the same campus: another street of shops, a canteen, a dormitory with more people.
    const int campus = s_.map.zones[v.zone].campus;
    std::uint32_t zone = v.zone;
    while (zone == v.zone)
      zone = s_.random.one_of(s_.map.of(s_.random.permille(500) ? Use::dorm : Use::canteen, campus));
    return zone;
  }

  /// A till bought second-hand, plugged in beside the others. Some have been registered and never certified.
  void uncertified(Venue& v, int day) {
    const auto device = s_.map.add_device(fmt::format("d-{:04}", 8000 + s_.map.devices.size()), v.integration, v.zone,
                                          Function::payment);
    auto& d = s_.map.devices[device];
    d.registered = s_.random.permille(400);
    d.certified = d.sealed = false;
    v.rogue = device;
    v.rogue_from = s_.midnight(day) + s_.random.between(8, 12) * kHour;
    v.rogue_to = v.rogue_from + s_.random.between(3, 12) * kDay;
    d.looks[0].from = v.rogue_from; // silent until it is plugged in
    tell(d, misuse("uncertified", "11(1)", d.id), v.rogue_from, v.rogue_to);
  }

  /// The memory of a till was copied into a second one, which counts on from there under the same name.
  void cloned(Venue& v, int day) {
    auto& d = s_.map.devices[v.devices[0]];
    const auto number = misuse("cloned", "11(1)", d.id);
    d.twin_from = s_.midnight(day) + s_.random.between(8, 18) * kHour;
    d.twin_to = d.twin_from + s_.random.between(2, 9) * kDay;
    tell(d, number, d.twin_from, d.twin_to); // only what the second unit sends: see simulation.cpp
  }

  /// The doors open before the inspection: takings first.
  void premature(Venue& v, int day) {
    auto& i = s_.map.integrations[v.integration];
    i.debugging = true;
    v.opens = s_.midnight(day) + 9 * kHour;
    const auto number = s_.story(Story::misuse, "premature", "6", "integration:" + i.id);
    for (const auto n : v.devices) {
      auto& d = s_.map.devices[n];
      tell(d, number, v.opens, s_.end());
    }
  }

  /// Opened at night: the lid contact speaks, it restarts, and comes back with other insides.
  void tampered(Venue& v, int day) {
    auto& d = s_.map.devices[v.devices[0]];
    const auto at = s_.midnight(day) + s_.random.between(21 * 60, 24 * 60) * kMinute;
    const auto number = misuse("tampered", "11(1)", d.id);
    const bool contact = s_.random.permille(700), element = s_.random.permille(500);
    Look look = d.looks.back();
    look.from = at + 25 * kMinute;
    if (element) look.element += 100'000;
    if (!element || s_.random.permille(300)) look.firmware += 90;
    d.looks.push_back(look);
    tell(d, number, at, at + 10 * kDay);
    s_.acts.push_back([device = v.devices[0], at, contact, day](int today, std::vector<Event>& out) {
      if (today != day) return;
      Event e;
      e.what = What::report;
      e.device = device;
      e.amount = 0;
      if (contact) {
        e.report = Report::tamper;
        e.at = at;
        out.push_back(e);
      }
      e.report = Report::boot;
      e.at = at + 26 * kMinute;
      out.push_back(e);
    });
  }

  /// Carried to where more people pass, and plugged in there.
  void moved(Venue& v, int day) {
    const auto at = s_.midnight(day) + 23 * kHour;
    v.new_zone = other_zone(v);
    v.new_from = s_.midnight(day + 1);
    for (const auto n : v.devices) {
      auto& d = s_.map.devices[n];
      move(d, v.new_zone, at);
      tell(d, misuse("moved", "11(1)", d.id), at, s_.end());
    }
  }
  static void move(Device& d, std::uint32_t zone, std::int64_t at) {
    Look look = d.looks.back();
    look.from = at;
    look.zone = zone;
    look.network_switch = look.gateway = look.path = zone + 1;
    look.port += 500; // another socket
    look.address += 5000;
    d.looks.push_back(look);
  }

  /// The line was patched through a box of the merchant's own.
  void rerouted(Venue& v, int day) {
    auto& d = s_.map.devices[v.devices[0]];
    const auto at = s_.midnight(day) + s_.random.between(9, 20) * kHour;
    Look look = d.looks.back();
    look.from = at;
    look.gateway += 700;
    look.path += 700;
    if (s_.random.permille(600)) look.dns = 2;
    if (s_.random.permille(500)) look.address += 9000;
    look.rtt += static_cast<std::int32_t>(s_.random.between(8, 40));
    d.looks.push_back(look);
    tell(d, misuse("rerouted", "11(2)", d.id), at, s_.end());
  }

  /// Sublet to somebody who sells in the evening, to other people, other things.
  void lent(Venue& v, int day) {
    v.lent_from = s_.midnight(day);
    v.own_login = mixed(s_.options.seed ^ v.devices[0]) % 1000 < 700;
    for (const auto n : v.devices) {
      auto& d = s_.map.devices[n];
      tell(d, misuse("lent-device", "11(3)", d.id), v.lent_from, s_.end());
    }
  }

  /// Asked for, approved, done in the night, closed with the new place.
  void relocated(Venue& v, int day) {
    const auto zone = other_zone(v);
    v.new_zone = zone;
    const auto from = s_.midnight(day) + 23 * kHour + 10 * kMinute, to = s_.midnight(day + 1) + 5 * kHour;
    v.new_from = s_.midnight(day + 1);
    const auto& integration = s_.map.integrations[v.integration].id;
    for (const auto n : v.devices) {
      auto& d = s_.map.devices[n];
      move(d, zone, from);
      const auto number = s_.story(Story::approved, "relocation", "", "device:" + d.id);
      s_.seen(number, from);
      s_.seen(number, to);
      const auto order = "order-" + d.id;
      s_.acts.push_back([this_ = &s_, id = d.id, n, order, integration, zone, from, to, day](
                            int today, std::vector<Event>& out) {
        auto& s = *this_;
        const auto owner = "owner-" + integration;
        if (today == day - 3) {
          out.push_back(
              s.command(s.midnight(today) + 10 * kHour, "device.maintenance.request", id, "integration-owner", owner,
                        fmt::format(R"({{"order":"{}","kind":"relocate","from":"{}","to":"{}","zone":"{}"}})", order,
                                    format_time(Time{from}), format_time(Time{to}), s.map.zones[zone].id)));
        }
        if (today == day - 2)
          out.push_back(s.command(s.midnight(today) + 15 * kHour, "device.maintenance.approve", id,
                                  "information-centre", "centre-1", fmt::format(R"({{"order":"{}"}})", order)));
        if (today == day + 1) {
          const auto& look = s.map.devices[n].looks.back();
          out.push_back(
              s.command(s.midnight(today) + 90 * kMinute, "device.maintenance.close", id, "integration-owner", owner,
                        fmt::format(R"({{"order":"{}","zone":"{}","position":{},"network":{},"aps":{}}})", order,
                                    s.map.zones[zone].id, position_text(s.map.zones[look.zone], 0, 0),
                                    network_text(look, look.rtt), access_points_text(look.zone))));
        }
      });
    }
  }

  Stage& s_;
};

} // namespace

void plan_device_misuse(Stage& stage) { Plan(stage).all(); }

} // namespace onecode::app::simulate
