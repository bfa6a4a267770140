// The bus as the engine sees it: partitioned logs, one consumer group, transactions. Two bodies: Kafka
// (streams/kafka/) and the in-process broker (streams/local/); they behave alike where a consumer reads committed records.
//
// Threads: one Consumer and one TransactionalProducer belong to one thread (the node's). Readers and publishers belong to
// whoever made them.
// Errors: everything that goes wrong throws BrokerError; its kind says what a caller can do about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/topics.hpp"

namespace onecode::streams {

using Milliseconds = std::chrono::milliseconds;

/// What a caller can do. Retriable errors are retried inside the implementations and never leave them.
enum class BrokerFault : std::uint8_t {
  abort,       ///< this transaction is lost, the producer is sound: abort, rewind, go on
  fatal,       ///< this producer is finished or the outcome unknown: new producer, init, take the shards over again
  unreachable, ///< no broker answered in time
  refused,     ///< the broker said no: authorisation, unknown topic, wrong settings
};

class BrokerError : public std::runtime_error {
public:
  BrokerError(BrokerFault kind, const std::string& text) : std::runtime_error(text), fault(kind) {}
  BrokerFault fault;
};

struct Header {
  std::string_view name;
  std::string_view value;
};

/// One record, a view that lives as long as its Batch.
struct Record {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1; ///< -1: none
  std::string_view key;
  std::optional<std::string_view> value; ///< nullopt: a tombstone
  std::span<const Header> headers;
};

/// Records of one partition in offset order; owns the bytes that its records point into.
class Batch {
public:
  virtual ~Batch() = default;
  TopicPartition source;
  std::vector<Record> records;
};

/// Opaque proof of membership in a consumer group at one generation; taken once per assignment.
class GroupMembership {
public:
  virtual ~GroupMembership() = default;
};

using Offsets = std::map<TopicPartition, std::int64_t>;

/// Told of rebalances from within Consumer::serve(), on the thread that calls it.
class AssignmentListener {
public:
  virtual ~AssignmentListener() = default;
  /// These input partitions are ours now (the whole assignment). The listener restores what it must and then calls
  /// Consumer::assign(); until then nothing can be taken.
  virtual void assigned(const std::vector<TopicPartition>& partitions) = 0;
  /// They are taken away; `lost`: already gone, so nothing about them can be committed any more.
  virtual void revoked(bool lost) = 0;
};

/// The group member of one node. Subscribed to all co-partitioned input topics, assignor `range`, static membership.
class Consumer {
public:
  virtual ~Consumer() = default;
  /// Serves rebalances and errors; returns when something can be taken or the time is over.
  virtual void serve(Milliseconds timeout) = 0;
  /// At most `max_records` records at the partition's position, which moves on; nullptr when nothing is there yet.
  /// Back-pressure is simply not taking.
  virtual std::unique_ptr<Batch> take(TopicPartition from, std::size_t max_records) = 0;
  /// The offset of the next record that take() gives.
  virtual std::int64_t position(TopicPartition of) const = 0;
  /// The end of the committed records as far as this client knows (asks the broker when it knows nothing).
  virtual std::int64_t end_offset(TopicPartition of) = 0;
  /// Start, rewind and rebalance are this one call: read these partitions from these offsets, forget what was fetched.
  virtual void assign(const Offsets& positions) = 0;
  /// Committed offsets; asked for again inside until no transaction of an older generation is pending, or `patience` is over:
  /// unreachable. Absent: never committed.
  virtual Offsets committed(const std::vector<TopicPartition>& partitions, Milliseconds patience) = 0;
  /// The membership as it was when the last assignment arrived.
  virtual std::shared_ptr<const GroupMembership> membership() const = 0;
  /// Leaves the group cleanly.
  virtual void close() = 0;
};

/// One transaction at a time. Order of calls: init once, then begin, produce*, send_offsets, commit | abort.
class TransactionalProducer {
public:
  virtual ~TransactionalProducer() = default;
  /// Fences every older producer of this transactional id and ends its open transaction.
  virtual void init() = 0;
  virtual void begin() = 0;
  /// Bytes are copied. partition -1: by key (murmur2). value nullopt: a tombstone.
  virtual void produce(Topic topic, std::int32_t partition, std::string_view key,
                       std::optional<std::string_view> value, std::span<const Header> headers = {}) = 0;
  virtual void send_offsets(const Offsets& next, const GroupMembership& membership) = 0;
  virtual void commit() = 0;
  virtual void abort() = 0;
  /// Offset of the last record delivered to `journal` partition p since init, or -1 (to follow the journal's position).
  virtual std::int64_t last_offset(TopicPartition of) const = 0;
};

enum class Isolation : std::uint8_t { committed, uncommitted };

/// Reads one partition outside any group: restore, policy, history, tail.
class LogReader {
public:
  virtual ~LogReader() = default;
  /// The next records in offset order; nullptr when none came in time.
  virtual std::unique_ptr<Batch> next(Milliseconds timeout, std::size_t max_records = 10'000) = 0;
  /// Where reading stands; passes over transaction markers and aborted records too, so it reaches the end mark.
  virtual std::int64_t position() const = 0;
};

inline constexpr std::int64_t kNoTimestamp = -1;
inline constexpr std::int64_t kNow = 0;

/// A plain idempotent producer, for people and gateways (publish, demo). Not for the engine's outputs.
class Publisher {
public:
  virtual ~Publisher() = default;
  /// timestamp_ms: kNow is the client's clock, kNoTimestamp a record without one. Blocks when its queue is full.
  virtual void publish(Topic topic, std::int32_t partition, std::string_view key,
                       std::optional<std::string_view> value, std::span<const Header> headers = {},
                       std::int64_t timestamp_ms = kNow) = 0;
  /// Waits until all is acknowledged; throws with the first record that was not.
  virtual void flush() = 0;
};

struct Watermarks {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

struct GroupConfig {
  std::string group;
  std::string instance; ///< static membership: the node id
};

struct TopicDescription {
  std::int32_t partitions = 0;               ///< 0: the topic does not exist
  std::map<std::string, std::string> config; ///< empty: there is none, or this client may not read it
};

class Broker {
public:
  virtual ~Broker() = default;
  virtual std::unique_ptr<Consumer> join(const GroupConfig& config, AssignmentListener& listener) = 0;
  virtual std::unique_ptr<TransactionalProducer> transactional(const std::string& transactional_id) = 0;
  virtual std::unique_ptr<Publisher> publisher() = 0;
  virtual std::unique_ptr<LogReader> reader(TopicPartition from, std::int64_t offset, Isolation isolation) = 0;
  /// Of committed records, for somebody who stays and waits for what is new. May be slow to tell the end of what is there.
  virtual std::unique_ptr<LogReader> follower(TopicPartition from, std::int64_t offset) {
    return reader(from, offset, Isolation::committed);
  }
  virtual Watermarks watermarks(TopicPartition of, Isolation isolation) = 0;
  /// Creates what is missing with the settings of domain/topics.hpp; leaves existing topics alone.
  virtual void create_topics(std::int32_t partitions) = 0;
  virtual std::map<Topic, TopicDescription> describe_topics() = 0;
  /// Forgets all records before `offset`.
  virtual void trim(TopicPartition of, std::int64_t offset) = 0;
};

/// The settings that `create_topics` gives a topic, by Kafka's names.
std::map<std::string, std::string> topic_settings(Topic topic);

} // namespace onecode::streams
