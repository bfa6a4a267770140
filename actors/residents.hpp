// The entities of one shard that are awake, and which of their parts the store does not have yet.
//   The journal makes a change durable, so the store may lag behind it, as a database's pages lag behind its log (fuzzy
//   checkpoints: C. Mohan et al., ARIES, 1992). A committed part stays where it is, in the bytes of the journal record
//   that carried it, until its entity goes to sleep or that record is among the oldest of more than `lag_limit` bytes. What
//   changes often is so written seldom.
//   Always     the store plus the journal from store_position() on give the state. A single entry in the store may be
//              newer than that position, never older; a restore reads the journal to its end, so newer does no harm.
//   Abort      a touched entity is made anew from the store and its unstored parts, or falls asleep.
//   Digest     that of the store's entries is kept here for the parts of entities, with every entry that goes to a batch.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

#include "actors/entity.hpp"
#include "actors/parts.hpp"
#include "actors/record_log.hpp"
#include "monitoring/turn_stats.hpp"
#include "storage/store.hpp"

namespace onecode::actors {

class Residents {
public:
  using Counts = std::array<std::size_t, monitoring::kKinds>;

  /// `limit`: entities kept awake between turns. `lag_limit`: bytes of journal records kept for what the store lacks.
  Residents(storage::Store& store, const streams::Secrets& secrets, std::size_t limit, std::size_t lag_limit);
  ~Residents();

  Entity* find(const EntityId& id, std::uint64_t hash);
  Entity& wake(const EntityId& id, std::uint64_t hash, monitoring::TurnStats& stats);
  /// A copy from the store alone, for questions about who sleeps; null: nothing is stored.
  std::unique_ptr<Entity> look_up(const EntityId& id, std::uint64_t hash);
  /// As it was committed last.
  void reload(Entity& entity);

  /// A higher limit holds at once. A lower one is reached step by step, with each turn and with each call of sink(), so that
  /// no turn waits until many are asleep.
  void set_limit(std::size_t limit);
  /// Between turns: a step towards a limit that was lowered. Who fell asleep; nullopt: it is reached.
  std::optional<std::array<monitoring::TurnStats::Count, monitoring::kKinds>> sink(storage::WriteBatch& write);

  /// This turn's entities, each once, in the order of their first message.
  void touch(Entity& entity);
  const std::vector<Entity*>& touched() const { return touched_; }
  /// A journal record of the turn; stays where it is until the store lacks nothing of it, or the turn is aborted.
  std::string_view keep(std::string_view record) { return records_.add(record); }
  /// The turn is committed: its journal records, an offset that none of them is below, and where in them the parts stand.
  /// Entries that the store should get now are added to `write`. How many fell asleep, by kind.
  std::array<monitoring::TurnStats::Count, monitoring::kKinds> committed(std::span<const std::string_view> records,
                                                                         std::int64_t from, const PartWriter& parts,
                                                                         storage::WriteBatch& write);
  void aborted();

  /// Where in the journal everything begins that the store lacks; nullopt: there is nothing.
  std::optional<std::int64_t> store_position() const;
  /// The same with what the store has but late: what the sweep may have passed over is journalled here or after.
  std::optional<std::int64_t> sweep_position() const;
  /// Adds everything that the store lacks.
  void store_all(storage::WriteBatch& write);
  /// By how much the batches that were given out since the last call change the digest of the store.
  storage::Digest take_stored_change() { return std::exchange(stored_change_, 0); }

  /// For the sweep. Null: it sleeps, and the store has everything of it.
  const Entity* awake(Kind kind, std::string_view id) const;
  /// Does the store hold an older value of this part than the journal?
  static bool store_is_behind(const Entity& awake, std::string_view part);
  /// Entities of which the store lacks something that was journalled before `offset`, oldest first, until `visit` says no.
  bool each_unstored_before(std::int64_t offset, const std::function<bool(Entity&)>& visit);
  /// What was last journalled before `offset` and goes to the store from now on is gathered in late(), to be journalled
  /// again in the next turn: the sweep may have passed its place in the store when it was not there.
  void late_before(std::int64_t offset) { late_before_ = offset; }
  const storage::WriteBatch& late() const { return late_; }
  void late_journalled() {
    late_.clear();
    late_since_.reset();
  }

  const Counts& counts() const { return counts_; }

private:
  struct Key {
    Kind kind;
    std::string_view id; // of the entity
    std::uint64_t hash;
    bool operator==(const Key& o) const { return hash == o.hash && kind == o.kind && id == o.id; }
  };
  struct KeyHash {
    std::size_t operator()(const Key& k) const { return k.hash; }
  };
  /// Reads what the store has of it; `note`: and what each part's digest is.
  bool load(Entity& entity, bool note);
  void queue(Entity& entity);
  void unqueue(Entity& entity);
  void forget(Entity& entity);
  void link_unstored(Entity& entity, std::int64_t since);
  void unlink_unstored(Entity& entity);
  void store(Entity& entity, storage::WriteBatch& write);
  void drop_records();
  std::array<monitoring::TurnStats::Count, monitoring::kKinds> put_to_sleep(storage::WriteBatch& write);

  storage::Store& store_;
  const streams::Secrets& secrets_;
  std::size_t limit_;
  std::size_t allowed_; // for the time being: more than the limit after it was lowered
  const std::size_t lag_limit_;

  tsl::robin_map<Key, std::unique_ptr<Entity>, KeyHash> entities_;
  Counts counts_{};
  Entity* newest_ = nullptr; // the queue of those that may sleep, by second chance
  Entity* oldest_ = nullptr;

  std::uint64_t turn_ = 1;
  std::vector<Entity*> touched_;

  Entity* unstored_newest_ = nullptr;
  Entity* unstored_oldest_ = nullptr;
  RecordLog records_;
  std::string key_;
  storage::Digest stored_change_ = 0;
  std::int64_t late_before_ = 0;
  storage::WriteBatch late_;
  std::optional<std::int64_t> late_since_; // journal offset of the oldest of these
};

} // namespace onecode::actors
