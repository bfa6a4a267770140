// What the figures of `evaluate` rest on: shares with Wilson intervals, rates with Poisson intervals, quantiles. Floating
// point is fine here: this measures decisions, it takes none.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/time.hpp"

namespace onecode::app::evaluate {

struct Interval {
  double low = 0, high = 0;
};

/// `hits` of `n`.
struct Share {
  std::uint64_t hits = 0, n = 0;
  void count(bool hit) {
    hits += hit ? 1 : 0;
    ++n;
  }
  /// nullopt: of nothing.
  std::optional<double> value() const;
};

/// The 95 % score interval of Wilson (1927), without continuity correction. nullopt: of nothing.
std::optional<Interval> wilson(const Share& share);

/// The exact 95 % interval of a Poisson mean (Garwood 1936) after `events` were seen.
Interval poisson(std::uint64_t events);

/// The smallest of the values that at least this share of them does not exceed (nearest rank). nullopt: there are none.
std::optional<Duration> quantile(std::vector<Duration> values, double share);

} // namespace onecode::app::evaluate
