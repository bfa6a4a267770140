// What evidence takes of the processor: the same scans through two engines, one with transparency logs and one without, in turns, so
// that whatever else the machine does hits both. CPU microseconds a scan, and the difference.
//   bench_evidence_cost [accounts] [scans] [turn size]
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

#include "bench/common/batches.hpp"
#include "bench/common/load.hpp"
#include "bench/common/shards.hpp"
#include "evidence/sha256_many.hpp"

using namespace onecode;
using namespace onecode::bench;

namespace {

constexpr double kMostMicroseconds = 1;

double median(std::vector<double> of) {
  std::ranges::sort(of);
  return of.at(of.size() / 2);
}

} // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  const std::uint64_t accounts = number(1, 30'000), scans = number(2, 2'000'000), turn_size = number(3, 20'000);
  Shards without({"without", 2 * (accounts + 1000), false}), with({"with", 2 * (accounts + 1000), true});
  const std::array<Shards*, 2> both{&without, &with};
  Load load(accounts, 1000);
  std::map<TopicPartition, std::int64_t> offsets;
  std::array<std::vector<double>, 2> cost;
  /// Pieces large enough for what the stores do in the background to fall where it belongs.
  const auto run = [&](std::vector<LoadRecord> records, bool count) {
    const auto n = static_cast<double>(records.size());
    const auto turns = turns_of(std::move(records), turn_size, kDefaultPartitions, offsets);
    const std::size_t first = cost[0].size() % 2; // who comes second finds the records in the cache
    for (const std::size_t i : {first, 1 - first}) {
      const double began = cpu_seconds();
      for (const auto& inputs : turns) both[i]->run(inputs);
      if (count) cost[i].push_back((cpu_seconds() - began) * 1e6 / n);
    }
  };
  for (std::uint64_t n = 0;;) {
    auto piece = load.registration(n, turn_size);
    if (piece.empty()) break;
    n += piece.size();
    run(std::move(piece), false);
  }
  // The first third teaches both their people and the processor both engines.
  for (std::uint64_t done = 0; done < scans;) {
    std::vector<LoadRecord> records;
    for (std::uint64_t i = 0; i < turn_size * 4 && done + i < scans; ++i) load.next(records.emplace_back());
    const bool warm = done * 3 >= scans;
    done += records.size();
    run(std::move(records), warm);
  }
  if (cost[0].empty()) {
    std::fprintf(stderr, "too few scans: two thirds of them are counted, in pieces of four turns\n");
    return 2;
  }
  std::vector<double> more;
  for (std::size_t i = 0; i < cost[0].size(); ++i) more.push_back(cost[1][i] - cost[0][i]);
  std::ranges::sort(more);
  const double difference = more.at(more.size() / 2);
  std::printf("%llu accounts, %zu pieces of %llu scans, turns of %llu; hashes %s\n",
              static_cast<unsigned long long>(accounts), more.size(), static_cast<unsigned long long>(turn_size * 4),
              static_cast<unsigned long long>(turn_size),
              evidence::hashes_side_by_side() ? "side by side (AVX-512)" : "one after another");
  std::printf(
      "CPU a scan, medians: %.2f us without, %.2f us with, %.2f us for the evidence (of a quarter of the pieces "
      "below %.2f, of a quarter above %.2f)\n",
      median(cost[0]), median(cost[1]), difference, more.at(more.size() / 4), more.at(more.size() * 3 / 4));
  std::printf("at most %.0f us: %s\n", kMostMicroseconds, difference <= kMostMicroseconds ? "yes" : "no");
  return difference <= kMostMicroseconds ? 0 : 1;
}
