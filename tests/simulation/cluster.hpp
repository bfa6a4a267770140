// One simulated life of a cluster: real nodes, shards, actors and broker semantics, on simulated disks and a clock that only this
// moves; one thread, and every choice from the seed. At each call to broker or disk a node may die, stop for longer than its
// session, be told that a transaction failed or that nobody knows, while others join, leave and lose their disks.
// Afterwards, when all is quiet: the committed outputs are those of the replayed history, each input was applied once, each scan has
// one decision, each journal gives the state of its last commit.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace onecode::simulation {

struct Outcome {
  std::vector<std::string> wrong; // empty: all is as it should be
  std::uint64_t turns = 0, inputs = 0;
  std::map<std::string, std::uint64_t> happened; // faults and other events, by name
};

Outcome live(std::uint64_t seed);

} // namespace onecode::simulation
