// Gates at a steady rate, and how long each waits for its decision: from the call that publishes a scan to the moment at which a
// committed reader has the decision.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/common/load.hpp"

namespace onecode::bench {

struct Waiting {
  struct Gate {
    double published; // wall_seconds()
    double ms;
  };
  std::vector<Gate> gates; // in the order of their answers
  std::vector<double> ms;  // sorted
  std::size_t asked = 0, doubled = 0;
  double at(double share) const; // 0.5: the median
  std::size_t unanswered() const { return asked - ms.size(); }
};

struct Pace {
  unsigned per_second = 5000;
  unsigned seconds = 60; // a broker pauses for garbage every few seconds: a p99 of three pauses is chance
  unsigned skip = 40;    // seconds before that, not counted: what the broker's JVM needs at this rate on two cores
};

/// Returns when all scans are answered, or nothing came for some seconds.
Waiting wait_at_gates(const std::string& brokers, const std::string& prefix, Load& load, const Pace& pace);

} // namespace onecode::bench
