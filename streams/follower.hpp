// Reads whole topics from some point on, for a program that hands the records to somebody else (`onecode alerts`). With a
// group the broker remembers how far it came.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/time.hpp"
#include "streams/broker.hpp"

namespace onecode::streams {

struct FollowConfig {
  std::vector<Topic> topics;
  /// Empty: outside any group, nothing is remembered.
  std::string group;
  /// Where a partition begins that the group has not committed anything of.
  enum class Start { beginning, end, time } start = Start::end;
  Time from; ///< for Start::time, by the records' timestamps
};

/// A committed record; owns its bytes.
struct Followed {
  TopicPartition at;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;
  std::string key;
  std::optional<std::string> value; ///< nullopt: a tombstone
};

/// One thread.
class Follower {
public:
  virtual ~Follower() = default;
  /// The next record; the order holds inside a partition. nullopt: none within the timeout.
  virtual std::optional<Followed> next(Milliseconds timeout) = 0;
  /// Every partition has given what it held when it was begun.
  virtual bool at_end() const = 0;
  /// All records that next() gave have been dealt with: the group goes on behind them. False: the broker did not take
  /// it, so they may come again.
  virtual bool commit() = 0;
  /// Stays a member of the group for so long without taking records, while those that were taken wait for somebody.
  virtual void keep(Milliseconds time) = 0;
  /// Leaves the group. Commits nothing.
  virtual void close() = 0;
};

} // namespace onecode::streams
