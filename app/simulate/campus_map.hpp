// The place: buildings on two campuses, the subsystems in them and their devices.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "app/simulate/event.hpp"
#include "app/simulate/random.hpp"

namespace onecode::app::simulate {

enum class Use : std::uint8_t { dorm, teaching, canteen, library, gym, shops, laundry, clinic, office, stop };

struct Zone {
  std::string id;
  Use use = Use::dorm;
  int campus = 0;            // 0 north, 1 south
  std::int64_t x = 0, y = 0; // metres east and north of the centre of the map
};

/// How a device looks from the network: what its heartbeats carry. Every number names a thing, writer.cpp spells it.
struct Look {
  std::int64_t from = 0;
  std::uint32_t zone = 0; // position and access points
  std::uint32_t network_switch = 0, port = 0, gateway = 0, path = 0, dns = 0, address = 0;
  std::uint32_t firmware = 1, element = 0;
  std::int32_t rtt = 3;
};

struct Device {
  std::string id;
  std::uint32_t integration = 0, zone = 0; // as registered
  Function function = Function::access;
  bool sealed = false;    // signs its scans: tills do, doors do not
  bool registered = true; // known to the information centre
  bool certified = true;
  std::vector<Look> looks; // by time
  std::uint32_t clerks = 0;
  // running
  std::uint32_t seq = 0, report_seq = 0, boot = 1;
  std::int64_t last = 0;
  // the second unit of a clone
  std::int64_t twin_from = 0, twin_to = 0;
  std::uint32_t twin_seq = 0, twin_report_seq = 0;
  // what is told about it: whatever it sends in this time belongs to the story
  std::uint32_t story = 0;
  std::int64_t story_from = 0, story_to = 0;
  struct Fault {
    enum Kind : std::uint8_t { clock, offline, repeated } kind = clock;
    std::int64_t from = 0, to = 0, off = 0; // `off`: ms that its clock is ahead
    bool known = false; // it reports its wrong clock; of an upload: its clock was set all the time
    std::uint32_t story = 0;
  };
  std::vector<Fault> faults;

  const Look& look_at(std::int64_t t) const {
    std::size_t i = looks.size() - 1;
    while (i > 0 && looks[i].from > t) --i;
    return looks[i];
  }
};

struct Integration {
  std::string id, unit;
  std::vector<std::uint32_t> devices;
  Function function = Function::access;
  bool access_too = false; // also doors (library, gym)
  bool data = false;       // reads data of people: the small services
  bool debugging = false;  // not yet accepted
  std::uint32_t subjects_per_day = 0;
};

/// A small place with a subsystem of its own that people choose: a merchant, or a service desk.
struct Venue {
  std::uint32_t integration = 0, zone = 0;
  std::vector<std::uint32_t> devices;
  bool service = false;
  std::uint32_t new_zone = kNobody; // moved on the night before `new_from`
  std::int64_t new_from = 0;
  std::int64_t lent_from = 0; // 0: never
  bool own_login = true;      // of those whom it was lent to; else they use that of the people before them
  std::int64_t helper_from = 0, helper_to = 0; // somebody helps at the counter whom nobody registered
  std::int64_t opens = 0;                      // closed before: a building site
  bool taken = false;                          // by a story
  std::uint32_t rogue = kNobody; // a device that nobody certified, beside the others, in [rogue_from, rogue_to)
  std::int64_t rogue_from = 0, rogue_to = 0;

  std::uint32_t zone_at(std::int64_t t) const { return new_zone != kNobody && t >= new_from ? new_zone : zone; }
};

class CampusMap {
public:
  /// `people` decides how many doors, tills and rooms there are; `venues` how many merchants and services.
  CampusMap(std::uint64_t seed, std::size_t people, std::size_t merchants, std::size_t services);

  std::vector<Zone> zones;
  std::vector<Device> devices;
  std::vector<Integration> integrations;
  std::vector<Venue> venues; // merchants first
  std::size_t merchants = 0;

  const std::vector<std::uint32_t>& of(Use use, int campus) const {
    return by_use_[static_cast<std::size_t>(use)][campus];
  }
  /// Devices in a zone of the big subsystems (gates, tills, rooms), by what they do.
  const std::vector<std::uint32_t>& at(std::uint32_t zone, Function f) const {
    return by_zone_[zone][static_cast<std::size_t>(f)];
  }
  /// Along the paths, not as the crow flies.
  std::int64_t metres(std::uint32_t a, std::uint32_t b) const { return metres_[a * zones.size() + b]; }

  std::uint32_t add_integration(std::string id, std::string unit, Function function);
  std::uint32_t add_device(std::string id, std::uint32_t integration, std::uint32_t zone, Function function);

private:
  std::vector<std::uint32_t> by_use_[10][2];
  std::vector<std::array<std::vector<std::uint32_t>, 5>> by_zone_;
  std::vector<std::int64_t> metres_;
};

} // namespace onecode::app::simulate
