// The shards of one node, as a turn reaches them: give tasks, wait for all. Two bodies: a plain loop (replay, backtest,
// one thread, no CAF) and CAF actors (actors/shard_actor.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <vector>

#include "actors/messages.hpp"

namespace onecode::actors {

class Crew {
public:
  virtual ~Crew() = default;
  /// Is it worth the price to go to other threads?
  enum class Load : std::uint8_t { light, heavy };
  /// Performs each shard's task, heavy ones in parallel where it can; returns when all are done. The first error is thrown.
  virtual void perform(std::map<std::int32_t, Task>& tasks, Load load) = 0;
  /// Only between calls of perform().
  virtual Shard& shard(std::int32_t index) = 0;
  virtual std::vector<std::int32_t> shards() const = 0;
  /// Takes shards on and gives them up.
  virtual void add(std::unique_ptr<Shard> shard) = 0;
  virtual std::unique_ptr<Shard> remove(std::int32_t index) = 0;
  virtual void clear() = 0;
  /// Runs what belongs to no shard of the crew while turns go on. What it throws comes with the future.
  virtual std::future<void> aside(std::function<void()> job) = 0;
};

/// One thread, no actors.
class PlainCrew final : public Crew {
public:
  void perform(std::map<std::int32_t, Task>& tasks, Load load) override;
  Shard& shard(std::int32_t index) override { return *shards_.at(index); }
  std::vector<std::int32_t> shards() const override;
  void add(std::unique_ptr<Shard> shard) override;
  std::unique_ptr<Shard> remove(std::int32_t index) override;
  void clear() override { shards_.clear(); }
  /// At once.
  std::future<void> aside(std::function<void()> job) override;

private:
  std::map<std::int32_t, std::unique_ptr<Shard>> shards_;
};

} // namespace onecode::actors
