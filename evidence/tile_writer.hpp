// Publishes a log as files (evidence/tiles.hpp), entry by entry, and goes on where it stopped.
//   Order    complete tiles, then the right edge, the checkpoint last: whatever a checkpoint promises is there.
//   Crash    the next writer starts from the checkpoint. What lies beyond it is written over, so an entry is to be appended only once
//            it is settled: the same entries come again.
//   Partial  tiles are kept until the full one is there, as readers of older checkpoints want.
//   Failure  of a file goes through, and calling again tries again.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "evidence/merkle_tree.hpp"
#include "evidence/tile_files.hpp"
#include "evidence/tiles.hpp"

namespace onecode::evidence {

class TileWriter {
public:
  /// Throws TileError: there is a checkpoint, but not the log that it promises. Its signature is for those who know the key.
  explicit TileWriter(TileFiles& files);

  std::uint64_t size() const { return size_; }
  TreeHash root() const;
  /// In memory only. Throws std::invalid_argument: the entry is longer than kMostEntryBytes.
  void append(std::string_view entry);
  /// Takes complete tiles out of memory, 256 entries each; only needed between the checkpoints of a long log.
  void write_complete();
  /// All that a checkpoint of this size needs.
  void write_tiles();
  /// Writes those, then the signed note. Throws std::invalid_argument: it is not of this size and root, or of another log
  /// than the one before it.
  void publish(std::string_view checkpoint);

private:
  void put_hash(unsigned level, const TreeHash& hash);

  TileFiles& files_;
  std::uint64_t size_ = 0, published_ = 0;
  std::string origin_;                                       // empty: nothing is published
  std::string bundle_;                                       // of the last entries, fewer than 256
  std::array<std::string, kTileLevels> edge_;                // of each level, fewer than 256 hashes
  std::deque<std::pair<std::string, std::string>> complete_; // path, bytes
};

} // namespace onecode::evidence
