// Whether somebody can have come from one zone to another in a given time (R8.1; rules A1 and, without what is learned, A4).
//   The way    as long as the policy says that it takes to walk it, at 1.4 m/s; else the straight line between the zones'
//              coordinates. Faster than 12 m/s inside a campus, 33 m/s between campuses, nobody is (parameters of A1).
//   Learned    readers learn from the people who use them how long the fastest of a thousand takes from elsewhere
//              (domain/device_trust.hpp). Where that is known, less than seven tenths of it is too fast as well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/hash.hpp"
#include "domain/policy.hpp"

namespace onecode {

/// How long people take at least between a reader's zone and another one.
struct LearnedWay {
  std::uint64_t zone = 0; // hash of the other one
  std::int64_t ms = 0;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("zone", s.zone);
    v("ms", s.ms);
  }
  auto operator<=>(const LearnedWay&) const = default;
};
using LearnedWays = std::vector<LearnedWay>;

struct TooFar {
  std::int64_t metres = 0;               // between the zones; 0: not known
  std::optional<std::int64_t> fastest_s; // where that is what gave it away
  bool strong = false;                   // by three times the limit
};

/// The way between two zones, where it is long enough to count and cannot be made in that time; nullopt: it can, or nobody
/// knows. `a1`: settings of rule A1. `learned`: of the reader in zone `to`.
std::optional<TooFar> too_far(const std::string& from, const std::string& to, std::int64_t time_ms,
                              const RuleSettings& a1, const Policy& policy, const LearnedWays& learned);

} // namespace onecode
