// The whole engine without a broker: decode, both hops, rules, encode, journal batches, store. Scans per CPU-second of this
// process, its memory, and how long its turns took, so that a stall shows.
//   bench_engine [accounts] [scans] [turn size] [resident limit] [1: with a transparency log]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench/common/batches.hpp"
#include "bench/common/load.hpp"
#include "bench/common/shards.hpp"

using namespace onecode;
using namespace onecode::bench;

namespace {

void print_turns(const char* what, std::vector<double> seconds) {
  if (seconds.empty()) return;
  std::ranges::sort(seconds);
  const auto at = [&](double share) {
    return seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1))] * 1000;
  };
  std::printf("%zu turns %s, in milliseconds: half within %.0f, 99 %% within %.0f, the longest %.0f\n",
              seconds.size(), what, at(0.5), at(0.99), at(1));
}

} // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  const std::uint64_t accounts = number(1, 30'000), scans = number(2, 2'000'000), turn_size = number(3, 20'000);
  Shards shards({"engine", number(4, 200'000), number(5, 0) != 0});
  Load load(accounts, std::max<std::uint64_t>(1000, 40));
  std::map<TopicPartition, std::int64_t> offsets;
  shards.open(load, turn_size, offsets);
  std::printf("registered: %llu accounts in %.1f CPU s, memory %.0f MiB\n", static_cast<unsigned long long>(accounts),
              cpu_seconds(), peak_memory_mib());
  print_turns("of registration", shards.sum().seconds);
  shards.clear();

  // Some turns at once, so that making them does not get between each two; not too many, because their memory counts.
  const std::uint64_t ahead = turn_size * std::clamp<std::uint64_t>(40'000 / turn_size, 1, 8);
  double cpu = 0, wall = 0;
  std::uint64_t done = 0;
  std::uint64_t half_scans = 0;
  double half_cpu = 0;
  while (done < scans) {
    std::vector<LoadRecord> records;
    for (std::uint64_t i = 0; i < ahead && done + i < scans; ++i) load.next(records.emplace_back());
    done += records.size();
    const auto inputs = turns_of(std::move(records), turn_size, kDefaultPartitions, offsets);
    const double c = cpu_seconds(), w = wall_seconds();
    for (const auto& i : inputs) shards.run(i);
    cpu += cpu_seconds() - c;
    wall += wall_seconds() - w;
    if (half_scans == 0 && done * 2 >= scans) half_scans = done, half_cpu = cpu;
  }
  const auto& sum = shards.sum();
  std::printf("%12s %12s %14s %14s %14s %12s %10s\n", "scans", "decisions", "scans/CPU-s", "second half",
              "scans/s wall", "journal B", "peak MiB");
  std::printf("%12llu %12llu %14.0f %14.0f %14.0f %12.0f %10.0f\n", static_cast<unsigned long long>(done),
              static_cast<unsigned long long>(sum.decisions()), static_cast<double>(done) / cpu,
              static_cast<double>(done - half_scans) / (cpu - half_cpu), static_cast<double>(done) / wall,
              static_cast<double>(sum.stats.journal_bytes) / static_cast<double>(done), peak_memory_mib());
  if (sum.evidence_bytes > 0)
    std::printf("leaves: %.0f bytes a scan; as tiles %u more for hashes\n",
                static_cast<double>(sum.evidence_bytes) / static_cast<double>(done), 2 * 32U);
  print_turns("of scans", sum.seconds);
  return sum.decisions() == done ? 0 : 1;
}
