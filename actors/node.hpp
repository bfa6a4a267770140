// A node: a member of the consumer group that turns what it is assigned into transactions (DESIGN §3). It polls, runs turns
// over its shards, commits, and restores shards that come to it. One thread; only ask(), status() and the stop flag may be
// used from others.
//   Crash      nothing here is the only copy. Uncommitted turns are read again by whoever owns the shard next.
//   Doubt      where the outcome of a commit is not known, nothing is decided from memory: new producer, init, takeover.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/checkpoints.hpp"
#include "actors/clock.hpp"
#include "actors/crew.hpp"
#include "actors/policy_book.hpp"
#include "actors/takeover.hpp"
#include "actors/turn.hpp"
#include "streams/broker.hpp"

namespace onecode::actors {

struct NodeOptions {
  std::string id;
  std::string group = "onecode";
  std::string build;                  // what leaves of the transparency log say of the engine
  std::string log_origin = "onecode"; // actors/checkpoints.hpp
  bool sm3 = false;                   // TurnFacts::sm3
  ShardOptions shard;
  std::size_t resident_limit = 200'000;     // of the node
  std::size_t store_lag_limit = 160U << 20; // of the node: bytes of journal that its stores may lag behind
  std::size_t records_per_partition = 4096; // of one turn
};

/// What happened, for metrics, logs and the demo's summary. Called on the node's thread; must be quick.
class NodeObserver {
public:
  virtual ~NodeObserver() = default;
  struct TurnReport {
    const monitoring::TurnStats& stats;       // of all shards
    const std::vector<const Staged*>& staged; // what was written
    Time now;
    std::int64_t began_ns = 0, computed_ns = 0, committed_ns = 0; // steady clock
    std::size_t records = 0;
  };
  virtual void committed(const TurnReport&) {}
  virtual void aborted(std::string_view /*cause*/) {}
  virtual void restoring(std::int32_t /*shard*/, std::int64_t /*done*/, std::int64_t /*total*/) {}
  virtual void log(int /*level 0 debug .. 3 error*/, const std::string& /*text*/) {}
};

struct NodeStatus {
  struct ShardStatus {
    std::int32_t index = 0;
    bool restoring = false;
    std::int64_t restored = 0, restore_total = 0;
    std::int64_t lag = 0; // records waiting, all inputs
  };
  std::vector<ShardStatus> shards;
  std::array<std::size_t, monitoring::kKinds> resident{};
  monitoring::Population population;
  std::string policy;
  std::string candidate; // the version in shadow; empty: none
  std::int64_t policy_offset = 0;
  Time engine_time;
  Time last_commit; // engine time of the last committed turn
  std::uint64_t turns = 0;
  std::uint64_t looks = 0; // at all of this together; turns and last_commit go on between two of them
  std::string trouble;     // why nothing is processed; empty: all is well
  std::string leaving;     // what is being done to leave; empty: it does not leave yet
  std::chrono::milliseconds at_one_step{0}; // a turn, a takeover, …: long where broker or disk does not answer
  std::map<TopicPartition, std::int64_t> lag;
};

class Node final : private streams::AssignmentListener {
public:
  Node(NodeOptions options, streams::Broker& broker, storage::StoreFactory& stores, Crew& crew,
       const streams::Secrets& secrets, EngineClock& clock, PolicyBook policies, NodeObserver& observer);
  ~Node() override;

  /// Works until `stop`; leaves the group cleanly. Throws what it cannot heal (StoreError, BrokerError refused or
  /// unreachable): the process should end and be started again.
  void run(const std::atomic<bool>& stop);

  /// Works until every input is read to the end that it had at the call's start or later and no timer is due: for
  /// benchmarks and tests. `done` may end it earlier.
  void run_until(const std::function<bool()>& done);

  /// The same in single steps, for the simulation: begin(), step() as often as there is time, end().
  void begin();
  void step(streams::Milliseconds idle);
  void end();

