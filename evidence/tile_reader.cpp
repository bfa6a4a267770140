#include "evidence/tile_reader.hpp"

namespace onecode::evidence {

TileFile read_tile_file(const ReadFile& read, const std::string& path) {
  if (auto bytes = read(path)) return {std::move(*bytes)};
  if (const auto partials = path.rfind(partials_of("") + '/'); partials != std::string::npos)
    if (auto bytes = read(path.substr(0, partials))) return {std::move(*bytes), true};
  throw TileMissing(path);
}

const std::string& TileReader::hashes(unsigned level, std::uint64_t index) {
  if (const auto known = hashes_.find({level, index}); known != hashes_.end()) return known->second;
  const Tile tile{level, index, width_at(size_, level, index)};
  const std::string path = hash_path(tile);
  auto [bytes, instead] = read_tile_file(read_, path);
  if (bytes.size() != (instead ? kTileWidth : tile.width) * sizeof(TreeHash))
    throw TileError(path + ": is not of the size of this tile");
  bytes.resize(tile.width * sizeof(TreeHash));
  return hashes_[{level, index}] = std::move(bytes);
}

std::string TileReader::bundle(std::uint64_t index) const {
  const Tile tile{0, index, width_at(size_, 0, index)};
  const std::string path = entries_path(tile);
  auto [bytes, instead] = read_tile_file(read_, path);
  const auto entries = split_bundle(bytes, instead ? kTileWidth : tile.width);
  if (!entries) throw TileError(path + ": is no bundle of so many entries");
  const auto last = (*entries)[tile.width - 1];
  bytes.resize(static_cast<std::size_t>(last.data() + last.size() - bytes.data()));
  return bytes;
}

std::string TileReader::entry(std::uint64_t index) const {
  const std::uint64_t tile = index / kTileWidth;
  const std::string bytes = bundle(tile);
  return std::string(split_bundle(bytes, width_at(size_, 0, tile))->at(index % kTileWidth));
}

TreeHash TileReader::node(const TreeNode& n) {
  const unsigned level = n.level / kTileHeight, below = n.level % kTileHeight;
  const std::uint64_t first = n.index << below;
  return root_of_tile(std::string_view(hashes(level, first / kTileWidth))
                          .substr(first % kTileWidth * sizeof(TreeHash), sizeof(TreeHash) << below));
}

TreeHash TileReader::root() {
  return root_of(size_, [this](const TreeNode& n) { return node(n); });
}
std::vector<TreeHash> TileReader::inclusion_proof(std::uint64_t index) {
  return evidence::inclusion_proof(index, size_, [this](const TreeNode& n) { return node(n); });
}
std::vector<TreeHash> TileReader::consistency_proof(std::uint64_t before) {
  return evidence::consistency_proof(before, size_, [this](const TreeNode& n) { return node(n); });
}

} // namespace onecode::evidence
