// What every account must know of the campus as a whole. Its owner (a campus entity) broadcasts it: each shard keeps a copy, as an entity
// of its own that is part of the shard's state, so that no scan asks anybody.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "domain/hash.hpp"
#include "domain/ids.hpp"
#include "domain/rules/catalogue.hpp"

namespace onecode {

struct CampusFacts {
  /// Rules whose closed cases were upheld too seldom: they go no further than a check of the person (DETECTION §6).
  std::vector<RuleId> doubted; // sorted

  bool doubts(RuleId rule) const { return std::ranges::binary_search(doubted, rule); }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("doubted", s.doubted);
  }
};

/// The entity that holds shard `shard`'s copy: `facts:<shard>.<n>` with the first n that falls to it.
inline EntityId campus_facts_of(std::int32_t shard, std::int32_t shards) {
  for (std::uint32_t n = 0;; ++n) {
    std::string id = "facts:" + std::to_string(shard) + "." + std::to_string(n);
    if (murmur2_partition(id, shards) == shard) return {Kind::campus, std::move(id)};
  }
}

} // namespace onecode