  /// From any thread: the state of an entity of this node. `elsewhere` set: the shard that has it.
  struct Answer {
    std::optional<std::string> state;
    std::optional<std::int32_t> elsewhere;
  };
  std::future<Answer> ask(EntityId id);
  NodeStatus status() const;
  /// From any thread: on the node's, between two turns.
  void between_turns(std::function<void()> job);

  /// On the node's thread: how many entities may be awake, from now on.
  void set_resident_limit(std::size_t of_node);

private:
  void assigned(const std::vector<TopicPartition>& partitions) override;
  void revoked(bool lost) override;

  using Milliseconds = streams::Milliseconds;
  /// One turn has one policy view. `to_the_end`: asks the broker where that is.
  void follow_policy(bool to_the_end);
  Turn::Inputs gather(std::size_t& records);
  bool turn();
  streams::Offsets offsets_behind(const Turn& turn) const;
  void commit(Turn& turn, const std::vector<streams::OutRecord>& checkpoints);
  /// Nothing came in. False: nothing was to be done either.
  bool idle_turn();
  /// In a transaction of their own. False: none is due.
  bool publish_checkpoints(Checkpoints::Due due);
  void produce(const streams::OutRecord& record);
  std::map<std::int32_t, std::int64_t> journal_ends(const Turn& turn) const;
  /// A step towards the shards that are not here yet; those that are begin to take part in turns.
  void take_over(Milliseconds patience);
  /// Takes over what is assigned, anew, and waits a little for it; `open`: shards that are here already.
  void start_shards(std::vector<std::unique_ptr<Shard>> open);
  /// Aside, because the broker takes some milliseconds for each, and gates wait for turns.
  void trim_journals();
  /// False: the trim goes on.
  bool take_trim();
  /// Does anything forbid this node to process? Says so once.
  bool must_not_process();
  /// False: it was lost, and everything was taken over anew.
  bool abort_transaction();
  void recover();
  void rewind();
  void answer_questions();
  void do_jobs();
  std::size_t share(std::size_t of_node) const;
  void next_step(const char* leaving = "");
  void publish_status();

  NodeOptions options_;
  streams::Broker& broker_;
  storage::StoreFactory& stores_;
  Crew& crew_;
  const streams::Secrets& secrets_;
  EngineClock& clock_;
  PolicyBook policies_;
  NodeObserver& observer_;

  Checkpoints checkpoints_;

  std::unique_ptr<streams::Consumer> consumer_;
  std::unique_ptr<streams::TransactionalProducer> producer_;
  std::unique_ptr<streams::LogReader> policy_reader_;
  std::shared_ptr<const streams::GroupMembership> membership_;
  std::int32_t partitions_ = 0;
  Takeover takeover_;
  std::set<std::int32_t> assignment_;  // shards
  std::uint64_t assignment_epoch_ = 0; // counts rebalances
  streams::Offsets positions_;         // after the last committed turn
  std::deque<std::shared_ptr<streams::Batch>>
      policy_records_;               // not yet part of a committed turn of shard 0, here or elsewhere
  std::int64_t policy_position_ = 0; // of shard 0's turns
  std::uint64_t turns_ = 0;
  std::map<std::int32_t, std::int64_t> trimmed_; // journals, as far as this node did it
  struct {
    std::map<std::int32_t, std::int64_t> to; // the job's as long as it goes on
    std::future<void> done;                  // valid: asked for and not yet taken
  } trim_;
  std::string objection_;
  bool broker_stamps_ = false; // records of `policy` carry the broker's time
  bool caught_up_ = false;     // with the policies that stood there at the start

  mutable std::mutex mutex_; // guards what other threads see
  NodeStatus status_;
  std::optional<std::chrono::steady_clock::time_point> step_began_;
  std::vector<std::pair<EntityId, std::promise<Answer>>> questions_;
  std::vector<std::function<void()>> jobs_;
};

} // namespace onecode::actors
