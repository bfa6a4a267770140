// The whole engine without a broker: decode, both hops, rules, encode, journal batches, store. Scans per CPU-second of this
// process, its memory, and how long its turns took, so that a stall shows.
//   bench_engine [accounts] [scans] [turn size] [resident limit] [1: with a transparency log]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "actors/clock.hpp"
#include "actors/shard_actor.hpp"
#include "actors/turn.hpp"
#include "bench/common/batches.hpp"
#include "bench/common/load.hpp"
#include "storage/rocks_store.hpp"

using namespace onecode;
using namespace onecode::bench;

namespace {

/// Says how long turns took and begins anew.
void print_turns(const char* what, std::vector<double>& seconds) {
  if (seconds.empty()) return;
  auto sorted = std::exchange(seconds, {});
  std::ranges::sort(sorted);
  const auto at = [&](double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))] * 1000;
  };
  std::printf("%zu turns %s, in milliseconds: half within %.0f, 99 %% within %.0f, the longest %.0f\n", sorted.size(),
              what, at(0.5), at(0.99), at(1));
}

} // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  const std::uint64_t accounts = number(1, 30'000), scans = number(2, 2'000'000), turn_size = number(3, 20'000),
                      resident = number(4, 200'000);
  const auto directory = std::filesystem::temp_directory_path() / ("onecode-bench-" + std::to_string(::getpid()));
  storage::RocksOptions rocks;
  rocks.directory = directory.string();
  const auto stores = storage::rocks_stores(rocks);
  const streams::Secrets secrets(number(5, 0) == 0
                                     ? std::map<std::string, std::string>{}
                                     : std::map<std::string, std::string>{{"evidence", "for the bench"}});
  const auto crew = actors::caf_crew(0);
  actors::ShardOptions options;
  options.unsigned_commands = true;
  options.resident_limit = resident / static_cast<std::uint64_t>(kDefaultPartitions);
  for (std::int32_t p = 0; p < kDefaultPartitions; ++p) {
    auto shard = std::make_unique<actors::Shard>(p, options, secrets, stores->open(p));
    shard->open();
    crew->add(std::move(shard));
  }
  const actors::PolicyBook policies(builtin_policy(), {}, true);
  actors::EventClock clock;
  std::map<TopicPartition, std::int64_t> offsets;
  std::uint64_t turns = 0;
  std::int64_t journal = 0;
  monitoring::TurnStats sum;
  std::uint64_t evidence = 0; // bytes of leaves
  // A consumer's batches give their memory back to the client library, not to the engine: not while the clock runs.
  std::vector<std::shared_ptr<streams::Batch>> used;
  std::vector<double> seconds; // of each turn
  const auto run = [&](actors::Turn::Inputs inputs) {
    const double began = wall_seconds();
    for (const auto& [shard, batches] : inputs) used.insert(used.end(), batches.begin(), batches.end());
    actors::TurnFacts facts;
    facts.number = ++turns;
    facts.id = "bench-" + std::to_string(turns);
    facts.policies = policies.history();
    facts.shards = crew->shards();
    facts.clock = actors::ClockMode::events;
    actors::Turn turn(*crew, std::move(facts), true, [&](const auto& hints) { return clock.next(hints); });
    turn.run(std::move(inputs), policies, 0, [](std::int32_t) { return std::vector<actors::InputRange>{}; });
    std::map<std::int32_t, std::int64_t> next;
    journal += 1000;
    for (const auto shard : turn.participants()) {
      next[shard] = journal;
      const auto& staged = crew->shard(shard).staged();
      sum += staged.stats;
      for (std::size_t i = 0; i < staged.output_count; ++i)
        if (staged.outputs[i].topic == Topic::evidence) evidence += staged.outputs[i].value.size();
    }
    sum.received.clear();
    turn.committed(next);
    seconds.push_back(wall_seconds() - began);
  };

  Load load(accounts, std::max<std::uint64_t>(1000, 40));
  // In pieces: a million commands at once would be most of the memory that is measured.
  for (std::uint64_t n = 0;;) {
    auto piece = load.registration(n, turn_size);
    if (piece.empty()) break;
    n += piece.size();
    for (auto& inputs : turns_of(std::move(piece), turn_size, kDefaultPartitions, offsets)) run(std::move(inputs));
    used.clear();
  }
  std::printf("registered: %llu accounts in %.1f CPU s, memory %.0f MiB\n", static_cast<unsigned long long>(accounts),
              cpu_seconds(), peak_memory_mib());
  print_turns("of registration", seconds);
  sum.clear();
  evidence = 0;

  double cpu = 0, wall = 0;
  std::uint64_t done = 0;
  std::uint64_t half_scans = 0;
  double half_cpu = 0;
  while (done < scans) {
    std::vector<LoadRecord> records;
    for (std::uint64_t i = 0; i < turn_size * 8 && done + i < scans; ++i) load.next(records.emplace_back());
    done += records.size();
    auto inputs = turns_of(std::move(records), turn_size, kDefaultPartitions, offsets);
    const double c = cpu_seconds(), w = wall_seconds();
    for (auto& i : inputs) run(std::move(i));
    cpu += cpu_seconds() - c;
    wall += wall_seconds() - w;
    used.clear();
    if (half_scans == 0 && done * 2 >= scans) half_scans = done, half_cpu = cpu;
  }
  std::uint64_t decisions = 0;
  for (const auto n : sum.decisions) decisions += n;
  std::printf("%12s %12s %14s %14s %14s %12s %10s\n", "scans", "decisions", "scans/CPU-s", "second half",
              "scans/s wall", "journal B", "peak MiB");
  std::printf("%12llu %12llu %14.0f %14.0f %14.0f %12.0f %10.0f\n", static_cast<unsigned long long>(done),
              static_cast<unsigned long long>(decisions), static_cast<double>(done) / cpu,
              static_cast<double>(done - half_scans) / (cpu - half_cpu), static_cast<double>(done) / wall,
              static_cast<double>(sum.journal_bytes) / static_cast<double>(done), peak_memory_mib());
  if (evidence > 0)
    std::printf("leaves: %.0f bytes a scan; as tiles %u more for hashes\n",
                static_cast<double>(evidence) / static_cast<double>(done), 2 * 32U);
  print_turns("of scans", seconds);
  crew->clear();
  std::filesystem::remove_all(directory);
  return decisions == done ? 0 : 1;
}
