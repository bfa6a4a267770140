// The two coordinators of the in-process broker, groups and transactions, behind one lock that no record ever takes:
// it is held for a join, a rebalance, the first record of a transaction in a partition, offsets, commit and abort.
//   Threads  any. Order of locks: coordinator, then a partition, then a signal.
//   Groups   eager rebalance: every member gives up what it has (serve), then the last one to rejoin makes the next
//            generation. Static members: an instance that comes back takes its old place without a rebalance.
//   Transactions  a transactional id has one epoch; init raises it and ends what was open, and so does a timeout.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "streams/broker.hpp"
#include "streams/local/partition_log.hpp"
#include "streams/local/topic_table.hpp"

namespace onecode::streams::local {

/// The line between one consumer and the coordinator.
struct MemberLine {
  Signal signal;                         // raised on records and on rebalances
  std::atomic<std::uint64_t> changes{0}; // counts what the coordinator changed about the group
  std::atomic<std::int64_t> seen_ms{0};
  std::atomic<bool> present{false}; // inside serve(): alive, however long a rebalance callback takes
};

struct Membership final : GroupMembership {
  std::string group;
  std::string instance;
  std::uint64_t member = 0;
  std::int64_t generation = 0;
};

/// How a member stands.
struct MemberView {
  enum class Standing : std::uint8_t {
    fenced,      // another consumer took this instance's place
    unknown,     // put out, it did not show up in time
    rebalancing, // must give up its partitions and rejoin
    waiting,     // has rejoined, others have not
    stable,
  };
  Standing standing = Standing::unknown;
  std::int64_t generation = 0;
  std::vector<TopicPartition> assignment; // only when stable
};

/// One transactional id for all its producers; everything but the identity is the coordinator's.
struct TransactionalId {
  ProducerIdentity identity;
  bool open = false;
  std::int64_t started_ms = 0;
  std::vector<PartitionLog*> partitions;
  std::vector<PartitionLog*> late; // ended, their markers are not written yet
  bool late_commit = false;
  struct Pending {
    std::int64_t offset;
    std::uint64_t order;
  };
  std::map<std::string, std::map<TopicPartition, Pending>> offsets; // by group
};

struct CoordinatorOptions {
  std::int64_t transaction_timeout_ms;
  std::int64_t session_timeout_ms;
  bool drops_old_segments;
  std::function<std::int64_t()> clock;
  std::function<bool()> marker_is_late;
};

class Coordinator {
public:
  Coordinator(TopicTable& topics, CoordinatorOptions options);

  /// Ends what timed out. Costs one clock call when nothing is due.
  void tick();
  /// When tick() has something to do again, on the clock.
  std::int64_t next_deadline() const { return next_deadline_.load(); }

  // Groups. An empty `instance` gets a name of its own.
  struct Joined {
    std::uint64_t member;
    std::string instance;
  };
  Joined join(const std::string& group, const std::string& instance, std::shared_ptr<MemberLine> line);
  MemberView look(const std::string& group, const std::string& instance, std::uint64_t member) const;
  void rejoin(const std::string& group, const std::string& instance, std::uint64_t member);
  void leave(const std::string& group, const std::string& instance, std::uint64_t member);
  /// Creates the missing topics; when there are new inputs, every group assigns anew.
  void create_topics(std::int32_t partitions);

  /// Stable offsets; waits until `deadline` for pending ones, then throws unreachable.
  Offsets committed(const std::string& group, const std::vector<TopicPartition>& partitions,
                    Signal::Clock::time_point deadline);

  // Transactions. All but init throw fatal when `epoch` is no longer the current one.
  std::shared_ptr<TransactionalId> transactional(const std::string& id);
  std::int32_t init(TransactionalId& id);
  void check_epoch(const TransactionalId& id, std::int32_t epoch);
  [[noreturn]] static void throw_fenced();
  /// This transaction writes to `log` from now on.
  void enlist(TransactionalId& id, std::int32_t epoch, PartitionLog& log);
  /// Throws abort for a membership that is no longer current.
  void send_offsets(TransactionalId& id, std::int32_t epoch, const Offsets& next, const Membership& membership);
  void end(TransactionalId& id, std::int32_t epoch, bool commit);

private:
  struct Member {
    std::uint64_t id = 0;
    std::shared_ptr<MemberLine> line;
    bool rejoined = false;
    std::vector<TopicPartition> assignment;
  };
  struct Committed {
    std::int64_t offset = 0;
    std::uint64_t order = 0;
  };
  struct Group {
    std::int64_t generation = 0;
    bool preparing = false;
    std::map<std::string, Member> members; // by instance, the order in which `range` deals
    std::map<TopicPartition, Committed> offsets;
    std::map<TopicPartition, int> pending; // transactions that hold an undecided offset
  };

  // All with the lock held.
  void expire(std::int64_t now);
  void due_at(std::int64_t when);
  Member* find(Group& group, const std::string& instance, std::uint64_t member);
  void prepare_rebalance(Group& group);
  void complete_rebalance(Group& group);
  void deal_ranges(Group& group) const;
  void finish(TransactionalId& id, bool commit);
  void write_markers(TransactionalId& id);
  void start(TransactionalId& id);
  void require_epoch(const TransactionalId& id, std::int32_t epoch) const;
  void release_segments(TopicPartition where);

  TopicTable& topics_;
  const CoordinatorOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable offsets_decided_;
  std::atomic<std::int64_t> next_deadline_;
  std::map<std::string, Group> groups_;
  std::map<std::string, std::shared_ptr<TransactionalId>> transactional_ids_;
  std::uint64_t last_member_ = 0;
  std::uint64_t last_order_ = 0;
};

} // namespace onecode::streams::local
