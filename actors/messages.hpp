// Everything that is said between the node and its shards, on one page. The node speaks, one task at a time to each shard;
// the shard answers Done. What a task brought about is read from the Shard itself, which rests until the next task.
// (What entities say to each other stands in domain/messages.hpp.)
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <variant>
#include <vector>

#include "actors/envelope.hpp"
#include "actors/shard.hpp"

namespace onecode::actors {

namespace task {

/// Decode these inputs. Lost or failed: the turn aborts.
struct Prepare {
  std::shared_ptr<const TurnFacts> facts; // without the time
  std::vector<std::shared_ptr<streams::Batch>> inputs;
  const PolicyBook* policies = nullptr;
  std::int64_t received_ns = 0;
  bool want_hints = false;
};

/// First superstep: timers, then inputs.
struct Begin {
  std::shared_ptr<const TurnFacts> facts;
};

/// One later superstep: what entities sent each other in the one before.
struct Round {
  std::shared_ptr<const TurnFacts> facts;
  std::vector<Parcel> parcels;
};

/// The turn's messages are all delivered: gather the changed state. `abroad`: messages for entities on other nodes.
struct Finish {
  std::shared_ptr<const TurnFacts> facts;
  std::vector<Envelope> abroad;
  std::vector<InputRange> positions;
};

/// The transaction is committed: the store may take the changes.
struct Committed {
  std::int64_t journal_next = 0;
};

/// It is not: forget them.
struct Aborted {};

} // namespace task

using Task = std::variant<task::Prepare, task::Begin, task::Round, task::Finish, task::Committed, task::Aborted>;

/// What each task means to a shard; the same on CAF actors and in a plain loop.
void perform(Shard& shard, Task& task);

/// A shard's answer.
struct Done {
  std::int32_t shard = 0;
  std::exception_ptr error; // the task failed: the turn must abort
};

} // namespace onecode::actors
