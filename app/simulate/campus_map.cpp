#include "app/simulate/campus_map.hpp"

#include <fmt/format.h>

namespace onecode::app::simulate {
namespace {

struct Kind {
  Use use;
  const char* name;
  int north, south;
};

// 36 buildings. The north campus is the old and bigger one.
constexpr Kind kKinds[] = {
    {Use::dorm, "dorm", 6, 3},         {Use::teaching, "teaching", 5, 3}, {Use::canteen, "canteen", 3, 1},
    {Use::library, "library", 1, 1},   {Use::gym, "gym", 1, 1},           {Use::shops, "shops", 2, 1},
    {Use::laundry, "laundry", 1, 1},   {Use::clinic, "clinic", 1, 0},     {Use::office, "office", 2, 1},
    {Use::stop, "shuttle-stop", 1, 1},
};

constexpr std::int64_t kGrid = 190;       // metres between neighbouring buildings
constexpr std::int64_t kCampuses = 5'400; // metres between the two campuses
constexpr std::int64_t kDetour = 125;     // percent: paths go around lawns

std::int64_t root(std::int64_t n) {
  std::int64_t r = 0;
  for (std::int64_t bit = std::int64_t{1} << 30; bit > 0; bit >>= 1)
    if ((r + bit) * (r + bit) <= n) r += bit;
  return r;
}

} // namespace

CampusMap::CampusMap(std::uint64_t seed, std::size_t people, std::size_t merchant_count, std::size_t services) {
  Random random(seed, 0x6d6170);
  for (int campus = 0; campus < 2; ++campus) {
    // Building plots in a grid, given out in a shuffled order: dormitories and classrooms lie between each other.
    std::vector<std::pair<std::int64_t, std::int64_t>> plots;
    const int columns = campus == 0 ? 6 : 4;
    for (int i = 0; i < (campus == 0 ? 24 : 16); ++i) plots.emplace_back(i % columns, i / columns);
    for (std::size_t i = plots.size(); i > 1; --i) std::swap(plots[i - 1], plots[random.below(i)]);
    std::size_t next = 0;
    for (const auto& kind : kKinds)
      for (int n = 0; n < (campus == 0 ? kind.north : kind.south); ++n) {
        const auto [column, row] = plots[next++];
        Zone z;
        z.use = kind.use;
        z.campus = campus;
        z.id = fmt::format("{}-{}{}", kind.name, campus == 0 ? "n" : "s", n + 1);
        z.x = column * kGrid + random.between(-35, 35) + campus * kCampuses;
        z.y = row * kGrid + random.between(-35, 35);
        by_use_[static_cast<std::size_t>(kind.use)][campus].push_back(static_cast<std::uint32_t>(zones.size()));
        zones.push_back(z);
      }
  }
  metres_.resize(zones.size() * zones.size());
  for (std::size_t a = 0; a < zones.size(); ++a)
    for (std::size_t b = 0; b < zones.size(); ++b) {
      const auto dx = zones[a].x - zones[b].x, dy = zones[a].y - zones[b].y;
      metres_[a * zones.size() + b] = root(dx * dx + dy * dy) * kDetour / 100;
    }
  by_zone_.resize(zones.size());

  const auto number = [](std::size_t per_thousand, std::size_t of_people, std::size_t least) {
    return std::max(least, of_people * per_thousand / 1000);
  };
  const std::size_t per_dorm = people / 9;
  const auto gates = add_integration("dorm-gates", "logistics-and-security", Function::access);
  const auto attendance = add_integration("attendance", "academic-affairs", Function::identity);
  const auto canteens = add_integration("canteens", "catering", Function::payment);
  const auto library = add_integration("library", "library", Function::library);
  const auto gym = add_integration("gym", "sports", Function::access);
  const auto laundry = add_integration("laundry", "logistics", Function::payment);
  const auto clinic = add_integration("clinic", "health", Function::clinic);
  const auto offices = add_integration("office-doors", "logistics-and-security", Function::access);
  const auto shuttle = add_integration("shuttle", "transport", Function::payment);
  integrations[library].access_too = true;
  std::size_t n = 0;
  const auto put = [&](std::uint32_t integration, std::uint32_t zone, Function f, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto d = add_device(fmt::format("d-{:04}", ++n), integration, zone, f);
      by_zone_[zone][static_cast<std::size_t>(f)].push_back(d);
    }
  };
  for (std::uint32_t z = 0; z < zones.size(); ++z) switch (zones[z].use) {
      // As many as there must be for nobody to wait long at noon: a till serves four people a minute, a gate twenty.
      case Use::dorm:
        put(gates, z, Function::access, number(4, per_dorm, 2));
        break;
      case Use::teaching:
        put(attendance, z, Function::identity, number(36, people / 8, 5));
        break;
      case Use::canteen:
        put(canteens, z, Function::payment, number(16, people / 4, 4));
        break;
      case Use::library:
        put(library, z, Function::access, number(2, people / 2, 2));
        put(library, z, Function::library, 2);
        break;
      case Use::gym:
        put(gym, z, Function::access, number(2, people / 2, 2));
        break;
      case Use::laundry:
        put(laundry, z, Function::payment, number(12, people / 2, 6));
        break;
      case Use::clinic:
        put(clinic, z, Function::clinic, 2);
        break;
      case Use::office:
        put(offices, z, Function::access, 2);
        break;
      case Use::stop:
        put(shuttle, z, Function::payment, number(1, people, 2));
        break;
      case Use::shops:
        break; // merchants, below
    }

