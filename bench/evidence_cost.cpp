// What evidence takes of a scan: the engine with transparency logs and without, one after the other and again, each in a process of its
// own. The processor's time, and the time that passes: all of this machine's processors work.
//   bench_evidence_cost [accounts] [scans] [turn size] [rounds]
#include <sys/wait.h>
#include <unistd.h>

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

/// Microseconds of a scan.
struct Cost {
  double cpu, wall;
};

Cost run(std::uint64_t accounts, std::uint64_t scans, std::uint64_t turn_size, bool evidence) {
  Shards shards({evidence ? "with" : "without", 2 * (accounts + 1000), evidence});
  Load load(accounts, 1000);
  std::map<TopicPartition, std::int64_t> offsets;
  shards.open(load, turn_size, offsets);
  // The first third teaches the engine its people.
  Cost cost{};
  std::uint64_t counted = 0;
  for (std::uint64_t done = 0; done < scans;) {
    std::vector<LoadRecord> records;
    for (std::uint64_t i = 0; i < turn_size * 4 && done + i < scans; ++i) load.next(records.emplace_back());
    const auto n = records.size();
    const auto turns = turns_of(std::move(records), turn_size, kDefaultPartitions, offsets);
    const Cost before{cpu_seconds(), wall_seconds()};
    for (const auto& inputs : turns) shards.run(inputs);
    if (done * 3 >= scans) {
      cost.cpu += cpu_seconds() - before.cpu;
      cost.wall += wall_seconds() - before.wall;
      counted += n;
    }
    done += n;
  }
  const double each = 1e6 / static_cast<double>(counted);
  return {cost.cpu * each, cost.wall * each};
}

/// In a process of its own, with nothing of the one before in its memory.
Cost run_alone(std::uint64_t accounts, std::uint64_t scans, std::uint64_t turn_size, bool evidence) {
  int ends[2];
  Cost cost{};
  if (::pipe(ends) != 0) std::abort();
  const auto child = ::fork();
  if (child == 0) {
    cost = run(accounts, scans, turn_size, evidence);
    ::_exit(::write(ends[1], &cost, sizeof cost) == sizeof cost ? 0 : 1);
  }
  ::close(ends[1]);
  const bool told = ::read(ends[0], &cost, sizeof cost) == sizeof cost;
  ::close(ends[0]);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0 || !told) {
    std::fprintf(stderr, "a run failed\n");
    std::exit(2);
  }
  return cost;
}

double median(const std::vector<Cost>& of, double Cost::*member) {
  std::vector<double> all;
  for (const auto& cost : of) all.push_back(cost.*member);
  std::ranges::sort(all);
  return all.at(all.size() / 2);
}

} // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  const std::uint64_t accounts = number(1, 30'000), scans = number(2, 1'000'000), turn_size = number(3, 20'000),
                      rounds = number(4, 5);
  std::printf("%llu accounts, %llu scans, turns of %llu; hashes %s\n", static_cast<unsigned long long>(accounts),
              static_cast<unsigned long long>(scans), static_cast<unsigned long long>(turn_size),
              evidence::hashes_side_by_side() ? "side by side (AVX-512)" : "one after another");
  std::array<std::vector<Cost>, 2> costs;
  for (std::uint64_t round = 0; round < rounds; ++round)
    for (const bool evidence : {round % 2 != 0, round % 2 == 0}) {
      const auto cost = costs[evidence].emplace_back(run_alone(accounts, scans, turn_size, evidence));
      std::printf("%-8s %.2f us of CPU a scan, %.2f us pass\n", evidence ? "with" : "without", cost.cpu, cost.wall);
      std::fflush(stdout);
    }
  const auto more = [&](double Cost::*member) { return median(costs[1], member) - median(costs[0], member); };
  const double cpu = more(&Cost::cpu);
  std::printf("evidence, by the medians: %.2f us of CPU a scan, %.2f us pass; at most %.0f us of CPU: %s\n", cpu,
              more(&Cost::wall), kMostMicroseconds, cpu <= kMostMicroseconds ? "yes" : "no");
  return cpu <= kMostMicroseconds ? 0 : 1;
}
