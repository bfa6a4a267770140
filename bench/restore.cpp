// A shard's state from its journal alone, on a real Kafka: entries of 200 bytes (key and value), every other one swept in
// the order of keys, the others changed at random, as a journal is that trims itself. Two shards at a time, as a node does.
//   ONECODE_TEST_KAFKA=host:port bench_restore [entries per shard]
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <thread>

#include "actors/commit_record.hpp"
#include "actors/restore.hpp"
#include "bench/common/cluster.hpp"
#include "storage/digest.hpp"
#include "storage/rocks_store.hpp"

using namespace onecode;
using namespace onecode::bench;

namespace {

constexpr std::int32_t kShards = 2;
constexpr std::size_t kKey = 24, kValue = 176, kRecord = 900U << 10;

std::string key_of(std::uint64_t n) {
  const auto number = std::to_string(n);
  return "e0a" + std::string(kKey - 8 - number.size(), '0') + number + "/hot/";
}

/// Publishes a journal whose live state is half of its entries.
void publish_journal(streams::Publisher& publisher, std::int32_t shard, std::uint64_t entries) {
  std::mt19937_64 random(7);
  std::string noise(1 << 20, '\0');
  for (auto& c : noise)
    c = static_cast<char>(random() & (random() & 1 ? 0xFF : 0x0F)); // compresses by about a quarter
  std::vector<storage::Digest> known(entries / 2);
  storage::Digest sum = 0;
  storage::WriteBatch batch;
  const auto publish = [&] {
    publisher.publish(Topic::journal, shard, std::to_string(shard), batch.bytes(), {}, streams::kNow);
    batch.clear();
  };
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::uint64_t n = i % 2 == 0 ? i / 2 : random() % known.size();
    const auto key = key_of(n);
    const auto value = std::string_view(noise).substr(random() % (noise.size() - kValue), kValue);
    batch.put(key, value);
    const auto digest = storage::entry_digest(key, value);
    sum += digest - known[n];
    known[n] = digest;
    if (batch.bytes().size() >= kRecord) publish();
  }
  actors::CommitRecord last;
  last.turn = "bench";
  last.digest = sum;
  std::string bytes;
  encode(bytes, last);
  batch.put(actors::kCommitKey, bytes);
  publish();
}

} // namespace

int main(int argc, char** argv) {
  const std::uint64_t entries = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'000'000;
  try {
    Cluster cluster(argv[0], "events");
    const auto publisher = cluster.broker().publisher();
    for (std::int32_t s = 0; s < kShards; ++s) publish_journal(*publisher, s, entries);
    publisher->flush();
    storage::RocksOptions rocks;
    rocks.directory = cluster.folder() / "restored";
    const auto stores = storage::rocks_stores(rocks);
    std::vector<std::string> wrong(kShards);
    const double cpu = cpu_seconds(), wall = wall_seconds();
    {
      std::vector<std::jthread> threads;
      for (std::int32_t s = 0; s < kShards; ++s)
        threads.emplace_back([&, s] {
          try {
            actors::restore_store(
                s, *stores, cluster.broker(), [](auto, auto) {}, [](auto, const auto&) {});
          } catch (const std::exception& e) {
            wrong[static_cast<std::size_t>(s)] = e.what();
          }
        });
    }
    for (const auto& w : wrong)
      if (!w.empty()) throw std::runtime_error(w);
    const auto all = static_cast<double>(entries) * kShards;
    const double cpu_used = cpu_seconds() - cpu, seconds = wall_seconds() - wall;
    std::printf("%12s %14s %14s %10s\n", "entries", "entries/CPU-s", "entries/s", "peak MiB");
    std::printf("%12.0f %14.0f %14.0f %10.0f\n", all, all / cpu_used, all / seconds, peak_memory_mib());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_restore: %s\n", e.what());
    return 1;
  }
}
