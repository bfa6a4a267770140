// How long a gate waits for its committed decision at 5,000 scans a second on a real Kafka: the engine, the bare pass-through,
// and the Kafka Streams application of bench/peer where a JDK is, one after the other.
//   ONECODE_TEST_KAFKA=host:port bench_latency [scans per second] [seconds]
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <sstream>
#include <thread>

#include "bench/common/cluster.hpp"
#include "bench/common/gates.hpp"
#include "bench/common/pass_through.hpp"

using namespace onecode;
using namespace onecode::bench;

namespace {

constexpr std::uint64_t kAccounts = 300'000, kDevices = 1000; // at 5,000 a second everybody passes once a minute
/// As many as come on a busy day, as docs/operations.md says: people, their phones, readers.
constexpr std::size_t kAwake = 2 * kAccounts + kDevices;
constexpr const char* kPassThrough = "--pass-through";
constexpr std::chrono::seconds kStart{180}; // a JVM on a busy machine

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

/// Publishes scans until one is answered, so that whoever answers is ready and reads from there on.
void until_it_answers(Cluster& cluster, Load& load) {
  Decisions decisions(cluster.broker());
  const auto until = std::chrono::steady_clock::now() + kStart;
  LoadRecord r;
  do {
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("no decision within three minutes of the start");
    load.next(r, wall_time());
    cluster.publish(r);
    cluster.flush();
  } while (decisions.wait(streams::Milliseconds(500)) == 0);
  while (decisions.wait(streams::Milliseconds(1000)) > 0) {
  }
}

Waiting measured(const char* name, Cluster& cluster, Load& load, const test::Process& process, const Pace& pace) {
  until_it_answers(cluster, load);
  const double cpu = process.cpu_seconds();
  const double wall = wall_seconds();
  const auto waiting = wait_at_gates(cluster.kafka().brokers, cluster.kafka().prefix, load, pace);
  const double cores = (process.cpu_seconds() - cpu) / (wall_seconds() - wall);
  std::printf("%-14s %8.1f %8.1f %8.1f %8.1f %8.1f %8.2f\n", name, waiting.at(0.5), waiting.at(0.9), waiting.at(0.99),
              waiting.at(0.999), waiting.at(1), cores);
  std::fflush(stdout);
  if (waiting.unanswered() != 0 || waiting.doubled != 0)
    throw std::runtime_error(std::string(name) + ": " + std::to_string(waiting.unanswered()) + " scans unanswered, " +
                             std::to_string(waiting.doubled) + " answers too many");
  return waiting;
}

Waiting engine(const char* argv0, const Pace& pace) {
  Cluster cluster(argv0, "wall", kAwake);
  const Time registered = wall_time();
  Load load(kAccounts, kDevices, {registered, registered});
  cluster.publish(load.registration(0, UINT64_MAX));
  cluster.flush();
  cluster.start_engine();
  auto waiting = measured("engine", cluster, load, cluster.engine(), pace);
  cluster.stop_engine();
  return waiting;
}

/// Somebody else at the same place, started by `command` with brokers and prefix behind it.
Waiting other(const char* name, const char* argv0, const Pace& pace,
              const std::function<std::vector<std::string>(const Cluster&)>& command) {
  Cluster cluster(argv0, "wall");
  Load load(kAccounts, kDevices, {wall_time(), wall_time()});
  test::Process process;
  process.start(command(cluster), cluster.folder() / (std::string(name) + ".log"));
  auto waiting = measured(name, cluster, load, process, pace);
  process.send(SIGTERM);
  while (!process.ended()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return waiting;
}

void compare(const char* with, const Waiting& engine, const Waiting& other) {
  std::printf("engine / %-14s p50 %.2f  p99 %.2f\n", with, engine.at(0.5) / other.at(0.5),
              engine.at(0.99) / other.at(0.99));
}

void run(const char* argv0, const Pace& pace) {
  std::printf(
      "%u scans a second, %u s after %u s of warming up; milliseconds from publish to committed "
      "decision\n",
      pace.per_second, pace.seconds, pace.skip);
  std::printf("%-14s %8s %8s %8s %8s %8s %8s\n", "", "p50", "p90", "p99", "p99.9", "max", "cores");
  const auto bare = other("pass-through", argv0, pace, [&](const Cluster& c) {
    return std::vector<std::string>{std::filesystem::absolute(argv0), kPassThrough, c.kafka().brokers,
                                    c.kafka().prefix};
  });
  const auto ours = engine(argv0, pace);
  std::optional<Waiting> peer;
  if (const char* command = std::getenv("ONECODE_BENCH_PEER"))
    peer = other("Kafka Streams", argv0, pace, [&](const Cluster& c) {
      auto out = words(command);
      for (const auto& w : {"--brokers", c.kafka().brokers.c_str(), "--prefix", c.kafka().prefix.c_str(),
                            "--application", c.kafka().prefix.c_str(), "--state"})
        out.emplace_back(w);
      out.push_back((c.folder() / "peer").string());
      return out;
    });
  compare("pass-through", ours, bare);
  if (peer) compare("Kafka Streams", ours, *peer);
}

} // namespace

int main(int argc, char** argv) {
  if (const auto code = engine_role(argc, argv)) return *code;
  try {
    if (argc == 4 && std::string_view(argv[1]) == kPassThrough) return pass_through(argv[2], argv[3]);
    Pace pace;
    if (argc > 1) pace.per_second = static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10));
    if (argc > 2) pace.seconds = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
    run(argv[0], pace);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_latency: %s\n", e.what());
    return 1;
  }
}
