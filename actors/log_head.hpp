// What a commit record says of its shard's transparency log.
#pragma once

#include <cstdint>

#include "evidence/merkle_tree.hpp"

namespace onecode::actors {

/// Where a log stands, and how far the shard's inputs are in it: of each topic the offset after its last leaf.
struct LogHead {
  evidence::Frontier tree;
  std::int64_t scans = 0, postings = 0, commands = 0;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("tree", s.tree);
    v("scans", s.scans);
    v("postings", s.postings);
    v("commands", s.commands);
  }
};

} // namespace onecode::actors
