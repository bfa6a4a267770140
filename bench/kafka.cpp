// The whole engine on a real Kafka with transactions, journal and history: scans per CPU-second of this process. The scans
// are published first, by a child process, so that only the engine's own CPU is counted.
//   ONECODE_TEST_KAFKA=host:port bench_kafka [accounts] [scans]
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "actors/node.hpp"
#include "actors/shard_actor.hpp"
#include "app/wire.hpp"
#include "bench/common/load.hpp"
#include "storage/rocks_store.hpp"

using namespace onecode;
using namespace onecode::bench;

namespace {

struct Count final : actors::NodeObserver {
  void committed(const TurnReport& report) override {
    std::uint64_t of_turn = 0;
    for (const auto n : report.stats.decisions) of_turn += n;
    // The clock starts with the first scans: registration is not what is measured.
    if (decisions == 0 && of_turn > 0)
      cpu = cpu_seconds(), wall = wall_seconds(), first = of_turn, first_turn = turns + 1;
    decisions += of_turn;
    commands += report.stats.events[static_cast<std::size_t>(Topic::commands)];
    ++turns;
  }
  std::uint64_t decisions = 0, commands = 0, turns = 0;
  double cpu = 0, wall = 0; // when the first scans were committed
  std::uint64_t first = 0, first_turn = 0;
};

} // namespace

int main(int argc, char** argv) {
  const char* brokers = std::getenv("ONECODE_TEST_KAFKA");
  if (brokers == nullptr) {
    std::fprintf(stderr, "bench_kafka needs a broker: eval \"$(./dev kafka env)\" after ./dev kafka start\n");
    return 2;
  }
  const std::uint64_t accounts = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 30'000;
  const std::uint64_t scans = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  app::KafkaOptions kafka;
  kafka.brokers = brokers;
  kafka.prefix = "bench-" + std::to_string(::getpid()) + ".";

  // Before any thread exists here: the child loads the topics and is gone.
  const pid_t child = ::fork();
  if (child == 0) {
    const auto broker = app::connect(kafka);
    broker->create_topics(kDefaultPartitions);
    const auto publisher = broker->publisher();
    Load load(accounts, 1000);
    for (const auto& r : load.registration(0, UINT64_MAX))
      publisher->publish(r.topic, -1, r.key, r.value, {}, streams::kNoTimestamp);
    LoadRecord r;
    for (std::uint64_t i = 0; i < scans; ++i) {
      load.next(r);
      publisher->publish(r.topic, -1, r.key, r.value, {}, streams::kNoTimestamp);
    }
    publisher->flush();
    std::_Exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) return 1;

  const auto folder = std::filesystem::temp_directory_path() / kafka.prefix;
  storage::RocksOptions rocks;
  rocks.directory = folder;
  const auto stores = storage::rocks_stores(rocks);
  const auto broker = app::connect(kafka);
  const auto crew = actors::caf_crew(0);
  const streams::Secrets secrets;
  actors::EventClock clock;
  Count count;
  actors::NodeOptions options;
  options.id = "bench";
  options.group = kafka.prefix + "engine";
  options.shard.unsigned_commands = true;
  actors::Node node(options, *broker, *stores, *crew, secrets, clock, actors::PolicyBook(builtin_policy(), {}, true),
                    count);
  node.run_until([&] { return count.decisions >= scans; });
  const double cpu = cpu_seconds() - count.cpu, wall = wall_seconds() - count.wall;
  const auto measured = static_cast<double>(count.decisions - count.first);
  std::printf("%12s %14s %14s %8s %10s\n", "scans", "scans/CPU-s", "scans/s wall", "turns", "peak MiB");
  std::printf("%12.0f %14.0f %14.0f %8llu %10.0f\n", measured, measured / cpu, measured / wall,
              static_cast<unsigned long long>(count.turns - count.first_turn), peak_memory_mib());
  crew->clear();
  std::filesystem::remove_all(folder);
}
