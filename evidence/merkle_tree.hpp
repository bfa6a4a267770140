// The tree behind a transparency log: any list of entries has one root, and short proofs show what it holds.
//   Hashes       SHA-256; a leaf is H(0x00 entry), a node H(0x01 left right); the empty tree is H(). Source: RFC 6962 §2.1.
//   Frontier     all that appending needs: the roots of the complete subtrees that the list falls into, at most 64.
//   Proofs       lists of hashes, those nearest to the leaf first: RFC 6962 §2.1.1 (inclusion), §2.1.2 (consistency).
//   Verification RFC 9162 §2.1.3.2 and §2.1.4.2. False for anything that does not fit, never an error.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/sha256.hpp"

namespace onecode::evidence {

using TreeHash = Hash;

TreeHash leaf_hash(std::string_view entry);
/// Behind what `out` has.
void leaf_hashes(std::span<const std::string_view> entries, std::vector<TreeHash>& out);
TreeHash node_hash(const TreeHash& left, const TreeHash& right);
const TreeHash& empty_root();

class Frontier {
public:
  std::uint64_t size() const { return size_; }
  void append(const TreeHash& leaf);
  void append(std::span<const TreeHash> leaves);
  TreeHash root() const;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("size", s.size_);
    v("peaks", s.peaks_);
  }

private:
  std::uint64_t size_ = 0;
  std::string peaks_; // hashes, one per bit of size_, the largest first
};

/// A complete subtree: the leaves [index << level, (index + 1) << level).
struct TreeNode {
  unsigned level = 0;
  std::uint64_t index = 0;
};
/// Answers for complete subtrees below the size in question only; what it throws goes through.
using NodeReader = std::function<TreeHash(const TreeNode&)>;

TreeHash root_of(std::uint64_t size, const NodeReader& read);
/// Requires index < size.
std::vector<TreeHash> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeReader& read);
/// Requires before <= size. Empty where nothing needs proof: both the same, or the former empty.
std::vector<TreeHash> consistency_proof(std::uint64_t before, std::uint64_t size, const NodeReader& read);

bool includes(const TreeHash& root, std::uint64_t size, std::uint64_t index, const TreeHash& leaf,
              std::span<const TreeHash> proof);
bool consistent(std::uint64_t before, const TreeHash& root_before, std::uint64_t size, const TreeHash& root,
                std::span<const TreeHash> proof);

} // namespace onecode::evidence
