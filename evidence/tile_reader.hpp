// A published log as somebody without its state sees it: hashes, entries and proofs out of files alone. What the files say is not
// trusted: a proof made from false ones convinces nobody who has the checkpoint's root, and evidence/check_log.hpp looks at all of it.
//   Cost    an inclusion proof reads at most two tiles a level: 8 of 8 KiB for a hundred million entries.
//   Errors  TileError.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evidence/merkle_tree.hpp"
#include "evidence/tile_files.hpp"
#include "evidence/tiles.hpp"

namespace onecode::evidence {

/// Where a partial tile is no longer there, the full one that begins like it is read instead.
struct TileFile {
  std::string bytes;
  bool instead = false;
};
TileFile read_tile_file(const ReadFile& read, const std::string& path);

/// Keeps the hashes that it has read: make one for a few proofs, and another for the next.
class TileReader {
public:
  /// `size` as a checkpoint says it: a tile that is partial at that size may have been replaced by the full one since.
  TileReader(ReadFile read, std::uint64_t size) : read_(std::move(read)), size_(size) {}

  std::uint64_t size() const { return size_; }
  /// The hashes of a tile, as many as it has at this size.
  const std::string& hashes(unsigned level, std::uint64_t index);
  /// The entries below a tile of level 0, as they are stored.
  std::string bundle(std::uint64_t index) const;
  /// Requires index < size.
  std::string entry(std::uint64_t index) const;

  TreeHash root();
  /// Requires index < size.
  std::vector<TreeHash> inclusion_proof(std::uint64_t index);
  /// Requires before <= size.
  std::vector<TreeHash> consistency_proof(std::uint64_t before);

private:
  TreeHash node(const TreeNode& n);

  ReadFile read_;
  std::uint64_t size_;
  std::map<std::pair<unsigned, std::uint64_t>, std::string> hashes_;
};

} // namespace onecode::evidence
