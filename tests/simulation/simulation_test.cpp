// A thousand lives of a cluster (tests/simulation/cluster.hpp).
//   ONECODE_SIM_SEEDS, ONECODE_SIM_FROM   how many, and from which seed on; `./dev sim` sets them
#include <cstdlib>
#include <map>
#include <string>

#include "actors/planted.hpp"
#include "tests/catch.hpp"
#include "tests/simulation/cluster.hpp"

using namespace onecode;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace

TEST_CASE("whatever breaks: exactly once, and the history explains it") {
  const auto seeds = from_environment("ONECODE_SIM_SEEDS", 500), from = from_environment("ONECODE_SIM_FROM", 1);
  std::map<std::string, std::uint64_t> happened;
  std::uint64_t turns = 0, inputs = 0;
  for (auto seed = from; seed < from + seeds; ++seed) {
    const auto outcome = simulation::live(seed);
    for (const auto& [what, n] : outcome.happened) happened[what] += n;
    turns += outcome.turns;
    inputs += outcome.inputs;
    for (const auto& wrong : outcome.wrong) FAIL_CHECK("seed " << seed << ": " << wrong);
    if (!outcome.wrong.empty()) return;
  }
  std::string text;
  for (const auto& [what, n] : happened) text += "  " + what + ": " + std::to_string(n) + "\n";
  WARN(seeds << " lives from seed " << from << ", " << inputs << " inputs, " << turns << " turns replayed\n" << text);
  // A simulation in which nothing goes wrong proves nothing.
  if (seeds >= 100)
    for (const char* what : {"crash", "pause", "error: abort", "error: fatal", "error: committed, but not told",
                             "error: disk full", "disks lost", "nodes stopped", "journals trimmed",
                             "forgotten accounts", "disks read on", "SM3 switched on or off in a log"})
      CHECK(happened[what] > 0);
}

#ifdef ONECODE_PLANTED
TEST_CASE("every planted mistake is found") {
  const auto seeds = from_environment("ONECODE_SIM_SEEDS", 1000), from = from_environment("ONECODE_SIM_FROM", 1);
  for (std::size_t m = 1; m < actors::kMistakes.size(); ++m) {
    actors::planted_mistake = static_cast<actors::Mistake>(m);
    std::string found;
    for (auto seed = from; seed < from + seeds && found.empty(); ++seed)
      if (const auto outcome = simulation::live(seed); !outcome.wrong.empty())
        found = "seed " + std::to_string(seed) + ": " + outcome.wrong.front();
    INFO(actors::kMistakes[m]);
    CHECK_FALSE(found.empty());
    WARN(actors::kMistakes[m] << "\n  " << found);
  }
  actors::planted_mistake = actors::Mistake::none;
}
#endif
