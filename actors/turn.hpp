// One turn over the shards of a node (DESIGN §3), without its transaction: decode, engine time, supersteps until no local
// message is left, gather. The node commits what it yields; replay writes it to files.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "actors/crew.hpp"

namespace onecode::actors {

/// A turn always ends: after so many supersteps what is left goes through the inbox.
inline constexpr int kMaxRounds = 64;

class Turn {
public:
  /// `facts.now` is set by `clock`, which gets the turn's hints in order (empty unless `want_hints`). `facts.number` 0: is set
  /// too, and added to `facts.id`.
  Turn(Crew& crew, TurnFacts facts, bool want_hints, std::function<Time(const std::vector<ClockHint>&)> clock);

  using Inputs = std::map<std::int32_t, std::vector<std::shared_ptr<streams::Batch>>>;
  /// Runs to the point where only the commit is missing. `positions`: where each shard's inputs stand afterwards.
  void run(Inputs inputs, const PolicyBook& policies, std::int64_t received_ns,
           const std::function<std::vector<InputRange>(std::int32_t shard)>& positions);
  /// The shards that had a part, ascending; each one's Shard::staged() is complete.
  const std::vector<std::int32_t>& participants() const { return participants_; }
  Time now() const { return facts_->now; }

  /// Ends the turn on every participant. `journal_next` by shard.
  void committed(const std::map<std::int32_t, std::int64_t>& journal_next);
  void aborted();

private:
  void deliver_rounds();
  void number();
  void take_part(std::int32_t shard);

  Crew& crew_;
  std::shared_ptr<TurnFacts> facts_;
  bool want_hints_;
  std::function<Time(const std::vector<ClockHint>&)> clock_;
  Crew::Load load_ = Crew::Load::light;
  std::vector<std::int32_t> participants_;
  std::map<std::int32_t, std::vector<Envelope>> abroad_; // by the shard that sends
};

} // namespace onecode::actors
