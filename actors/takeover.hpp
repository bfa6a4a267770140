// Shards on their way to this node (DESIGN §3, "Takeover"). Each goes its own way, so that neither a long restore nor the open
// transaction of a dead node holds back the node's other shards:
//   unsettled  its inputs' committed offsets are asked for, until no transaction of an older generation can commit any more;
//   settled    it was open here and nobody else wrote its journal: ready. Else it is restored, aside from the turns;
//   ready      the offsets of its last commit are those of the group: the node takes it into its turns.
// Threads: the node's; restores run on the crew's and share only counters with it.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/crew.hpp"
#include "actors/restore.hpp"

namespace onecode::actors {

class Takeover {
public:
  struct Ready {
    std::unique_ptr<Shard> shard;
    streams::Offsets positions; // of all its inputs
  };
  struct Progress {
    std::int32_t shard = 0;
    std::int64_t done = 0, total = 0; // journal offsets; 0 of 0: not begun
  };

  Takeover(streams::Broker& broker, storage::StoreFactory& stores, Crew& crew, const streams::Secrets& secrets);
  ~Takeover();

  /// From now on these shards are wanted and no others; `open`: those that were open here, which may be wanted or not.
  void want(const std::set<std::int32_t>& shards, const ShardOptions& options,
            std::vector<std::unique_ptr<Shard>> open);
  /// A step for each shard; those that are ready now. Waits for the broker at most about `patience` when everybody answers.
  /// Throws BrokerError and StoreError, also those of a restore.
  std::vector<Ready> step(streams::Consumer& consumer, streams::Milliseconds patience);
  bool done() const { return wanted_.empty(); }
  /// No shard is wanted any more; returns when no restore runs.
  void stop();
  /// Waits for a restore that is running, if one is; false: nobody is left whom only restores hold up.
  bool wait(streams::Milliseconds at_most) const;
  std::vector<Progress> progress() const;
  /// What there is to log since the last call.
  struct Report {
    int level = 1; // as NodeObserver::log
    std::string text;
  };
  std::vector<Report> take_reports() { return std::exchange(reports_, {}); }

private:
  struct Restore;
  struct Wanted {
    std::optional<streams::Offsets> committed; // set: settled
    std::unique_ptr<Shard> open;
    std::shared_ptr<Restore> restore;
    std::string mismatch;               // of offsets, as it was last seen
    streams::Milliseconds patience{20}; // with the next answer about offsets
    std::int64_t rest = 0;              // steps until it is asked for
    bool told = false;                  // that it waits
  };

  bool ask(const std::vector<std::int32_t>& shards, streams::Consumer& consumer, streams::Milliseconds patience);
  void settle(streams::Consumer& consumer, streams::Milliseconds patience);
  std::shared_ptr<Restore> start(std::int32_t shard);
  bool still_ending(std::int32_t shard);
  streams::Offsets positions(const Shard& shard);
  /// How the group's offsets and those of the last commit differ; empty: they do not.
  static std::string mismatch(const Shard& shard, const streams::Offsets& committed);

  streams::Broker& broker_;
  storage::StoreFactory& stores_;
  Crew& crew_;
  const streams::Secrets& secrets_;
  ShardOptions options_;
  std::map<std::int32_t, Wanted> wanted_;
  std::int32_t asked_last_ = -1; // of those that were not settled
  std::vector<std::pair<std::int32_t, std::shared_ptr<Restore>>>
      ending_; // not wanted any more; they hold their store
  std::vector<Report> reports_;
};

} // namespace onecode::actors
