// The same engine over event files, without a broker (CONTRACT §10, §12): the reference for what a cluster did, and
// the body of `replay`, `backtest` and the checks of history. One thread; byte-identical on every run.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/clock.hpp"
#include "actors/crew.hpp"
#include "actors/policy_book.hpp"
#include "actors/turn.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {

/// Looks on while entities receive messages, and changes nothing.
struct ReplayWatch {
  decltype(actors::ShardOptions::before_receive) before;
  decltype(actors::ShardOptions::after_receive) after;
};

/// Where a record of an event file stands: as it says itself, else behind the ones before it in its partition.
class FilePlaces {
public:
  explicit FilePlaces(std::int32_t partitions) : partitions_(partitions) {}
  /// Throws InputError: there is no such partition.
  std::pair<TopicPartition, std::int64_t> next(const streams::FileRecord& record);

private:
  std::int32_t partitions_;
  std::map<TopicPartition, std::int64_t> next_offset_;
};

struct ReplayOptions {
  Policy policy; // in force before the first policy record
  std::vector<TrustedKey> roots;
  bool unsigned_commands = false; // commands and policies without a signature are accepted
  std::int32_t partitions = kDefaultPartitions;
  ReplayWatch watch;
};

class Replayer {
public:
  /// `sink` gets every output record, in the order in which a transaction would carry it.
  Replayer(ReplayOptions options, const streams::Secrets& secrets,
           std::function<void(const streams::OutRecord&)> sink);
  ~Replayer();

  /// Every line of a history file, before the first of them goes to line(): a node may have judged by a policy that the
  /// turn of another node accounts for, later in the file.
  void foresee(const streams::FileLine& line);
  /// The next line of an event file. Records with the same `turn` are gathered and applied together.
  void line(streams::FileLine line);
  /// What is still gathered is applied; call once after the last line.
  void finish();

  /// What the engine holds of an entity now, as `onecode state --json` shows it; nullopt: nothing.
  std::optional<std::string> describe(const EntityId& id);
  std::uint64_t records() const { return records_; }
  std::uint64_t turns() const { return turns_; }
  /// Where this replay first came to another state than the history says; nullopt: nowhere.
  const std::optional<std::string>& difference() const { return difference_; }
  std::uint64_t digests_compared() const { return digests_compared_; }
  const monitoring::TurnStats& stats() const { return stats_; }
  Time now() const { return clock_.now(); }
  /// Of all records that were read, those of turns to come included.
  const actors::PolicyBook& policies() const { return policies_; }

private:
  struct Clock {
    std::optional<Time> fixed; // of a history file's turn line
    actors::EventClock events;
    Time next(const std::vector<actors::ClockHint>& hints) { return fixed ? *fixed : events.next(hints); }
    Time now() const { return const_cast<actors::EventClock&>(events).peek(); }
  };

  void apply();
  void compare(const streams::FileTurn& turn);
  void start(std::int32_t partitions);
  void read_policy(std::int64_t offset, const streams::Record& record, const std::optional<streams::FileTurn>& turn);
  const actors::PolicyBook& book_of(const std::optional<streams::FileTurn>& turn);

  const ReplayOptions options_;
  const streams::Secrets& secrets_;
  std::function<void(const streams::OutRecord&)> sink_;
  std::unique_ptr<storage::StoreFactory> stores_;
  actors::PlainCrew crew_;
  actors::PolicyBook policies_;
  std::optional<streams::FileTurn> foreseen_turn_;
  std::set<std::int64_t> foreseen_; // offsets of policies
  struct View {
    std::int64_t below = 0, known = 0;
    actors::PolicyBook book;
  };
  std::optional<View> view_; // of the last turn of a history
  Clock clock_;
  std::int32_t partitions_ = 0;
  std::optional<streams::FileTurn> facts_;
  std::optional<std::string> difference_;
  std::uint64_t digests_compared_ = 0;
  std::vector<streams::FileRecord> gathered_;
  FilePlaces places_{kDefaultPartitions};
  std::deque<streams::FileRecord> inbox_; // what a plain replay sent to itself
  std::uint64_t records_ = 0, turns_ = 0;
  monitoring::TurnStats stats_;
};

} // namespace onecode::app
