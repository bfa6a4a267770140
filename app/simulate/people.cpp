#include "app/simulate/people.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onecode::app::simulate {
namespace {

constexpr std::size_t kGroup = 30;                      // a class of students
constexpr std::int64_t kWalk = 1400, kWalkSpread = 150; // mm/s: what people walk who are on their way
constexpr std::int64_t kRide = 4600, kRideSpread = 350; // a bicycle among pedestrians
constexpr std::int64_t kCyclists = 120;                 // permille
constexpr std::int64_t kDynamicCodes = 125;             // permille who open the app instead of showing the plain code
constexpr std::uint16_t kEarlyCodes = 10, kStuck = 3;   // permille of everybody's codes

} // namespace

People::People(std::uint64_t seed, std::size_t count, const CampusMap& map) : random_(seed, 0x70656f), seed_(seed) {
  const std::size_t students = count * 88 / 100, staff = count * 9 / 100, retired = count * 2 / 100;
  const std::size_t group_count = std::max<std::size_t>(1, (students + kGroup - 1) / kGroup);
  for (std::size_t g = 0; g < group_count; ++g) {
    Group group;
    group.campus = g % 3 == 2 ? 1 : 0; // a third of the groups study on the south campus
    group.timetable = make_timetable(group.campus, map);
    groups.push_back(group);
  }
  all.reserve(count + count / 20);
  for (std::size_t i = 0; i < count; ++i) {
    Person p;
    p.account = static_cast<std::uint32_t>(accounts.size());
    p.role = i < students                     ? Role::student
             : i < students + staff           ? Role::staff
             : i < students + staff + retired ? Role::retired
                                              : Role::temporary;
    if (p.role == Role::student) {
      p.group = static_cast<std::uint32_t>(i / kGroup);
      p.campus = groups[p.group].campus;
    } else {
      p.campus = random_.permille(300) ? 1 : 0;
    }
    // Classmates live in the same house, most of them.
    const auto& homes = map.of(p.role == Role::student ? Use::dorm : Use::office, p.campus);
    p.home =
        p.role == Role::student && random_.permille(850) ? homes[p.group / 3 % homes.size()] : random_.one_of(homes);
    p.handset = new_handset();
    p.dynamic = random_.permille(kDynamicCodes);
    p.early_codes = kEarlyCodes;
    p.stuck = kStuck;
    p.goes_home = p.role == Role::student && random_.permille(140);
    habits(p, map);
    // The number says nothing about the person: it is not the order in which they stand here.
    accounts.push_back(fmt::format("a-{:06}", i));
    constexpr const char* names[] = {"student", "staff", "retired", "temporary", "temporary"};
    categories.push_back(names[static_cast<std::size_t>(p.role)]);
    all.push_back(std::move(p));
  }
}

std::uint32_t People::new_handset() {
  const auto n = static_cast<std::uint32_t>(handsets.size());
  handsets.push_back(fmt::format("h-{:010x}", mixed(mixed(seed_ ^ 0x68616e64) + n) & 0xFFFFFFFFFFULL));
  return n;
}

void People::habits(Person& p, const CampusMap& map) {
  auto& r = random_;
  p.bicycle = r.permille(kCyclists);
  p.speed = static_cast<std::int32_t>(p.bicycle ? r.around(kRide, kRideSpread) : r.around(kWalk, kWalkSpread));
  p.breakfast = static_cast<std::uint16_t>(r.between(100, 950));
  p.library = static_cast<std::uint16_t>(r.permille(350) ? r.between(350, 800) : r.between(0, 250));
  p.gym = static_cast<std::uint16_t>(r.permille(250) ? r.between(150, 450) : r.between(0, 60));
  p.shops = static_cast<std::uint16_t>(r.between(100, 600));
  p.nap = static_cast<std::uint16_t>(r.between(200, 900));
  p.missed_in = static_cast<std::uint16_t>(r.between(10, 90));
  p.missed_out = static_cast<std::uint16_t>(r.between(10, 110));
  p.generous = r.permille(60);
  for (auto& c : p.canteens) c = r.one_of(map.of(Use::canteen, p.campus));
  // Everybody has his shops, most of them on his own campus.
  const auto choose = [&](std::size_t first, std::size_t last) {
    std::size_t v = first;
    for (int tries = 0; tries < 12; ++tries) {
      v = first + static_cast<std::size_t>(r.below(last - first));
      if (map.zones[map.venues[v].zone].campus == p.campus) break;
    }
    return static_cast<std::uint32_t>(v);
  };
  for (auto& m : p.merchants) m = choose(0, map.merchants);
  for (auto& s : p.services) s = choose(map.merchants, map.venues.size());
}

std::uint32_t People::add_outsider(std::uint32_t account, std::uint8_t campus, const CampusMap& map) {
  Person p;
  p.role = Role::outsider;
  p.account = account;
  p.campus = campus;
  p.home = random_.one_of(map.of(Use::stop, campus)); // comes by bus
  p.handset = new_handset();
  p.special = true;
  habits(p, map);
  all.push_back(std::move(p));
  return static_cast<std::uint32_t>(all.size() - 1);
}

Timetable People::make_timetable(std::uint8_t campus, const CampusMap& map) {
  Timetable t{};
  // Chance of a lesson by the hour: mornings are full, evenings rare.
  constexpr std::int64_t full[] = {750, 800, 650, 450, 150};
  for (int day = 0; day < 5; ++day)
    for (std::size_t slot = 0; slot < 5; ++slot) {
      if (!random_.permille(full[slot])) continue;
      auto& lesson = t[static_cast<std::size_t>(day)][slot];
      // Now and then a double lesson in the same room.
      if (slot > 0 && t[static_cast<std::size_t>(day)][slot - 1].zone != kNobody && random_.permille(250)) {
        lesson = t[static_cast<std::size_t>(day)][slot - 1];
        continue;
      }
      lesson.zone = random_.one_of(map.of(Use::teaching, campus));
      lesson.room = random_.one_of(map.at(lesson.zone, Function::identity));
    }
  return t;
}

} // namespace onecode::app::simulate