  // Merchants have their stalls in the shopping streets, in canteens and in the ground floors of dormitories.
  merchants = merchant_count;
  for (std::size_t i = 0; i < merchant_count + services; ++i) {
    const bool service = i >= merchant_count;
    Venue v;
    v.service = service;
    const int campus = i % 3 == 2 ? 1 : 0;
    const Use where = service ? (i % 2 == 0 ? Use::office : Use::teaching)
                              : (i % 4 == 3   ? Use::dorm
                                 : i % 4 == 2 ? Use::canteen
                                              : Use::shops);
    v.zone = random.one_of(of(where, campus));
    v.integration = add_integration(
        service ? fmt::format("service-{:02}", i - merchant_count + 1) : fmt::format("merchant-{:02}", i + 1),
        service ? fmt::format("office-{:02}", i - merchant_count + 1) : "merchants",
        service ? Function::identity : Function::payment);
    integrations[v.integration].data = service;
    const std::size_t count = service ? 1 : number(1, people, 1) > 3 ? 2 : 1;
    for (std::size_t d = 0; d < count; ++d) {
      v.devices.push_back(add_device(fmt::format("d-{:04}", ++n), v.integration, v.zone,
                                     service ? Function::identity : Function::payment));
      if (!service) devices[v.devices.back()].clerks = 2;
    }
    venues.push_back(std::move(v));
  }
}

std::uint32_t CampusMap::add_integration(std::string id, std::string unit, Function function) {
  Integration i;
  i.id = std::move(id);
  i.unit = std::move(unit);
  i.function = function;
  integrations.push_back(std::move(i));
  return static_cast<std::uint32_t>(integrations.size() - 1);
}

std::uint32_t CampusMap::add_device(std::string id, std::uint32_t integration, std::uint32_t zone,
                                    Function function) {
  const auto index = static_cast<std::uint32_t>(devices.size());
  Device d;
  d.id = std::move(id);
  d.integration = integration;
  d.zone = zone;
  d.function = function;
  d.sealed = function == Function::payment;
  Look look;
  look.zone = zone;
  look.network_switch = zone + 1; // one switch in every building
  look.port = index + 1;
  look.gateway = zone + 1;
  look.path = zone + 1;
  look.dns = 1;
  look.address = index + 1;
  look.element = index + 1;
  look.rtt = 2 + static_cast<std::int32_t>(zone % 4);
  d.looks.push_back(look);
  integrations[integration].devices.push_back(index);
  devices.push_back(std::move(d));
  return index;
}

} // namespace onecode::app::simulate
