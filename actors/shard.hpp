// One shard: partition p of every co-partitioned topic, the entities that live there, and its store. Runs its part of a
// turn step by step; no threads, no CAF, no Kafka (the shard actor in actors/shard_actor.hpp carries it).
//   Order of calls in a turn
//     prepare? → begin? → round* → finish → committed | aborted      (only what concerns this shard)
//   Owns       entities, timers, event ids and the store of its partition; nobody else writes them.
//   Always     what a turn does follows from the state before it, its inputs, engine time and policies: never from threads.
//   Abort      staged changes are dropped and touched entities made anew from the store and what it lacks.
//   Faults     an exception of domain/ costs that event only (ENTITY_FAULT); the entity is rebuilt as it was before.
//              Memory and store errors leave the shard: the node stops.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/arena.hpp"
#include "actors/census.hpp"
#include "actors/commit_record.hpp"
#include "actors/entity.hpp"
#include "actors/envelope.hpp"
#include "actors/event_memory.hpp"
#include "actors/policy_book.hpp"
#include "actors/residents.hpp"
#include "actors/sweep.hpp"
#include "actors/timers.hpp"
#include "actors/transparency_log.hpp"
#include "monitoring/turn_stats.hpp"
#include "storage/store.hpp"
#include "streams/authenticate.hpp"
#include "streams/broker.hpp"
#include "streams/decode.hpp"
#include "streams/encode.hpp"

namespace onecode::actors {

struct ShardOptions {
  std::int32_t partitions = kDefaultPartitions;
  std::size_t resident_limit = 25'000;     // entities kept awake between turns
  std::size_t store_lag_limit = 20U << 20; // bytes of journal that the store may lag behind
  bool sweep = true;                       // without a journal to trim (replay) there is nothing to sweep for
  std::size_t sweep_step = 256U << 10;     // actors/sweep.hpp
  bool unsigned_commands = false;          // offline replay only
  std::shared_ptr<evidence::KnownKeys> subject_keys; // of all shards of a node; nullptr: this one has its own
  /// Tests, and replays that watch: called before an entity receives a message; what it throws counts as the entity's fault.
  std::function<void(const Entity&, const Message&)> before_receive;
  /// Replays that watch: after it, with what followed. Not of a message that failed.
  std::function<void(const Entity&, const Message&, const Context&, const Effects&)> after_receive;
};

/// What every shard of a turn knows.
struct TurnFacts {
  std::string id; // CommitRecord::turn; the node's id, until Turn adds the number
  std::uint64_t number = 0;
  Time now;
  std::shared_ptr<const PolicyHistory> policies;
  std::int64_t policy_offset = 0;
  std::vector<std::int32_t> shards; // of this node
  std::vector<std::int32_t> parts;  // who had a part, known when the turn is finished
  /// Replay: whose timers fired in the recorded turn. The others of its node may stand elsewhere in the replay than they did then:
  /// nothing orders a turn with those in which it had no part.
  std::optional<std::vector<std::int32_t>> fired;
  ClockMode clock = ClockMode::wall;
  std::string build; // of the engine; of a replay that of the recorded turn
  bool sm3 = false;  // leaves of its logs have it; of a replay as `build`
};

/// A record's wish about engine time (CONTRACT §12), in the order of the turn.
struct ClockHint {
  Order order;
  std::int64_t timestamp_ms = -1;
  Time time;
  bool follow = false; // commands: all the way; other events: by at most 24 hours
};

/// What a shard wants written when the turn commits. Lives in the shard until committed() or aborted().
struct Staged {
  std::deque<streams::OutRecord> outputs; // the first `output_count`; the rest are spare strings of earlier turns
  std::size_t output_count = 0;
  std::vector<std::string_view>
      journal;         // batches, each complete, cut after the entity with which one exceeds 124 KiB
  std::string history; // the commit record; empty: this shard had no part in the turn
  monitoring::TurnStats stats;
};

class Shard {
public:
  Shard(std::int32_t index, ShardOptions options, const streams::Secrets& secrets,
        std::unique_ptr<storage::Store> store);
  ~Shard();

  std::int32_t index() const { return index_; }
  std::int32_t partitions() const { return options_.partitions; }
  storage::Store& store() { return *store_; }
  /// Reads timers and the last commit record from the store, which has everything; once, before the first turn.
  /// `journal_next`: the position up to which the journal was read, where not as the store says.
  void open(std::optional<std::int64_t> journal_next = std::nullopt);
  const std::optional<CommitRecord>& last_commit() const { return last_commit_; }
  const TransparencyLog& log() const { return log_; }
  /// Of the state as of the last commit.
  storage::Digest digest() const { return digest_; }
  /// The journal offset after this shard's last record, while it is open; nullopt: as the store says.
  std::optional<std::int64_t> journal_next() const { return journal_next_; }
  /// Brings the store up to the last commit and makes it durable: a clean stop.
  void put_away();
  /// How many entities may be awake between turns, from now on.
  void set_resident_limit(std::size_t entities) { residents_.set_limit(entities); }
  /// Between turns: puts some to sleep where the limit was lowered.
  void sink();
  /// Up to here the journal may be cut: neither a restore from it nor this shard's own store after a crash reads what is
  /// below. 0: not yet.
  std::int64_t trim_to();
  /// The earliest timer, if any.
  std::optional<Time> next_timer() const { return timers_.next(); }

