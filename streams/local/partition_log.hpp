// One partition of the in-process broker: an append-only log in segments that never move, with Kafka's transaction
// bookkeeping (open transactions, last stable offset, aborted ranges, markers that take an offset).
//   Threads  all calls are safe from any thread. One lock per partition; reading takes it only to pin segments and
//   then
//            builds its views outside, since what lies below the end it saw never changes again.
//   Memory   a batch is a view; it keeps the segments it points into alive, also after they were trimmed away.
//   Always   low <= stable <= high; a transaction's records and its marker lie between its first offset and its
//   marker.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "streams/broker.hpp"
#include "streams/local/signal.hpp"

namespace onecode::streams::local {

/// Who wrote a record: 0 is everybody outside a transaction.
using ProducerId = std::uint32_t;

/// A transactional id as the partitions know it. The coordinator raises `epoch` before it ends a fenced transaction,
/// so an append that still sees its own epoch under the partition's lock is always covered by the marker that
/// follows.
struct ProducerIdentity {
  ProducerId id = 0;
  std::atomic<std::int32_t> epoch{0};
};

struct NewRecord {
  std::string_view key;
  std::optional<std::string_view> value;
  std::span<const Header> headers;
  std::int64_t timestamp_ms = -1;
};

class Segment;

class PartitionLog {
public:
  /// `retain_bytes` 0: keep everything. `floor`: nothing at or behind it is dropped, see may_drop_before().
  PartitionLog(TopicPartition where, std::size_t retain_bytes, std::int64_t floor);
  ~PartitionLog();
  PartitionLog(const PartitionLog&) = delete;
  PartitionLog& operator=(const PartitionLog&) = delete;

  TopicPartition where() const { return where_; }
  std::int64_t low() const { return low_.load(); }
  /// One past the last record or marker.
  std::int64_t high() const { return high_.load(); }
  /// One past what a committed reader may see: the first offset of the oldest open transaction, or high().
  std::int64_t stable() const { return stable_.load(); }
  std::int64_t end(Isolation isolation) const { return isolation == Isolation::committed ? stable() : high(); }

  /// read() from `position` has something to say: records, markers to move over, or OFFSET_OUT_OF_RANGE.
  bool has_news(std::int64_t position, Isolation isolation) const {
    return end(isolation) > position || low() > position || position > high();
  }

  /// Offset of the new record. Throws refused when the record is larger than the topic allows.
  std::int64_t append(const NewRecord& record);
  /// Within a transaction; nullopt when the producer's epoch is no longer the current one.
  std::optional<std::int64_t> append(const NewRecord& record, const ProducerIdentity& producer, std::int32_t epoch);
  /// Writes the marker that decides the producer's transaction here, open or empty.
  void end_transaction(ProducerId producer, bool commit, std::int64_t timestamp_ms);

  /// Up to `max_records` visible records from `position` on, which moves past them and past every marker and aborted
  /// record that follows; nullptr when there is none. Throws refused (OFFSET_OUT_OF_RANGE) outside low() .. high().
  std::unique_ptr<Batch> read(std::int64_t& position, std::size_t max_records, Isolation isolation) const;

  /// Forgets everything before `offset`.
  void trim(std::int64_t offset);
  /// Every group has passed `offset`: segments before it may go when the partition is larger than its `retain_bytes`.
  void may_drop_before(std::int64_t offset);

  /// `signal` is raised whenever more can be read at this isolation, or the log was trimmed. Unwatch before it dies.
  void watch(Signal& signal, Isolation isolation);
  void unwatch(Signal& signal);

private:
  struct OpenTransaction {
    ProducerId producer;
    std::int64_t first;
  };
  struct AbortedRange {
    ProducerId producer;
    std::int64_t first;
    std::int64_t marker;
  };
  struct Watcher {
    Signal* signal;
    Isolation isolation;
  };
  struct Pinned;

  void check_size(const NewRecord& record) const;
  std::int64_t put(const NewRecord& record, ProducerId producer);
  Segment& room_for(std::size_t bytes);
  void drop_old_segments();
  void publish();
  Pinned pin(std::int64_t position, std::size_t entries, Isolation isolation) const;

  const TopicPartition where_;
  const std::size_t retain_bytes_;

  mutable std::mutex mutex_;
  // Written under the lock; atomic so that a consumer can look at many partitions without taking any lock.
  std::atomic<std::int64_t> low_{0};
  std::atomic<std::int64_t> high_{0};
  std::atomic<std::int64_t> stable_{0};
  std::int64_t floor_;
  std::size_t bytes_ = 0;
  std::size_t next_segment_bytes_;
  std::deque<std::shared_ptr<Segment>> segments_;
  std::vector<OpenTransaction> open_; // by first offset
  std::deque<AbortedRange> aborted_;  // by marker
  std::vector<Watcher> watchers_;
};

} // namespace onecode::streams::local
