// How long something took, for the seconds of TurnStats: `const Stopwatch watch(stats.compute_ns);` counts until the end of
// its block, also when that is left by an exception.
#pragma once

#include <chrono>
#include <cstdint>

namespace onecode::monitoring {

class Stopwatch {
public:
  /// Adds nanoseconds to `sum`, which must live longer.
  explicit Stopwatch(std::int64_t& sum) : sum_(sum), began_(Clock::now()) {}
  ~Stopwatch() { sum_ += std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - began_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

private:
  using Clock = std::chrono::steady_clock;
  std::int64_t& sum_;
  Clock::time_point began_;
};

} // namespace onecode::monitoring
