// The demo's campus as input for whole-engine tests: registration and scans with lent codes, a rogue and a cloned reader.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/clock.hpp"
#include "actors/crew.hpp"
#include "actors/turn.hpp"
#include "app/demo/campus.hpp"
#include "domain/hash.hpp"
#include "streams/event_file.hpp"
#include "streams/policy_document.hpp"

namespace onecode::test {

class RecordBatch final : public streams::Batch {
public:
  RecordBatch(TopicPartition at, std::vector<streams::FileRecord> from, std::int64_t first) : from_(std::move(from)) {
    source = at;
    for (const auto& f : from_) {
      streams::Record r;
      r.offset = first++;
      r.key = f.key;
      if (f.value) r.value = *f.value;
      records.push_back(r);
    }
  }

private:
  std::vector<streams::FileRecord> from_;
};

struct World {
  explicit World(std::size_t people = 200, std::size_t scan_count = 6000, std::uint64_t seed = 1) {
    app::CampusOptions options;
    options.seed = seed;
    options.people = people;
    options.misuse_from = 500;
    options.misuse_every = 700;
    app::Campus campus(options);
    key = app::new_signing_key("k-test");
    policy = campus.policy(key);
    commands = campus.registration(key);
    for (std::size_t i = 0; i < scan_count; ++i) scans.push_back(campus.next());
    misuse = campus.misuse();
  }

  app::SigningKey key;
  Policy policy;
  std::vector<streams::FileRecord> commands, scans;
  std::vector<app::Misuse> misuse;
};

/// Turns of `size` records, each with fresh batches, so that the same cut can be run again.
inline std::vector<actors::Turn::Inputs> cut(const std::vector<streams::FileRecord>& records, std::size_t size,
                                             std::int32_t partitions,
                                             std::map<TopicPartition, std::int64_t>& offsets) {
  std::vector<actors::Turn::Inputs> out;
  for (std::size_t at = 0; at < records.size();) {
    std::map<TopicPartition, std::vector<streams::FileRecord>> parts;
    for (std::size_t n = 0; n < size && at < records.size(); ++n, ++at)
      parts[{records[at].topic, murmur2_partition(records[at].key, partitions)}].push_back(records[at]);
    actors::Turn::Inputs inputs;
    for (auto& [tp, part] : parts) {
      const auto count = static_cast<std::int64_t>(part.size());
      inputs[tp.partition].push_back(std::make_shared<RecordBatch>(tp, std::move(part), offsets[tp]));
      offsets[tp] += count;
    }
    out.push_back(std::move(inputs));
  }
  return out;
}

/// An engine without a broker on any crew; outputs in the order of the transaction.
class Engine {
public:
  Engine(actors::Crew& crew, storage::StoreFactory& stores, Policy policy, actors::ShardOptions options = {})
      : crew_(crew), policies_(std::move(policy), {}, false) {
    for (std::int32_t p = 0; p < options.partitions; ++p) {
      auto shard = std::make_unique<actors::Shard>(p, options, secrets_, stores.open(p));
      shard->open();
      crew_.add(std::move(shard));
    }
  }

  /// A policy version, signed by somebody whom the policy in force trusts; turns from now on know it. False: refused.
  bool publish(const Policy& policy, const app::SigningKey& key) {
    const std::string value = streams::policy_event(
        streams::sign_policy(streams::write_policy(policy), key.private_key, key.id, key.algorithm), kEarliestEvent);
    streams::Record r;
    r.key = policy.version;
    r.value = value;
    return policies_.read(policies_.offset(), r);
  }

  /// Runs one turn; `commit` false: aborts it at the very end.
  void run(actors::Turn::Inputs inputs, bool commit = true) {
    actors::TurnFacts facts;
    facts.number = turns_ + 1;
    facts.id = "t-" + std::to_string(turns_ + 1);
    facts.policies = policies_.history();
    facts.shards = here.value_or(crew_.shards());
    facts.clock = actors::ClockMode::events;
    auto clock = clock_;
    actors::Turn turn(crew_, std::move(facts), true, [&](const auto& hints) { return clock.next(hints); });
    turn.run(std::move(inputs), policies_, 0, [](std::int32_t) { return std::vector<actors::InputRange>{}; });
    if (!commit) return turn.aborted();
    ++turns_;
    clock_ = clock;
    std::map<std::int32_t, std::int64_t> next;
    for (const auto shard : turn.participants()) {
      const auto& staged = crew_.shard(shard).staged();
      for (std::size_t i = 0; i < staged.output_count; ++i) outputs.push_back(staged.outputs[i]);
      for (const auto& batch : staged.journal) journal[shard].emplace_back(batch);
      histories[shard] = staged.history;
      next[shard] = static_cast<std::int64_t>(journal[shard].size());
      stats += staged.stats;
    }
    turn.committed(next);
  }

  std::vector<streams::OutRecord> of(Topic topic) const {
    std::vector<streams::OutRecord> out;
    for (const auto& o : outputs)
      if (o.topic == topic) out.push_back(o);
    return out;
  }

  std::optional<std::vector<std::int32_t>> here; // whose messages stay in the turn; nullopt: everybody's
  std::vector<streams::OutRecord> outputs;
  std::map<std::int32_t, std::vector<std::string>> journal;
  std::map<std::int32_t, std::string> histories; // each shard's newest commit record
  monitoring::TurnStats stats;

private:
  actors::Crew& crew_;
  streams::Secrets secrets_;
  actors::PolicyBook policies_;
  actors::EventClock clock_;
  std::uint64_t turns_ = 0;
};

/// Everything that was written, as one comparable text per record.
inline std::vector<std::string> texts(const std::vector<streams::OutRecord>& records) {
  std::vector<std::string> out;
  for (const auto& r : records) out.push_back(std::string(name(r.topic)) + " " + r.key + " " + r.value);
  return out;
}

} // namespace onecode::test
