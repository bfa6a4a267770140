// RFC 6962 §2.1 word for word, over a list of all leaves: what the quick ways are compared with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evidence/merkle_tree.hpp"

namespace onecode_test {

using onecode::evidence::TreeHash;

inline std::size_t left_part(std::size_t n) {
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/// MTH(D)
inline TreeHash root_by_the_book(std::span<const TreeHash> d) {
  if (d.empty()) return onecode::evidence::empty_root();
  if (d.size() == 1) return d[0];
  const std::size_t k = left_part(d.size());
  return onecode::evidence::node_hash(root_by_the_book(d.first(k)), root_by_the_book(d.subspan(k)));
}

/// PATH(m, D)
inline std::vector<TreeHash> path_by_the_book(std::size_t m, std::span<const TreeHash> d) {
  if (d.size() == 1) return {};
  const std::size_t k = left_part(d.size());
  auto out = m < k ? path_by_the_book(m, d.first(k)) : path_by_the_book(m - k, d.subspan(k));
  out.push_back(root_by_the_book(m < k ? d.subspan(k) : d.first(k)));
  return out;
}

/// SUBPROOF(m, D, b), which is PROOF(m, D) with b true
inline std::vector<TreeHash> proof_by_the_book(std::size_t m, std::span<const TreeHash> d, bool b = true) {
  if (m == d.size()) return b ? std::vector<TreeHash>{} : std::vector{root_by_the_book(d)};
  const std::size_t k = left_part(d.size());
  auto out = m <= k ? proof_by_the_book(m, d.first(k), b) : proof_by_the_book(m - k, d.subspan(k), false);
  out.push_back(root_by_the_book(m <= k ? d.subspan(k) : d.first(k)));
  return out;
}

} // namespace onecode_test
