#include "evidence/tile_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "evidence/signed_note.hpp"
#include "evidence/tile_reader.hpp"

namespace onecode::evidence {
namespace {

std::optional<Checkpoint> checkpoint_in(std::string_view text) {
  const auto note = parse_note(text);
  return note ? parse_checkpoint(note->text) : std::nullopt;
}

} // namespace

TileWriter::TileWriter(TileFiles& files) : files_(files) {
  const auto text = files_.get(kCheckpointPath);
  if (!text) return;
  const auto checkpoint = checkpoint_in(*text);
  if (!checkpoint) throw TileError(fmt::format("{}: is none", kCheckpointPath));
  origin_ = checkpoint->origin;
  size_ = published_ = checkpoint->size;
  TileReader reader(reader_of(files_), size_);
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const std::uint64_t last = size_ >> (level * kTileHeight) >> kTileHeight;
    if (width_at(size_, level, last) > 0) edge_[level] = reader.hashes(level, last);
  }
  if (!edge_[0].empty()) bundle_ = reader.bundle(size_ / kTileWidth);
  std::string leaves;
  const auto entries = split_bundle(bundle_, static_cast<unsigned>(size_ % kTileWidth));
  for (const auto entry : *entries) append_hash(leaves, leaf_hash(entry));
  if (leaves != edge_[0] || root() != checkpoint->root)
    throw TileError(fmt::format("{}: the tiles are not of this log", kCheckpointPath));
}

TreeHash TileWriter::root() const {
  std::optional<TreeHash> below; // of what is not complete on the levels below
  for (const auto& hashes : edge_) {
    if (hashes.empty()) continue;
    std::string leaves = hashes;
    if (below) append_hash(leaves, *below);
    below = root_of_tile(leaves);
  }
  return below.value_or(empty_root());
}

void TileWriter::append(std::string_view entry) {
  if (entry.size() > kMostEntryBytes)
    throw std::invalid_argument(fmt::format("an entry has at most {} bytes, not {}", kMostEntryBytes, entry.size()));
  append_entry(bundle_, entry);
  if (++size_ % kTileWidth == 0) {
    complete_.emplace_back(entries_path({0, size_ / kTileWidth - 1}), std::move(bundle_));
    bundle_.clear();
  }
  put_hash(0, leaf_hash(entry));
}

void TileWriter::put_hash(unsigned level, const TreeHash& hash) {
  auto& edge = edge_[level];
  append_hash(edge, hash);
  if (edge.size() < kTileWidth * sizeof(TreeHash)) return;
  const TreeHash root = root_of_tile(edge);
  complete_.emplace_back(hash_path({level, (size_ >> (level * kTileHeight)) / kTileWidth - 1}), std::move(edge));
  edge.clear();
  put_hash(level + 1, root);
}

void TileWriter::write_complete() {
  for (; !complete_.empty(); complete_.pop_front()) {
    const auto& [path, bytes] = complete_.front();
    files_.put(path, bytes);
    files_.remove(partials_of(path));
  }
}

void TileWriter::write_tiles() {
  write_complete();
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const std::uint64_t hashes = size_ >> (level * kTileHeight);
    if (edge_[level].empty() || hashes == published_ >> (level * kTileHeight)) continue;
    const Tile tile{level, hashes / kTileWidth, static_cast<unsigned>(hashes % kTileWidth)};
    files_.put(hash_path(tile), edge_[level]);
    if (level == 0) files_.put(entries_path(tile), bundle_);
  }
}

void TileWriter::publish(std::string_view text) {
  const auto checkpoint = checkpoint_in(text);
  if (!checkpoint || checkpoint->size != size_ || checkpoint->root != root())
    throw std::invalid_argument("this is no checkpoint of the log as it is");
  if (published_ > 0 && checkpoint->origin != origin_)
    throw std::invalid_argument(
        fmt::format("this is a checkpoint of {}, the log is {}", checkpoint->origin, origin_));
  write_tiles();
  files_.put(kCheckpointPath, text);
  origin_ = checkpoint->origin;
  published_ = size_;
}

} // namespace onecode::evidence
