// How long gates wait while two nodes are restarted one after the other, on a real Kafka.
//   ONECODE_TEST_KAFKA=host:port bench_rolling [--seconds N] [--rate N] [--every N]
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "bench/common/rolling.hpp"

using namespace onecode::bench;

namespace {

void print(const RollingPlan& plan, const Rolled& rolled) {
  const auto& w = rolled.waiting;
  std::printf("longest wait by restart (ms):");
  for (const auto& r : rolled.restarts) std::printf(" %.0f", r.longest_ms);
  std::printf(
      "\n%u scans a second for %u s, %zu restarts; milliseconds from publish to committed decision\n"
      "%10s %10s %10s %10s %10s\n%10.1f %10.1f %10.1f %10.1f %10.1f\n",
      plan.pace.per_second, plan.pace.seconds, rolled.restarts.size(), "p50", "p90", "p99", "p99.9", "max", w.at(0.5),
      w.at(0.9), w.at(0.99), w.at(0.999), w.at(1));
  std::printf("%zu scans: %zu lost, %zu decided twice; %llu records in no turn, %llu in two\n", w.asked,
              w.unanswered(), w.doubled, static_cast<unsigned long long>(rolled.missing),
              static_cast<unsigned long long>(rolled.twice));
  for (const auto& t : rolled.troubles) std::printf("%s\n", t.c_str());
}

} // namespace

int main(int argc, char** argv) {
  RollingPlan plan;
  plan.executable = (std::filesystem::absolute(argv[0]).parent_path().parent_path() / "onecode").string();
  CLI::App app("Two nodes restarted one after the other under a steady load: how long gates wait.", "bench rolling");
  app.add_option("--seconds", plan.pace.seconds, "how long")->check(CLI::Range(1U, 86'400U))->capture_default_str();
  app.add_option("--rate", plan.pace.per_second, "scans a second")
      ->check(CLI::Range(1U, 100'000U))
      ->capture_default_str();
  app.add_option("--every", plan.every, "seconds from one restart to the next, each of the other node")
      ->check(CLI::Range(1U, 86'400U))
      ->capture_default_str();
  app.add_option("--accounts", plan.accounts, "registered accounts")
      ->check(CLI::Range(1000U, 10'000'000U))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    const auto rolled = roll(plan, [](const Restart& r) {
      std::printf("%s: gone after %.2f s, ready again %.2f s later\n", r.node.c_str(), r.stop, r.start);
      std::fflush(stdout);
    });
    print(plan, rolled);
    return rolled.sound() ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench rolling: %s\n", e.what());
    return 1;
  }
}
