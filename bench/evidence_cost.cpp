// What evidence takes of a scan: an engine with transparency logs and one without, each in a process of its own, take turns on the same
// scans, a piece each. Their difference is that of two pieces one right after the other, so that the machine's slow hours count for both.
// The processor's time, and the time that passes: all of this machine's processors work.
//   bench_evidence_cost [accounts] [scans] [turn size]
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
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

/// Runs a piece of scans whenever it is asked to.
class Engine {
public:
  static constexpr std::uint64_t kTurns = 4; // in a piece

  Engine(std::uint64_t accounts, std::uint64_t turn_size, bool evidence) {
    int asked[2], told[2];
    if (::pipe(asked) != 0 || ::pipe(told) != 0) std::abort();
    child_ = ::fork();
    if (child_ < 0) std::abort();
    if (child_ == 0) {
      ::close(asked[1]); // else it would wait for itself; the engine made first goes last
      ::_exit(serve(asked[0], told[1], accounts, turn_size, evidence));
    }
    ::close(asked[0]);
    ::close(told[1]);
    ask_ = asked[1];
    hear_ = told[0];
  }
  ~Engine() {
    ::close(ask_);
    ::waitpid(child_, nullptr, 0);
    ::close(hear_);
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Cost piece() {
    Cost cost{};
    if (::write(ask_, "p", 1) != 1 || ::read(hear_, &cost, sizeof cost) != sizeof cost) {
      std::fprintf(stderr, "an engine failed\n");
      std::exit(2);
    }
    return cost;
  }

private:
  static int serve(int asked, int told, std::uint64_t accounts, std::uint64_t turn_size, bool evidence) {
    Shards shards({evidence ? "with" : "without", 2 * (accounts + 1000), evidence});
    Load load(accounts, 1000);
    std::map<TopicPartition, std::int64_t> offsets;
    shards.open(load, turn_size, offsets);
    for (char go = 0; ::read(asked, &go, 1) == 1;) {
      std::vector<LoadRecord> records;
      for (std::uint64_t i = 0; i < turn_size * kTurns; ++i) load.next(records.emplace_back());
      const double each = 1e6 / static_cast<double>(records.size());
      const auto turns = turns_of(std::move(records), turn_size, kDefaultPartitions, offsets);
      const Cost before{cpu_seconds(), wall_seconds()};
      for (const auto& inputs : turns) shards.run(inputs);
      const Cost cost{(cpu_seconds() - before.cpu) * each, (wall_seconds() - before.wall) * each};
      if (::write(told, &cost, sizeof cost) != sizeof cost) return 1;
    }
    return 0;
  }

  pid_t child_ = 0;
  int ask_ = -1, hear_ = -1;
};

double quantile(std::vector<double> all, double share) {
  std::ranges::sort(all);
  return all.at(static_cast<std::size_t>(share * static_cast<double>(all.size() - 1)));
}

} // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  const std::uint64_t accounts = number(1, 30'000), scans = number(2, 3'000'000), turn_size = number(3, 20'000);
  const std::uint64_t pieces = std::max<std::uint64_t>(3, scans / (turn_size * Engine::kTurns));
  std::printf("%llu accounts, %llu pieces of %llu scans, turns of %llu; hashes %s\n",
              static_cast<unsigned long long>(accounts), static_cast<unsigned long long>(pieces),
              static_cast<unsigned long long>(turn_size * Engine::kTurns), static_cast<unsigned long long>(turn_size),
              evidence::hashes_side_by_side() ? "side by side (AVX-512)" : "one after another");
  std::fflush(stdout);
  std::signal(SIGPIPE, SIG_IGN); // an engine that failed is told
  Engine without(accounts, turn_size, false), with(accounts, turn_size, true);
  struct Seen {
    std::vector<double> cpu, wall;
    void add(const Cost& cost) {
      cpu.push_back(cost.cpu);
      wall.push_back(cost.wall);
    }
  } plain, logged, more;
  for (std::uint64_t i = 0; i < pieces; ++i) {
    Cost off{}, on{};
    if (i % 2 == 0) off = without.piece();
    on = with.piece();
    if (i % 2 != 0) off = without.piece();
    if (i * 3 < pieces) continue; // the first third teaches the engines their people
    plain.add(off);
    logged.add(on);
    more.add({on.cpu - off.cpu, on.wall - off.wall});
  }
  const auto print = [](const char* what, const Seen& seen) {
    std::printf("%-8s %.2f us of CPU a scan, %.2f us pass\n", what, quantile(seen.cpu, 0.5),
                quantile(seen.wall, 0.5));
  };
  print("without", plain);
  print("with", logged);
  const double cpu = quantile(more.cpu, 0.5);
  const bool holds = cpu <= kMostMicroseconds;
  std::printf(
      "evidence, by the median of %zu pairs: %.2f us of CPU a scan (half of them %.2f to %.2f), %.2f us pass; "
      "at most %.0f us of CPU: %s\n",
      more.cpu.size(), cpu, quantile(more.cpu, 0.25), quantile(more.cpu, 0.75), quantile(more.wall, 0.5),
      kMostMicroseconds, holds ? "yes" : "no");
  return holds ? 0 : 1;
}
