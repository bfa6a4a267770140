// A campus small enough that its people meet: a few readers in two distant buildings, a dozen people, some of whom lend their
// code, some bad input, commands that set timers. Everything follows from the random numbers it is given.
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "domain/policy.hpp"
#include "domain/time.hpp"
#include "streams/event_file.hpp"

namespace onecode::simulation {

using Random = std::mt19937_64;

class SmallCampus {
public:
  SmallCampus(Random& random, Time opens);

  static Policy policy();
  /// Commands that register everything.
  std::vector<streams::FileRecord> registration() const;
  /// What happens next, now and then several records at once. `partition` is set where the key is wrong for it.
  std::vector<streams::FileRecord> next(Time now, std::int32_t partitions);
  /// From now on scans are also sent again. A reader counts anew when it is registered, so what it sent before would be new.
  void registered() { registered_ = true; }
  /// The office tidies up: people leave and are forgotten much more often.
  void tidy_up() { tidies_ = true; }
  /// Ids of the scans that must get one decision each.
  const std::set<std::string>& scans() const { return scans_; }

private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  streams::FileRecord command(const std::string& name, const std::string& target, const std::string& role,
                              const std::string& args, Time at, const char* actor = "clerk") const;
  /// Any other event; `data`: the members.
  streams::FileRecord event(Topic topic, const std::string& key, const char* type, Time at, const std::string& data);
  streams::FileRecord scan(std::size_t device, std::size_t account, const std::string& handset, Time at);

  Random& random_;
  Time opens_;
  std::vector<std::uint64_t> numbers_; // each reader's last
  mutable std::uint64_t events_ = 0;
  std::set<std::string> scans_;
  bool registered_ = false, tidies_ = false;
  std::vector<streams::FileRecord> sent_; // scans that may be sent again
};

} // namespace onecode::simulation