  /// Decodes this shard's inputs; `facts` lack the time, which may follow from them. `want_hints`: notes what the records say about engine
  /// time, for hints() (only asked for in event-clock mode).
  void prepare(const TurnFacts& facts, std::vector<std::shared_ptr<streams::Batch>> inputs,
               const PolicyBook& policies, std::int64_t received_ns, bool want_hints);
  /// In order.
  const std::vector<ClockHint>& hints() const { return hints_; }
  /// Fires due timers and hands every input to its entity: the first round.
  void begin(const TurnFacts& facts);
  /// Delivers what other shards (or this one) sent in the round before. `parcels` are each in order.
  void round(const TurnFacts& facts, std::vector<Parcel> parcels);
  /// What this shard sent in the last begin() or round(), and nobody took yet, by target shard.
  std::vector<Parcel>& outgoing() { return outgoing_; }
  /// A message to an entity on another node.
  void send_to_inbox(const Envelope& envelope);

  /// Gathers the changed state. `positions`: where the inputs of this shard stand after the turn.
  const Staged& finish(const TurnFacts& facts, std::vector<InputRange> positions);
  /// The turn's staged changes and outputs, after finish().
  const Staged& staged() const { return staged_; }
  /// The transaction is committed: the store takes the batches. `journal_next`: the offset after the last one.
  void committed(std::int64_t journal_next);
  void aborted();

  const Residents::Counts& resident() const { return residents_.counts(); }
  /// As of the last commit.
  const monitoring::Population& population() const { return census_.counts(); }
  /// `onecode state`: wakes nothing that is not there. nullopt: no such entity.
  std::optional<std::string> describe(const EntityId& id);

private:
  void decode_one(TopicPartition at, const streams::Record& record, const PolicyBook& policies,
                  std::int64_t received_ns, bool want_hints);
  void add_input(const Root& root, Kind kind, const std::string& id, Message message);

  void look_up(std::vector<Envelope>& envelopes);
  void fire_timers();
  void dispatch(Envelope& envelope);
  bool admit(Envelope& envelope);
  std::optional<Refusal> check_key(const Command& command) const;
  void check_nonce(Envelope& envelope);
  void deliver(Envelope& envelope);
  Context context() const;
  /// From this shard's copy of the campus' facts.
  void learn_campus(const Entity& copy);
  void fault(const Envelope& envelope, const char* what);
  void count(const Decision& decision, const Envelope& envelope);
  void take_effects(const Envelope& envelope);
  void refuse(const Envelope& envelope, const Refusal& refusal);
  void tell_misread();
  void send(const Envelope& parent, EntityId&& to, Message&& message, Stage stage);
  void emit(const Envelope& envelope, const Output& output);
  streams::OutRecord& next_output();
  void dead_letter(const Root& root, std::string_view code, std::string_view stage, std::string_view text);

  std::size_t chunk();
  void cut_record();
  void write_store();
  void end_turn();
  /// Empties what came and what was sent; the memory of what came serves what will be sent, for a shard sends about as much as
  /// it gets.
  void reuse_parcels();

  const std::int32_t index_;
  const ShardOptions options_;
  std::unique_ptr<storage::Store> store_;
  streams::Decoder decoder_;

  Residents residents_;
  Timers timers_;
  Census census_;
  EventMemory events_;
  TransparencyLog log_;
  std::optional<CommitRecord> last_commit_;
  std::optional<CommitRecord> next_commit_;
  std::optional<std::int64_t> journal_next_;
  Sweep sweep_;
  storage::Digest digest_ = 0;
  storage::Digest store_digest_ = 0; // of what the store has
  std::string previous_;             // CommitRecord::previous of the next one
  std::int64_t asked_durable_ = 0;   // what the store was last asked to make durable for the journal's sake

  const EntityId campus_id_;          // this shard's copy of the campus' facts
  std::optional<CampusFacts> campus_; // what it says

  // The turn.
  TurnFacts facts_;
  std::vector<std::shared_ptr<streams::Batch>> inputs_;
  std::vector<InputRange> ranges_;
  std::vector<RootKey> roots_; // where the turn read policies
  std::vector<ClockHint> hints_;
  Arena arena_;
  std::vector<std::pair<const Root*, streams::DecodeError>> misread_; // commands with wrong arguments
  std::vector<Envelope> first_;                                       // this turn's inputs, in order
  std::deque<std::vector<Parcel>> parcels_;                           // what came in later rounds
  std::vector<const Envelope*> deliveries_; // in the order of delivery: an entity is rebuilt from these after a fault
  std::size_t faults_ = 0;
  std::vector<Parcel> outgoing_;
  std::vector<Parcel> spare_; // empty, with their memory
  std::uint32_t sends_ = 0;   // of the event at hand
  std::uint32_t outputs_ = 0; // of the event at hand
  Effects effects_;
  storage::EntryWriter aside_; // changes of timers and event ids, which stand in no entity
  PartWriter parts_;           // the turn's changes, as they go to the journal
  storage::WriteBatch to_store_;
  Staged staged_;
};

} // namespace onecode::actors
