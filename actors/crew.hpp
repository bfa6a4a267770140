// The shards of one node, as a turn reaches them: give tasks, wait for all. Two bodies: a plain loop (replay, backtest,
// one thread, no CAF) and CAF actors (actors/shard_actor.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "actors/messages.hpp"

namespace onecode::actors {

class Crew {
public:
  virtual ~Crew() = default;
  /// Performs each shard's task, in parallel where it can; returns when all are done. The first error is thrown.
  virtual void perform(std::map<std::int32_t, Task>& tasks) = 0;
  /// Only between calls of perform().
  virtual Shard& shard(std::int32_t index) = 0;
  virtual std::vector<std::int32_t> shards() const = 0;
  /// Takes shards on and gives them up, with a rebalance.
  virtual void add(std::unique_ptr<Shard> shard) = 0;
  virtual void clear() = 0;
};

/// One thread, no actors.
class PlainCrew final : public Crew {
public:
  void perform(std::map<std::int32_t, Task>& tasks) override;
  Shard& shard(std::int32_t index) override { return *shards_.at(index); }
  std::vector<std::int32_t> shards() const override;
  void add(std::unique_ptr<Shard> shard) override;
  void clear() override { shards_.clear(); }

private:
  std::map<std::int32_t, std::unique_ptr<Shard>> shards_;
};

} // namespace onecode::actors
