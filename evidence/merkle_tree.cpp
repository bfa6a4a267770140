#include "evidence/merkle_tree.hpp"

#include <algorithm>
#include <bit>

#include "evidence/sha256_many.hpp"

namespace onecode::evidence {
namespace {

constexpr std::string_view kLeaf{"\0", 1}, kNode{"\1", 1};

/// Of a tree of n > 1 leaves, how many stand left of its root: the largest power of two below n.
std::uint64_t left_of(std::uint64_t n) { return std::bit_floor(n - 1); }

/// Root of the leaves [begin, begin + n), begin being a multiple of every complete subtree in it.
TreeHash subtree(std::uint64_t begin, std::uint64_t n, const NodeReader& read) {
  if (std::has_single_bit(n)) {
    const auto level = static_cast<unsigned>(std::countr_zero(n));
    return read({level, begin >> level});
  }
  const std::uint64_t left = left_of(n);
  return node_hash(subtree(begin, left, read), subtree(begin + left, n - left, read));
}

void path(std::uint64_t index, std::uint64_t begin, std::uint64_t n, const NodeReader& read,
          std::vector<TreeHash>& out) {
  if (n == 1) return;
  const std::uint64_t left = left_of(n);
  if (index < begin + left) {
    path(index, begin, left, read, out);
    out.push_back(subtree(begin + left, n - left, read));
  } else {
    path(index, begin + left, n - left, read, out);
    out.push_back(subtree(begin, left, read));
  }
}

/// RFC 6962 §2.1.2, SUBPROOF. `known`: whoever asks has this very subtree's root already.
void subproof(std::uint64_t before, std::uint64_t begin, std::uint64_t n, bool known, const NodeReader& read,
              std::vector<TreeHash>& out) {
  if (before == n) {
    if (!known) out.push_back(subtree(begin, n, read));
    return;
  }
  const std::uint64_t left = left_of(n);
  if (before <= left) {
    subproof(before, begin, left, known, read, out);
    out.push_back(subtree(begin + left, n - left, read));
  } else {
    subproof(before - left, begin + left, n - left, false, read, out);
    out.push_back(subtree(begin, left, read));
  }
}

} // namespace

TreeHash leaf_hash(std::string_view entry) { return sha256({kLeaf, entry}); }
TreeHash node_hash(const TreeHash& left, const TreeHash& right) { return sha256({kNode, view(left), view(right)}); }
void leaf_hashes(std::span<const std::string_view> entries, std::vector<TreeHash>& out) {
  const std::size_t before = out.size();
  out.resize(before + entries.size());
  thread_local std::vector<HashJob> jobs; // keeps its memory
  jobs.clear();
  for (std::size_t i = 0; i < entries.size(); ++i) jobs.push_back({kLeaf, entries[i], &out[before + i]});
  sha256(jobs);
}
const TreeHash& empty_root() {
  static const TreeHash root = sha256({});
  return root;
}

void Frontier::append(const TreeHash& leaf) {
  TreeHash h = leaf;
  for (std::uint64_t n = size_; (n & 1) != 0; n >>= 1) {
    const std::size_t rest = peaks_.size() - h.size();
    h = sha256({kNode, std::string_view(peaks_).substr(rest), view(h)});
    peaks_.resize(rest);
  }
  peaks_ += view(h);
  ++size_;
}

void Frontier::append(std::span<const TreeHash> leaves) {
  thread_local std::vector<TreeHash> level, above, left; // keep their memory; left: peaks, the smallest first
  thread_local std::vector<HashJob> jobs;
  level.assign(leaves.begin(), leaves.end());
  left.clear();
  for (std::uint64_t n = size_; !level.empty(); n >>= 1) {
    if ((n & 1) != 0) { // the level's peak is on the left of what is new
      const std::size_t rest = peaks_.size() - sizeof(TreeHash);
      std::ranges::copy(std::string_view(peaks_).substr(rest), level.emplace(level.begin())->begin());
      peaks_.resize(rest);
    }
    above.resize(level.size() / 2);
    jobs.clear();
    for (std::size_t i = 0; i < above.size(); ++i)
      jobs.push_back({kNode, {reinterpret_cast<const char*>(level[2 * i].data()), 2 * sizeof(TreeHash)}, &above[i]});
    sha256(jobs);
    if (level.size() % 2 != 0) left.push_back(level.back());
    level.swap(above);
  }
  size_ += leaves.size();
  for (; !left.empty(); left.pop_back()) peaks_ += view(left.back());
}

TreeHash Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  std::size_t rest = peaks_.size() - sizeof(TreeHash);
  TreeHash h;
  std::ranges::copy(std::string_view(peaks_).substr(rest), h.begin());
  while (rest > 0) {
    rest -= h.size();
    h = sha256({kNode, std::string_view(peaks_).substr(rest, h.size()), view(h)});
  }
  return h;
}

TreeHash root_of(std::uint64_t size, const NodeReader& read) {
  return size == 0 ? empty_root() : subtree(0, size, read);
}

std::vector<TreeHash> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeReader& read) {
  std::vector<TreeHash> out;
  path(index, 0, size, read, out);
  return out;
}

std::vector<TreeHash> consistency_proof(std::uint64_t before, std::uint64_t size, const NodeReader& read) {
  std::vector<TreeHash> out;
  if (before > 0 && before < size) subproof(before, 0, size, true, read, out);
  return out;
}

bool includes(const TreeHash& root, std::uint64_t size, std::uint64_t index, const TreeHash& leaf,
              std::span<const TreeHash> proof) {
  if (index >= size) return false;
  std::uint64_t fn = index, sn = size - 1;
  TreeHash r = leaf;
  for (const auto& p : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && r == root;
}

bool consistent(std::uint64_t before, const TreeHash& root_before, std::uint64_t size, const TreeHash& root,
                std::span<const TreeHash> proof) {
  if (before > size) return false;
  if (before == size) return proof.empty() && root_before == root;
  if (before == 0) return proof.empty() && root_before == empty_root();
  auto p = proof.begin();
  // A complete tree's root is the first hash of its own proof, and is left out of it.
  if (!std::has_single_bit(before) && p == proof.end()) return false;
  TreeHash fr = std::has_single_bit(before) ? root_before : *p++, sr = fr;
  std::uint64_t fn = before - 1, sn = size - 1;
  while ((fn & 1) != 0) fn >>= 1, sn >>= 1;
  for (; p != proof.end(); ++p) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(*p, fr);
      sr = node_hash(*p, sr);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      sr = node_hash(sr, *p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && fr == root_before && sr == root;
}

} // namespace onecode::evidence
