// Is every input record of a cluster in exactly one turn of its history? Counted from the topics themselves, without the engine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "streams/broker.hpp"

namespace onecode::test {

/// The input records that the commit records do not name, and those that they name more than once.
struct Accounts {
  std::uint64_t turns = 0;
  std::uint64_t missing = 0, twice = 0;
  std::vector<std::string> texts; // the first of them
};
Accounts accounts_of(streams::Broker& broker, std::int32_t partitions = kDefaultPartitions);

} // namespace onecode::test
