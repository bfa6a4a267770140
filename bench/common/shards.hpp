// The whole engine in this process, without a broker: shards on CAF with their stores on disk, and a clock that follows the events.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/clock.hpp"
#include "actors/policy_book.hpp"
#include "actors/turn.hpp"
#include "bench/common/load.hpp"
#include "monitoring/turn_stats.hpp"
#include "streams/authenticate.hpp"

namespace onecode::bench {

struct ShardsOptions {
  std::string name;                 // of its folder
  std::uint64_t resident = 200'000; // entities that may be awake, of all shards
  bool evidence = false;            // keep transparency logs
};

class Shards {
public:
  explicit Shards(const ShardsOptions& options);
  ~Shards();
  Shards(const Shards&) = delete;
  Shards& operator=(const Shards&) = delete;

  /// One turn, committed.
  void run(const actors::Turn::Inputs& inputs);

  /// Opens the load's devices and accounts, a turn at a time: a million commands at once would be most of the memory. `offsets`: where
  /// the topics stand, before and after.
  void open(const Load& load, std::uint64_t turn_size, std::map<TopicPartition, std::int64_t>& offsets);

  /// Since the last clear().
  struct Sum {
    monitoring::TurnStats stats;
    std::uint64_t evidence_bytes = 0; // of leaves
    std::vector<double> seconds;      // of each turn
    std::uint64_t decisions() const;
  };
  const Sum& sum() const { return sum_; }
  void clear() { sum_ = {}; }

private:
  std::filesystem::path folder_;
  streams::Secrets secrets_; // what shards refer to
  std::unique_ptr<actors::Crew> crew_;
  actors::PolicyBook policies_;
  actors::EventClock clock_;
  std::uint64_t turns_ = 0;
  std::int64_t journal_ = 0;
  Sum sum_;
};

} // namespace onecode::bench
