#include "bench/common/shards.hpp"

#include <unistd.h>

#include <map>
#include <utility>

#include "actors/crew.hpp"
#include "actors/shard.hpp"
#include "actors/shard_actor.hpp"
#include "bench/common/batches.hpp"
#include "domain/policy.hpp"
#include "storage/rocks_store.hpp"

namespace onecode::bench {

std::uint64_t Shards::Sum::decisions() const {
  std::uint64_t all = 0;
  for (const auto n : stats.decisions) all += n;
  return all;
}

Shards::Shards(const ShardsOptions& options)
    : folder_(std::filesystem::temp_directory_path() /
              ("onecode-bench-" + options.name + '-' + std::to_string(::getpid()))),
      secrets_(options.evidence ? std::map<std::string, std::string>{{"evidence", "for the bench"}}
                                : std::map<std::string, std::string>{}),
      crew_(actors::caf_crew(0)),
      policies_(builtin_policy(), {}, true) {
  storage::RocksOptions rocks;
  rocks.directory = folder_.string();
  const auto stores = storage::rocks_stores(rocks);
  actors::ShardOptions shards;
  shards.unsigned_commands = true;
  shards.subject_keys = actors::subject_keys(secrets_);
  shards.resident_limit = options.resident / static_cast<std::uint64_t>(kDefaultPartitions);
  for (std::int32_t p = 0; p < kDefaultPartitions; ++p) {
    auto shard = std::make_unique<actors::Shard>(p, shards, secrets_, stores->open(p));
    shard->open();
    crew_->add(std::move(shard));
  }
}

Shards::~Shards() {
  crew_->clear();
  std::error_code ignored; // what is left is in a folder for such things
  std::filesystem::remove_all(folder_, ignored);
}

void Shards::run(const actors::Turn::Inputs& inputs) {
  const double began = wall_seconds();
  actors::TurnFacts facts;
  facts.number = ++turns_;
  facts.id = "bench-" + std::to_string(turns_);
  facts.policies = policies_.history();
  facts.shards = crew_->shards();
  facts.clock = actors::ClockMode::events;
  actors::Turn turn(*crew_, std::move(facts), true, [&](const auto& hints) { return clock_.next(hints); });
  turn.run(inputs, policies_, 0, [](std::int32_t) { return std::vector<actors::InputRange>{}; });
  std::map<std::int32_t, std::int64_t> next;
  journal_ += 1000;
  for (const auto shard : turn.participants()) {
    next[shard] = journal_;
    const auto& staged = crew_->shard(shard).staged();
    sum_.stats += staged.stats;
    for (std::size_t i = 0; i < staged.output_count; ++i)
      if (staged.outputs[i].topic == Topic::evidence) sum_.evidence_bytes += staged.outputs[i].value.size();
  }
  sum_.stats.received.clear();
  turn.committed(next);
  sum_.seconds.push_back(wall_seconds() - began);
}

void Shards::open(const Load& load, std::uint64_t turn_size, std::map<TopicPartition, std::int64_t>& offsets) {
  for (std::uint64_t n = 0;;) {
    auto piece = load.registration(n, turn_size);
    if (piece.empty()) return;
    n += piece.size();
    for (const auto& inputs : turns_of(std::move(piece), turn_size, kDefaultPartitions, offsets)) run(inputs);
  }
}

} // namespace onecode::bench
