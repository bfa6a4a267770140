// The demo's campus: people who walk between buildings, readers at the doors, and a few who break the rules. Everything
// follows from the seed, so that two runs tell the same story. Campus time runs as fast as the scans are drawn.
//   Honest  most people; some carry a second handset that they registered.
//   Lent    a code is shown by its holder and, seconds apart and far away, by somebody else with another handset.
//   Rogue   a reader that nobody registered.
//   Clone   a copy of a registered reader sends the same sequence numbers with other content.
#pragma once

#include <cstdint>
#include <queue>
#include <string>
#include <vector>

#include "app/signing.hpp"
#include "domain/policy.hpp"
#include "domain/time.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {

struct CampusOptions {
  std::uint64_t seed = 1;
  std::size_t people = 4000;
  std::size_t lent = 3; // codes that are lent during the run
  std::size_t clones = 1;
  std::size_t rogues = 1;
  std::uint64_t misuse_from = 4000; // scans before the first misuse: a person should see the quiet campus first
  std::uint64_t misuse_every = 4000;
};

/// What the campus did on purpose, for the report.
struct Misuse {
  std::string subject;
  std::string kind; // lent code | uncertified reader | cloned reader
  bool committed = false;
};

class Campus {
public:
  explicit Campus(CampusOptions options);

  /// Zones, a trusted key, and what the demo shortens.
  Policy policy(const SigningKey& key) const;
  /// Signed commands: the integration, its readers, everybody's account.
  std::vector<streams::FileRecord> registration(const SigningKey& key) const;
  /// The next scan in campus time.
  streams::FileRecord next();

  Time now() const { return now_; }
  /// The n of the last scan's id, `demo/<n>`.
  std::uint64_t drawn() const { return last_event_; }
  const std::vector<Misuse>& misuse() const { return misuse_; }

private:
  struct Zone {
    std::string id;
    std::int64_t lat_e7, lon_e7;
    std::string building;
  };
  struct Person {
    std::string account, handset;
    std::size_t zone = 0;
    bool second_handset = false;
  };
  struct Visit {
    Time at;
    std::size_t person;
    bool operator>(const Visit& o) const { return at.ms != o.at.ms ? at.ms > o.at.ms : person > o.person; }
  };

  std::uint64_t random(std::uint64_t below);
  std::int64_t metres(std::size_t a, std::size_t b) const;
  streams::FileRecord scan(const std::string& device, std::uint64_t seq, const std::string& account,
                           const std::string& handset, Time at, const std::string& direction);
  std::size_t device_in(std::size_t zone);
  void plan_misuse();
  void put(streams::FileRecord record);

  CampusOptions options_;
  std::uint64_t state_;
  std::vector<Zone> zones_;
  std::vector<std::string> devices_; // kPerZone in each zone
  std::vector<std::uint64_t> seq_;
  std::vector<Person> people_;
  std::priority_queue<Visit, std::vector<Visit>, std::greater<>> visits_;
  std::vector<std::pair<std::uint64_t, streams::FileRecord>> pending_; // scans that misuse put in, oldest last
  std::vector<Misuse> misuse_;
  std::uint64_t drawn_ = 0;
  std::uint64_t event_ = 0;
  std::uint64_t last_event_ = 0;
  std::uint64_t rogue_seq_ = 0;
  Time now_;
};

} // namespace onecode::app
