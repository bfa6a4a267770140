// Two nodes, as they are in production (`onecode run`, wall clock, signed commands), restarted one after the other by SIGTERM while
// gates scan at a steady rate: how long each gate waits, and whether anything is lost or decided twice.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/common/gates.hpp"

namespace onecode::bench {

struct RollingPlan {
  std::string executable; // onecode
  Pace pace{500, 600, 10};
  unsigned every = 30; // seconds from one restart to the next, each of the other node
  std::uint64_t accounts = 20'000, devices = 1000;
};

struct Restart {
  std::string node;
  double at = 0;              // wall_seconds() of SIGTERM
  double stop = 0, start = 0; // seconds: until the process was gone; then until it was ready again
  double longest_ms = 0;      // wait of a gate that was published from a moment before it until the next
};

struct Rolled {
  Waiting waiting;
  std::vector<Restart> restarts;
  std::uint64_t missing = 0, twice = 0; // input records that are in no turn of the history, or in several
  std::vector<std::string> troubles;    // a node that ended otherwise than cleanly, with the end of its log
  bool sound() const { return waiting.unanswered() + waiting.doubled + missing + twice == 0 && troubles.empty(); }
};

/// On the broker of ONECODE_TEST_KAFKA. `told` is called with each restart that is over.
Rolled roll(const RollingPlan& plan, const std::function<void(const Restart&)>& told = {});

} // namespace onecode::bench
